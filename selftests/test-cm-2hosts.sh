#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 1600
# long: yes
# data path: ring
#
# rdma_cm by virtual address between containers of two hosts: as on one host,
# then with a tunnel that loses, doubles and reorders datagrams.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

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

rping_once()
{
	run_in c2 rping -c -a 10.88.0.1 -p 7199 -C 1 -V
}

record()
{
	local recorder rc

	tcpdump --immediate-mode -i "$UNDERLAY" -Q out -U -w /run/tunnel.pcap \
		"udp dst port $TUNNEL_PORT" 2>/run/tcpdump &
	recorder=$!
	wait_for 10 grep -q "listening on" /run/tcpdump || return
	rping_once
	rc=$?
	sleep 1
	kill "$recorder"
	wait "$recorder"
	return "$rc"
}

tunnel_counter()
{
	ffctl -j tunnel show | json_number "$1"
}

# All of a connection's datagrams, in their order, to a server that listens still.
send_recorded()
{
	local datagrams

	tcpreplay -i "$UNDERLAY" /run/tunnel.pcap >/run/tcpreplay 2>&1 || { cat /run/tcpreplay; return 1; }
	datagrams=$(tcpdump -r /run/tunnel.pcap 2>/dev/null | wc -l)
	echo "$datagrams datagrams"
	put replayed "$datagrams"
	[ "$datagrams" -ge 3 ]
}

has_received()
{
	[ "$(tunnel_counter received)" -ge "$1" ]
}

no_qp_is_connected()
{
	! ffctl res show qp | grep -E 'state rt[rs]'
}

# Who can record datagrams and sends them again does not become anybody's peer.
replay()
{
	local server before

	if [ "$HOST" = 1 ]; then
		run_in c1 rping -s -P -a 10.88.0.1 -p 7199 >/run/server 2>&1 &
		server=$!
		check "replay: a server that goes on" wait_for 30 cm_listens ff0 7199
	fi
	barrier "replay: a server listens"
	[ "$HOST" = 1 ] || check "replay: a connection is recorded" record
	barrier "replay: a connection is recorded"
	before=$(tunnel_counter received)
	barrier "replay: the next that come are those"
	if [ "$HOST" = 2 ]; then
		check "replay: it is sent again" send_recorded
	else
		check "replay: it has come" wait_for 30 has_received $((before + $(get replayed)))
	fi
	barrier "replay: it was sent again"
	sleep 2
	[ "$HOST" = 2 ] || check "replay: nobody has connected" no_qp_is_connected
	[ "$HOST" = 1 ] || check "replay: another client is served" rping_once
	barrier "replay: another client was served"
	if [ "$HOST" = 1 ]; then
		kill_all_in c1
		wait "$server"
	fi
	check "replay: no rdma_cm id is left" wait_for 60 no_cm_id_is_left
}

rdma_cm()
{
	cm_all
	once replay
	connections "whole" delay 0
	once connections "1% lost, doubled and out of order" loss 1% duplicate 10% delay 5ms reorder 25%
	once connections "10% lost" loss 10%
}

on_each_datapath rdma_cm
