#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 1600
#
# Hostile programs: 200,000 half-valid commands, and all threads on one QP. The
# kernel's log is searched after every test.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# shellcheck disable=SC2034 # for device_add
datapath=syscall
seed=${1:-1}

fuzz()
{
	container_exec "$@" "$SELFTESTS/fuzz_write" -d "/dev/infiniband/$node" -a 10.88.0.1 \
		-s "$seed" "${mode[@]}" | tee /run/fuzz
	return "${PIPESTATUS[0]}"
}

containers_up
node=$(ffctl dev show ff0 | sed 's/.* node \([^ ]*\) .*/\1/')
mode=(-n 150000)
check "150,000 commands, seed $seed" fuzz c1
grep '^#' /run/fuzz
mode=(-n 50000 -m storm)
check "50,000 commands on one QP" fuzz c1
grep '^#' /run/fuzz
mode=(-n 20000)
check "20,000 commands of nobody" fuzz -u c1
pair "a sound program still works" ibv_rc_pingpong -g "$GID4"
containers_down
