// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <rdma/ib_user_verbs.h>

#include "cq.h"
#include "dev.h"
#include "file.h"
#include "mw.h"
#include "path.h"
#include "pd.h"
#include "post.h"
#include "qp.h"
#include "ring.h"
#include "ring-mw.h"
#include "ring-sq.h"

/* How long a request waits for memory. */
#define RETRY_MS 10

static u32 index_of(const struct ff_ring_sq *sq, u64 seq)
{
	return seq & sq->ring->mask;
}

/* Requests before @seq are done, and their places the program's. */
static void set_done(struct ff_ring_sq *sq, u64 seq)
{
	lockdep_assert_held(&sq->qp->send_cq->lock);
	WRITE_ONCE(sq->done, seq);
	ff_ring_set_consumer(sq->ring, index_of(sq, seq));
}

/* Copies what depends on the opcode. */
static void copy_operation(struct ib_uverbs_send_wr *wr,
			   const struct rxe_send_wr *from,
			   const struct ff_qp *qp)
{
	wr->ex.imm_data = from->ex.imm_data;
	if (qp->lower->qp_type == IB_QPT_UD) {
		wr->wr.ud.ah = from->wr.ud.ah_num - FF_RING_AH;
		wr->wr.ud.remote_qpn = from->wr.ud.remote_qpn;
		wr->wr.ud.remote_qkey = from->wr.ud.remote_qkey;
		return;
	}
	switch (from->opcode) {
	case IB_UVERBS_WR_ATOMIC_CMP_AND_SWP:
	case IB_UVERBS_WR_ATOMIC_FETCH_AND_ADD:
		wr->wr.atomic.remote_addr = from->wr.atomic.remote_addr;
		wr->wr.atomic.compare_add = from->wr.atomic.compare_add;
		wr->wr.atomic.swap = from->wr.atomic.swap;
		wr->wr.atomic.rkey = from->wr.atomic.rkey;
		break;
	default:
		wr->wr.rdma.remote_addr = from->wr.rdma.remote_addr;
		wr->wr.rdma.rkey = from->wr.rdma.rkey;
		break;
	}
}

/*
 * Signals two requests of each round that the program did not, so that the places
 * of all others are not waiting for one. Which they are does not depend on how often
 * an entry is looked at.
 */
static void choose_signal(const struct ff_ring_sq *sq, struct ff_ring_send *slot,
			  struct ib_uverbs_send_wr *wr)
{
	slot->quiet = !sq->qp->signal_all && !(wr->send_flags & IB_SEND_SIGNALED);
	if (slot->quiet && !(wr->wr_id & (sq->ring->mask / 2)))
		wr->send_flags |= IB_SEND_SIGNALED;
}

static int add_gather(struct ff_post *post, struct ib_uverbs_send_wr *wr,
		      const struct rxe_send_wqe *entry)
{
	struct ib_sge *sge = ff_post_room(post, wr->num_sge);

	if (IS_ERR(sge))
		return PTR_ERR(sge);
	memcpy(sge, entry->dma.sge, wr->num_sge * sizeof(*sge));
	return ff_post_add_send(post, wr, sge);
}

/* Returns -EINVAL for an entry that makes no sense. */
static int add_entry(struct ff_ring_sq *sq, struct ff_post *post, u64 seq)
{
	const struct rxe_send_wqe *entry =
		ff_ring_entry(sq->ring, index_of(sq, seq));
	struct ff_ring_send *slot = &sq->slots[index_of(sq, seq)];
	struct ib_uverbs_send_wr wr = { .wr_id = seq };
	const struct ff_qp *qp = sq->qp;
	struct rxe_send_wr copy;
	u32 length;

	memcpy(&copy, &entry->wr, sizeof(copy));
	length = READ_ONCE(entry->dma.length);
	wr.num_sge = READ_ONCE(entry->dma.num_sge);
	barrier();	/* from here on the copies are used */

	wr.opcode = copy.opcode;
	wr.send_flags = copy.send_flags;
	copy_operation(&wr, &copy, qp);
	*slot = (struct ff_ring_send) {
		.wr_id = copy.wr_id,
		.failure = IB_WC_LOC_QP_OP_ERR,
	};
	choose_signal(sq, slot, &wr);
	if (wr.send_flags & IB_SEND_INLINE)
		return length <= qp->cap.max_inline_data ?
		       ff_post_add_inline(post, &wr, entry->dma.inline_data,
					  length) : -EINVAL;
	return wr.num_sge <= qp->cap.max_send_sge ?
	       add_gather(post, &wr, entry) : -EINVAL;
}

static bool is_window_next(const struct ff_ring_sq *sq, u64 seq)
{
	return ff_ring_mw_is(sq, ff_ring_entry(sq->ring, index_of(sq, seq)));
}

/*
 * Posts entries up to the first that the lower QP, a limit or the module refuses,
 * or that is about a memory window.
 */
static int take_some(struct ff_ring_sq *sq, u32 producer, unsigned long until)
{
	u64 limit = READ_ONCE(sq->done) + sq->ring->mask;
	u64 seq = sq->posted;
	struct ff_post post;
	int err, end_err;

	/* Its turn will have it looked at again. */
	if (unlikely(ff_flow_waits(&sq->qp->flow)))
		return -EAGAIN;
	err = ff_post_begin_send(&post, sq->qp, until);
	if (err)
		return err;
	while (!err && index_of(sq, seq) != producer && seq < limit &&
	       !is_window_next(sq, seq))
		err = add_entry(sq, &post, seq++);
	end_err = ff_post_end(&post);
	sq->posted += post.posted;
	return end_err ?: err;
}

/* Of a UD QP: where a request goes that fails before it is sent. */
static int make_dead_ah(struct ff_ring_sq *sq)
{
	const struct ff_qp *qp = sq->qp;
	struct rdma_ah_attr attr = {};
	struct ib_ah *ah;
	int err;

	err = ff_path_itself(qp->obj.file->lower, &attr);
	if (err)
		return err;
	ah = rdma_create_ah(qp->pd->lower, &attr, RDMA_CREATE_AH_SLEEPABLE);
	if (IS_ERR(ah))
		return PTR_ERR(ah);
	sq->dead_ah = ah;
	return 0;
}

/*
 * The next entry made no sense, or the lower QP refused it: it goes down as one that
 * must fail. What that needs and there is none of now is waited for as for memory.
 */
static int take_bad(struct ff_ring_sq *sq)
{
	struct ff_post post;
	int err, end_err;

	if (sq->qp->lower->qp_type == IB_QPT_UD && !sq->dead_ah &&
	    make_dead_ah(sq))
		return -ENOMEM;
	err = ff_post_begin_send(&post, sq->qp, jiffies);
	if (err)
		return err;
	sq->slots[index_of(sq, sq->posted)].bad = true;
	err = ff_post_add_failing(&post, sq->posted, sq->dead_ah);
	end_err = ff_post_end(&post);
	sq->posted += post.posted;
	return end_err ?: err;
}

static bool has_entries(const struct ff_ring_sq *sq, u32 producer)
{
	return index_of(sq, sq->posted) != producer &&
	       sq->posted < READ_ONCE(sq->done) + sq->ring->mask;
}

/*
 * Returns -EAGAIN when it has to wait for a limit, -EBUSY for another request of the
 * queue, and -ENOMEM when the lower queue has no room.
 */
static int take_all(struct ff_ring_sq *sq, u32 producer, unsigned long until)
{
	int err = 0;

	while (!err && has_entries(sq, producer)) {
		if (READ_ONCE(sq->unbinding))
			return -EBUSY;
		if (!is_window_next(sq, sq->posted))
			err = take_some(sq, producer, until);
		else
			err = ff_ring_mw_take(sq);
		if (err && err != -ENOMEM && err != -EAGAIN && err != -EBUSY)
			err = take_bad(sq);
	}
	return err;
}

/* Context: any; a later time that was asked for before is forgotten. */
static void take_later(struct ff_ring_sq *sq, unsigned long delay)
{
	mod_delayed_work(sq->qp->obj.file->dev->work, &sq->take_rest, delay);
}

/*
 * Whether something of what is under way is signalled, as choose_signal() has it. Else
 * it is not the lower queue that is full.
 */
static bool is_woken(const struct ff_ring_sq *sq)
{
	return sq->posted - READ_ONCE(sq->done) > sq->ring->mask / 2;
}

static int take_locked(struct ff_ring_sq *sq, unsigned long until)
{
	u32 producer = ff_ring_producer(sq->ring);
	int err;

	lockdep_assert_held(&sq->taking);
	if (!READ_ONCE(sq->open))
		return -EINVAL;
	err = take_all(sq, producer, until);
	if (err == -EBUSY || err == -ENOMEM) {
		/* What completes from here on has it looked at again. */
		WRITE_ONCE(sq->full, true);
		smp_mb();	/* pairs with that of who completes */
		err = take_all(sq, producer, until);
	}
	if (err == -ENOMEM && !is_woken(sq))
		take_later(sq, msecs_to_jiffies(RETRY_MS));
	if (err == -EAGAIN || err == -EBUSY || err == -ENOMEM)
		return 0;
	return err;
}

/**
 * ff_ring_sq_take() - post what is in the ring
 * @sq: the queue
 * @until: how long UD requests may wait for other hosts, in jiffies
 *
 * When another doorbell is at work it takes this one's entries, too. What has to wait,
 * for a limit, for room or for memory, is taken later.
 *
 * Context: process; sleeps in allocations, and as @until has it.
 * Return: 0; -EINVAL while the QP's state takes no sends; or why the lower QP takes none.
 */
int ff_ring_sq_take(struct ff_ring_sq *sq, unsigned long until)
{
	int err;

	do {
		WRITE_ONCE(sq->again, true);
		smp_mb();	/* who unlocks looks at again thereafter */
		if (!mutex_trylock(&sq->taking))
			return 0;
		/* Before the ring and whether it is open are looked at. */
		smp_store_mb(sq->again, false);
		err = take_locked(sq, until);
		mutex_unlock(&sq->taking);
		smp_mb();	/* pairs with the one above */
		cond_resched();
	} while (READ_ONCE(sq->again) && !fatal_signal_pending(current));
	/* Who dies leaves the rest, which may be another process's. */
	if (READ_ONCE(sq->again))
		take_later(sq, 0);
	return err;
}

static void take_rest(struct work_struct *work)
{
	/* Works of others must not wait for what a program is waiting for. */
	ff_ring_sq_take(container_of(to_delayed_work(work), struct ff_ring_sq,
				     take_rest), jiffies);
}

/**
 * ff_ring_sq_resume() - what a limit refused may go on
 * @sq: the queue
 *
 * Context: any but hardirq; under the flow's lock.
 */
void ff_ring_sq_resume(struct ff_ring_sq *sq)
{
	/* Paid for before it is taken: that is left to a work item. */
	if (ff_flow_grant(&sq->qp->flow))
		take_later(sq, 0);
}

static void settle_window(struct ff_ring_sq *sq,
			  const struct ff_ring_send *slot,
			  struct ib_uverbs_wc *wc)
{
	bool done = wc->status == IB_WC_SUCCESS && !slot->bad;

	ff_mw_settle(sq->qp, slot->window, wc->wr_id, done);
	if (slot->bind && done)
		wc->opcode = IB_UVERBS_WC_BIND_MW;
	else if (slot->bind && wc->status == IB_WC_LOC_QP_OP_ERR)
		wc->status = IB_WC_MW_BIND_ERR;
}

/* A window was unbound so that the entry that is still the next can bind it. */
static void settle_unbound(struct ff_ring_sq *sq, const struct ib_uverbs_wc *wc)
{
	u64 id = wc->wr_id & ~FF_RING_UNBIND;

	if (!sq->unbinding || id != sq->posted)	/* from before a reset */
		return;
	ff_mw_settle(sq->qp, sq->unbinding, id, wc->status == IB_WC_SUCCESS);
	WRITE_ONCE(sq->unbinding, 0);
}

/**
 * ff_ring_sq_complete() - a request of the queue completed
 * @sq: the queue
 * @wc: the completion; the lower wr_id becomes the program's
 *
 * Context: any; under the send CQ's lock.
 * Return: whether the program is to see the completion.
 */
bool ff_ring_sq_complete(struct ff_ring_sq *sq, struct ib_uverbs_wc *wc)
{
	const struct ff_ring_send *slot = &sq->slots[index_of(sq, wc->wr_id)];
	bool asked_for = !(wc->wr_id & FF_RING_UNBIND);

	if (!asked_for)
		settle_unbound(sq, wc);
	else if (slot->window)
		settle_window(sq, slot, wc);
	if (asked_for && wc->wr_id >= sq->done)	/* else from before a reset */
		set_done(sq, wc->wr_id + 1);
	smp_mb();	/* before looking who waits, as in take_locked() */
	if (READ_ONCE(sq->full)) {
		WRITE_ONCE(sq->full, false);
		take_later(sq, 0);
	}
	if (!asked_for)
		return false;
	if (slot->bad && wc->status == IB_WC_LOC_PROT_ERR)
		wc->status = slot->failure;
	wc->wr_id = slot->wr_id;
	return !slot->quiet || wc->status != IB_WC_SUCCESS;
}

/* The QP takes requests from now on. Context: may sleep. */
void ff_ring_sq_open(struct ff_ring_sq *sq)
{
	WRITE_ONCE(sq->open, true);
	smp_mb();	/* as in ff_ring_sq_take() */
	if (READ_ONCE(sq->again))
		ff_ring_sq_take(sq, ff_post_patience());
}

/* The lower QP flushes what it is given from now on. Context: any. */
void ff_ring_sq_fail(struct ff_ring_sq *sq)
{
	WRITE_ONCE(sq->open, true);
	take_later(sq, 0);
}

/* The lower QP was emptied, and takes no requests. Context: may sleep. */
void ff_ring_sq_reset(struct ff_ring_sq *sq)
{
	struct ff_cq *cq = sq->qp->send_cq;
	u32 producer;

	mutex_lock(&sq->taking);
	spin_lock_irq(&cq->lock);
	WRITE_ONCE(sq->open, false);
	sq->unbinding = 0;
	producer = ff_ring_producer(sq->ring);
	/* Beyond all that went down before; the index is the low bits. */
	sq->posted = (sq->posted | sq->ring->mask) + 1 + producer;
	set_done(sq, sq->posted);
	spin_unlock_irq(&cq->lock);
	mutex_unlock(&sq->taking);
}

static size_t entry_size(const struct ib_qp_cap *cap)
{
	size_t payload = max_t(size_t, cap->max_inline_data,
			       cap->max_send_sge * sizeof(struct rxe_sge));

	return sizeof(struct rxe_send_wqe) + payload;
}

/**
 * ff_ring_sq_create() - the ring of a QP's send queue
 * @qp: the QP, whose limits are known
 *
 * Context: may sleep.
 * Return: the ring's queue, not yet open, or an error pointer.
 */
struct ff_ring_sq *ff_ring_sq_create(struct ff_qp *qp)
{
	struct ff_ring_sq *sq;
	int err = -ENOMEM;

	sq = kzalloc(sizeof(*sq), GFP_KERNEL_ACCOUNT);
	if (!sq)
		return ERR_PTR(-ENOMEM);
	sq->qp = qp;
	mutex_init(&sq->taking);
	INIT_DELAYED_WORK(&sq->take_rest, take_rest);
	sq->ring = ff_ring_create(qp->obj.file, qp->cap.max_send_wr,
				  entry_size(&qp->cap));
	if (IS_ERR(sq->ring)) {
		err = PTR_ERR(sq->ring);
		goto err_free;
	}
	sq->slots = kvcalloc(sq->ring->mask + 1, sizeof(*sq->slots),
			     GFP_KERNEL_ACCOUNT);
	if (!sq->slots)
		goto err_ring;
	return sq;

err_ring:
	ff_ring_destroy(sq->ring);
err_free:
	kfree(sq);
	return ERR_PTR(err);
}

/* Takes nothing more, so that the lower QP can go. Context: may sleep. */
void ff_ring_sq_close(struct ff_ring_sq *sq)
{
	mutex_lock(&sq->taking);
	WRITE_ONCE(sq->open, false);
	mutex_unlock(&sq->taking);
}

/* After ff_ring_sq_close(), when no completion can name it. */
void ff_ring_sq_free(struct ff_ring_sq *sq)
{
	cancel_delayed_work_sync(&sq->take_rest);
	if (sq->dead_ah)
		rdma_destroy_ah(sq->dead_ah, RDMA_DESTROY_AH_SLEEPABLE);
	ff_ring_destroy(sq->ring);
	kvfree(sq->slots);
	kfree(sq);
}
