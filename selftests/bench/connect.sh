#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# clock: two processors
# takes: 5 minutes
# timeout: 1200
# measures: time | Time of one, µs | at once
#
# Connections by rdma_cm between two hosts. By virtual address its messages go
# through the tunnel, and the other host is asked whose the QP is.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

# shellcheck disable=SC2034 # what cm.sh uses
endless=yes

# cm_time COUNT: microseconds for each of COUNT that are made at once, on the
# client's host
cm_time()
{
	words server_command "cmtime -b ADDRESS -p PORT"
	words client_command "$SELFTESTS/write_file /run/clients cmtime -s ADDRESS -p PORT -c $1"
	run_both >/run/cmtime 2>&1 || { cat /run/cmtime >&2; return 1; }
	[ "$HOST" = 1 ] || connection_time /run/clients
}

sides_up
for ((run = 0; run < 9; run++)); do
	for count in 1 100; do
		for side in $SIDES; do
			side_is "$side"
			value=$(cm_time "$count") || die "cmtime on $side"
			[ -z "$value" ] || measured time "$count" "$side" "$value"
		done
	done
done
