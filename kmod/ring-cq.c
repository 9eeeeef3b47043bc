// SPDX-License-Identifier: GPL-2.0-only
#include <linux/uaccess.h>
#include <rdma/ib_user_verbs.h>

#include "cmd.h"
#include "cq.h"
#include "mw.h"
#include "qp.h"
#include "ring.h"
#include "ring-cq.h"
#include "ring-rq.h"
#include "ring-sq.h"

/* Completions that are taken in one go before others get a turn. */
#define BUDGET 128

/* What a batch of completions leads to. */
struct ff_ring_outcome {
	struct ff_ring_rq *rq;	/* where receives completed last */
	bool raise;
	bool overrun;
};

/* Puts a completion into the ring; false when it is full. */
static bool push(struct ff_ring_cq *rcq, const struct ib_uverbs_wc *wc)
{
	u32 next = ff_ring_next(rcq->ring, rcq->producer);

	if (next == ff_ring_consumer(rcq->ring))
		return false;
	memcpy(ff_ring_entry(rcq->ring, rcq->producer), wc, sizeof(*wc));
	rcq->producer = next;
	ff_ring_set_producer(rcq->ring, next);
	return true;
}

/*
 * The lower device does not say which receives were solicited: a program that
 * waits for those hears of any.
 */
static void show(struct ff_ring_cq *rcq, const struct ib_uverbs_wc *wc,
		 bool is_recv, struct ff_ring_outcome *outcome)
{
	if (!push(rcq, wc))
		outcome->overrun = true;
	if (rcq->armed || (rcq->armed_solicited &&
			   (is_recv || wc->status != IB_WC_SUCCESS))) {
		rcq->armed = false;
		rcq->armed_solicited = false;
		outcome->raise = true;
	}
}

/* A lower queue that was emptied somewhat may take more. */
static void deliver_recv(struct ff_ring_rq *rq, struct ib_uverbs_wc *wc,
			  struct ff_ring_outcome *outcome)
{
	ff_ring_rq_complete(rq, wc);
	if (outcome->rq && outcome->rq != rq)
		ff_ring_rq_take(outcome->rq);
	outcome->rq = rq;
}

static void deliver(struct ff_cq *cq, const struct ib_wc *lower,
		     struct ff_ring_outcome *outcome)
{
	struct ff_qp *qp = lower->qp->qp_context;
	struct ib_uverbs_wc wc;
	bool is_recv;

	if (unlikely(lower->status == IB_WC_SUCCESS &&
		     lower->wc_flags & IB_WC_WITH_INVALIDATE))
		ff_mw_invalidated(qp, lower->ex.invalidate_rkey);
	ff_cq_translate(&wc, lower);
	is_recv = wc.wr_id & FF_RING_RECV;
	if (is_recv)
		deliver_recv(qp->rq->ring, &wc, outcome);
	else if (!ff_ring_sq_complete(qp->ring_sq, &wc))
		return;
	ff_cq_account(qp, &wc);
	show(&cq->ring, &wc, is_recv, outcome);
}

/* An SRQ has room again for a receive that went with a QP. */
static void forget(struct ff_cq *cq, const struct ib_wc *lower,
		   struct ff_ring_outcome *outcome)
{
	struct ib_uverbs_wc wc = {
		.wr_id = ff_cq_forget(cq, lower),
		.status = lower->status,
	};

	if (wc.wr_id & FF_RING_RECV)
		deliver_recv(cq->gone->rq->ring, &wc, outcome);
}

static void tell(struct ff_cq *cq, const struct ff_ring_outcome *outcome)
{
	if (outcome->raise)
		ff_cq_raise(cq);
	if (outcome->overrun)
		ff_cq_overrun(cq);
}

/* Returns how many completions the lower CQ gave. */
static int take_locked(struct ff_cq *cq, int budget,
		       struct ff_ring_outcome *outcome)
{
	struct ib_wc *wc = cq->polled;
	int taken = 0, polled, i;

	lockdep_assert_held(&cq->lock);
	do {
		polled = ib_poll_cq(cq->lower, min(FF_CQ_BATCH, budget - taken), wc);
		for (i = 0; i < polled; i++)
			if (ff_cq_is_gone(cq, &wc[i]))
				forget(cq, &wc[i], outcome);
			else
				deliver(cq, &wc[i], outcome);
		taken += max(polled, 0);
		/* Fewer than wanted means that there were no more. */
	} while (polled == FF_CQ_BATCH && taken < budget);
	return taken;
}

/*
 * Takes what the lower CQ has and arms it again. Returns whether there is more
 * than the budget.
 */
static bool take(struct ff_cq *cq, int budget)
{
	struct ff_ring_outcome outcome = {};
	unsigned long flags;
	int left = budget;

	/* Held over all of it: the QPs that completions name stay. */
	spin_lock_irqsave(&cq->lock, flags);
	if (!cq->ring.dead) {
		do {
			left -= take_locked(cq, left, &outcome);
		} while (left &&
			 ib_req_notify_cq(cq->lower, IB_CQ_NEXT_COMP |
					  IB_CQ_REPORT_MISSED_EVENTS) > 0);
		if (outcome.rq)
			ff_ring_rq_take(outcome.rq);
	}
	spin_unlock_irqrestore(&cq->lock, flags);

	tell(cq, &outcome);
	return !left;
}

/*
 * Where interrupts are off the lower device may hold the lock that polling takes, as
 * the rxe of newer kernels does.
 */
void ff_ring_complete_cq(struct ff_cq *cq)
{
	if (irqs_disabled() || take(cq, BUDGET))
		irq_poll_sched(&cq->ring.more);
}

static int take_more(struct irq_poll *iop, int budget)
{
	struct ff_cq *cq = container_of(iop, struct ff_cq, ring.more);

	if (take(cq, budget))
		return budget;
	irq_poll_complete(iop);
	/* One who could not schedule it before that left this to us. */
	if (take(cq, budget))
		irq_poll_sched(iop);
	return 0;
}

void ff_ring_sweep_cq(struct ff_cq *cq)
{
	/* What is in the CQ now; later completions are not of this QP. */
	int rounds = cq->lower->cqe / BUDGET + 1;

	while (rounds-- && take(cq, BUDGET))
		cond_resched();
}

void ff_ring_notify_cq(struct ff_cq *cq, bool solicited_only)
{
	spin_lock_irq(&cq->lock);
	if (solicited_only)
		cq->ring.armed_solicited = true;
	else
		cq->ring.armed = true;
	spin_unlock_irq(&cq->lock);
}

static int answer(struct ff_cmd *cmd, const struct ff_ring *ring)
{
	struct rxe_create_cq_resp resp = {};

	static_assert(sizeof(resp) == sizeof(struct rxe_resize_cq_resp));
	if (cmd->driver_out_len < sizeof(resp))
		return -EINVAL;
	ff_ring_describe(ring, &resp.mi);
	return copy_to_user(cmd->driver_out, &resp, sizeof(resp)) ? -EFAULT : 0;
}

int ff_ring_create_cq(struct ff_cq *cq, struct ff_cmd *cmd)
{
	struct ff_ring_cq *rcq = &cq->ring;
	int err;

	rcq->ring = ff_ring_create(cmd->file, cq->cqe,
				   sizeof(struct ib_uverbs_wc));
	if (IS_ERR(rcq->ring))
		return PTR_ERR(rcq->ring);
	err = answer(cmd, rcq->ring);
	if (err) {
		ff_ring_destroy(rcq->ring);
		return err;
	}
	cq->cqe = rcq->ring->mask;
	irq_poll_init(&rcq->more, BUDGET, take_more);
	ff_ring_complete_cq(cq);	/* arms the lower CQ */
	return 0;
}

void ff_ring_destroy_cq(struct ff_cq *cq)
{
	spin_lock_irq(&cq->lock);
	cq->ring.dead = true;
	spin_unlock_irq(&cq->lock);
	irq_poll_disable(&cq->ring.more);
	ff_ring_destroy(cq->ring.ring);
}

/*
 * Copies what the program has not polled, from @from up to @end, and moves
 * both ends on; false when it is too much.
 */
static bool copy(const struct ff_ring *old, u32 *from, u32 end,
		 struct ff_ring *ring, u32 *to)
{
	for (; *from != end; *from = ff_ring_next(old, *from)) {
		if (*to == ring->mask)
			return false;
		memcpy(ff_ring_entry(ring, (*to)++), ff_ring_entry(old, *from),
		       sizeof(struct ib_uverbs_wc));
	}
	return true;
}

/* The provider does not poll meanwhile. Returns whether all fits. */
static bool replace(struct ff_cq *cq, struct ff_ring *ring)
{
	struct ff_ring_cq *rcq = &cq->ring;
	u32 from = ff_ring_consumer(rcq->ring);
	u32 end, to = 0;
	bool fits;

	spin_lock_irq(&cq->lock);
	end = rcq->producer;
	spin_unlock_irq(&cq->lock);
	/* Most of it without the lock, which holds interrupts back. */
	fits = copy(rcq->ring, &from, end, ring, &to);
	spin_lock_irq(&cq->lock);
	fits = fits && copy(rcq->ring, &from, rcq->producer, ring, &to);
	if (fits) {
		ff_ring_set_producer(ring, to);
		rcq->ring = ring;
		rcq->producer = to;
		cq->cqe = ring->mask;
	}
	spin_unlock_irq(&cq->lock);
	return fits;
}

int ff_ring_resize_cq(struct ff_cq *cq, struct ff_cmd *cmd, u32 cqe)
{
	struct ff_ring *ring, *old = cq->ring.ring;
	u32 lower_cqe = ff_cq_lower_cqe(cq, cqe);
	int err;

	/*
	 * It need not be smaller, but a burst must not be too much for it. Where it
	 * cannot be larger, what there is has to do for the program's.
	 */
	if (lower_cqe > cq->lower->cqe) {
		err = ff_cq_resize_lower(cq, lower_cqe);
		if (err && cqe > cq->lower->cqe)
			return err;
	}
	ring = ff_ring_create(cmd->file, cqe, sizeof(struct ib_uverbs_wc));
	if (IS_ERR(ring))
		return PTR_ERR(ring);
	err = answer(cmd, ring);
	if (err)
		goto err_ring;
	if (!replace(cq, ring)) {
		err = -EINVAL;
		goto err_ring;
	}
	ff_ring_destroy(old);
	return 0;

err_ring:
	ff_ring_destroy(ring);
	return err;
}
