/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How receives are found that the program puts into a ring and tells nobody of. While
 * the lower queue runs low a timer looks, a few times, and when nothing came the ring
 * is hidden, so that the program's next access starts the timer again. A queue that
 * nobody fills costs nothing.
 */
#ifndef FF_RING_LOOK_H
#define FF_RING_LOOK_H

#include <linux/types.h>

struct ff_ring;
struct ff_ring_rq;

void ff_ring_look_init(struct ff_ring_rq *rq);
void ff_ring_look_begin(struct ff_ring_rq *rq);
void ff_ring_look_leave(struct ff_ring_rq *rq, struct ff_ring *old);
void ff_ring_look_end(struct ff_ring_rq *rq);
void ff_ring_look_taken_locked(struct ff_ring_rq *rq, u32 taken);

#endif /* FF_RING_LOOK_H */
