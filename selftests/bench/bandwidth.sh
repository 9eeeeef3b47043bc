#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: two processors
# takes: 20 minutes
# timeout: 3600
# measures: send | SEND, MB/s | bytes
# measures: write | WRITE, MB/s | bytes
# measures: read | READ, MB/s | bytes
# plots: send write read
#
# Programs that spin for their completions, each on a processor of its own.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

sides_up
for size in 64 2048 8192 65536 1048576; do
	for verb in send write read; do
		compare 9 "$verb" "$size" "$MEGABYTES" "ib_${verb}_bw" -s "$size" \
			-n $((size < 65536 ? 4000 : 256000000 / size))
	done
done
