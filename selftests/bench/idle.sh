#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 5 minutes
# timeout: 1200
# measures: busy | The processor busy in 10 s, ms | devices
#
# What devices cost that nobody uses: how long the processor is busy in ten seconds,
# with none and with a hundred.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

# Milliseconds that it was not idle since the start
busy()
{
	awk '{ print int(($1 - $2) * 1000 + 0.5) }' /proc/uptime
}

# idle_for DEVICES SIDE
idle_for()
{
	local before

	before=$(busy)
	sleep 10
	measured busy "$1" "$2" $(($(busy) - before))
}

readonly DEVICES=100

module_load || die "the module does not load"
for ((number = 1; number <= DEVICES; number++)); do
	container_add "b$number" eth0 "10.88.0.$number/24" "fd88::$number/64" ||
		die "container $number"
done
sleep 5
for ((run = 0; run < 3; run++)); do
	idle_for none none
done
for datapath in syscall ring; do
	for ((number = 1; number <= DEVICES; number++)); do
		dev_add "fb$number" "b$number" || die "device $number"
	done
	sleep 5
	for ((run = 0; run < 3; run++)); do
		idle_for 100 "$datapath"
	done
	for ((number = 1; number <= DEVICES; number++)); do
		ffctl dev del "fb$number" || die "device $number goes"
	done
done
