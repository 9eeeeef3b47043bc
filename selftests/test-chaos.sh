#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 900
# kernel: debug
#
# At random moments something happens to programs, interfaces, namespaces and
# devices under load. Programs may fail, but never with other data than was sent;
# when it is over everything works, nothing is on the lower device, nothing pinned.
#
# `make chaos` does it for longer, on the stock kernel.
#
#	test-chaos.sh [SEED [SECONDS]]
#
#	c1: ff0, syscall ◄── load ──► c2: ff1, ring     c3: ff2, comes and goes

# shellcheck disable=SC2034,SC2154 # what topology.sh uses, and what it has

chaos_seed=${1:-1}
chaos_seconds=${2:-40}
set --

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# How long a program of the load may take, and what it says of wrong data.
readonly PATIENCE=$((6 * SLOWNESS))
readonly MISMATCH='invalid data|mismatch|data compare'

readonly EVENTS=(lower_leaves link_down link_renamed link_moves namespace_dies
	device_leaves rmmod_refused routes_flap host_routes_flap address_flaps table_changes
	kill_one stop_one trace_one fork_and_exec squeeze_memory little_memlock limit_changes)

### The load

in_time()
{
	local name=$1
	shift

	exec "$SELFTESTS/enter" "$name" timeout -s KILL "$PATIENCE" "$@"
}

# A GID that a QP still has keeps its place in the table, and the address that returns
# meanwhile has another.
# gid_index CONTAINER DEVICE ADDRESS
gid_index()
{
	container_exec "$1" ibv_devinfo -v -d "$2" |
		sed -nE "s/.*GID\[ *([0-9]+)\]:[[:space:]]*(::ffff:)?$3, RoCE v2/\1/p" | grep -m 1 .
}

# with_numbers TEXT PORT CONTAINER DEVICE ADDRESS: prints it with PORT and INDEX filled
# in, if the device has the address
with_numbers()
{
	local index=

	[[ $1 != *INDEX* ]] || index=$(gid_index "$3" "$4" "$5") || return
	sed "s/PORT/$2/; s/INDEX/$index/" <<<"$1"
}

load_once()
{
	local name=$1 server client outcome=0 serve dial
	local -a serves dials

	if ! serve=$(with_numbers "$3" "$2" c1 ff0 10.88.0.1) ||
		! dial=$(with_numbers "$4" "$2" c2 ff1 10.88.0.2); then
		echo "no address" >>"/run/load.$name"
		sleep 0.3
		return
	fi
	read -ra serves <<<"$serve"
	read -ra dials <<<"$dial"
	in_time c1 "${serves[@]}" >"/run/load.$name.server" 2>&1 &
	server=$!
	sleep 0.3
	in_time c2 "${dials[@]}" >"/run/load.$name.client" 2>&1 &
	client=$!
	wait "$client" || outcome=failed
	kill "$server"
	wait "$server"
	grep -HE "$MISMATCH" "/run/load.$name."{server,client} >>/run/mismatches
	echo "$outcome" >>"/run/load.$name"
}

# load NAME PORT SERVER CLIENT: again and again, until /run/calm is there
load()
{
	local name=$1 first=$2 round=0

	while [ ! -e /run/calm ]; do
		load_once "$name" $((first + round++ % 900)) "$3" "$4" 2>/dev/null
	done
	: >"/run/load.$name.ended"
}

readonly RC="ibv_rc_pingpong -g INDEX -c -n 100 -s 16384 -p PORT"
readonly UD="ibv_ud_pingpong -g INDEX -c -n 50 -s 1024 -p PORT"
readonly CM="-a 10.88.0.1 -p PORT -C 50 -V"

load_begins()
{
	local name

	rm -f /run/calm
	for name in rc ud cm fork; do
		: >"/run/load.$name"
	done
	: >/run/mismatches
	load rc 21000 "$RC -d ff0" "$RC -d ff1 10.88.0.1" &
	load ud 22000 "$UD -d ff0" "$UD -d ff1 10.88.0.1" &
	load cm 23000 "rping -s $CM" "rping -c $CM" &
}

load_ends()
{
	: >/run/calm
	wait_for $((3 * PATIENCE)) no_load
}

no_load()
{
	[ -e /run/load.rc.ended ] && [ -e /run/load.ud.ended ] && [ -e /run/load.cm.ended ] &&
		! pgrep -x verbs_fork
}

### What happens

# chance N: 0 to N - 1, by the seed
chance()
{
	echo $((RANDOM % $1))
}

moment()
{
	sleep "0.$(printf %02d $((RANDOM % 60)))"
}

lower_leaves()
{
	rdma link del "$LOWER"
	moment
	rdma link add "$LOWER" type rxe netdev "$UNDERLAY"
}

has_address()
{
	ip -n "$1" addr replace "fd88::${1#c}/64" dev eth0
}

link_down()
{
	ip -n c1 link set eth0 down
	moment
	ip -n c1 link set eth0 up
	has_address c1
}

link_renamed()
{
	ip -n c2 link set eth0 down
	ip -n c2 link set eth0 name other0
	moment
	ip -n c2 link set other0 name eth0
	ip -n c2 link set eth0 up
	has_address c2
}

victim_comes()
{
	container_add c3 eth0 10.88.0.3/24 fd88::3/64 &&
		ffctl dev add ff2 lower "$LOWER" netdev eth0 netns c3 datapath ring &&
		{ in_time c3 "$SELFTESTS/verbs_hold" -d ff2 -p 2 -c 2 -m 2 -q 2 -s 1 -a 1 -t 60 \
			>/run/victim 2>&1 & }
}

no_victim()
{
	[ ! -e /sys/class/infiniband/ff2 ]
}

victim_returns()
{
	wait_for 20 no_victim && victim_comes
}

link_moves()
{
	ip netns add away
	ip -n c3 link set eth0 netns away
	moment
	ip netns del away
	kill_all_in c3
	wait_for 10 no_link ff-c3
	ip netns del c3
	victim_returns
}

no_link()
{
	[ ! -e "/sys/class/net/$1" ]
}

namespace_dies()
{
	local inside

	mapfile -t inside < <(ip netns pids c3)
	ip netns del c3
	moment
	[ ${#inside[@]} = 0 ] || kill -9 "${inside[@]}"
	wait_for 10 no_link ff-c3
	victim_returns
}

device_leaves()
{
	ffctl dev del ff1
	moment
	ffctl dev add ff1 lower "$LOWER" netdev eth0 netns c2 datapath ring
}

# A file of ff0 is open all the time.
rmmod_refused()
{
	rmmod freeflow || return 0
	echo unloaded >>/run/mismatches
}

routes_flap()
{
	ffctl -f -b /run/routes
	ffctl route replace 10.88.0.0/24 via 10.77.0.99
	moment
	ffctl route flush
}

# Those of the host's own network, by which the lower device is reached.
host_routes_flap()
{
	ip addr del "10.77.0.$HOST/24" dev "$UNDERLAY"
	ip route add blackhole 10.77.0.0/24
	moment
	ip route del blackhole 10.77.0.0/24
	ip addr add "10.77.0.$HOST/24" dev "$UNDERLAY"
}

address_flaps()
{
	ip -n c2 addr del 10.88.0.2/24 dev eth0
	moment
	ip -n c2 addr add 10.88.0.2/24 dev eth0
}

table_changes()
{
	ffctl dev set ff1 table 7
	moment
	ffctl dev set ff1 table 0
}

# Any program of the load.
one_of_the_load()
{
	local programs

	mapfile -t programs < <(pgrep -x 'ibv_rc_pingpong|ibv_ud_pingpong|rping')
	[ ${#programs[@]} != 0 ] || return
	one=${programs[RANDOM % ${#programs[@]}]}
}

kill_one()
{
	one_of_the_load && kill -9 "$one"
}

stop_one()
{
	one_of_the_load || return
	kill -STOP "$one"
	moment
	kill -CONT "$one"
}

trace_one()
{
	one_of_the_load && timeout -k 5 "$SLOWNESS" strace -f -o /dev/null -p "$one"
}

# In the background, so that other things happen to it; several times, of which one
# should go well.
fork_and_exec()
{
	for _ in {1..5}; do
		(in_time c2 "$SELFTESTS/verbs_fork" -d ff1 -g "$(gid_index c2 ff1 10.88.0.2)")
		echo "$?" >>/run/load.fork
	done >>/run/forks 2>&1 &
}

# Reclaim, and a program for which little memory is left, but enough to live.
squeeze_memory()
{
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory
	one_of_the_load && echo "$one" >/sys/fs/cgroup/small/cgroup.procs
}

little_memlock()
{
	one_of_the_load && prlimit --pid "$one" --memlock="$(chance 65536)"
	"$SELFTESTS/enter" -u c1 prlimit --memlock=4096 "$SELFTESTS/verbs_hold" -d ff0 -m 2 -t 0
}

limit_changes()
{
	ffctl limit set dev ff0 rate "$((1 + RANDOM % 50))mbit"
	ffctl quota set netns c2 qp "$(chance 3)"
	moment
	ffctl limit del dev ff0
	ffctl quota set netns c2 qp unlimited
}

### The whole

prepare()
{
	local i

	for ((i = 0; i < 200; i++)); do
		echo "route add 10.90.$i.0/24 via 10.77.0.$((i % 50 + 100))"
	done >/run/routes
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p /sys/fs/cgroup/small
	echo 4M >/sys/fs/cgroup/small/memory.high
	container_exec c1 sh -c "exec 9<>/dev/infiniband/$(node_of ff0); exec sleep 100000" &
	victim_comes
}

node_of()
{
	ffctl dev show "$1" | sed 's/.* node \([^ ]*\) .*/\1/'
}

# The events in an order by the seed.
shuffle()
{
	local i j swapped

	order=("${EVENTS[@]}")
	for ((i = ${#order[@]} - 1; i > 0; i--)); do
		j=$((RANDOM % (i + 1)))
		swapped=${order[i]} order[i]=${order[j]} order[j]=$swapped
	done
}

# Each of them once, at least.
chaos()
{
	local end=$((SECONDS + chaos_seconds)) event order round began

	RANDOM=$chaos_seed
	for ((round = 0; round == 0 || SECONDS < end; round++)); do
		echo "# round $round, after $((chaos_seconds - end + SECONDS)) s"
		shuffle
		for event in "${order[@]}"; do
			((round == 0 || SECONDS < end)) || return
			began=$SECONDS
			"$event" >"/run/event.$event" 2>&1
			echo "$event $((SECONDS - began))" >>/run/events
			moment
		done
	done
}

tell()
{
	local name

	awk '{ n[$1]++; s[$1] += $2 } END { for (e in n) printf "# %s: %d in %d s\n", e, n[e], s[e] }' \
		/run/events
	for name in rc ud cm fork; do
		echo "# $name: $(grep -cx 0 "/run/load.$name") of $(wc -l <"/run/load.$name") runs went well"
	done
}

some_went_well()
{
	grep -qx 0 "/run/load.$1"
}

no_mismatch()
{
	! grep . /run/mismatches && ! grep 'other data' /run/forks
}

has_addresses()
{
	gid_index "c$1" "$2" "10.88.0.$1" && gid_index "c$1" "$2" "fd88::$1"
}

went_well()
{
	load_once "$@"
	[ "$(tail -n 1 "/run/load.$1")" = 0 ] || { cat "/run/load.$1."{server,client}; return 1; }
}

works_again()
{
	check "c1 has its addresses" wait_for 30 has_addresses 1 ff0
	check "c2 has its addresses" wait_for 30 has_addresses 2 ff1
	check "c3 has its addresses" wait_for 30 has_addresses 3 ff2
	check "RC" went_well rc 24001 "$RC -d ff0" "$RC -d ff1 10.88.0.1"
	check "UD" went_well ud 24002 "$UD -d ff0" "$UD -d ff1 10.88.0.1"
	check "rdma_cm" went_well cm 24003 "rping -s $CM" "rping -c $CM"
}

freeflow_up
check "c1 has ff0" device_add c1 ff0 1
datapath=ring
check "c2 has ff1" device_add c2 ff1 2
prepare
load_begins
echo "# seed $chaos_seed, $chaos_seconds s"
chaos
check "the load ends" load_ends
tell
for name in rc ud cm fork; do
	check "$name: some of it went well" some_went_well "$name"
done
check "no other data than was sent, and the module stayed" no_mismatch
works_again
kill_all_in c1
kill_all_in c3
containers_down
