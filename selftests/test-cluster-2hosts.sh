#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 600
# long: yes
#
# Two hosts, an agent on each, and a store of which host 1 has two members and
# host 2 one. The containers are made by CNI plugins, c1 on host 1 with the
# addresses 10.88.0.11 and fd88::11, c2 on host 2 with 12. Nobody types a command
# of ffctl, but to look.

# shellcheck disable=SC2034,SC2154 # what cluster.sh uses, and what it has
. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cluster.sh"
. "$FREEFLOW_TOP/selftests/cni.sh"

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

# comes NUMBER: the container with this number, on this host
comes()
{
	ip netns add "c$1" &&
		cni ADD "c$1" rdma -a "10.88.0.1$1,fd88::1$1" &&
		wait_for 10 has_gids "c$1" "$(device_in "c$1")" "10.88.0.1$1" "fd88::1$1"
}

goes()
{
	cni DEL "c$1" && ip netns del "c$1"
}

# took_less SECONDS: since $began, till $ended, which may be earlier
took_less()
{
	local took=$((${ended/./} - ${began/./}))

	((took >= 0)) || took=0
	echo "$took" >/run/took
	((took < $1 * 1000000 * SLOWNESS)) || { echo "after $took us"; return 1; }
}

# within SECONDS COMMAND...: that it comes to be so that soon
within()
{
	local began=$EPOCHREALTIME ended limit=$1
	shift

	wait_for 20 "$@" || return
	ended=$EPOCHREALTIME
	took_less "$limit"
}

# soon NAME COMMAND...: within two seconds
soon()
{
	check "$1 within two seconds" within 2 "${@:2}" && echo "# after $(</run/took) us"
}

c2_listens()
{
	cm_listens "${device[2]}" 20500
}

retries()
{
	grep -q '^retries' /run/retry
}

# reached_within SECONDS: by the client that retried, since $began
reached_within()
{
	local ended

	ended=$(sed -n 's/^reached //p' /run/retry)
	took_less "$1"
}

# On newer kernels a connect without a route takes five seconds to fail.
reach_limit=2
! kernel_is_from 7 || reach_limit=7

# c2 goes from host 2 to host 1 with its addresses, and comes back.
moves()
{
	local began client

	if [ "$HOST" = 2 ]; then
		check "c2 leaves" goes 2
		barrier "c2 has left"
		barrier "c2 is elsewhere"
		soon "its address leads to host 1" leads_to 10.88.0.12 10.77.0.1
		barrier "c2 was elsewhere"
		barrier "a client retries"
		check "c2 is back" comes 2
		barrier "c2 is back"
		run_in c2 rping -s -P -a 10.88.0.12 -p 20500 >/run/rping.log 2>&1 &
		check "it listens" wait_for 30 c2_listens
		barrier "c2 listens"
		barrier "c2 was reached"
		kill_all_in c2
		wait "$!"
	else
		barrier "c2 has left"
		check "c2 is here" comes 2
		barrier "c2 is elsewhere"
		barrier "c2 was elsewhere"
		check "c2 leaves again" goes 2
		run_in c1 "$SELFTESTS/cm_retry.py" 10.88.0.12 20500 >/run/retry 2>&1 &
		client=$!
		check "a client retries to reach it" wait_for 60 retries
		barrier "a client retries"
		barrier "c2 is back"
		soon "its address leads to host 2" leads_to 10.88.0.12 10.77.0.2
		barrier "c2 listens"
		began=$EPOCHREALTIME
		wait "$client"
		check "the client ends well" [ $? = 0 ]
		sed 's/^/# /' /run/retry
		check "it has reached it there within $reach_limit seconds" \
			reached_within "$reach_limit" &&
			echo "# after $(</run/took) us"
		barrier "c2 was reached"
	fi
}

perftest()
{
	server_address=10.88.0.11
	pair "ib_send_bw" ib_send_bw -x "$GID4" -F -n 200
	server_address=fd88::11
	pair "ibv_rc_pingpong over IPv6" ibv_rc_pingpong -g "$GID6" -n 100
}

rpings()
{
	for server_address in 10.88.0.11 fd88::11; do
		cm_pair "rping to $server_address" "rping -s -a ADDRESS -p PORT -C 100 -V" \
			"rping -c -a ADDRESS -p PORT -C 100 -V"
	done
}

module_up
store_up
agent_configure "lease-ttl = 10"
agent_start
cni_configure rdma 1.0.0 ''
container[1]=c1
container[2]=c2
check "c$HOST comes" comes "$HOST"
device[HOST]=$(device_in "c$HOST")
check "the peer's addresses are routed" \
	routes_soon "10.88.0.1$PEER 10.77.0.$PEER" "fd88::1$PEER 10.77.0.$PEER"
barrier "routes"
perftest
. "$SELFTESTS/cm.sh"	# another kind of ends from here on
label="before the move: "
rpings
label=
moves
label="after the move: "
rpings
label=
barrier "no more programs"
check "c$HOST goes" goes "$HOST"
agent_end TERM
check "the agent ends" agent_ended_well
store_down
finish
