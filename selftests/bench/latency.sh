#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: two processors
# takes: 1 hour
# timeout: 5400
# measures: send | SEND, µs | bytes
# measures: write | WRITE, µs | bytes
# measures: read | READ, µs | bytes
# plots: send write read
#
# Programs that spin for their completions, each on a processor of its own.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

sides_up
for size in 2 64 2048 65536 1048576; do
	for verb in send write read; do
		compare 9 "$verb" "$size" "$TYPICAL" "ib_${verb}_lat" -s "$size" \
			-n $((size < 65536 ? 2000 : 32000000 / size))
	done
done
