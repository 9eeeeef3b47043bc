// SPDX-License-Identifier: GPL-2.0-only
#include "compat/compat.h"
#include "dev.h"
#include "file.h"
#include "ring.h"
#include "ring-look.h"
#include "ring-rq.h"

/*
 * The timer looks right after the program's access to a hidden ring, and then
 * at intervals, so often in vain before the ring is hidden.
 *
 * A program that loses the processor between its access's fault and the access
 * finds the ring hidden again, and on a slow processor it would do so for ever.
 * Each further touch without a post doubles the interval, up to 20 ms.
 */
#define TOUCH_NS (2 * NSEC_PER_USEC)
#define LOOK_NS (20 * NSEC_PER_USEC)
#define LOOKS 3
#define DOUBLINGS 10

static bool runs_low(const struct ff_ring_rq *rq)
{
	return rq->posted - rq->reached <= rq->max_wr / 2;
}

static u64 interval_ns(const struct ff_ring_rq *rq)
{
	u32 in_vain = rq->touches - rq->fruitful_touches;

	return LOOK_NS << (clamp_t(u32, in_vain, 1, DOUBLINGS + 1) - 1);
}

static void look_in(struct ff_ring_rq *rq, u64 ns)
{
	lockdep_assert_held(&rq->lock);
	rq->watch = FF_RING_LOOKED_AT;
	rq->looks = 0;
	hrtimer_start(&rq->timer, ns_to_ktime(ns), HRTIMER_MODE_REL_SOFT);
}

/**
 * ff_ring_look_taken_locked() - entries of the queue went down
 * @rq: the queue
 * @taken: how many
 *
 * Those of a queue that still runs low are waited for.
 *
 * Context: any; under rq->lock.
 */
void ff_ring_look_taken_locked(struct ff_ring_rq *rq, u32 taken)
{
	lockdep_assert_held(&rq->lock);
	if (taken) {
		rq->looks = 0;
		rq->fruitful_touches = rq->touches;
	}
	if (rq->open && runs_low(rq) &&
	    (rq->watch == FF_RING_UNWATCHED ||
	     (rq->watch == FF_RING_HIDDEN && taken)))
		look_in(rq, LOOK_NS);
}

static enum hrtimer_restart look(struct hrtimer *timer)
{
	struct ff_ring_rq *rq = container_of(timer, struct ff_ring_rq, timer);
	enum hrtimer_restart restart = HRTIMER_RESTART;
	unsigned long flags;

	ff_ring_rq_take(rq);
	spin_lock_irqsave(&rq->lock, flags);
	if (hrtimer_is_queued(timer) || rq->watch == FF_RING_HIDDEN) {
		restart = HRTIMER_NORESTART;	/* started anew, or no more */
	} else if (!rq->open || !runs_low(rq)) {
		rq->watch = FF_RING_UNWATCHED;
		restart = HRTIMER_NORESTART;
	} else {
		/* In vain so often that the ring is hidden; until it is, go on. */
		if (++rq->looks == LOOKS)
			queue_work(rq->ring->file->dev->work, &rq->hide);
		hrtimer_forward_now(timer, ns_to_ktime(interval_ns(rq)));
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	return restart;
}

static void hide(struct work_struct *work)
{
	struct ff_ring_rq *rq = container_of(work, struct ff_ring_rq, hide);
	u32 touches = READ_ONCE(rq->touches);

	/* The timer goes on looking meanwhile. */
	ff_ring_hide(rq->ring);
	spin_lock_irq(&rq->lock);
	if (rq->watch == FF_RING_LOOKED_AT && rq->touches == touches)
		rq->watch = FF_RING_HIDDEN;
	else
		rq->looks = 0;
	spin_unlock_irq(&rq->lock);
	/* What came before that is there now, and nobody will tell. */
	ff_ring_rq_take_now(rq);
}

/* The program is about to post something. */
static void touched(void *owner)
{
	struct ff_ring_rq *rq = owner;
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	rq->touches++;
	if (rq->watch == FF_RING_HIDDEN)
		look_in(rq, TOUCH_NS);
	spin_unlock_irqrestore(&rq->lock, flags);
}

void ff_ring_look_init(struct ff_ring_rq *rq)
{
	ff_hrtimer_setup(&rq->timer, look, CLOCK_MONOTONIC,
			 HRTIMER_MODE_REL_SOFT);
	INIT_WORK(&rq->hide, hide);
}

/* The queue has a ring, or another one. Context: may sleep. */
void ff_ring_look_begin(struct ff_ring_rq *rq)
{
	ff_ring_watch(rq->ring, touched, rq);
}

/* It had this one before, which is to go. Context: may sleep. */
void ff_ring_look_leave(struct ff_ring_rq *rq, struct ff_ring *old)
{
	ff_ring_watch(old, NULL, NULL);
	flush_work(&rq->hide);
}

/* Of a queue that was closed. Context: may sleep. */
void ff_ring_look_end(struct ff_ring_rq *rq)
{
	ff_ring_watch(rq->ring, NULL, NULL);
	cancel_work_sync(&rq->hide);
	hrtimer_cancel(&rq->timer);
}
