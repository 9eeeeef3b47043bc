#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# clock: two processors
# takes: 6 minutes
# timeout: 1800
# measures: time | Time of one by rdma_cm, µs | at once
# measures: qp | From create_qp to RTS, one end, µs | the other host
#
# Connections between two hosts. By virtual address the messages of rdma_cm go
# through the tunnel, and the other host is asked whose the QP is; but not one behind
# an external route.
# shellcheck disable=SC2154 # what topology.sh has

. "$FREEFLOW_TOP/selftests/bench/sides.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

# both_say FILE SERVER CLIENT: FILE has what both say, if all goes well
both_say()
{
	words server_command "$2"
	words client_command "$3"
	run_both >"$1" 2>&1 || { cat "$1" >&2; return 1; }
}

# cm_time COUNT: microseconds for each of COUNT that are made at once, on the
# client's host
cm_time()
{
	# shellcheck disable=SC2034 # what cm.sh uses
	local endless=yes

	both_say /run/cmtime "cmtime -b ADDRESS -p PORT" \
		"$SELFTESTS/write_file /run/clients cmtime -s ADDRESS -p PORT -c $1" || return
	[ "$HOST" = 1 ] || connection_time /run/clients
}

# On the client's host.
qp_time()
{
	local options="-g $GID4 -n 50 -p PORT"

	both_say /run/qps "$SELFTESTS/qp_time -d SERVER_DEVICE $options" \
		"$SELFTESTS/qp_time -d CLIENT_DEVICE $options ADDRESS" || return
	[ "$HOST" = 1 ] || tail -n 1 /run/qps
}

# measure WHAT X COMMAND...: of each side
measure()
{
	local what=$1 x=$2 side value
	shift 2

	for side in $SIDES; do
		side_is "$side"
		value=$("$@") || die "$what $x on $side"
		[ -z "$value" ] || measured "$what" "$x" "$side" "$value"
	done
}

# others_are [external]: what the routes to the other host say of it
others_are()
{
	local number

	for number in $((3 - HOST)) $((5 - HOST)); do
		ffctl route replace "10.88.0.$number" via "10.77.0.$((3 - HOST))" "$@" ||
			die "no route"
	done
	barrier "routes are $* after $port"
}

sides_up
for ((run = 0; run < 9; run++)); do
	measure time 1 cm_time 1
	measure time 100 cm_time 100
	measure qp asked qp_time
	others_are external
	measure qp external qp_time
	others_are
done
