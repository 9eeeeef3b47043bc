#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 900
# long: yes
# clock: instructions
#
# Limits: the rates that flows have under them, how they share them, and what
# becomes of requests that wait. verbs_flows keeps the queues of its flows full. By
# the clock that counts instructions, as rates are of a processor that nobody else
# takes time from.

# shellcheck disable=SC2154 # what topology.sh has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# Milliseconds of each measurement.
readonly SPAN=1000

mbit=1000000

# Programs of crowd(), and what keeps them, by container.
declare -A crowds=() holds=()

# flows OPTION...: in c1, ready; their QPs' numbers are in the array qps
flows()
{
	local word number

	coproc FLOWS { run_in c1 "$SELFTESTS/verbs_flows" -d ff0 "$@" 2>/run/flows.errors; }
	qps=()
	while read -r -u "${FLOWS[0]}" word number; do
		[ "$word" = qp ] || break
		qps+=("$number")
	done
	[ "$word" = ready ] || { cat /run/flows.errors; return 1; }
}

flows_end()
{
	# shellcheck disable=SC2153 # of coproc
	local pid=$FLOWS_PID input=${FLOWS[1]}

	exec {input}>&-
	wait "$pid" || { cat /run/flows.errors; return 1; }
}

# What passes in a while from now on, in /run/rates: "QPN BITS-PER-SECOND".
measure()
{
	local line

	echo "${1:-$SPAN}" >&"${FLOWS[1]}"
	while read -r -u "${FLOWS[0]}" line && [ "$line" != measured ]; do
		echo "$line"
	done >/run/flows
	awk '{ printf "%s %.0f\n", $2, $3 * 8e9 / $4 }' /run/flows >/run/rates
}

total()
{
	awk '{ sum += $2 } END { printf "%.0f", sum }' /run/rates
}

# A debug kernel does not reach most rates, and flows take the processor from each other
# there: only what exceeds a limit is wrong.
slow=0
[ "$SLOWNESS" = 1 ] || slow=1

# near WANTED IS: within 2 percent
near()
{
	awk -v wanted="$1" -v is="$2" -v slow="$slow" 'BEGIN {
		off = (is - wanted) * 100 / wanted
		printf "%.2f of %.2f Mbit/s: %+.2f %%\n", is / 1e6, wanted / 1e6, off
		exit slow ? off > 5 : off > 2 || off < -2
	}'
}

# exceeds RATE IS: or half of what can be had, where that is less
exceeds()
{
	local least=$((capacity / 2 < $1 ? capacity / 2 : $1))

	echo "$2 of more than $least bit/s"
	[ "$2" -gt "$least" ]
}

# each_near: every flow has the rate in the array wanted, by the order of qps
each_near()
{
	local i is status=0

	for i in "${!qps[@]}"; do
		is=$(awk -v qpn="${qps[i]}" '$1 == qpn { print $2 }' /run/rates)
		near "${wanted[i]}" "$is" || status=1
	done
	return "$status"
}

# Jain's index of the flows' rates.
evenly()
{
	awk -v slow="$slow" '{ sum += $2; squares += $2 * $2 } END {
		jain = sum * sum / (NR * squares)
		printf "Jain %.4f of %d flows\n", jain, NR
		exit !slow && jain < 0.98
	}' /run/rates
}

# says NAME COMMAND...: check, and what the command said is shown anyway
says()
{
	local name=$1
	shift

	check "$name" "$@" && "$@" | sed 's/^/# /'
}

# one_flow OPERATION SIZE RATE: a flow alone, under its device's limit
one_flow()
{
	flows -o "$1" -s "$2" || return
	ffctl limit set dev ff0 rate "$3bit" || return
	sleep 0.3
	measure
	says "$1 of $2 bytes at $(($3 / 1000)) kbit/s" near "$3" "$(total)"
	ffctl limit del dev ff0
	flows_end
}

# What can be had without a limit.
capacity()
{
	flows -s 65536 || return
	measure
	capacity=$(total)
	echo "# $label without a limit: $((capacity / mbit)) Mbit/s"
	flows_end
}

rates_alone()
{
	one_flow write 4096 $((10 * mbit))
	one_flow write 16384 $((100 * mbit))
	one_flow write 65536 $((capacity * 8 / 10 / 8 * 8))
}

operations()
{
	one_flow send 4096 $((20 * mbit))
	one_flow read 4096 $((20 * mbit))
	one_flow atomic 8 $((mbit / 10))
}

# Ten QPs, each under a limit of its own.
rates_together()
{
	local i

	flows -n 10 -s 4096 || return
	wanted=()
	for i in "${!qps[@]}"; do
		wanted[i]=$(((10 + i) * mbit))
		ffctl limit set dev ff0 qp "${qps[i]}" rate "${wanted[i]}bit" || return
	done
	sleep 0.3
	measure
	says "10 flows of different rates" each_near
	check "their limits are shown" [ "$(ffctl limit show dev ff0 | wc -l)" = 10 ]
	flows_end
	check "limits go with their QPs" [ -z "$(ffctl limit show)" ]
}

# shared NAME SIZES: ten QPs under one limit
shared()
{
	flows -n 10 -s "$2" || return
	ffctl limit set dev ff0 rate 100mbit || return
	sleep 0.3
	measure
	says "10 flows share, $1" near $((100 * mbit)) "$(total)"
	ffctl limit del dev ff0
	flows_end
}

# Of flows that are not alike it is only told how even their shares are.
shares()
{
	shared "all of 4096 bytes" 4096
	says "10 equal flows share evenly" evenly
	shared "of 1 to 64 KB" 1024,65536,4096
	evenly | sed 's/^/# /'
}

# The namespace's limit and a QP's within it.
nested()
{
	flows -n 3 -s 4096 || return
	wanted=($((10 * mbit)) $((45 * mbit)) $((45 * mbit)))
	check "limit of a namespace" ffctl limit set netns c1 rate 100mbit
	check "limit of a QP in it" ffctl limit set dev ff0 qp "${qps[0]}" rate 10mbit
	sleep 0.3
	measure
	says "a limit within a limit" each_near
	check "the namespace's limit goes" ffctl limit del netns c1
	flows_end
}

# What is under way when a limit is set is not held by it, but measured: of 32 requests
# it would be more than 2 percent.
changed()
{
	flows -s 4096 -t 8 || return
	ffctl limit set dev ff0 rate 8kbit
	sleep 0.2
	ffctl limit set dev ff0 rate 40mbit
	measure 1000
	says "a limit that is changed holds at once" near $((40 * mbit)) "$(total)"
	ffctl limit set dev ff0 rate 8kbit burst 1
	sleep 0.2
	check "who waits is counted" [ "$(ffctl -j limit show | json_number waiting)" = 1 ]
	ffctl limit del dev ff0
	measure 300
	check "a limit that is lifted holds nothing" exceeds $((40 * mbit)) "$(total)"
	ffctl limit set dev ff0 rate 40mbit
	measure 1000
	says "one that returns holds again" near $((40 * mbit)) "$(total)"
	ffctl limit del dev ff0
	flows_end
}

# What verbs_limit asks for and what it says.
held()
{
	local options=() line

	[ "$datapath" != ring ] || options=(-b)
	! kernel_is_from 6.12 || options+=(-n)
	coproc HELD { run_in c1 "$SELFTESTS/verbs_limit" -d ff0 "${options[@]}" 2>&1; }
	while read -r -u "${HELD[0]}" line; do
		case $line in
		limit)
			ffctl limit set dev ff0 rate 8kbit burst 1
			echo >&"${HELD[1]}"
			;;
		lift)
			ffctl limit del dev ff0
			echo >&"${HELD[1]}"
			;;
		"ok "*) ok "${line#ok }" ;;
		*) not_ok "${line#not ok }" ;;
		esac
	done
	ffctl limit del dev ff0
}

# crowd CONTAINER OPTION...: flows there, all the time until crowd_ends, which is
# for the last that began
crowd()
{
	local name=$1 fifo=/run/crowd.$1 hold
	shift

	[ -p "$fifo" ] || mkfifo "$fifo"
	run_in "$name" "$SELFTESTS/verbs_flows" -d "$([ "$name" = c1 ] && echo ff0 || echo ff1)" "$@" \
		<"$fifo" >"$fifo.out" 2>&1 &
	crowds[$name]=$!
	exec {hold}>"$fifo"
	holds[$name]=$hold
	wait_for 30 grep -qx ready "$fifo.out" || cat "$fifo.out"
}

crowd_ends()
{
	local hold=${holds[$1]}

	exec {hold}>&-
	wait "${crowds[$1]}" || { cat "/run/crowd.$1.out"; return 1; }
}

# What the containers' namespaces have sent so far: a line of ns and bytes of each.
sent()
{
	date +%s%N
	ffctl -j stat show netns c1 | json_number bytes | paste -sd +
	ffctl -j stat show netns c2 | json_number bytes | paste -sd +
}

# What each container sends in a while, in bits a second, in rate1 and rate2.
measure_both()
{
	local before now

	sleep 0.3
	mapfile -t before < <(sent)
	sleep "${1:-1}"
	mapfile -t now < <(sent)
	rate1=$(((now[1] - (before[1])) * 8000000000 / (now[0] - before[0])))
	rate2=$(((now[2] - (before[2])) * 8000000000 / (now[0] - before[0])))
	printf '%s %s\n' c1 "$rate1" c2 "$rate2" >/run/rates
}

# parts NUMBER NUMBER: the containers' rates are so to each other, within 5 percent
# of each
parts()
{
	awk -v a="$1" -v b="$2" -v x="$rate1" -v y="$rate2" -v slow="$slow" 'BEGIN {
		off1 = (x * (a + b) / (x + y) / a - 1) * 100
		off2 = (y * (a + b) / (x + y) / b - 1) * 100
		printf "%.2f and %.2f Mbit/s: %+.2f %% and %+.2f %%\n", x / 1e6, y / 1e6, off1, off2
		exit !slow && (off1 > 5 || off1 < -5 || off2 > 5 || off2 < -5)
	}'
}

# Namespaces share what a lower device carries by weight, whatever they have there.
weights()
{
	check "limit of a lower device" ffctl limit set lower "$LOWER" rate 80mbit
	crowd c1 -n 1 -s 4096
	crowd c2 -n 8 -s 1024,65536,4096
	measure_both 2
	says "1 QP has as much as 8" evenly
	says "the lower device has its rate" near $((80 * mbit)) $((rate1 + rate2))
	check "a weight" ffctl limit set netns c2 weight 300
	measure_both 2
	says "1 to 3" parts 1 3
	check "another" ffctl limit set netns c1 weight 900
	measure_both 2
	says "3 to 1" parts 3 1
	check "they are shown" shown <<-END
		lower $LOWER rate 80mbit burst 100000
		netns c2 weight 300
		netns c1 weight 900
	END
	crowd_ends c2
	measure_both
	says "who is alone has all" near $((80 * mbit)) "$rate1"
	check "a weight is forgotten" ffctl limit del netns c2
	crowd_ends c1
	ffctl limit del netns c1
	modest
	check "the lower device has no limit any more" ffctl limit del lower "$LOWER"
}

# shown: what is set, less how many wait
shown()
{
	diff - <(ffctl limit show | sed 's/ waiting [0-9]*//')
}

# Who wants less than its share has it, and the others the rest.
modest()
{
	check "who wants little" ffctl limit set dev ff1 rate 10mbit
	crowd c1 -n 4 -s 4096
	crowd c2 -n 4 -s 4096
	measure_both
	says "who wants little has it" near $((10 * mbit)) "$rate2"
	says "others have the rest" near $((70 * mbit)) "$rate1"
	check "and another" ffctl limit set dev ff0 rate 20mbit
	measure_both
	says "below its rate a lower device takes nothing" near $((20 * mbit)) "$rate1"
	says "from nobody" near $((10 * mbit)) "$rate2"
	crowd_ends c2
	crowd_ends c1
	ffctl limit del dev ff0
	ffctl limit del dev ff1
}

# latency_once PORT: the median, in microseconds, of a device without a limit, of READs.
# ib_send_lat -e may wait for ever, on the bare device of 6.12, too.
latency_once()
{
	local program=(ib_read_lat -F -e -d ff1 -x "$GID4" -p "$1" -n 1000 -s 64) server

	run_in c2 "${program[@]}" >/run/lat.server 2>&1 &
	server=$!
	wait_listen c2 "$1" || return
	run_in c2 "${program[@]}" 10.88.0.2 >/run/lat || { cat /run/lat; return 1; }
	wait "$server" && awk '$1 == 64 { print $5 }' /run/lat
}

# latency PORT: the least of five runs, on this port and the next ones. Now and then
# a whole run is 4 % slower, also without a limit.
latency()
{
	local run

	for run in 0 1 2 3 4; do
		latency_once $(($1 + run)) || return
	done | sort -n | head -n 1
}

unchanged()
{
	awk -v before="$1" -v beside="$2" -v slow="$slow" 'BEGIN {
		off = (beside - before) * 100 / before
		printf "%.2f us alone, %.2f us beside: %+.2f %%\n", before, beside, off
		exit !before || !slow && off > 3
	}'
}

bystander()
{
	local before

	before=$(latency 21001)
	crowd c1 -n 4 -s 4096
	ffctl limit set dev ff0 rate 10mbit
	sleep 0.3
	says "latency of a device beside a limited one" unchanged "$before" "$(latency 21006)"
	ffctl limit del dev ff0
	crowd_ends c1
}

somebody_waits()
{
	ffctl limit show | grep -E 'waiting [1-9]'
}

# leaves NAME COMMAND...: what waits, in all queues of a program, does not keep the
# device
leaves()
{
	local name=$1
	shift

	crowd c1 -n 4 -s 4096
	check "$name: a limit of a lower device" ffctl limit set lower "$LOWER" rate 8kbit burst 1
	check "$name: requests wait" wait_for 10 somebody_waits
	check "$name" timeout 60 "$@"
	check "$name: nothing is left pinned" wait_for 20 nothing_pinned
	kill_all_in c1
	crowd_ends c1 >/dev/null 2>&1
}

devices_leave()
{
	leaves "ffctl dev del" ffctl dev del ff0
	check "nothing is left on the lower device" nothing_left_on_lower
	check "its limit stays" ffctl limit del lower "$LOWER"
	check "the device is made anew" dev_add ff0 c1
	check "it has its addresses" wait_for 20 has_gids c1 ff0 10.88.0.1 fd88::1
	leaves "rdma link del" rdma link del "$LOWER"
	check "its limit is gone" [ -z "$(ffctl limit show)" ]
	check "the lower device returns" rdma link add "$LOWER" type rxe netdev "$UNDERLAY"
	check "the device has its addresses again" wait_for 20 has_gids c1 ff0 10.88.0.1 fd88::1
	check "its limit does not return" [ -z "$(ffctl limit show)" ]
}

refuses()
{
	local sentence=$1 said
	shift

	said=$("$@" 2>&1) && { echo "done: $*"; return 1; }
	[[ $said == *"$sentence"* ]] || { echo "$said"; return 1; }
}

bad_input()
{
	check "a rate below all" refuses "a rate is 1000" ffctl limit set dev ff0 rate 7kbit
	check "a rate beyond all" refuses "a rate is 1000" ffctl limit set dev ff0 rate 9tbit
	check "a burst beyond all" refuses "a burst is 1 to" ffctl limit set dev ff0 rate 1mbit burst 65g
	check "no such device" refuses "no virtual device" ffctl limit set dev ff9 rate 1mbit
	check "no such lower device" refuses "no lower device" ffctl limit set lower rxe9 rate 1mbit
	check "a weight beyond all" refuses "from 1 to 10000" ffctl limit set netns c1 weight 10001
	check "no such QP" refuses "no QP of this number" ffctl limit set dev ff0 qp 1 rate 1mbit
	check "no limit to lift" refuses "no limit is set" ffctl limit del dev ff0
	check "a container sets none" refuses "" container_exec c1 ffctl limit set dev ff0 rate 1mbit
	check "none is there" [ -z "$(ffctl limit show)" ]
}

limits()
{
	once bad_input
	held
	capacity
	rates_alone
	operations
	rates_together
	shares
	nested
	changed
	weights
	bystander
	devices_leave
}

on_each_datapath limits
