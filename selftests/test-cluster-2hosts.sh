#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 600
#
# Two hosts, an agent on each, and a store of which host 1 has two members and
# host 2 one. Nobody types a route.

# shellcheck disable=SC2034,SC2154 # what cluster.sh uses, and what it has
. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cluster.sh"

readonly PEER=$((3 - HOST))

member_host=(- 10.77.0.1 10.77.0.1 10.77.0.2)

# As freeflow_up, without the routes.
module_up()
{
	lower_resources >/run/lower_before
	check "the module loads" module_load
	lower_snapshot
	overlay_add
}

store_up()
{
	if [ "$HOST" = 1 ]; then
		member_start 1
		member_start 2
	else
		member_start 3
	fi
	check "the store is there" wait_for 90 ctl endpoint health
	barrier "store"
}

store_down()
{
	local id

	barrier "no more store"
	for id in "${!member_pid[@]}"; do member_kill "$id"; done
}

leads_to()
{
	ffctl route get "$1" | grep -q "via $2"
}

# has_moved SECONDS ADDRESS HOST: it is reached there soon enough
has_moved()
{
	local began=${EPOCHREALTIME/./} took

	wait_for 20 leads_to "$2" "$3" || return
	took=$((${EPOCHREALTIME/./} - began))
	echo "after $took us"
	((took < $1 * 1000000 * SLOWNESS))
}

# The container of host 2 goes to host 1 with its address, and comes back.
moves()
{
	if [ "$HOST" = 2 ]; then
		check "c2 leaves" container_del c2
		barrier "c2 has left"
		check "it is reached at host 1" has_moved 20 10.88.0.2 10.77.0.1
		barrier "c2 is elsewhere"
		barrier "c2 comes"
		check "c2 is back" device_add c2 ff0 2
		barrier "c2 is back"
	else
		barrier "c2 has left"
		check "c2 is here" device_add c2 ff1 2
		barrier "c2 is elsewhere"
		check "c2 leaves again" container_del c2
		barrier "c2 comes"
		barrier "c2 is back"
		check "c2 is reached at host 2 within two seconds" \
			has_moved 2 10.88.0.2 10.77.0.2
	fi
	barrier "moved"
}

module_up
containers_add
store_up
agent_configure "lease-ttl = 10"
agent_start
check "the peer's addresses are routed" \
	routes_soon "10.88.0.$PEER 10.77.0.$PEER" "fd88::$PEER 10.77.0.$PEER"
barrier "routes"
pair "ibv_rc_pingpong" ibv_rc_pingpong -g "$GID4" -n 100
pair "ibv_rc_pingpong over IPv6" ibv_rc_pingpong -g "$GID6" -n 100
pair "ib_send_bw" ib_send_bw -x "$GID4" -F -n 200
moves
pair "after the move" ibv_rc_pingpong -g "$GID4" -n 100
agent_end TERM
check "the agent ends" agent_ended_well
store_down
containers_down
