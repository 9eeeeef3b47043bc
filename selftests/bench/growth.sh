#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 10 minutes
# timeout: 2400
# measures: qps | SEND of 64 bytes, million/s | QPs
# measures: devices | SEND of 64 bytes and its answer, µs | virtual devices
#
# What a message costs when there are many QPs, each of which sends, and when there
# are many virtual devices, all but two of which do nothing.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

# Requests of each QP that are under way.
readonly DEPTH=16

# rate QPS: of about 8192 messages, but of each QP at least its queue once
rate()
{
	local each=$((8192 / $1 > DEPTH ? 8192 / $1 : DEPTH))

	compare 3 qps "$1" "$MESSAGES" ib_send_bw -e -s 64 -q "$1" -n "$each" -t "$DEPTH" -r "$DEPTH"
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
	rate "$count"
done
devices=4
for count in 4 16 128; do
	devices_grow "$count"
	compare 3 devices "$count" "$TYPICAL" ib_send_lat -e -s 64 -n 500
done
