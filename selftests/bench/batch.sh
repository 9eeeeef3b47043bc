#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: two processors
# takes: 8 minutes
# timeout: 1800
# measures: send | SEND of 64 bytes, million/s | requests in a post
#
# Messages of 64 bytes, several to a post. Both ends spin: those that sleep do not
# end in perftest 4.5 when they have several in a post, on the bare device either.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

sides_up
for batch in 1 4 16 64; do
	compare 9 send "$batch" "$MESSAGES" ib_send_bw -s 64 -n 4096 -l "$batch"
done
