#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 2 minutes
# timeout: 900
# measures: time | Time of one, both ends on one host, µs | connection
#
# Connections, both ends on one host: two QPs from being made to RTS, and by rdma_cm.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

# Microseconds for each of 100 connections that are made at once.
cm_time()
{
	side_is "$1"
	# shellcheck disable=SC2034 # what cm.sh uses
	endless=yes
	words server_command "cmtime -b ADDRESS -p PORT"
	words client_command "cmtime -s ADDRESS -p PORT -c 100"
	both_ends >/run/cmtime 2>&1 || { cat /run/cmtime >&2; return 1; }
	connection_time /run/cmtime
}

sides_up
for ((run = 0; run < 3; run++)); do
	for side in $SIDES; do
		value=$(in_side "$side" "$SELFTESTS/qp_time" -g "$GID4" -n 100) || die "qp_time on $side"
		measured time QPs "$side" "$value"
		value=$(cm_time "$side") || die "cmtime on $side"
		measured time rdma_cm "$side" "$value"
	done
done
