#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 900
# clock: instructions
# kernel: stock
#
# Limits: the rates that flows have under them, and what becomes of requests that
# wait. verbs_flows keeps the queues of its flows full. By the clock that counts
# instructions, as rates are of a processor that nobody else takes time from.

# shellcheck disable=SC2154 # what topology.sh has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# Milliseconds of each measurement.
readonly SPAN=1000

mbit=1000000

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

# near WANTED IS: within 2 percent
near()
{
	awk -v wanted="$1" -v is="$2" 'BEGIN {
		off = (is - wanted) * 100 / wanted
		printf "%.2f of %.2f Mbit/s: %+.2f %%\n", is / 1e6, wanted / 1e6, off
		exit off > 2 || off < -2
	}'
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
	awk '{ sum += $2; squares += $2 * $2 } END {
		jain = sum * sum / (NR * squares)
		printf "Jain %.4f of %d flows\n", jain, NR
		exit jain < 0.98
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

changed()
{
	flows -s 4096 || return
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
	check "a limit that is lifted holds nothing" [ "$(total)" -gt $((40 * mbit)) ]
	flows_end
}

# What verbs_limit asks for and what it says.
held()
{
	local options=() line

	[ "$datapath" != ring ] || options=(-b)
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
}

on_each_datapath limits
