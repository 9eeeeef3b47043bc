#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 3 minutes
# timeout: 900
# measures: send | SEND of 64 bytes, million/s | requests in a post
#
# Messages of 64 bytes, several to a post. No more than 16 posts are under way, of
# each of which one request completes: perftest 4.5 does not end when it sleeps and
# more than 16 complete at once.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

sides_up
for batch in 1 4 16 64; do
	compare 3 send "$batch" "$MESSAGES" ib_send_bw -e -s 64 -n 4096 \
		-l "$batch" -t $((16 * batch)) -r 512
done
