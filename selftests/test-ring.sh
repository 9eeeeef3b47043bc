#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 600
#
# What only the ring data path has to mind, beside what the tests of both find:
# receive queues that are all but empty, that change their size, and that wait;
# receives that one QP keeps while others complete theirs.

# shellcheck disable=SC2034,SC2154 # what topology.sh uses, and what it has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

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

# A receive that is kept comes back when its QP fails, where it does on the bare device:
# rxe of some kernels loses it.
kept_receive()
{
	local options=()

	check "a receive of an SRQ is kept on the bare device" "$SELFTESTS/srq_keep" -d "$LOWER" -l
	if ! "$SELFTESTS/srq_keep" -d "$LOWER" >/run/kept 2>&1; then
		echo "# it does not come back there: $(</run/kept)"
		options=(-l)
	fi
	check "a receive of an SRQ that is kept has its number" \
		run_in c1 "$SELFTESTS/srq_keep" -d ff0 "${options[@]}"
}

bad_message()
{
	"$SELFTESTS/ud_bad" -d "$LOWER" -g "$GID4" >/run/bare || { cat /run/bare; return 1; }
	run_in c1 "$SELFTESTS/ud_bad" -d ff0 -g "$GID4" >/run/virtual ||
		{ cat /run/virtual; return 1; }
	diff /run/bare /run/virtual
}

rings()
{
	pair "one receive at a time" ibv_rc_pingpong -g "$GID4" -c -r 1
	pair "ib_send_bw, one receive at a time" ib_send_bw -x "$GID4" -F -r 1 -n 200 -s 1024
	idle
	kept_receive
	check "what becomes of a UD message without an address, and of the next" bad_message
	check "an SRQ resized by threads at once" run_in c1 "$SELFTESTS/ring_resize" -d ff0
}

[ $# != 0 ] || datapaths=(ring)
on_each_datapath rings
