#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 300
#
# Unmodified programs on the ring data path, between two containers of one host:
# libibverbs loads its rxe provider for the device.

# shellcheck disable=SC2034,SC2154 # what topology.sh uses, and what it has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/verbs.sh"

listens_for_cm()
{
	rdma resource show cm_id | grep -q 'state LISTEN .*:7300'
}

# Its QPs signal all requests, none of which asks for it.
ucmatose_pair()
{
	run_in c1 ucmatose -b 10.88.0.1 -p 7300 >/run/server.cm 2>&1 &
	server=$!
	wait_for 30 listens_for_cm &&
		run_in c2 ucmatose -s 10.88.0.1 -p 7300 && wait "$server"
}

readonly TRACING=/sys/kernel/tracing

trace_timers()
{
	echo "$1" >$TRACING/events/timer/hrtimer_expire_entry/enable
	echo "$1" >$TRACING/events/workqueue/workqueue_execute_start/enable
}

# What timers and work items of the module do.
at_work()
{
	grep -E '\[freeflow\]' $TRACING/trace
}

no_work_in()
{
	echo >$TRACING/trace
	sleep "$1"
	! at_work
}

# Two QPs that are connected and wait: their receive queues are empty, so that
# timers look at the rings, but not for long.
idle()
{
	echo >$TRACING/trace
	trace_timers 1
	run_in c1 "$SELFTESTS/qp_watch" -d ff0 -p 7400 -t 300 >/run/idle1 2>&1 &
	wait_listen c1 7400
	run_in c2 "$SELFTESTS/qp_watch" -d ff1 -p 7400 -t 300 10.88.0.1 >/run/idle2 2>&1 &
	check "QPs connect and wait" wait_for 30 grep -q '^connected' /run/idle1 /run/idle2
	check "timers of theirs are seen" wait_for 10 at_work
	sleep 1
	check "idle queues cost nothing" no_work_in 3
	trace_timers 0
	kill_all_in c1
	kill_all_in c2
	wait
}

rings()
{
	device_is_shown c1 ff0 1
	device_is_shown c2 ff1 2
	pingpongs
	pair "one receive at a time" ibv_rc_pingpong -g "$GID4" -c -r 1
	pair "ib_send_bw, one receive at a time" ib_send_bw -x "$GID4" -F -r 1 -n 200 -s 1024
	pair "ib_send_bw" ib_send_bw -x "$GID4" -F -n 500 -s 4096
	pair "ib_send_bw, inline" ib_send_bw -x "$GID4" -F -n 500 -s 64 -I 64
	pair "ib_send_lat -e" ib_send_lat -x "$GID4" -F -n 100 -e
	pair "ib_write_lat" ib_write_lat -x "$GID4" -F -n 200
	idle
	check "ucmatose" ucmatose_pair
	check "an SRQ resized by threads at once" run_in c1 "$SELFTESTS/ring_resize" -d ff0
	pair "ib_send_bw -c UD" ib_send_bw -c UD -x "$GID4" -F -n 300 -s 1024
}

[ $# != 0 ] || datapaths=(ring)
on_each_datapath rings
