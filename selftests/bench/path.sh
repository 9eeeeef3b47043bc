#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 15 minutes
# timeout: 2400
# measures: send | SEND and its answer, µs | bytes
# measures: read | READ, µs | bytes
# measures: rate | SEND, MB/s | bytes
# plots: send read rate
#
# How long the path is, program and kernel, both ends together: messages whose
# programs sleep until there is a completion. WRITE gives its receiver none.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

# COUNT of messages so that each size takes about as long.
count_of()
{
	echo $(($1 < 65536 ? 500 : 32000000 / $1))
}

sides_up
[ $# != 0 ] || set -- 2 64 512 2048 8192 65536 1048576
for size in "$@"; do
	for verb in send read; do
		compare 3 "$verb" "$size" "$TYPICAL" "ib_${verb}_lat" -e -s "$size" -n "$(count_of "$size")"
	done
	# Of small messages it depends on who is awake when.
	compare $((size < 8192 ? 15 : 3)) rate "$size" "$MEGABYTES" \
		ib_send_bw -e -s "$size" -n "$(count_of "$size")"
done
