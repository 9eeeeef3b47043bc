#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# clock: instructions
# takes: 2 minutes
# timeout: 900
# measures: send | SEND of 64 bytes, million/s | requests in a post
#
# Messages of 64 bytes, several to a post.

. "$FREEFLOW_TOP/selftests/bench/sides.sh"

sides_up
for batch in 1 4 16 64; do
	compare 3 send "$batch" "$MESSAGES" ib_send_bw -e -s 64 -n 2048 -l "$batch"
done
