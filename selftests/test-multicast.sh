#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 300
#
# Multicast between containers of one host, and not between tenants:
#
#	  table 0: c1 10.88.0.1, c2 10.88.0.2      table 7: c3 10.88.0.3
#	           └───────────────── rxe0 ──────────────────┘

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/mcast.sh"

add_other_tenant()
{
	container_add c3 eth0 10.88.0.3/24 fd88::3/64 &&
		ffctl dev add ff2 lower "$LOWER" netdev eth0 netns c3 table 7 &&
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

killed_while_attached()
{
	listen c2 ff1 "$GID4" "$GROUP4" "$GROUP6"
	kill_all_in c2
	wait
	nothing_left_on_lower
}

containers_up
check "c3 has ff2 in table 7" add_other_tenant
messages "$GID4" "$GROUP4" 10.88.0.1 10.88.0.2 10.88.0.3
messages "$GID6" "$GROUP6" fd88::1 fd88::2 fd88::3
check "kill -9 while attached" killed_while_attached
pair "perftest: ib_send_lat -g" ib_send_lat -c UD -x "$GID6" -g -n 50
containers_down
