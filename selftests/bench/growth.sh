#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 10 minutes
# timeout: 2400
# measures: qps | WRITE of 64 bytes, million/s | QPs
# measures: devices | SEND of 64 bytes and its answer, µs | virtual devices
#
# What a message costs when there are many QPs, each of which sends, and when there
# are many virtual devices, all but two of which do nothing.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

# Requests of each QP that are under way, and for how long they are counted.
readonly DEPTH=8 SPAN_MS=500

# rate QPS SIDE: of one program, which sleeps when nothing has completed. perftest
# 4.5 does not end when it sleeps and more than 16 requests complete at once.
rate()
{
	in_side "$2" "$SELFTESTS/verbs_flows" -s 64 -n "$1" -t "$DEPTH" <<<"$SPAN_MS" >/run/flows ||
		die "$1 QPs on $2"
	awk '$1 == "flow" { bytes += $3; ns = $4 } END { print bytes / 64 / ns * 1000 }' /run/flows
}

# devices_grow COUNT: until there are as many, those of the sides among them
devices_grow()
{
	while ((devices < $1)); do
		((++devices))
		container_add "b$devices" eth0 "10.88.1.$devices/16" "fd88:1::$devices/64" ||
			die "container $devices"
		ffctl dev add "fb$devices" lower "$LOWER" netdev eth0 netns "b$devices" ||
			die "device $devices"
	done
}

sides_up
for count in 1 16 256 1024; do
	for ((run = 0; run < 3; run++)); do
		for side in $SIDES; do
			value=$(rate "$count" "$side") || exit
			measured qps "$count" "$side" "$value"
		done
	done
done
devices=4
for count in 4 16 128; do
	devices_grow "$count"
	compare 3 devices "$count" "$TYPICAL" ib_send_lat -e -s 64 -n 500
done
