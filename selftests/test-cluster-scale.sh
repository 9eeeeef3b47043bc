#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 900
# long: yes
# clock: instructions
#
# test-cluster-scale.sh [SECONDS]
#
# The agent among a hundred hosts, which are keys in the store, with 10,000 virtual
# addresses: how long it takes to know them, and to see a change, and what memory
# it needs while for SECONDS (60) addresses move and hosts die and come back.

# shellcheck disable=SC2034,SC2154 # what cluster.sh uses, and what it has

churn_seconds=${1:-60}
set --

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cluster.sh"

# The store is not what is tested here.
members=(1)

readonly ADDRESSES=10000

hosts()
{
	"$SELFTESTS/cluster_hosts.py" "$(client_url 1)" "$@"
}

knows_all()
{
	[ "$(metric routes)" = "$ADDRESSES" ]
}

# first_sync_within SECONDS: since $began
first_sync_within()
{
	local took

	wait_for 60 knows_all || { metric routes; return 1; }
	took=$((${EPOCHREALTIME/./} - began))
	echo "$took" >/run/took
	((took < $1 * 1000000 * SLOWNESS)) || { echo "after $took us"; return 1; }
}

# are_seen_within MILLISECONDS
are_seen_within()
{
	local median longest

	hosts delays 50 >/run/delays || return
	read -r median longest </run/delays
	((longest < $1 * SLOWNESS)) || { echo "median $median ms, longest $longest ms"; return 1; }
}

routes_are_those_of_the_store()
{
	diff /run/cluster_hosts.routes <(routes_of_ffd) | head
	return "${PIPESTATUS[0]}"
}

memory_kb()
{
	awk '/^VmRSS:/ { print $2 }' "/proc/$agent/status"
}

# Measured when a quarter of the time is over, and at the end.
memory_is_flat()
{
	local early late

	hosts churn "$churn_seconds" >/run/changes &
	sleep "$((churn_seconds / 4))"
	early=$(memory_kb)
	wait "$!" || return
	late=$(memory_kb)
	echo "$early kB, then $late kB" >/run/memory
	((late <= early + early / 20)) || { cat /run/memory; return 1; }
}

freeflow_up
check "c1 has ff0 with its addresses" device_add c1 ff0 1
agent_configure "lease-ttl = 60"
member_start 1
check "the store is there" wait_for 60 ctl endpoint health
check "a hundred hosts have $ADDRESSES addresses" hosts fill
began=${EPOCHREALTIME/./}
agent_start
check "all are routed within ten seconds" first_sync_within 10 &&
	echo "# after $(</run/took) us, with $(memory_kb) kB of memory"
check "the routes are those of the store" routes_are_those_of_the_store
check "changes are seen within a second" are_seen_within 1000 &&
	echo "# after, median and longest, $(</run/delays) ms"
check "the memory stays as it is" memory_is_flat &&
	echo "# $(</run/memory); $(</run/changes) changes in $churn_seconds s"
check "the routes are those of the store again" wait_for 20 routes_are_those_of_the_store
check "the own address is there" store_has /freeflow/addr/0/10.88.0.1/h1
agent_end TERM
check "the agent ends" agent_ended_well
member_kill 1
containers_down
