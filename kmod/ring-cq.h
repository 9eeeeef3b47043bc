/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completions on the ring data path: the lower CQ is always armed, and what it
 * gives goes into the CQ's ring at once, where the program finds it.
 */
#ifndef FF_RING_CQ_H
#define FF_RING_CQ_H

#include <linux/irq_poll.h>
#include <rdma/ib_verbs.h>

struct ff_cmd;
struct ff_cq;
struct ff_ring;
struct ib_uverbs_wc;

/* All under the CQ's lock. */
struct ff_ring_cq {
	struct ff_ring *ring;
	u32 producer;
	bool armed;			/* the next completion raises an event */
	bool armed_solicited;		/* the next receive or failure does */
	bool dead;			/* nothing is to be taken any more */
	struct irq_poll more;		/* when there is much to take */
};

int ff_ring_create_cq(struct ff_cq *cq, struct ff_cmd *cmd);
void ff_ring_destroy_cq(struct ff_cq *cq);
int ff_ring_resize_cq(struct ff_cq *cq, struct ff_cmd *cmd, u32 cqe);
void ff_ring_notify_cq(struct ff_cq *cq, bool solicited_only);
void ff_ring_complete_cq(struct ff_cq *cq);
void ff_ring_sweep_cq(struct ff_cq *cq);

#endif /* FF_RING_CQ_H */
