#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 600
# long: yes
#
# The agent on one host, c1 with ff0 at 10.88.0.1, and a store of three members.
# The other hosts are keys in the store.

# shellcheck disable=SC2034,SC2154 # what cluster.sh uses, and what it has
. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cluster.sh"

readonly OWN=/freeflow/addr/0/10.88.0.1/h1

# wrong FIELD LINE: the configuration with the line is refused, naming the field
wrong()
{
	printf '%s\n' "endpoint = http://127.0.0.1:1" "host-address = 10.77.0.1" "$2" >/run/wrong.conf
	! ffd -t -c /run/wrong.conf 2>/run/wrong && grep -E "^/run/wrong.conf:.* $1: " /run/wrong
}

configurations()
{
	check "a configuration that is right" ffd -t -c "$CONF"
	check "a wrong number" wrong lease-ttl "lease-ttl = 4"
	check "a wrong address" wrong listen "listen = nowhere:1"
	check "a file that is not there" wrong ca-file "ca-file = /nowhere"
	check "half of a pair" wrong password-file "user = ffd"
	check "twice" wrong host-address "host-address = 10.77.0.2"
	check "no configuration" refused ffd -c /nowhere
}

store_is_up()
{
	ctl endpoint health
}

store_up()
{
	local id

	for id in 1 2 3; do member_start "$id"; done
	check "the store is there" wait_for 60 store_is_up
}

publishes()
{
	agent_start
	check "the own address is published" wait_for 30 store_has "$OWN"
	check "with the host" ctl get --print-value-only "$OWN"
	check "the host is published" wait_for 10 store_has /freeflow/host/h1
	check "all is well" wait_for 10 is_healthy
	ip -n c1 addr add 10.88.0.77/24 dev eth0
	check "an address that comes is published" \
		wait_for 10 store_has /freeflow/addr/0/10.88.0.77/h1
	ip -n c1 addr del 10.88.0.77/24 dev eth0
	check "one that goes is deleted" \
		wait_for 10 store_lacks /freeflow/addr/0/10.88.0.77/h1
	check "link-local addresses are not" refused \
		grep -q fe80 <(ctl get --prefix --keys-only /freeflow/addr)
	check "only root asks it" [ "$(stat -c %a /run/freeflow/ffd.sock)" = 600 ]
}

# Addresses that the agent has put into the store and deleted there.
changes()
{
	echo $(($(metric store_puts_total) + $(metric store_deletes_total)))
}

# come_and_go TIMES ADDRESS: of c1, as its root can have it
come_and_go()
{
	local i

	for ((i = 0; i < $1; i++)); do
		ip -n c1 addr add "$2" dev eth0 && ip -n c1 addr del "$2" dev eth0 || return
	done
}

# once_in_a_second CHANGES BEGAN: so often at most has it changed something since then
once_in_a_second()
{
	local count=$(($(changes) - $1)) seconds=$((SECONDS - $2 + 1))

	((count > 0 && count <= seconds + 1)) || { echo "$count in $seconds s"; return 1; }
}

flaps()
{
	local before began=$SECONDS

	before=$(changes)
	check "an address comes and goes a hundred times" come_and_go 100 10.88.0.78/24
	check "it is gone in the end" wait_for 10 store_lacks /freeflow/addr/0/10.88.0.78/h1
	check "it comes and goes, and comes again" come_and_go 100 10.88.0.78/24
	ip -n c1 addr add 10.88.0.78/24 dev eth0
	check "it is there in the end" wait_for 10 store_has /freeflow/addr/0/10.88.0.78/h1
	ip -n c1 addr del 10.88.0.78/24 dev eth0
	check "it goes" wait_for 10 store_lacks /freeflow/addr/0/10.88.0.78/h1
	check "the store was told once in a second" once_in_a_second "$before" "$began"
}

routes()
{
	check "another host has an address" put_claim h2 10.77.0.2 10.88.0.2
	check "it is routed there" routes_soon "10.88.0.2 10.77.0.2"
	check "IPv6, and another table" put_claim h2 fd77::2 fd88::2 7
	check "are routed" routes_soon "10.88.0.2 10.77.0.2" "fd88::2 fd77::2 table 7"
	check "it shows that" shows_soon '^10\.88\.0\.2 host h2 via 10\.77\.0\.2 routed$'
	check "the address goes" del_claim h2 fd88::2 7
	check "the route goes" routes_soon "10.88.0.2 10.77.0.2"
}

foreign_routes()
{
	ffctl route add 10.88.0.3 via 10.77.0.9
	check "a host has what is routed by hand" put_claim h3 10.77.0.3 10.88.0.3
	check "that is said" wait_for 10 agent_says "route of 10.88.0.3 in table 0 is somebody else's"
	check "the route stays" grep -x "10.88.0.3 via 10.77.0.9" <(ffctl route show)
	check "it is shown" shows_soon '^10\.88\.0\.3 .*blocked$'
	ffctl route del 10.88.0.3
	check "when it goes, the host's comes" routes_soon "10.88.0.2 10.77.0.2" "10.88.0.3 10.77.0.3"
	ffctl route del 10.88.0.3
	check "what is deleted by hand comes back" \
		routes_soon "10.88.0.2 10.77.0.2" "10.88.0.3 10.77.0.3"
	check "the address goes" del_claim h3 10.88.0.3
	check "and the route" routes_soon "10.88.0.2 10.77.0.2"
}

conflicts()
{
	check "two hosts have an address" put_claim h4 10.77.0.4 10.88.0.2
	check "that is said" wait_for 10 agent_says "Hosts h2 and h4 both have 10.88.0.2"
	check "the first keeps it" routes_soon "10.88.0.2 10.77.0.2"
	check "it is shown" shows_soon '^10\.88\.0\.2 .*conflict$'
	check "it is counted" grep -x "ffd_conflicts 1" <(curl -s http://127.0.0.1:9471/metrics)
	check "the first one leaves" del_claim h2 10.88.0.2
	check "the other has it" routes_soon "10.88.0.2 10.77.0.4"
	check "that is said, too" wait_for 10 agent_says "Only one host is left"
	check "another host has the own one" put_claim h4 10.77.0.4 10.88.0.1
	check "that is said as well" wait_for 10 agent_says "Hosts h1 and h4 both have 10.88.0.1"
	check "the own address stays local" grep "dev ff0" <(ffctl route get 10.88.0.1)
	check "the other one leaves" del_claim h4 10.88.0.1
}

hostile_values()
{
	local before
	before=$(agent_said 'passed over')

	check "nonsense comes for the address" ctl put /freeflow/addr/0/10.88.0.2/h4 '{"host":'
	ctl put /freeflow/addr/0/10.88.0.9/h9 "$(printf '{"host":"10.77.0.2"}\xff')"
	ctl put /freeflow/addr/0/10.88.0.9/h8 '{"host":"224.0.0.1"}'
	ctl put /freeflow/addr/0/10.88.0.9/h7 '[[[[[[[[[[1]]]]]]]]]]'
	ctl put /freeflow/addr/0/10.88.0.9/h6 "{\"host\":\"$(printf '%100000s' '')\"}"
	ctl put /freeflow/addr/0/010.88.0.9/h6 '{"host":"10.77.0.2"}'
	ctl put /freeflow/addr/4294967296/10.88.0.9/h6 '{"host":"10.77.0.2"}'
	ctl put /freeflow/quota/table/0 '{"qp":-1}'
	ctl put /freeflow/limit/table/0 '{"rate":"1bit"}'
	ctl put "/freeflow/$(printf '\x01\xfe%600s' '')" x
	check "of each is said that it is passed over" wait_for 10 \
		said_more "$before" 10
	check "what was known stays" routes_soon "10.88.0.2 10.77.0.4"
	check "they are deleted" ctl del --prefix /freeflow/addr/0/10.88.0.9
	ctl del --prefix /freeflow/addr/4294967296
	check "sense comes back" put_claim h4 10.77.0.5 10.88.0.2
	check "and is believed" routes_soon "10.88.0.2 10.77.0.5"
}

said_more()
{
	(($(agent_said 'passed over') >= $1 + $2))
}

quotas()
{
	check "a quota for the table" ctl put /freeflow/quota/table/0 '{"qp":9,"pinned":"1g"}'
	check "is set" wait_for 10 has_quota 'qp 0/9'
	check "all of it" has_quota 'pinned 0/1073741824'
	check "one for the namespace" ctl put /freeflow/quota/netns/c1 '{"qp":7}'
	check "goes before it" wait_for 10 has_quota 'qp 0/7'
	check "both go" ctl del --prefix /freeflow/quota/
	check "the limit goes" wait_for 10 has_quota 'qp 0/unlimited'
}

has_quota()
{
	ffctl quota show netns c1 | grep -q "$1"
}

limits()
{
	check "a limit for the table" ctl put /freeflow/limit/table/0 '{"rate":"10gbit"}'
	check "is set" wait_for 10 has_limit 'rate 10gbit burst 12500000'
	check "one for the namespace" \
		ctl put /freeflow/limit/netns/c1 '{"rate":"1gbit","burst":"64k"}'
	check "goes before it" wait_for 10 has_limit 'rate 1gbit burst 65536'
	check "a weight by hand" ffctl limit set netns c1 weight 300
	check "both go" ctl del --prefix /freeflow/limit/
	check "the limit goes" wait_for 10 refused has_limit rate
	check "the weight stays" wait_for 10 has_limit 'weight 300'
}

has_limit()
{
	ffctl limit show | grep "^netns c1 $1"
}

# What the kernel tells of deleted routes while something happens.
watch_routes()
{
	ffctl monitor route >/run/deleted &
	monitor=$!
}

none_deleted()
{
	kill "$monitor"
	! grep '^del' /run/deleted
}

killed()
{
	check "two more addresses" put_claim h2 10.77.0.2 10.88.0.20
	check "are there" put_claim h2 10.77.0.2 10.88.0.21
	check "and routed" routes_soon "10.88.0.2 10.77.0.5" "10.88.0.20 10.77.0.2" "10.88.0.21 10.77.0.2"
	agent_end KILL
	watch_routes
	check "while the agent is dead one goes" del_claim h2 10.88.0.21
	check "one moves" put_claim h2 10.77.0.6 10.88.0.20
	agent_start
	check "the agent comes to know that" \
		routes_soon "10.88.0.2 10.77.0.5" "10.88.0.20 10.77.0.6"
	kill "$monitor"
	check "no other route went" diff <(grep ^del /run/deleted) \
		<(echo "del route 10.88.0.21 via 10.77.0.2 proto ffd")
	check "the own address was there all the time" store_has "$OWN"
}

# The one that the agent talks to, so that its stream is cut.
current_member()
{
	ffctl cluster show | sed -n 's/.*:2379\([123]\) .*/\1/p'
}

members_die()
{
	local first second

	watch_routes
	first=$(current_member)
	second=$((first % 3 + 1))
	member_kill "$first"
	check "without one member" wait_for 60 store_is_up_without "$first"
	check "changes are seen" put_claim_soon h2 10.77.0.2 10.88.0.30
	check "and routed" wait_for 40 has_routes "10.88.0.2 10.77.0.5" \
		"10.88.0.20 10.77.0.6" "10.88.0.30 10.77.0.2"
	member_kill "$second"
	check "without a majority the store is away" wait_for 60 agent_is_away
	check "that is said" agent_says "The store at .* is away .*; the routes stay"
	check "the health says so" wait_for 20 refused is_healthy
	check "the routes stay" has_routes "10.88.0.2 10.77.0.5" \
		"10.88.0.20 10.77.0.6" "10.88.0.30 10.77.0.2"
	member_start "$first"
	member_start "$second"
	check "all are back" wait_for 90 store_is_up
	check "no route was deleted" none_deleted
	check "the own address is there" wait_for 60 store_has "$OWN"
	check "the agent is there again" wait_for 60 agent_shows ' connected '
}

store_is_up_without()
{
	etcdctl --endpoints "$(client_url $(($1 % 3 + 1)))" endpoint health
}

put_claim_soon()
{
	wait_for 60 put_claim "$@"
}

agent_is_away()
{
	agent_shows ' away '
}

# slow TIME: whatever the store says to clients takes as long, and the gateway of
# a member is a client of that member
slow()
{
	local id

	tc qdisc replace dev lo root handle 1: prio bands 4 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 &&
		tc qdisc replace dev lo parent 1:4 handle 40: netem delay "$1" limit 10000 || return
	for id in 1 2 3; do
		tc filter add dev lo parent 1: protocol ip u32 \
			match ip protocol 6 0xff match ip sport "2379$id" 0xffff flowid 1:4 || return
	done
}

as_fast_as_before()
{
	tc qdisc del dev lo root
}

# When the own address came into the store: another number if it ever was gone.
created()
{
	ctl get "$OWN" -w json | grep -o '"create_revision":[0-9]*'
}

is_since()
{
	local now

	now=$(created)
	[ "$now" = "$1" ] || { echo "$now instead of $1"; return 1; }
}

# Twelve seconds are more than a lease.
slow_store()
{
	local before id

	before=$(created)
	watch_routes
	check "the store is slow" slow 500ms
	check "a host has another address" put_claim h2 10.77.0.2 10.88.0.32
	check "it is routed" wait_for 20 has_route 10.88.0.32
	sleep 12
	check "the agent is connected" agent_shows ' connected '
	check "the store is quick again" as_fast_as_before
	check "the own address was there all the time" is_since "$before"

	for id in 1 2 3; do kill -STOP "${member_pid[$id]}"; done
	check "a store that stands still is away" wait_for 60 agent_is_away
	for id in 1 2 3; do kill -CONT "${member_pid[$id]}"; done
	check "then it is there again" wait_for 60 agent_shows ' connected '
	check "the own address is there" wait_for 20 store_has "$OWN"
	check "no route was deleted" none_deleted
	check "the address goes" del_claim h2 10.88.0.32
	check "and the route" wait_for 20 refused has_route 10.88.0.32
}

# jump SECONDS: of the host's clock, while the lease is to be renewed
jump()
{
	date -s "@$(($(date +%s) + $1))" && sleep 12
}

clock_jumps()
{
	local before

	before=$(created)
	watch_routes
	check "the clock jumps a day ahead" jump 86400
	check "a change" put_claim h2 10.77.0.2 10.88.0.33
	check "is routed" wait_for 20 has_route 10.88.0.33
	check "the clock jumps two days back" jump -172800
	check "the agent is connected" agent_shows ' connected '
	check "a change" put_claim h2 10.77.0.7 10.88.0.33
	check "is routed" wait_for 20 leads_to 10.88.0.33 10.77.0.7
	check "the clock is right again" jump 86400
	check "the own address was there all the time" is_since "$before"
	check "no route was deleted" none_deleted
	check "the address goes" del_claim h2 10.88.0.33
	check "and the route" wait_for 20 refused has_route 10.88.0.33
}

# What happened while the stream was cut is no more in the store.
compaction()
{
	local first revision

	agent_end KILL
	check "a change" put_claim h2 10.77.0.2 10.88.0.31
	agent_start
	check "is seen" wait_for 40 has_route 10.88.0.31
	kill -STOP "$agent"
	first=$(current_member_of_log)
	member_kill "$first"
	check "one goes while the agent stands still" wait_for 60 del_claim h2 10.88.0.31
	revision=$(ctl get / -w json | grep -o '"revision":[0-9]*' | cut -d : -f 2)
	check "the history is compacted" ctl compact "$revision"
	member_start "$first"
	kill -CONT "$agent"
	check "what is gone is seen to be gone" wait_for 60 refused has_route 10.88.0.31
	check "the rest is there" has_route 10.88.0.30
}

current_member_of_log()
{
	sed -n 's/.*:2379\([123]\) is there again.*/\1/p' "$FFD_LOG" | tail -n 1 | grep . || echo 1
}

has_route()
{
	routes_of_ffd | grep -q "^$1 "
}

# All of its life once more, with every allocation watched.
valgrinds()
{
	agent_end KILL
	: >"$FFD_LOG"
	agent_under=(valgrind -q --error-exitcode=77 --leak-check=full)
	agent_start
	check "under valgrind: all is well" wait_for 180 is_healthy
	check "a change" put_claim h2 10.77.0.9 10.88.0.40
	check "is routed" wait_for 30 has_route 10.88.0.40
	check "it is asked" ffctl cluster show
	check "an address" del_claim h2 10.88.0.40
	check "goes" wait_for 30 refused has_route 10.88.0.40
	agent_end TERM
	check "it ends without an error, and nothing leaks" agent_ended_well
	check "what is published stays for the lease" store_has "$OWN"
	check "the routes stay" has_route 10.88.0.30
}

freeflow_up
check "c1 has ff0 with its addresses" device_add c1 ff0 1
agent_configure "lease-ttl = 10"
configurations
store_up
publishes
flaps
routes
foreign_routes
conflicts
hostile_values
quotas
limits
killed
members_die
slow_store
clock_jumps
compaction
valgrinds
for id in 1 2 3; do member_kill "$id"; done
containers_down
