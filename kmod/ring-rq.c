// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <rdma/ib_user_verbs.h>

#include "dev.h"
#include "file.h"
#include "pd.h"
#include "post.h"
#include "ring.h"
#include "ring-look.h"
#include "ring-recv.h"
#include "ring-rq.h"
#include "rq.h"

/* So long a sender waits for receives. */
#define PATIENCE msecs_to_jiffies(100)

/* So long the next waits for memory, where nothing else would have it looked at. */
#define RETRY msecs_to_jiffies(10)

/* Entries that are taken at once. */
#define TURN 64

static u32 index_of(const struct ff_ring_rq *rq, u64 seq)
{
	return (seq - rq->base) & rq->ring->mask;
}

static struct workqueue_struct *work_of(const struct ff_ring_rq *rq)
{
	return rq->ring->file->dev->work;
}

/* A receive that fails as one must that makes no sense. */
static void make_bad(struct ff_ring_rq *rq, struct ib_uverbs_recv_wr *wr,
		     struct ib_sge *sge)
{
	wr->num_sge = 1;
	*sge = (struct ib_sge) { .length = 1, .lkey = rq->rq->pd->dead_lkey };
}

/* @locked: whether the caller has rq->lock; else it may sleep */
static struct ff_ring_recv *claim(struct ff_ring_rq *rq, u64 seq, bool locked)
{
	struct ff_ring_recv *recv;

	if (locked)
		return ff_ring_recvs_claim(rq->recvs, seq);
	spin_lock_irq(&rq->lock);
	recv = ff_ring_recvs_claim(rq->recvs, seq);
	spin_unlock_irq(&rq->lock);
	return recv;
}

/* Takes the entry at @seq. */
static int take_entry(struct ff_ring_rq *rq, struct ff_post *post, u64 seq,
		      bool may_sleep)
{
	const struct rxe_recv_wqe *entry =
		ff_ring_entry(rq->ring, index_of(rq, seq));
	struct ff_ring_recv *recv = claim(rq, seq, !may_sleep);
	struct ib_uverbs_recv_wr wr = { .wr_id = seq | FF_RING_RECV };
	struct ib_sge *sge;

	if (!recv)
		return -ENOMEM;
	recv->wr_id = READ_ONCE(entry->wr_id);
	wr.num_sge = READ_ONCE(entry->dma.num_sge);
	recv->bad = wr.num_sge > rq->rq->max_sge;

	sge = ff_post_room(post, recv->bad ? 1 : wr.num_sge);
	if (IS_ERR(sge))
		return PTR_ERR(sge);
	if (recv->bad)
		make_bad(rq, &wr, sge);
	else
		memcpy(sge, entry->dma.sge, wr.num_sge * sizeof(*sge));
	return ff_post_add_recv(post, &wr, sge);
}

/*
 * Posts the entries from rq->posted on, up to a full turn; returns how many the
 * lower queue took, and in @err what kept it from going on.
 */
static u32 post_entries(struct ff_ring_rq *rq, bool may_sleep, int *err)
{
	u32 producer = ff_ring_producer(rq->ring);
	u64 seq = rq->posted;
	u64 limit = min(seq + TURN, READ_ONCE(rq->reached) + rq->recvs->mask + 1);
	struct ff_post post;

	*err = 0;
	if (index_of(rq, seq) == producer)
		return 0;
	*err = ff_post_begin_recv(&post, rq->rq, may_sleep);
	if (*err)
		return 0;
	while (index_of(rq, seq) != producer && seq < limit && !*err)
		*err = take_entry(rq, &post, seq++, may_sleep);
	/* What the lower queue has no room for stays in the ring. */
	ff_post_end(&post);
	return post.posted;
}

/*
 * There was no room or no memory for the next entry. It is tried again when a receive
 * completes; where none is outstanding, in a moment.
 */
static void wait_for_room_locked(struct ff_ring_rq *rq)
{
	lockdep_assert_held(&rq->lock);
	if (rq->open && rq->posted == rq->reached &&
	    queue_delayed_work(work_of(rq), &rq->take_later, RETRY))
		rq->late++;
}

static void taken_locked(struct ff_ring_rq *rq, u32 taken, int err)
{
	lockdep_assert_held(&rq->lock);
	rq->posted += taken;
	ff_ring_look_taken_locked(rq, taken);
	if (err == -ENOMEM)
		wait_for_room_locked(rq);
}

/* Returns whether one who may sleep is to go on; never when it is not open. */
static bool take_turn_locked(struct ff_ring_rq *rq)
{
	u32 taken = 0;
	int err = 0;

	lockdep_assert_held(&rq->lock);
	if (rq->open && !rq->sleeper)
		taken = post_entries(rq, false, &err);
	taken_locked(rq, taken, err);
	return taken == TURN || err == -EWOULDBLOCK;
}

/**
 * ff_ring_rq_take() - take what the program has posted to the lower queue
 * @rq: the queue
 *
 * Context: any. What takes long or has to sleep is done by a work item.
 */
void ff_ring_rq_take(struct ff_ring_rq *rq)
{
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	/* Under the lock: who closes the queue finds it queued, or never will. */
	if (take_turn_locked(rq) &&
	    !mod_delayed_work(work_of(rq), &rq->take_later, 0))
		rq->late++;
	spin_unlock_irqrestore(&rq->lock, flags);
}

static void caught_up(struct ff_ring_rq *rq)
{
	spin_lock_irq(&rq->lock);
	if (!--rq->late)
		rq->too_late = false;
	spin_unlock_irq(&rq->lock);
	wake_up_all(&rq->in_time);
}

/* Posts what has to sleep; nobody else posts meanwhile. */
static u32 take_sleeping(struct ff_ring_rq *rq)
{
	u32 taken;
	bool open;
	int err;

	spin_lock_irq(&rq->lock);
	open = rq->open;
	rq->sleeper = open;
	spin_unlock_irq(&rq->lock);
	if (!open)
		return 0;
	taken = post_entries(rq, true, &err);
	spin_lock_irq(&rq->lock);
	rq->sleeper = false;
	taken_locked(rq, taken, err);
	spin_unlock_irq(&rq->lock);
	return taken;
}

static void take_later(struct work_struct *work)
{
	struct ff_ring_rq *rq = container_of(to_delayed_work(work),
					     struct ff_ring_rq, take_later);

	ff_ring_rq_take_now(rq);
	caught_up(rq);
}

/* As ff_ring_rq_take(), before this returns. Context: may sleep. */
void ff_ring_rq_take_now(struct ff_ring_rq *rq)
{
	bool go_on;

	spin_lock_irq(&rq->lock);
	go_on = take_turn_locked(rq);
	if (go_on)
		rq->late++;
	spin_unlock_irq(&rq->lock);
	if (!go_on)
		return;
	mutex_lock(&rq->taking);
	/* Until there is nothing left, also of what others left to us. */
	while (take_sleeping(rq))
		cond_resched();
	mutex_unlock(&rq->taking);
	caught_up(rq);
}

/**
 * ff_ring_rq_complete() - a receive of the queue completed
 * @rq: the queue
 * @wc: the completion; the lower wr_id becomes the program's
 *
 * Context: any.
 */
void ff_ring_rq_complete(struct ff_ring_rq *rq, struct ib_uverbs_wc *wc)
{
	u64 seq = wc->wr_id & ~FF_RING_RECV;
	struct ff_ring_recv recv;
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	if (unlikely(rq->copy))
		ff_ring_recvs_complete(rq->copy, seq, &recv);
	if (ff_ring_recvs_complete(rq->recvs, seq, &recv)) {
		wc->wr_id = recv.wr_id;
		if (recv.bad && wc->status == IB_WC_LOC_PROT_ERR)
			wc->status = IB_WC_LOC_QP_OP_ERR;
	}
	if (seq >= rq->reached) {
		rq->reached = seq + 1;
		ff_ring_set_consumer(rq->ring, index_of(rq, rq->reached));
	}
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* The lower queue takes receives from now on. Context: process. */
void ff_ring_rq_open(struct ff_ring_rq *rq)
{
	spin_lock_irq(&rq->lock);
	rq->open = true;
	spin_unlock_irq(&rq->lock);
	ff_ring_rq_take(rq);
}

/* Nobody takes entries when this returns. */
static void stop(struct ff_ring_rq *rq)
{
	/* Who takes goes on as long as it is open and the program fills it. */
	spin_lock_irq(&rq->lock);
	rq->open = false;
	spin_unlock_irq(&rq->lock);
	mutex_lock(&rq->taking);
	mutex_unlock(&rq->taking);
	wake_up_all(&rq->in_time);
}

/* The lower queue was emptied, and takes no receives. Context: may sleep. */
void ff_ring_rq_reset(struct ff_ring_rq *rq)
{
	u32 producer;

	stop(rq);
	spin_lock_irq(&rq->lock);
	producer = ff_ring_producer(rq->ring);
	/* Far from all that went down before, so that none is mistaken. */
	rq->posted += rq->recvs->mask + 1;
	rq->reached = rq->posted;
	ff_ring_recvs_forget(rq->recvs, rq->posted);
	rq->base = rq->posted - producer;
	ff_ring_set_consumer(rq->ring, producer);
	spin_unlock_irq(&rq->lock);
}

static void setup(struct ff_ring_rq *rq, struct ff_rq *lower, u32 max_wr)
{
	kref_init(&rq->ref);
	init_waitqueue_head(&rq->in_time);
	rq->rq = lower;
	rq->max_wr = max_wr;
	spin_lock_init(&rq->lock);
	ff_ring_look_init(rq);
	mutex_init(&rq->taking);
	INIT_DELAYED_WORK(&rq->take_later, take_later);
}

/**
 * ff_ring_rq_alloc_ring() - memory for a receive queue's ring
 * @file: the open file that it can be mapped through
 * @lower: the queue that it feeds
 * @max_wr: how many receives the program asks for
 *
 * Context: may sleep.
 * Return: the ring, or an error pointer.
 */
struct ff_ring *ff_ring_rq_alloc_ring(struct ff_file *file,
				      const struct ff_rq *lower, u32 max_wr)
{
	size_t entry = sizeof(struct rxe_recv_wqe) +
		       lower->max_sge * sizeof(struct rxe_sge);

	return ff_ring_create(file, max_wr, entry);
}

/* Beside the receives in the lower queue there are some that are being filled. */
static struct ff_ring_recvs *recvs_for(const struct ff_ring *ring)
{
	return ff_ring_recvs_create(2 * ring->mask + 1);
}

/**
 * ff_ring_rq_create() - the ring of a receive queue
 * @file: the open file that it can be mapped through
 * @lower: the queue that it feeds
 * @max_wr: how many receives the program asked for
 *
 * Context: may sleep.
 * Return: the ring's queue, not yet open, or an error pointer.
 */
struct ff_ring_rq *ff_ring_rq_create(struct ff_file *file, struct ff_rq *lower,
				     u32 max_wr)
{
	struct ff_ring_rq *rq;
	int err;

	rq = kzalloc(sizeof(*rq), GFP_KERNEL_ACCOUNT);
	if (!rq)
		return ERR_PTR(-ENOMEM);
	setup(rq, lower, max_wr);
	err = ff_post_buffer_fill(&lower->buffer);
	if (err)
		goto err_free;
	rq->ring = ff_ring_rq_alloc_ring(file, lower, max_wr);
	if (IS_ERR(rq->ring)) {
		err = PTR_ERR(rq->ring);
		goto err_free;
	}
	rq->recvs = recvs_for(rq->ring);
	if (!rq->recvs) {
		err = -ENOMEM;
		goto err_ring;
	}
	/* Not 0, which is the number of none. */
	rq->posted = rq->reached = rq->base = 1;
	ff_ring_look_begin(rq);
	return rq;

err_ring:
	ff_ring_destroy(rq->ring);
err_free:
	kfree(rq);
	return ERR_PTR(err);
}

/* How many entries are not taken yet. */
static u32 count_waiting(const struct ff_ring_rq *rq)
{
	return (ff_ring_producer(rq->ring) - index_of(rq, rq->posted)) &
	       rq->ring->mask;
}

static void copy_waiting(const struct ff_ring_rq *rq, struct ff_ring *ring,
			 u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		memcpy(ff_ring_entry(ring, i),
		       ff_ring_entry(rq->ring, index_of(rq, rq->posted + i)),
		       1UL << ring->shift);
}

/* From when this begins, completions are those of the copy, too. */
static int copy_recvs(struct ff_ring_rq *rq, struct ff_ring_recvs *copy)
{
	u32 pos = 0;
	int more;

	do {
		spin_lock_irq(&rq->lock);
		rq->copy = copy;
		more = ff_ring_recvs_copy(copy, rq->recvs, rq->posted, &pos);
		spin_unlock_irq(&rq->lock);
		cond_resched();
	} while (more > 0);
	return more;
}

static void swap_locked(struct ff_ring_rq *rq, struct ff_ring *ring,
			struct ff_ring_recvs *recvs, u32 waiting)
{
	lockdep_assert_held(&rq->lock);
	rq->ring = ring;
	rq->recvs = recvs;
	rq->base = rq->posted;
	ff_ring_set_producer(ring, waiting);
	ff_ring_set_consumer(ring, index_of(rq, rq->reached));
}

/**
 * ff_ring_rq_resize() - give a receive queue another ring
 * @rq: the queue; one at a time resizes it
 * @ring: from ff_ring_rq_alloc_ring(); is the queue's when this succeeds
 * @max_wr: how many receives the program asked for
 *
 * Context: may sleep.
 * Return: 0; -EINVAL when there are more receives than fit; -ENOMEM.
 */
int ff_ring_rq_resize(struct ff_ring_rq *rq, struct ff_ring *ring, u32 max_wr)
{
	struct ff_ring_recvs *recvs = recvs_for(ring), *old_recvs = rq->recvs;
	struct ff_ring *old = rq->ring;
	bool was_open = rq->open;
	int err = -EINVAL;
	u32 waiting;

	if (!recvs)
		return -ENOMEM;
	stop(rq);
	waiting = count_waiting(rq);
	/* Of those that are outstanding some may complete. */
	if (waiting + rq->posted - READ_ONCE(rq->reached) <= ring->mask) {
		copy_waiting(rq, ring, waiting);
		err = copy_recvs(rq, recvs);
	}

	spin_lock_irq(&rq->lock);
	rq->open = was_open;
	rq->copy = NULL;
	if (!err) {
		swap_locked(rq, ring, recvs, waiting);
		rq->max_wr = max_wr;
	}
	spin_unlock_irq(&rq->lock);

	if (!err) {
		ff_ring_look_begin(rq);
		ff_ring_look_leave(rq, old);
		ff_ring_destroy(old);
	}
	ff_ring_recvs_destroy(err ? recvs : old_recvs);
	/* What was posted while nobody took it, and the timer may have ended. */
	ff_ring_rq_take_now(rq);
	return err;
}

/* Takes nothing more, so that the lower queue can go. Context: may sleep. */
void ff_ring_rq_close(struct ff_ring_rq *rq)
{
	stop(rq);
	ff_ring_look_end(rq);
	cancel_delayed_work_sync(&rq->take_later);
}

static void rq_free(struct kref *ref)
{
	struct ff_ring_rq *rq = container_of(ref, struct ff_ring_rq, ref);

	kfree_rcu(rq, rcu);
}

/* After ff_ring_rq_close(), when no completion can name it. */
void ff_ring_rq_free(struct ff_ring_rq *rq)
{
	ff_ring_destroy(rq->ring);
	ff_ring_recvs_destroy(rq->recvs);
	kref_put(&rq->ref, rq_free);
}

/* Unless they just have caught up: the next delay is another one. */
static void give_up(struct ff_ring_rq *rq)
{
	spin_lock_irq(&rq->lock);
	rq->too_late = rq->late;
	spin_unlock_irq(&rq->lock);
}

static bool is_late(const struct ff_ring_rq *rq)
{
	return READ_ONCE(rq->late) && READ_ONCE(rq->open) &&
	       !READ_ONCE(rq->too_late);
}

/**
 * ff_ring_rq_hold_late() - take what can be, and see whether more is being taken
 * @rq: the queue
 *
 * Context: any; under RCU, by which the queue may have been found.
 * Return: whether some of it still is; it is to be waited for by
 * ff_ring_rq_await() then.
 */
bool ff_ring_rq_hold_late(struct ff_ring_rq *rq)
{
	if (READ_ONCE(rq->watch) == FF_RING_UNWATCHED)
		return false;
	ff_ring_rq_take(rq);
	return is_late(rq) && kref_get_unless_zero(&rq->ref);
}

/**
 * ff_ring_rq_await() - wait until what was posted is taken
 * @rq: the queue, of which ff_ring_rq_hold_late() was true
 *
 * Memory that holds a receive up for longer than usual is the receiver's loss: it has
 * one sender wait for it, not all.
 *
 * Context: may sleep.
 */
void ff_ring_rq_await(struct ff_ring_rq *rq)
{
	if (!wait_event_killable_timeout(rq->in_time, !is_late(rq), PATIENCE))
		give_up(rq);
	kref_put(&rq->ref, rq_free);
}
