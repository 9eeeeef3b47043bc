#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 600
#
# rdma_cm by virtual address between containers of two hosts: as on one host,
# then with a tunnel that loses, doubles and reorders datagrams.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

readonly TUNNEL_PORT=14791

# impair NETEM...: what the tunnel does to datagrams sent from here; RDMA is left
# alone
impair()
{
	tc qdisc replace dev "$UNDERLAY" root handle 1: prio bands 4 \
		priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1 &&
		tc qdisc replace dev "$UNDERLAY" parent 1:4 handle 40: netem "$@" &&
		tc filter replace dev "$UNDERLAY" parent 1: protocol ip prio 1 handle 800::800 \
			u32 match ip protocol 17 0xff match ip dport "$TUNNEL_PORT" 0xffff flowid 1:4
}

repair()
{
	tc qdisc del dev "$UNDERLAY" root
}

all_connected()
{
	connection_time /run/clients >/run/time && [ -s /run/time ]
}

# connections NAME NETEM...
connections()
{
	local name=$1
	shift

	check "$name: the tunnel is so" impair "$@"
	cm_endless "$name: 200 connections at once" \
		"cmtime -b ADDRESS -p PORT" \
		"$SELFTESTS/write_file /run/clients cmtime -s ADDRESS -p PORT -c 200"
	if [ "$HOST" = 2 ]; then
		check "$name: all are connected" all_connected
		echo "# $name: $(cat /run/time) us for each connection"
	fi
	check "$name: the tunnel is whole again" repair
	check "$name: no rdma_cm id is left" wait_for 60 no_cm_id_is_left
}

containers_up
cm_programs IPv4 ip 10.88.0.1
cm_programs IPv6 ip6 fd88::1
cm_multicast
cm_perftest
cm_copy
tcp_mode
connections "whole" delay 0
connections "1% lost, doubled and out of order" loss 1% duplicate 10% delay 5ms reorder 25%
connections "10% lost" loss 10%
containers_down
