#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 1 minute
# timeout: 600
# measures: register | To register memory, µs | bytes
# measures: deregister | To deregister it, µs | bytes
#
# Memory regions: to register and to deregister them.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

sides_up
for ((run = 0; run < 3; run++)); do
	for side in $SIDES; do
		in_side "$side" "$BENCH/mr_time" >/run/times || die "mr_time on $side"
		while read -r size register deregister; do
			measured register "$size" "$side" "$register"
			measured deregister "$size" "$side" "$deregister"
		done </run/times
	done
done
