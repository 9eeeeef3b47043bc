#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 720
# long: yes
# kernel: stock
#
# The test programs on the bare lower device: what they ask for is what stock
# RDMA does, so that a failure on a virtual device is the virtual device's.

. "$FREEFLOW_TOP/selftests/lib.sh"

programs=$FREEFLOW_TOP/selftests
node=/dev/infiniband/uverbs0
address=10.77.0.1

repeats_itself()
{
	"$@" >/run/first && "$@" >/run/second && diff /run/first /run/second
}

# The lower device does without these as commands. One thread: rxe of 6.1 frees twice
# what a QP has that two modify at once.
fuzz_all_but_queues()
{
	"$programs/fuzz_write" -d "$node" -a "$address" -n 20000 -j 1 >/run/fuzz
	! grep -v -e POLL_CQ -e POST_RECV -e POST_SRQ_RECV -e REREG_MR /run/fuzz | grep '^not ok'
}

lower_snapshot
check "data of every opcode" "$programs/verbs_data" -d "$LOWER" -g 1 -l "$LOWER" -G 1
check "data of every opcode, IPv6" "$programs/verbs_data" -d "$LOWER" -g 2 -l "$LOWER" -G 2
check "no key reaches foreign memory" "$programs/lkey_guard" -d "$LOWER"
check "errors of the ABI are the same every time" \
	repeats_itself "$programs/abi_errors" -a "$address" "$node"
check "the fuzzer works" fuzz_all_but_queues
check "nothing is left" wait_for 20 lower_is_clean
ktap_done
