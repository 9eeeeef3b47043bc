#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 1200
# long: yes
# data path: syscall
#
# UD messages and multicast between containers of one host, and not between
# tenants:
#
#	  table 0: c1 10.88.0.1, c2 10.88.0.2      table 7: c3 10.88.0.3
#	           └───────────────── rxe0 ──────────────────┘

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/ud.sh"

add_other_tenant()
{
	container_add c3 eth0 10.88.0.3/24 fd88::3/64 &&
		dev_add ff2 c3 table 7 &&
		wait_for 10 has_gids c3 ff2 10.88.0.3 fd88::3
}

# messages GID GROUP ADDRESS1 ADDRESS2 ADDRESS3
messages()
{
	local gid=$1 group=$2

	listen c2 ff1 "$gid" "$group"
	listen c3 ff2 "$gid" "$group"
	check "$group: c1 sends" send c1 ff0 "$gid" "$group" first
	check "$group: c2 hears it, from c1" hears c2 "$3 > $group: first"
	check "$group: c2 hears what c2 sends" send c2 ff1 "$gid" "$group" own
	check "$group: from c2" hears c2 "$4 > $group: own"
	check "$group: c3 sends in its own table" send c3 ff2 "$gid" "$group" other
	check "$group: c3 hears it" hears c3 "$5 > $group: other"
	check "$group: c1 sends to another group" send c1 ff0 "$gid" "${group}9" elsewhere
	check "$group: c1 sends again" send c1 ff0 "$gid" "$group" detach
	check "$group: c2 hears it" hears c2 "$3 > $group: detach"
	check "$group: c2 detaches" hears c2 detached
	check "$group: c1 sends once more" send c1 ff0 "$gid" "$group" late
	check "$group: c3 is told to detach" send c3 ff2 "$gid" "$group" detach
	wait
	check "$group: another tenant's messages stay with it" heard_nothing_of c2 other
	check "$group: the other tenant heard none of c1" heard_nothing_of c3 "$3 >"
	check "$group: other groups' messages are not heard" heard_nothing_of c2 elsewhere
	check "$group: nothing is heard after detaching" heard_nothing_of c2 late
}

# Numbers of QPs are those of the physical device: any can be guessed.
between_tenants()
{
	local gid=$1 address1=$2 address2=$3 qpn2 qpn3

	listen c2 ff1 "$gid"
	listen c3 ff2 "$gid"
	qpn2=$(qpn_of c2) qpn3=$(qpn_of c3)
	check "$address2: c1 sends to c2" send_to "$qpn2" c1 ff0 "$gid" "$address2" hello
	check "$address2: c2 hears it, from c1" hears c2 "$address1 > $address2: hello"
	check "$address2: no route leads to c3" no_route_to_c3 "$gid" "$qpn3"
	check "$address2: c1 sends to the QP of c3 at the address of c2" \
		send_to "$qpn3" c1 ff0 "$gid" "$address2" stray
	check "$address2: c1 tells c2 to end" send_to "$qpn2" c1 ff0 "$gid" "$address2" detach
	kill_all_in c3
	wait
	check "$address2: c3 has heard nothing" heard_nothing_of c3 ">"
}

no_route_to_c3()
{
	local address=10.88.0.3

	[ "$1" = "$GID4" ] || address=fd88::3
	! send_to "$2" c1 ff0 "$1" "$address" lost >/run/lost 2>&1 &&
		grep -F "create_ah: Network is unreachable" /run/lost
}

# An address handle outlives what it names; the number is another tenant's.
address_leaves()
{
	local qpn3 sender hold

	listen c3 ff2 "$GID4"
	qpn3=$(qpn_of c3)
	[ -e /run/go ] || mkfifo /run/go
	run_in c1 "$SELFTESTS/verbs_ud" -d ff0 -g "$GID4" -q "$qpn3" -w send 10.88.0.2 stray \
		</run/go >/run/ud.c1 2>&1 &
	sender=$!
	exec {hold}>/run/go
	wait_for 20 grep -q ready /run/ud.c1 && ffctl dev del ff1 || return
	exec {hold}>&-
	wait "$sender" && send_to "$qpn3" c3 ff2 "$GID4" 10.88.0.3 detach &&
		hears c3 detached && heard_nothing_of c3 stray && device_is_back
}

killed_while_attached()
{
	listen c2 ff1 "$GID4" "$GROUP4" "$GROUP6"
	kill_all_in c2
	wait
	nothing_left_on_lower
}

send_for_ever()
{
	local text=0

	while run_in c1 "$SELFTESTS/verbs_ud" -d ff0 -g "$GID4" send "$GROUP4" $((++text)); do
		:
	done
}

# leaves NAME RETURN COMMAND...: what the listener has goes under it, in
# mid-transfer, and comes back.
leaves()
{
	local name=$1 returns=$2 sender
	shift 2

	listen c2 ff1 "$GID4" "$GROUP4" "$GROUP6"
	send_for_ever >/dev/null 2>&1 &
	sender=$!
	check "$name: messages come" wait_for 20 grep -q "> $GROUP4: " /run/ud.c2
	check "$name" timeout 60 "$@"
	kill "$sender"
	kill_all_in c1
	check "$name: the listener ends" wait_for 20 nobody_in c2
	wait
	check "$name: it is back" "$returns"
	check "$name: nothing is left" nothing_left_on_lower
	check "$name: nothing stays pinned" wait_for 20 nothing_pinned
}

nobody_in()
{
	[ -z "$(ip netns pids "$1")" ]
}

lower_is_back()
{
	rdma link add "$LOWER" type rxe netdev "$UNDERLAY" &&
		wait_for 20 has_gids c1 ff0 10.88.0.1 fd88::1 &&
		wait_for 20 has_gids c2 ff1 10.88.0.2 fd88::2
}

device_is_back()
{
	dev_add ff1 c2 &&
		wait_for 20 has_gids c2 ff1 10.88.0.2 fd88::2
}

datagrams()
{
	check "c3 has ff2 in table 7" add_other_tenant
	between_tenants "$GID4" 10.88.0.1 10.88.0.2
	between_tenants "$GID6" fd88::1 fd88::2
	check "10.88.0.2 leaves: a handle to it leads nowhere" address_leaves
	messages "$GID4" "$GROUP4" 10.88.0.1 10.88.0.2 10.88.0.3
	messages "$GID6" "$GROUP6" fd88::1 fd88::2 fd88::3
	check "kill -9 while attached" killed_while_attached
	leaves "rdma link del" lower_is_back rdma link del "$LOWER"
	leaves "ffctl dev del" device_is_back ffctl dev del ff1
	pair "perftest: ib_send_bw -c UD" ib_send_bw -F -c UD -x "$GID4" -n 100
	pair "perftest: ib_send_lat -c UD" ib_send_lat -F -c UD -x "$GID6" -n 50
	pair "perftest: ib_send_bw --use-srq" ib_send_bw -F --use-srq -q 2 -x "$GID4" -n 100
	pair "perftest: ib_send_bw --use-srq -c UD" ib_send_bw -F --use-srq -c UD -x "$GID4" -n 100
	pair "perftest: ib_send_lat -g" ib_send_lat -F -c UD -x "$GID6" -g -n 50
}

on_each_datapath datagrams
