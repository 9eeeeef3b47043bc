#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 600
# long: yes
# data path: ring
#
# Statistics: they add up exactly with what perftest says it sent, never go
# back, and are found where others look for them.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/perftest.sh"

### Reading

# count_in LINE NAME: 0 if it is not there
count_in()
{
	grep -oP " $2 \K[0-9/]+" <<<"$1" || echo 0
}

# grown BEFORE NOW NAME: "N", or "MESSAGES/BYTES" if there are any
grown()
{
	local before now messages bytes=''

	before=$(count_in "$1" "$3")
	now=$(count_in "$2" "$3")
	messages=$((${now%/*} - ${before%/*}))
	[[ $now != */* || $messages = 0 ]] || bytes=/$((${now#*/} - ${before#*/}))
	echo "$messages$bytes"
}

stat_of()
{
	ffctl stat show dev "$1"
}

total_of()
{
	ffctl stat show per netns netns "$1"
}

# expect DEVICE NAME COUNT...: what has grown there since $before[DEVICE]
expect()
{
	local dev=$1 now value rc=0
	shift

	now=$(stat_of "$dev") || return
	while [ $# != 0 ]; do
		value=$(grown "${before[$dev]}" "$now" "$1")
		[ "$value" = "$2" ] || { echo "$dev: $1 $value instead of $2"; rc=1; }
		shift 2
	done
	[ "$rc" = 0 ] || printf '%s\n' "${before[$dev]}" "$now"
	return $rc
}

declare -A before

note()
{
	before[ff0]=$(stat_of ff0)
	before[ff1]=$(stat_of ff1)
}

### What perftest sends

# adds_up SIDE...: SIDE is the NAME=COUNT of ff1, which dials, up to a "-", and
# then that of ff0, which serves
adds_up()
{
	local dev=ff1 side rc=0
	local -A expected

	for side in "$@"; do
		if [ "$side" = - ]; then
			dev=ff0
			continue
		fi
		expected[$dev]+=" ${side%%=*} ${side#*=}"
	done
	for dev in ff1 ff0; do
		# shellcheck disable=SC2086 # words
		[ -z "${expected[$dev]}" ] || expect "$dev" ${expected[$dev]} || rc=1
	done
	return $rc
}

# sent PROGRAM OPTIONS SIDE...: each request is signalled (-Q 1)
sent()
{
	local program=$1 options=$2
	shift 2

	note
	# shellcheck disable=SC2086 # words
	perftest "$GID4" "$program" $options
	check "$program $options: counted as sent" adds_up "$@"
}

# A READ or an atomic is counted where it was asked for, a WRITE where it was
# posted; the NIC serves them at the other end.
operations()
{
	sent ib_send_bw "-n 40 -s 3000 -Q 1" send=40/120000 success=40 write=0 recv=0 \
		- recv=40/120000 success=40 send=0
	sent ib_send_bw "-n 20 -s 5000 -Q 1 -b" send=20/100000 recv=20/100000 success=40 \
		- recv=20/100000 send=20/100000 success=40
	sent ib_send_lat "-n 30 -s 64 -I 64" send=30/1920 recv=30/1920 - send=30/1920 recv=30/1920
	sent ib_write_bw "-n 40 -s 70000 -Q 1" write=40/2800000 success=40 send=0 - recv=0 write=0
	sent ib_read_bw "-n 40 -s 70000 -Q 1" read=40/2800000 success=40 - read=0 success=0
	sent ib_atomic_bw "-n 40 -Q 1" atomic=40/320 success=40 - atomic=0 success=0
	sent ib_send_bw "-n 24 -s 2048 -Q 1 -q 3" send=72/147456 - recv=72/147456
	sent ib_send_bw "-n 30 -s 1000 -Q 1 -c UD" send=30/30000 - recv=30/30000
	sent ib_send_bw "-n 40 -s 3000 -Q 1 --use-srq" send=40/120000 - recv=40/120000
	sent ib_write_bw "-n 40 -s 3000 -Q 1 -c UC" write=40/120000 - recv=0
}

# As many sends as there were doorbells at most; -l 8 posts eight at once.
doorbells()
{
	note
	perftest "$GID4" ib_write_bw -n 48 -l 8 -s 64 -Q 8
	check "doorbells are counted" expect ff1 doorbells 6 write 48/3072
}

### QPs that count for themselves

lists_qps()
{
	local lines
	lines=$(ffctl stat show per qp dev "$1" | wc -l) || return
	[ "$lines" = "$2" ] || { echo "$lines QPs instead of $2"; return 1; }
}

hold()
{
	: >/run/hold
	container_exec -u c1 "$SELFTESTS/verbs_hold" -d ff0 -q "$1" >/run/hold 2>&1 &
	holder=$!
	wait_for 20 grep -q '^ready' /run/hold || cat /run/hold
}

release()
{
	kill -TERM "$(ip netns pids c1)"
	wait "$holder"
}

per_qp()
{
	note
	hold 3
	check "QPs are counted as they are made" expect ff0 qps-made 3 qps-gone 0
	check "QPs do not count for themselves unasked" lists_qps ff0 0
	check "stat set ff0 qp on" ffctl stat set ff0 qp on
	check "QPs that exist count for themselves then" lists_qps ff0 3
	check "the device says so" grep -q ' per-qp ' <(stat_of ff0)
	release
	check "and when they go" expect ff0 qps-made 3 qps-gone 3
	check "QPs that are gone are not listed" lists_qps ff0 0
	check "stat set ff1 qp on" ffctl stat set ff1 qp on
	sent ib_send_bw "-n 24 -s 2048 -Q 1 -q 3" send=72/147456 success=72 qps-made=3 \
		- recv=72/147456 qps-made=3
	check "stat set qp off" eval 'ffctl stat set ff0 qp off && ffctl stat set ff1 qp off'
	hold 2
	check "later QPs do not count for themselves any more" lists_qps ff0 0
	release
	check "stat set of an unknown device" eval '! ffctl stat set nosuch qp on'
}

### Errors

errors()
{
	note
	ffctl quota set netns c1 qp 1
	hold 3
	release
	check "refusals for a quota are counted" expect ff0 quota-refusals 1
	ffctl quota set netns c1 qp unlimited
	note
	container_exec c1 timeout 20 ibv_rc_pingpong -d ff0 -g "$GID4" -n 1 >/dev/null 2>&1 &
	wait_listen c1 18515
	ffctl dev set ff1 table 9 && container_exec c2 timeout 20 ibv_rc_pingpong -d ff1 \
		-g "$GID4" -n 1 10.88.0.1 >/dev/null 2>&1
	ffctl dev set ff1 table 0
	kill_all_in c1
	wait
	# It is the server that connects first, and finds nobody.
	check "an address without a route is counted" expect ff0 route-misses 1
}

### Never back

# Samples while devices come and go. Lines hold all counts that are not 0.
falls()
{
	local last='' now name fell

	while [ ! -e /run/sampled ]; do
		now=$(total_of c2) || return
		for name in send recv doorbells qps-made qps-gone; do
			fell=$(grown "$last" "$now" $name | grep -e -) &&
				{ echo "$name: $fell"; return 1; }
		done
		last=$now
	done
}

device_goes()
{
	local total

	total=$(total_of c2)
	rm -f /run/sampled
	falls >/run/falls 2>&1 &
	sampler=$!
	check "dev del ff1" ffctl dev del ff1
	check "c2 has ff1 again" dev_add ff1 c2
	check "with its addresses" wait_for 10 has_gids c2 ff1 10.88.0.2 fd88::2
	: >/run/sampled
	wait "$sampler" || echo "# the sampler: exit $?" >>/run/falls
	check "the namespace's counts never fell" eval 'cat /run/falls; [ ! -s /run/falls ]'
	check "the namespace keeps what the device counted" \
		[ "$(count_in "$total" send)" = "$(count_in "$(total_of c2)" send)" ]
	check "the new device begins with 0" [ "$(count_in "$(stat_of ff1)" send)" = 0 ]
}

### Where others look

hw_counters()
{
	local stat path=/sys/class/infiniband/ff0/ports/1/hw_counters value

	stat=$(stat_of ff0)
	value=$(count_in "$stat" recv)
	[ "$(<$path/recv_messages)" = "${value%/*}" ] || return
	[ "$(<$path/recv_bytes)" = "${value#*/}" ] || return
	rdma statistic show link ff0/1 >/run/statistic || return
	grep -qw "recv_bytes ${value#*/}" /run/statistic || { cat /run/statistic; return 1; }
}

standard_places()
{
	check "rdma statistic and sysfs show the same" hw_counters
	check "c1 sees its own" ip netns exec c1 rdma statistic show link ff0/1
	check "c2 does not see them" refused ip netns exec c2 rdma statistic show link ff0/1
	check "rdma resource show knows the device" \
		grep -qE '^[0-9]+: ff0: .*qp 1 ' <(rdma resource show)
}

# Strict, and as node_exporter reads it.
readonly PARSE_METRICS='
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families as plain
text = open("/run/freeflow.prom").read()
families = {family.name: family for family in strict(text)}
samples = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
           for family in plain(text) for sample in family.samples}
for family in families.values():
    for sample in family.samples:
        assert samples[sample.name, tuple(sorted(sample.labels.items()))] == sample.value
def of(name, **labels):
    return int(next(s.value for s in families[name].samples if s.labels == labels))
print("recv {}/{}".format(of("freeflow_messages", dev="ff0", netns="c1", op="recv"),
                          of("freeflow_bytes", dev="ff0", netns="c1", op="recv")))
'

exports()
{
	ffctl stat export /run/freeflow.prom || return
	[ "$(stat -c %a /run/freeflow.prom)" = 644 ] || return
	grep -o 'recv [0-9/]*' <<<" $(stat_of ff0)" | diff - <(python3 -c "$PARSE_METRICS")
}

# A file that is replaced while it is read is whole all the same.
exports_atomically()
{
	local round

	for ((round = 0; round < 20; round++)); do
		ffctl stat export /run/freeflow.prom || return
	done &
	while kill -0 $! 2>/dev/null; do
		[ "$(tail -n 1 /run/freeflow.prom)" = "# EOF" ] || return
	done
	wait $! && [ "$(compgen -G '/run/freeflow.prom*')" = /run/freeflow.prom ]
}

### Many devices

readonly MANY=100

# quickest COMMAND...: microseconds, of three times
quickest()
{
	local start took best=999999999 round

	for round in 1 2 3; do
		start=${EPOCHREALTIME/./}
		"$@" >/run/output || return
		took=$((${EPOCHREALTIME/./} - start))
		((took >= best)) || best=$took
	done
	echo "$best"
}

# By what a process takes to look at one object, as the machine may be busy.
# Alone, and with the instruction-counting clock, it is about twice that, and a
# thousand devices take 0.15 s.
reads_fast()
{
	local one all

	one=$(quickest ffctl lower show)
	all=$(quickest ffctl stat show)
	echo "$(grep -c '^dev many' /run/output) devices in $all us, one lower device in $one us"
	[ "$(grep -c '^dev many' /run/output)" = "$MANY" ] && ((all < 15 * one))
}

# Those that were listed first go, before the others are.
lists_are_whole()
{
	local listed

	head -n 10 /run/devs >/run/first
	listed=$(python3 "$FREEFLOW_TOP/selftests/dump_devs.py" ffctl -b /run/first) || return
	[ "$(grep -c '^many' <<<"$listed")" = "$MANY" ] || { echo "$listed"; return 1; }
}

many_devices()
{
	local i

	for ((i = 0; i < MANY; i++)); do
		echo "link add many$i type dummy" >&3
		echo "dev add many$i lower $LOWER netdev many$i" >&4
	done 3>/run/links 4>/run/devs
	check "$MANY devices" eval 'ip -b /run/links && ffctl -b /run/devs'
	check "$MANY devices are read at once" reads_fast
	sed -i 's/^dev add \(many[0-9]*\) .*/dev del \1/' /run/devs
	check "a list is whole though some go meanwhile" lists_are_whole
	tail -n +11 /run/devs >/run/rest
	check "and the others go" ffctl -b /run/rest
	sed -i 's/add/del/; s/ type dummy//' /run/links
	ip -b /run/links
}

statistics()
{
	operations
	doorbells
	per_qp
	once errors
	once device_goes
	once standard_places
	once check "OpenMetrics text says the same" exports
	once check "and is whole at any time" exports_atomically
	once many_devices
}

on_each_datapath statistics
