#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: two processors
# takes: 4 minutes
# timeout: 2400
# measures: load | To load, s | routes
# measures: memory | Memory for one, bytes | routes
# measures: lookup | To look one up, µs | routes
#
# The route table: to load it through netlink, what it takes of memory, and how long
# the module looks for an address.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

readonly LOOKUPS=1000 TRACING=/sys/kernel/tracing

# addresses COUNT STEP FORMAT: a line for every STEPth of COUNT addresses
addresses()
{
	awk -v count="$1" -v step="$2" -v format="$3\n" 'BEGIN {
		for (i = 0; i < count; i += step)
			printf format, "10." int(i / 65536) "." int(i / 256) % 256 "." i % 256
	}'
}

kernel_memory()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(Slab|VmallocUsed|Percpu):/ { sum += $2 } END { print sum * 1024 }' /proc/meminfo
}

# The median, in microseconds, of what the tracer says of each look-up.
lookup_time()
{
	local step=$((($1 + LOOKUPS - 1) / LOOKUPS))

	addresses "$1" "$step" "route get %s table 7" >/run/gets
	echo >"$TRACING/trace"
	echo 1 >"$TRACING/tracing_on"
	ffctl -batch /run/gets >/dev/null || die "look-ups"
	echo 0 >"$TRACING/tracing_on"
	sed -n 's/.* \([0-9.]*\) us .*ff_route_lookup.*/\1/p' "$TRACING/trace" | sort -n |
		awk '{ took[NR] = $1 } END { print took[int((NR + 1) / 2)]; exit !NR }'
}

module_load || die "the module does not load"
echo 0 >"$TRACING/tracing_on"
echo ff_route_lookup >"$TRACING/set_ftrace_filter"
echo function_graph >"$TRACING/current_tracer"
for count in 10 10000 1000000; do
	addresses "$count" 1 "route add %s/32 via 10.77.0.2 table 7" >/run/routes
	for ((run = 0; run < 5; run++)); do
		ffctl route flush table 7 || die "flush"
		before=$(kernel_memory)
		began=$(date +%s%N)
		ffctl -batch /run/routes || die "loading $count routes"
		took=$((($(date +%s%N) - began) / 1000000))
		measured load "$count" routes "$(awk "BEGIN { print $took / 1000 }")"
		after=$(kernel_memory)
		# Of a few routes it is less than what else goes on.
		((count < 10000)) || measured memory "$count" routes $(((after - before) / count))
	done
	for ((run = 0; run < 9; run++)); do
		measured lookup "$count" routes "$(lookup_time "$count")"
	done
done
