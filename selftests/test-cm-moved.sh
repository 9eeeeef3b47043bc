#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 480
# long: yes
# data path: ring
#
# An address that moves to another host while a client of it is connected:
# container m, 10.88.0.50, is on host 2 at first, then on host 1 as c1 is.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

readonly MOVING=10.88.0.50

moving_add()
{
	check "m is on host $HOST" device_add m ffm 50
	run_in m rping -s -P -a "$MOVING" -p 7200 >/run/server.m 2>&1 &
	server=$!
	check "its server listens" wait_for 30 cm_listens ffm 7200
}

ping_once()
{
	run_in c1 rping -c -a "$MOVING" -p 7200 -C 1 -V
}

connected_to()
{
	ffctl res show qp dev ff0 | grep -q "dest $MOVING .* host $1 "
}

went_down()
{
	ffctl res show qp dev ff0 | grep -q "state err .*comm rping"
}

# The server on host 2 is stopped, as if its host were gone: it says no good-bye.
moves_here()
{
	run_in c1 rping -c -a "$MOVING" -p 7200 -C 100000000 >/run/client 2>&1 &
	check "c1 is connected to m on host 2" wait_for 30 connected_to 10.77.0.2
	barrier "connected"
	barrier "stopped"
	check "the connection lasts as long as the route" connected_to 10.77.0.2
	moving_add
	check "then it goes down at once" wait_for 5 went_down
	# rdma_cm gives up what it is at when the MAC of an address changes.
	check "the next ones reach m on host 1" wait_for 30 ping_once
	check "the route is a local one" is_here
}

is_here()
{
	ffctl route get "$MOVING" | grep -q "dev ffm"
}

# Back again, the client retries until it gets there.
moves_back()
{
	check "m leaves host 1" ffctl dev del ffm
	kill_all_in m
	wait "$server"
	check "its container goes" container_del m
	barrier "left host 1"
	check "a client that retries reaches m on host 2" wait_for 60 ping_once
	barrier "back"
}

stop_all_in_m()
{
	local pids
	mapfile -t pids < <(ip netns pids m)

	kill "-$1" "${pids[@]}"
}

moved()
{
	if [ "$HOST" = 1 ]; then
		check "route to m" ffctl route replace "$MOVING" via 10.77.0.2
		barrier "m is there"
		moves_here
		moves_back
	else
		moving_add
		barrier "m is there"
		barrier "connected"
		stop_all_in_m STOP
		barrier "stopped"
		barrier "left host 1"
		stop_all_in_m CONT
		barrier "back"
		kill_all_in m
		wait "$server"
	fi
}

on_each_datapath moved
