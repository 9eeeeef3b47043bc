#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: two processors
# takes: 3 minutes
# timeout: 900
# measures: time | Time of one, µs | verb
#
# As verbs.sh, where a router of its own processor can spin for requests.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

sides_up
for ((run = 0; run < 9; run++)); do
	for side in $SIDES; do
		value=$(in_side "$side" "$BENCH/verb_time" -v post_recv) || die "post_recv on $side"
		measured time post_recv "$side" "$value"
	done
	for router in socket memory; do
		value=$("$BENCH/router_time" "$router") || die "router_time"
		measured time round_trip "$router" "$value"
	done
done
