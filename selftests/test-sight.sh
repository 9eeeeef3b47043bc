#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 400
# long: yes
#
# What an operator sees: tracepoints, what programs run into, ffctl top.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/perftest.sh"

### Tracepoints

readonly TRACING=/sys/kernel/tracing
readonly POLL_CQ=21

# Of all commands but polls, which would fill the buffer.
tracing_on()
{
	mountpoint -q "$TRACING" || mount -t tracefs tracefs "$TRACING" || return
	echo "command != $POLL_CQ" >"$TRACING/events/freeflow/ff_cmd_enter/filter"
	echo "command != $POLL_CQ" >"$TRACING/events/freeflow/ff_cmd_exit/filter"
	echo >"$TRACING/trace"
	echo 1 >"$TRACING/events/freeflow/enable"
}

tracing_off()
{
	echo 0 >"$TRACING/events/freeflow/enable"
	cat "$TRACING/trace" >/run/trace
}

# traced COUNT PATTERN: so many lines of the trace fit
traced()
{
	local count

	count=$(grep -cE "$2" /run/trace)
	[ "$count" = "$1" ] || { echo "$count instead of $1: $2"; tail -n 50 /run/trace; return 1; }
}

traced_some()
{
	grep -E "$1" /run/trace || { echo "none: $1"; tail -n 50 /run/trace; return 1; }
}

# Each that begins ends.
traced_evenly()
{
	[ "$(grep -c "$1" /run/trace)" = "$(grep -c "$2" /run/trace)" ]
}

tracepoints()
{
	check "tracepoints are there" tracing_on
	perftest "$GID4" ib_send_bw -n 20 -s 64 -Q 1
	tracing_off
	check "each request is traced" traced 20 'ff_post: dev=ff1 qpn=[0-9]+ opcode=2 .* bytes=64 '
	check "each completion is traced" \
		traced 20 'ff_completion: dev=ff0 qpn=[0-9]+ status=0 opcode=128 bytes=64 '
	check "commands end" traced_evenly ff_cmd_enter: ff_cmd_exit:
	check "with their error" traced_some 'ff_cmd_exit: node=ffverbs[0-9]+ command=24( extended)? err=0'
	check "QPs come" traced 1 'ff_obj_create: dev=ff1 type=qp '
	check "objects go" traced_evenly ff_obj_create: ff_obj_destroy:
	check "look-ups are traced" \
		traced_some 'ff_route_lookup: table=0 addr=::ffff:10.88.0.1 host=.* err=0'
}

cm_listens()
{
	rdma resource show cm_id | grep -q 'state LISTEN'
}

rping_both_ends()
{
	local server

	run_in c1 rping -s -a 10.88.0.1 -C 3 >/run/rping 2>&1 &
	server=$!
	wait_for 30 cm_listens && run_in c2 rping -c -a 10.88.0.1 -C 3 && wait "$server"
}

datagrams()
{
	check "tracepoints are on" tracing_on
	check "rping" rping_both_ends
	tracing_off
	check "the connection manager's datagrams are traced" \
		traced_some 'ff_cm_send: dev=ff1 src=::ffff:10.88.0.2 dst=::ffff:10.88.0.1 attribute=0x10 .* err=0'
	check "and how they come" \
		traced_some 'ff_cm_receive: dev=ff0 src=::ffff:10.88.0.2 .* attribute=0x10 .* err=0'
}

counted_by_perf()
{
	perf stat -a -x , -e freeflow:ff_post -o /run/perf sleep 1000 &
	perf=$!
	((++port))
	wait_for 30 pgrep -P "$perf" -x sleep &&
		both_ends ib_send_bw -x "$GID4" -F -n 20 -s 64 -Q 1
	pkill -P "$perf" -x sleep
	wait "$perf"
	grep -E '^20,,freeflow:ff_post' /run/perf || { cat /run/perf; return 1; }
}

### What programs run into

shows()
{
	grep -qE "$1" /run/events
}

saw()
{
	check "$1" eval "wait_for 20 shows '$2' || { cat /run/events; false; }"
}

monitor_listens()
{
	ffctl stat set ff1 qp off && shows '"object":"stat"'
}

hold()
{
	container_exec -u c1 "$SELFTESTS/verbs_hold" -d ff0 -q "$1" >"/run/hold.$2" 2>&1 &
}

told_refusals()
{
	jq -s 'map(select(.object == "quota" and .event == "hit").count) | add // 0' /run/events
}

all_refusals_are_told()
{
	[ "$(told_refusals)" = "$1" ]
}

# A burst of refusals is a few lines that tell of all.
alerts()
{
	local i start=$SECONDS

	: >/run/events
	ffctl -j monitor quota stat qp >/run/events 2>&1 &
	monitor=$!
	check "the monitor listens" wait_for 20 monitor_listens
	ffctl quota set netns c1 qp 0
	saw "a quota is set" '"event":"set","object":"quota"'
	for ((i = 0; i < 4; i++)); do
		hold 1 $i
	done
	saw "a quota is hit" \
		'"event":"hit","object":"quota","dev":"ff0","netns":"c1",.*"res":"qp","count":'
	check "all refusals are told" eval \
		"wait_for 30 all_refusals_are_told 4 || { cat /run/events; false; }"
	kill_all_in c1
	ffctl quota set netns c1 qp unlimited
	run_in c2 "$SELFTESTS/lkey_guard" -d ff1 >/run/guard 2>&1
	saw "a QP fails" \
		'"event":"fatal","object":"qp","dev":"ff1","netns":"c2",.*"status":"loc-[a-z-]*-err"'
	check "a program that tries hard makes a line a second" slow_lines
	kill "$monitor"
}

slow_lines()
{
	local lines count

	lines=$(grep -c '"event":"fatal"' /run/events)
	count=$(jq -s 'map(select(.event == "fatal").count) | add' /run/events)
	echo "$lines lines of $count failures in $((SECONDS - start)) s"
	((count > lines && lines <= SECONDS - start + 2))
}

### A terminal

terminal()
{
	LC_ALL=C.UTF-8 tmux -L freeflow "$@"
}

screen_shows()
{
	terminal capture-pane -p >/run/screen && grep -qE "$1" /run/screen
}

screen()
{
	wait_for 30 screen_shows "$1" || { cat /run/screen; return 1; }
}

fits_in()
{
	awk -v width="$1" 'length > width' /run/screen | grep . && { cat /run/screen; return 1; }
	return 0
}

no_session()
{
	! terminal has-session 2>/dev/null
}

busy_first()
{
	terminal capture-pane -p >/run/screen &&
		sed -n 4p /run/screen | grep -qE '^ff1 +c2 +1 +[0-9.]+[KMG] +0 +[0-9.]+K? +0 '
}

screen_has_busy_first()
{
	wait_for 30 busy_first || { cat /run/screen /run/load; return 1; }
}

top_in_terminal()
{
	check "a terminal of 80x24" terminal -f /dev/null new-session -d -x 80 -y 24 "ffctl top"
	check "top shows the devices" screen '^ff0 +c1 +0 +0 +0 '
	check "under a head" screen '^DEVICE +NETNS +QPS OUT B/s +IN B/s +OUT/s +IN/s +ERR/s +HELD$'
	# Long enough to be seen at work; only who writes counts it.
	((++port))
	both_ends ib_write_bw -x "$GID4" -F -D 6 -s 4096 >/run/load 2>&1 &
	load=$!
	check "top shows rates and QPs, the busiest first" screen_has_busy_first
	check "and fits" fits_in 80
	wait "$load" || cat /run/load
	terminal resize-window -x 80 -y 4
	check "a small terminal says what is left out" screen '^\.\.\. and 2 more'
	check "q ends it" eval 'terminal send-keys q && wait_for 10 no_session'
}

sight()
{
	tracepoints
	once datagrams
	once check "perf counts them" counted_by_perf
	once alerts
	once top_in_terminal
}

on_each_datapath sight
