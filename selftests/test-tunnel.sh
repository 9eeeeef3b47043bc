#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 600
# long: yes
#
# The tunnel of one host, which another one speaks to well and badly:
#
#	  h9, a host: 10.77.9.9 ──── 10.77.9.1, this host, 10.77.0.1
#	              fd77:9::9      fd77:9::1
#	  its container: 10.88.0.9	its containers: c1 10.88.0.1, c2 10.88.0.2

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly FUZZ_DATAGRAMS=$((1000000 / SLOWNESS))

# probe OPTION...: by default about c1, in the name of a container of h9
probe()
{
	ip netns exec h9 "$SELFTESTS/tunnel_probe" -a 10.77.0.1 -S 10.88.0.9 -D 10.88.0.1 "$@"
}

# says TEXT COMMAND...
says()
{
	local expected=$1 output
	shift

	output=$("$@" 2>&1)
	[ "$output" = "$expected" ] || { echo "$output instead of $expected"; return 1; }
}

counter()
{
	ffctl -j tunnel show | json_number "$1"
}

# counts COUNTER COMMAND...: the command adds one to a counter and none to others
counts()
{
	local counter=$1 before
	shift

	before=$(counter "$counter")
	"$@" || return
	says $((before + 1)) counter "$counter"
}

hold_qp()
{
	: >/run/hold
	container_exec c1 "$SELFTESTS/verbs_hold" -d ff0 -p 1 -c 1 -q 1 -t 600 >/run/hold 2>&1 &
	wait_for 30 grep -q ready /run/hold
}

questions()
{
	check "a QP of the address is there" says "there" probe -q "$qpn"
	check "another number is not" says "no such QP" probe -q $((qpn + 1))
	check "at another address of this host it is not" \
		says "no such QP" probe -D 10.88.0.2 -q "$qpn"
	check "an address of nobody" says "no such address" probe -D 10.88.0.77 -q "$qpn"
	check "an address in another table" says "silence" probe -t 5 -q "$qpn"
	check "by an address that is not the NIC's" \
		says "no such address" probe -a 10.77.9.1 -q "$qpn"
	check "IPv6 addresses" says "there" probe -S fd88::9 -D fd88::1 -q "$qpn"
}

forgeries()
{
	check "a source that is routed nowhere is dropped and counted" \
		counts misrouted says "silence" probe -S 10.88.0.8 -q "$qpn"
	check "a source that is routed to another host" \
		counts misrouted says "silence" probe -S 10.88.0.7 -q "$qpn"
	check "a source of this host" \
		counts misrouted says "silence" probe -S 10.88.0.2 -q "$qpn"
	check "who has not the port of a module" \
		counts malformed says "silence" probe -l 14799 -q "$qpn"
	check "a source of another family" \
		counts malformed says "silence" probe -S fd88::9 -q "$qpn"
}

# h9 also is a host by IPv6, as which it has 10.88.0.10. This host has an address that
# none should have, too, to see that it is none to be reached by.
hosts_by_ipv6()
{
	ip addr add fd77:9::1/64 dev ff-h9 nodad &&
		ip addr add ::ffff:10.77.9.1/128 dev ff-h9 nodad &&
		ip -n h9 addr add fd77:9::9/64 dev eth0 nodad &&
		ip -n h9 route add 224.0.0.1 dev eth0 &&
		ffctl route add 10.88.0.10 via fd77:9::9
}

# forge FROM TO OPTION...: a question in an IPv6 packet with these addresses
forge()
{
	probe -a fd77:9::1 -q "$qpn" -f "$1" -F "$2" "${@:3}"
}

# What is around a datagram: who it is from, and to whom.
envelopes()
{
	check "hosts by IPv6" hosts_by_ipv6
	check "a question by IPv6 is taken up" \
		counts received says "no such address" probe -a fd77:9::1 -S 10.88.0.10 -q "$qpn"
	check "and so is a forged one" counts received forge fd77:9::9 fd77:9::1 -S 10.88.0.10
	check "an IPv4 host's address in an IPv6 packet" \
		counts malformed forge ::ffff:10.77.9.9 fd77:9::1
	check "an IPv4 address of this host in an IPv6 packet" \
		counts malformed forge fd77:9::9 ::ffff:10.77.9.1 -S 10.88.0.10
	check "to an IPv4 group" counts malformed says "silence" probe -a 224.0.0.1 -q "$qpn"
	check "to an IPv6 group" \
		counts malformed forge fd77:9::9 ff02::1 -a ff02::1%eth0 -S 10.88.0.10
	check "from a link-local address" counts misrouted forge fe80::9 fd77:9::1 -S 10.88.0.10
	check "no route leads to a link-local address" \
		refused ffctl route add 10.88.0.11 via fe80::9
}

keys()
{
	printf '%064d\n' 7 >/run/key
	check "a key is set" ffctl tunnel set key /run/key
	check "who has no key is not answered" counts unauthentic says "silence" probe -q "$qpn"
	check "the key is not shown" says "" grep -o 0007 <(ffctl tunnel show)
	check "a key of another length is refused" refused ffctl tunnel set key /dev/null
	check "no key any more" ffctl tunnel set nokey
	check "answered again" says "there" probe -q "$qpn"
}

ports()
{
	check "another port" ffctl tunnel set port 14792
	check "silence on the old one" says "silence" probe -q "$qpn"
	check "an answer on the new one" says "there" probe -p 14792 -q "$qpn"
	nc.traditional -u -l -p 14793 </dev/zero >/dev/null 2>&1 &
	sleep 1
	check "a port that is taken is refused" refused ffctl tunnel set port 14793
	kill $!
	check "and nothing has changed" says "there" probe -p 14792 -q "$qpn"
	check "the old one again" ffctl tunnel set port 14791
	check "a change needs CAP_NET_ADMIN" \
		refused setpriv --bounding-set -net_admin ffctl tunnel set port 14792
}

# A container of h9 has more asked than this host can answer; h9 is two hosts for that.
crowds()
{
	local crowd before asked

	check "h9 is another host, too" ip -n h9 addr add 10.77.9.8/24 dev eth0
	check "whose container" ffctl route add 10.88.0.12 via 10.77.9.8
	before=$(counter overrun)
	ip netns exec h9 "$SELFTESTS/tunnel_probe" -a 10.77.0.1 -L 10.77.9.8 \
		-S 10.88.0.12 -D 10.88.0.1 -q "$qpn" -m &
	crowd=$!
	check "its container asks too much" wait_for 20 has_overrun "$before"
	for asked in 1 2 3 4 5; do
		check "others are answered, $asked" says "there" probe -L 10.77.9.9 -q "$qpn"
	done
	kill "$crowd"
}

has_overrun()
{
	[ "$(counter overrun)" -gt "$1" ]
}

drops()
{
	local name sum=0

	for name in received malformed unauthentic misrouted overrun; do
		((sum += $(counter "$name")))
	done
	echo "$sum"
}

# Each is counted once; a few get lost on the way.
flood()
{
	local before sent counted
	before=$(drops)

	sent=$(probe -s "$1" -n "$FUZZ_DATAGRAMS") || return
	counted=$(($(drops) - before))
	echo "$sent datagrams: $(ffctl tunnel show)"
	((counted <= sent && counted > sent * 9 / 10))
}

changed_nothing()
{
	rdma resource show | sed 's/^[0-9]*: //' | diff /run/resources -
}

garbage()
{
	rdma resource show | sed 's/^[0-9]*: //' >/run/resources
	check "$FUZZ_DATAGRAMS garbled datagrams are counted" flood 1
	ffctl tunnel show | sed 's/^/# /'
	check "they change nothing" changed_nothing
	check "the tunnel still answers" says "there" probe -q "$qpn"
}

containers_up
check "another host" host_add
check "its container" ffctl route add 10.88.0.9 via 10.77.9.9
check "its container, IPv6" ffctl route add fd88::9 via 10.77.9.9
check "a container of a third host" ffctl route add 10.88.0.7 via 10.77.9.7
check "c1 has a QP" hold_qp
qpn=$(ffctl -j res show qp dev ff0 | json_number qpn)
questions
forgeries
envelopes
keys
ports
crowds
garbage
kill_all_in c1
containers_down
