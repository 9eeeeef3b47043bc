#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# clock: two processors
# takes: 10 minutes
# timeout: 2400
# measures: latency | SEND of 64 bytes and its answer, µs | operation
# measures: bandwidth | SEND of 64 KB, MB/s | operation
# measures: tcp | TCP between the same containers, MB/s | by
#
# Between two hosts, which share the machine's processors, and, for scale, what TCP
# has between the same containers, over the VXLAN.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

readonly SECONDS_OF_TCP=5

# Megabytes in a second, on the client's host.
tcp_rate()
{
	local server

	if [ "$HOST" = 1 ]; then
		run_in c1 iperf -s -P 1 -p "$port" >/run/iperf 2>&1 &
		server=$!
		wait_listen c1 "$port" || die "iperf does not listen"
		barrier "iperf $port"
		wait "$server"
	else
		barrier "iperf $port"
		run_in c2 iperf -c 10.88.0.1 -p "$port" -t "$SECONDS_OF_TCP" -y C |
			awk -F , '{ print $NF / 8e6 }'
	fi
}

sides_up
compare 9 latency SEND "$TYPICAL" ib_send_lat -s 64 -n 1000
compare 9 bandwidth SEND "$MEGABYTES" ib_send_bw -s 65536 -n 200
for ((run = 0; run < 9; run++)); do
	((++port))
	value=$(tcp_rate)
	[ "$HOST" = 1 ] || measured tcp iperf VXLAN "$value"
done
