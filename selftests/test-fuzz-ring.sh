#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 600
#
# Programs that scribble over the queues they share with the module, while sound
# ones use the same devices. The kernel's log is searched after every test.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# shellcheck disable=SC2034 # for device_add
datapath=ring
readonly OPERATIONS=${1:-60000}
readonly SEED=${2:-1}

fuzz()
{
	container_exec -u c1 prlimit --memlock=unlimited "$SELFTESTS/fuzz_ring" \
		-d "/dev/infiniband/$node" -a 10.88.0.1 -s "$SEED" "$@" >/run/fuzz
	local rc=$?

	: >/run/fuzz.ended
	cat /run/fuzz
	return "$rc"
}

# Data is compared, round after round, for as long as there is fuzz.
sound_traffic()
{
	local rounds=0

	while [ ! -e /run/fuzz.ended ] || [ "$rounds" = 0 ]; do
		((++port))
		both_ends ibv_rc_pingpong -g "$GID4" -c -n 300 || return
		((++port))
		both_ends ibv_ud_pingpong -g "$GID4" -c -n 300 || return
		((++rounds))
	done
	echo "$rounds" >/run/rounds
}

# fuzz_beside_traffic NAME OPTION...
fuzz_beside_traffic()
{
	local name=$1 traffic rc=0
	shift

	rm -f /run/fuzz.ended
	sound_traffic >/run/traffic 2>&1 &
	traffic=$!
	check "$name" fuzz "$@"
	grep '^#' /run/fuzz
	wait "$traffic" || rc=$?
	[ "$rc" != 0 ] || echo "# rounds of sound traffic meanwhile: $(cat /run/rounds)"
	check "sound programs work meanwhile" traffic_was_sound "$rc"
}

traffic_was_sound()
{
	cat /run/traffic
	return "$1"
}

containers_up
node=$(ffctl dev show ff0 | sed 's/.* node \([^ ]*\) .*/\1/')
check "a sound program does no other" fuzz -n 5000 -m sound -j 1
grep '^#' /run/fuzz
fuzz_beside_traffic "$OPERATIONS operations, seed $SEED" -n "$OPERATIONS"
pair "a sound program still works" ibv_rc_pingpong -g "$GID4"
containers_down
