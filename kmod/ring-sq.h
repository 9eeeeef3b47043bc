/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Send queues of the ring data path: a doorbell has the module take what is in
 * the ring and post it to the lower QP.
 *
 * An entry's place is the program's again when its request is done, signalled or
 * not. Now and then a request is signalled on the quiet for that, and an entry
 * that makes no sense goes down as one that must fail.
 */
#ifndef FF_RING_SQ_H
#define FF_RING_SQ_H

#include <linux/mutex.h>
#include <linux/workqueue.h>
#include <rdma/ib_verbs.h>

struct ff_qp;
struct ff_ring;
struct ib_uverbs_wc;

/* By this the number of an AH in an entry is above its handle. */
#define FF_RING_AH 1

/* What the program knows of a request that the lower QP has. */
struct ff_ring_send {
	u64 wr_id;
	u32 window;	/* a key of the memory window that it is about, or 0 */
	u8 failure;	/* status, if the entry has to fail */
	bool quiet;	/* not signalled by the program */
	bool bad;	/* the lower request fails in its place */
	bool bind;	/* of a memory window */
};

struct ff_ring_sq {
	struct ff_ring *ring;
	struct ff_qp *qp;
	struct ff_ring_send *slots;	/* by index */

	struct mutex taking;		/* who takes; protects what follows */
	bool open;			/* the lower QP takes requests */
	u64 posted;			/* entries taken; the index is its low bits */
	struct delayed_work take_rest;
	struct ib_ah *dead_ah;		/* for what fails on a UD QP; or NULL */

	bool again;			/* a doorbell rang while it was held */
	bool full;			/* the next has to wait for another's end */
	u32 unbinding;			/* key of the window that the next waits for */
	u64 done;			/* requests that are; under the send CQ's lock */
};

struct ff_ring_sq *ff_ring_sq_create(struct ff_qp *qp);
void ff_ring_sq_close(struct ff_ring_sq *sq);
void ff_ring_sq_free(struct ff_ring_sq *sq);
void ff_ring_sq_open(struct ff_ring_sq *sq);
void ff_ring_sq_fail(struct ff_ring_sq *sq);
void ff_ring_sq_reset(struct ff_ring_sq *sq);
int ff_ring_sq_take(struct ff_ring_sq *sq, unsigned long until);
void ff_ring_sq_resume(struct ff_ring_sq *sq);
bool ff_ring_sq_complete(struct ff_ring_sq *sq, struct ib_uverbs_wc *wc);

#endif /* FF_RING_SQ_H */
