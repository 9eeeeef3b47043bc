#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 600
#
# The table of virtual addresses. On each host three containers:
#
#	  c1 10.88.0.HOST   ff0, table 0
#	  a  10.99.0.HOST   ffa, table 1
#	  b  10.99.0.HOST   ffb, table 2: the address of a, another tenant
#
# and at the end d, whose root gives itself the address of c1.
#
# a of host 2 is at 10.99.0.2 in table 1, b of host 1 at 10.99.0.2 in table 2:
# the same address leads to different hosts.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly PEER=$((3 - HOST))

# tenant NAME DEVICE NUMBER TABLE: addresses that another tenant may have too
tenant()
{
	ip netns add "$1" &&
		ip link add "ff-$1" type veth peer name eth0 netns "$1" &&
		ip link set "ff-$1" up &&
		ip -n "$1" link set lo up && ip -n "$1" link set eth0 up &&
		ip -n "$1" addr add "10.99.0.$3/24" dev eth0 &&
		ffctl dev add "$2" lower "$LOWER" netdev eth0 netns "$1" table "$4" &&
		wait_for 10 has_gid "$1" "$2" "10.99.0.$3" 1
}

# has_gid CONTAINER DEVICE ADDRESS [INDEX]
has_gid()
{
	container_exec "$1" ibv_devinfo -v -d "$2" |
		grep -qE "GID\[ *${4:-[0-9]+}\]:[[:space:]]*::ffff:$3,"
}

# rtr CONTAINER DEVICE ADDRESS: what taking a QP towards the address gives
rtr()
{
	run_in "$1" "$SELFTESTS/qp_watch" -d "$2" -n "$3" || true
}

# gives TEXT COMMAND...
gives()
{
	local expected=$1 output
	shift

	output=$("$@" 2>&1)
	# shellcheck disable=SC2053 # a pattern
	[[ $output == $expected ]] || { echo "$output instead of $expected"; return 1; }
}

misses()
{
	ffctl -j dev show ff0 | json_number route_misses
}

no_route()
{
	local before
	before=$(misses)

	check "no route: Network is unreachable" \
		gives "rtr: Network is unreachable" rtr "c$HOST" ff0 10.123.0.1
	check "no route is counted" gives $((before + 1)) misses
	check "no IPv6 route: Network is unreachable" \
		gives "rtr: Network is unreachable" rtr "c$HOST" ff0 fd99::1
	check "route get without a route" gives "*unreachable*" ffctl route get 10.123.0.1
}

longest_prefix()
{
	check "add 10.120.0.0/16" ffctl route add 10.120.0.0/16 via 10.77.0.50
	check "add 10.120.1.0/24" ffctl route add 10.120.1.0/24 via 10.77.0.51
	check "add 10.120.1.7" ffctl route add 10.120.1.7 via 10.77.0.52
	check "the /16 leads" gives "10.120.0.0/16 via 10.77.0.50*" ffctl route get 10.120.2.1
	check "the /24 leads" gives "10.120.1.0/24 via 10.77.0.51*" ffctl route get 10.120.1.8
	check "the address leads" gives "10.120.1.7* via 10.77.0.52*" ffctl route get 10.120.1.7
	check "del 10.120.1.7" ffctl route del 10.120.1.7
	check "the /24 leads again" gives "10.120.1.0/24 via*" ffctl route get 10.120.1.7
	check "add ::/0" ffctl route add ::/0 via fd77::9
	check "the longer IPv6 prefix leads" gives "fd88::$PEER* via fd77::$PEER*" \
		ffctl route get "fd88::$PEER"
	check "::/0 leads" gives "::/0 via fd77::9*" ffctl route get fd99::1
	check "del ::/0" ffctl route del ::/0
	check "del 10.120.1.0/24" ffctl route del 10.120.1.0/24
	check "del 10.120.0.0/16" ffctl route del 10.120.0.0/16
	check "a local address is a local route" gives "10.88.0.$HOST* dev ff0*" \
		ffctl route get "10.88.0.$HOST"
}

# Replace and delete act on the next connection.
next_connection()
{
	check "del" ffctl route del "10.88.0.$PEER"
	check "after del: unreachable" gives "rtr: Network is unreachable" rtr "c$HOST" ff0 "10.88.0.$PEER"
	check "replace adds" ffctl route replace "10.88.0.$PEER" via "10.77.0.$PEER"
	barrier "routes are back"
	pair "after replace: connected" ibv_rc_pingpong -g "$GID4" -n 50
	barrier "connected again"
	check "add of what is there is refused" refused ffctl route add "10.88.0.$PEER" via "10.77.0.$PEER"
	check "del of what is not there is refused" refused ffctl route del 10.121.0.0/16
}

# The devices are reached by the address of their host's other container, the
# overlay is none of theirs: data goes by RDMA, the handshake by c1 and c2.
two_tables()
{
	check "a has ffa in table 1" tenant a ffa "$HOST" 1
	check "b has ffb in table 2" tenant b ffb "$PEER" 2
	check "table 1: a of the other host" ffctl route add "10.99.0.$PEER" via "10.77.0.$PEER" table 1
	check "table 2: b of the other host" ffctl route add "10.99.0.$HOST" via "10.77.0.$PEER" table 2
	check "table 1 leads to the other host" gives "10.99.0.$PEER* via 10.77.0.$PEER table 1*" \
		ffctl route get "10.99.0.$PEER" table 1
	check "table 2 leads to this host" gives "10.99.0.$PEER* dev ffb table 2*" \
		ffctl route get "10.99.0.$PEER" table 2
	check "table 0 does not lead there" gives "*unreachable*" ffctl route get "10.99.0.$PEER"
	barrier "tenants are there"
	tenant_pair a ffa 1
	tenant_pair b ffb 2
	check "dev del ffa" ffctl dev del ffa
	check "dev del ffb" ffctl dev del ffb
}

# Programs of a and b meet over a link of the tenant's own.
# shellcheck disable=SC2034 # for pair
tenant_pair()
{
	local name=$1 id=$3

	ip link add "ff-vx$id" mtu "$OVERLAY_MTU" type vxlan id "9$id" dstport 4789 \
		local "10.77.0.$HOST" remote "10.77.0.$PEER" dev "$UNDERLAY"
	ip link add "ff-br$id" mtu "$OVERLAY_MTU" type bridge
	ip link set "ff-vx$id" master "ff-br$id" up
	ip link set "ff-$name" master "ff-br$id"
	ip -n "$name" link set eth0 mtu "$OVERLAY_MTU"
	ip link set "ff-br$id" up
	container[1]=$name container[2]=$name
	device[1]=$2 device[2]=$2
	server_address=10.99.0.$([ "$name" = a ] && echo 1 || echo 2)
	pair "$name reaches its peer in table $id" "$SELFTESTS/verbs_data" -g 1 -V
	barrier "$name is done"
	ip link del "ff-vx$id"
	ip link del "ff-br$id"
	container[1]=c1 container[2]=c2 device[1]=ff0 device[2]=ff0
	server_address=10.88.0.1
}

# Whoever names proto meets routes of that one only; who does not, all.
owners()
{
	local named=(10.122.0.0/16 via 10.77.0.50 proto ffd)

	check "add proto ffd" ffctl route add "${named[@]}"
	check "add without proto is static" ffctl route add 10.123.0.0/16 via 10.77.0.50
	check "show proto ffd" gives "10.122.0.0/16 via 10.77.0.50 proto ffd" \
		ffctl route show proto ffd
	check "show proto kernel: local addresses" has_local ffctl route show proto kernel
	check "del of another proto is refused" gives "*of this proto*" \
		ffctl route del 10.123.0.0/16 proto ffd
	check "replace of another proto is refused" gives "*of another proto*" \
		ffctl route replace 10.123.0.0/16 via 10.77.0.51 proto ffd
	check "replace of the same proto" ffctl route replace "${named[@]/50/51}"
	check "proto kernel is refused" gives "*local addresses*" \
		ffctl route add 10.124.0.0/16 via 10.77.0.50 proto kernel
	check "proto 0 is refused" refused ffctl route add 10.124.0.0/16 via 10.77.0.50 proto 0
	check "flush proto ffd" ffctl route flush proto ffd
	check "the static route stays" gives "10.123.0.0/16 via 10.77.0.50" ffctl route get 10.123.0.1
	check "add proto ffd again" ffctl route add "${named[@]}"
	check "replace without proto takes it over" ffctl route replace 10.122.0.0/16 via 10.77.0.52
	check "and makes it static" gives "" ffctl route show proto ffd
	check "del without proto" ffctl route del 10.122.0.0/16
	check "del of the proto" ffctl route del 10.123.0.0/16 proto static
}

has_local()
{
	"$@" | grep -x "10.88.0.$HOST dev ff0 local"
}

# What is told of local addresses as they come, go and move to another table.
local_events()
{
	ffctl monitor route >/run/monitor &
	check "the monitor listens" wait_for 20 monitor_listens
	check "its route goes" ffctl route del 10.125.0.0/16
	check "an address comes" ip -n "c$HOST" addr add 10.89.0.1/24 dev eth0
	check "that is told" told "add route 10.89.0.1 dev ff0 local"
	check "it goes" ip -n "c$HOST" addr del 10.89.0.1/24 dev eth0
	check "that is told, too" told "del route 10.89.0.1 dev ff0 local"
	check "the device moves to table 3" ffctl dev set ff0 table 3
	check "its address leaves a table" told "del route 10.88.0.$HOST dev ff0 local"
	check "and comes to another" told "add route 10.88.0.$HOST dev ff0 table 3 local"
	check "the device moves back" ffctl dev set ff0 table 0
	kill %%
}

# The first event that is seen says so.
monitor_listens()
{
	ffctl route replace 10.125.0.0/16 via 10.77.0.50 && grep -q 10.125.0.0/16 /run/monitor
}

told()
{
	wait_for 10 grep -qx "$1" /run/monitor || { cat /run/monitor; return 1; }
}

watched()
{
	run_in "c$HOST" "$SELFTESTS/qp_watch" -d ff0 -p 21000 -t 60 "$@" >/run/watch 2>&1
}

is_connected()
{
	grep -q '^connected' /run/watch
}

# Host 1 moves the route to host 2; its QP gets the event, the peer's none.
moved_route()
{
	local watcher

	: >/run/watch
	if [ "$HOST" = 1 ]; then
		watched &
		watcher=$!
		wait_listen c1 21000
		barrier "watch"
	else
		barrier "watch"
		watched 10.88.0.1 &
		watcher=$!
	fi
	check "QPs connect" wait_for 30 is_connected
	barrier "watched QPs are connected"
	if [ "$HOST" = 1 ]; then
		check "a replace with the same host changes nothing" \
			ffctl route replace 10.88.0.2 via 10.77.0.2
		check "no event so far" gives "connected*" cat /run/watch
		check "the route moves to another host" ffctl route replace 10.88.0.2 via 10.77.0.77
		wait "$watcher"
		check "QP_FATAL" grep -x "event: local work queue catastrophic error" /run/watch
		check "the QP is in ERR" grep -x "state: ERR" /run/watch
		check "the route moves back" ffctl route replace 10.88.0.2 via 10.77.0.2
	else
		wait "$watcher"
		check "the peer hears nothing" grep -x "event: none" /run/watch
	fi
	barrier "route has moved"
}

leads_to()
{
	gives "$1* dev $2*" ffctl route get "$1"
}

# Of two devices in a table, the one that had an address first has it.
an_address_of_two()
{
	local own=10.88.0.$HOST

	check "d has ffd" tenant d ffd $((HOST + 10)) 0
	check "d takes the address of c$HOST" ip -n d addr add "$own/24" dev eth0
	# Addresses come one after the other.
	check "and another" ip -n d addr add "10.88.0.$((HOST + 20))/24" dev eth0
	check "its device has the other" wait_for 10 has_gid d ffd "10.88.0.$((HOST + 20))"
	check "but not that of c$HOST" refused has_gid d ffd "$own"
	check "that still leads to ff0" leads_to "$own" ff0
	check "c$HOST gives its address up" ip -n "c$HOST" addr del "$own/24" dev eth0
	check "it leads nowhere" wait_for 10 gives "*unreachable*" ffctl route get "$own"
	check "d gives it up" ip -n d addr del "$own/24" dev eth0
	check "and takes it again" ip -n d addr add "$own/24" dev eth0
	check "now it is d's" wait_for 10 leads_to "$own" ffd
	check "ffd has it" has_gid d ffd "$own"
}

containers_up
no_route
longest_prefix
owners
local_events
next_connection
moved_route
two_tables
an_address_of_two
containers_down
