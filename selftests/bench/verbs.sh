#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 1 minute
# timeout: 600
# measures: time | Time of one, µs | verb
#
# One verb, and what it takes to have another process carry it out.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

readonly VERBS='req_notify_cq poll_cq post_recv query_port'

sides_up
for ((run = 0; run < 3; run++)); do
	for side in $SIDES; do
		for verb in $VERBS; do
			value=$(in_side "$side" "$BENCH/verb_time" -v "$verb") || die "$verb on $side"
			measured time "$verb" "$side" "$value"
		done
	done
	value=$("$BENCH/router_time" socket) || die "router_time"
	measured time round_trip socket "$value"
done
