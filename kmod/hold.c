// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>

#include "abi.h"
#include "ah.h"
#include "file.h"
#include "hold.h"
#include "lower-wr.h"
#include "meter.h"
#include "pd.h"
#include "qp.h"

/* Of atomics, whatever their elements say. */
#define ATOMIC_BYTES 8

/* A UD message is one packet. */
#define UD_BYTES 4096

/* Requests that go down with BHs disabled at a time, and how often at once. */
#define AT_ONCE 64
#define ROUNDS 4

static bool is_ud(const struct ff_qp *qp)
{
	return qp->lower->qp_type == IB_QPT_UD;
}

/*
 * What a request may bring to the wire. One that the guard has fail does so when it
 * comes to that element; a READ, when its answer does.
 */
static u64 bytes_of(const struct ff_qp *qp, const struct ib_send_wr *wr)
{
	bool guarded = !(wr->send_flags & IB_SEND_INLINE) &&
		       wr->opcode != IB_WR_RDMA_READ;
	u64 bytes = 0;
	int i;

	if (wr->opcode == IB_WR_ATOMIC_CMP_AND_SWP ||
	    wr->opcode == IB_WR_ATOMIC_FETCH_AND_ADD)
		return ATOMIC_BYTES;
	for (i = 0; i < wr->num_sge; i++) {
		if (guarded && wr->sg_list[i].lkey == qp->pd->dead_lkey)
			break;
		bytes += wr->sg_list[i].length;
	}
	return is_ud(qp) ? min_t(u64, bytes, UD_BYTES) : bytes;
}

/* Of the requests that are held, counted from the oldest. */
static union ff_lower_wr *slot(const struct ff_qp *qp, u32 i)
{
	const struct ff_hold *hold = &qp->hold;
	u64 n = ((u64)hold->first + i) % qp->cap.max_send_wr;

	return (void *)(hold->slots + n * hold->slot_size);
}

static struct ib_sge *sges_of(union ff_lower_wr *wr)
{
	return (void *)((u8 *)wr + FF_WR_SIZE);
}

/**
 * ff_hold_reserve() - have the memory for what will be held
 * @qp: a QP whose data path holds sends
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ff_hold_reserve(struct ff_qp *qp)
{
	u32 gather = qp->cap.max_send_sge * sizeof(struct ib_sge);
	u32 inlined = sizeof(struct ib_sge) + qp->cap.max_inline_data;
	u32 size = FF_WR_SIZE + ALIGN(max(gather, inlined), 16);
	u8 *slots;

	if (READ_ONCE(qp->hold.slots))
		return 0;
	slots = kvmalloc_array(qp->cap.max_send_wr, size,
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!slots)
		return -ENOMEM;
	spin_lock_bh(&qp->flow.lock);
	if (!qp->hold.slots) {
		qp->hold.slot_size = size;
		WRITE_ONCE(qp->hold.slots, slots);
		slots = NULL;
	}
	spin_unlock_bh(&qp->flow.lock);
	kvfree(slots);
	return 0;
}

static void set_held(struct ff_flow *flow, u32 held)
{
	lockdep_assert_held(&flow->lock);
	/* Those that were there went down before, for ff_flow_is_free(). */
	smp_store_release(&flow->held, held);
}

static int keep(struct ff_qp *qp, const struct ib_send_wr *wr)
{
	struct ff_flow *flow = &qp->flow;
	union ff_lower_wr *kept;
	struct ib_sge *sge;

	lockdep_assert_held(&flow->lock);
	if (flow->held == qp->cap.max_send_wr)
		return -ENOMEM;
	kept = slot(qp, flow->held);
	sge = sges_of(kept);
	memcpy(kept, wr, FF_WR_SIZE);
	memcpy(sge, wr->sg_list, wr->num_sge * sizeof(*sge));
	kept->send.sg_list = sge;
	if (wr->send_flags & IB_SEND_INLINE && wr->num_sge) {
		memcpy(sge + 1, (void *)(uintptr_t)sge->addr, sge->length);
		sge->addr = (uintptr_t)(sge + 1);
	}
	/* Who posts has it now, so that this cannot fail. */
	if (is_ud(qp))
		ff_obj_try_get(&kept->ud.ah->obj);
	set_held(flow, flow->held + 1);
	return 0;
}

/* Forgets the oldest. */
static void drop(struct ff_qp *qp, u32 count)
{
	struct ff_hold *hold = &qp->hold;
	u32 i;

	lockdep_assert_held(&qp->flow.lock);
	for (i = 0; i < count && is_ud(qp); i++)
		ff_obj_put(&slot(qp, i)->ud.ah->obj);
	if (count)
		hold->first = ((u64)hold->first + count) % qp->cap.max_send_wr;
	set_held(&qp->flow, qp->flow.held - count);
}

/**
 * ff_hold_drop() - forget all that is held
 * @qp: the QP
 *
 * Context: any but hardirq; under flow->lock.
 */
void ff_hold_drop(struct ff_qp *qp)
{
	drop(qp, qp->flow.held);
	WRITE_ONCE(qp->flow.stalled, false);
}

void ff_hold_free(struct ff_hold *hold)
{
	kvfree(hold->slots);
}

static int send_locked(struct ff_qp *qp, struct ib_send_wr *first, u32 *posted)
{
	bool holds = qp->obj.file->abi->holds_sends;
	struct ib_send_wr *rest = first, *last = NULL;
	struct ff_flow *flow = &qp->flow;
	u32 throttled = 0;
	int err = 0;

	lockdep_assert_held(&flow->lock);
	if (!flow->held && !flow->waits_in)
		for (; rest && ff_flow_take(flow, bytes_of(qp, rest));
		     rest = rest->next)
			last = rest;
	if (last) {
		last->next = NULL;
		err = ff_lower_send(qp, first, posted);
		last->next = rest;
	}
	for (; rest && !err; rest = rest->next) {
		err = holds ? keep(qp, rest) : -EAGAIN;
		*posted += !err;
		throttled++;
	}
	ff_count_many(READ_ONCE(qp->counts), FREEFLOW_STAT_TALLY_THROTTLED,
		      throttled);
	return err;
}

/**
 * ff_hold_send() - post sends as the limits allow
 * @qp: the QP
 * @first: the first of a chain; what is behind it is copied if it is held
 * @posted: adds how many went down or are held
 *
 * Context: any but hardirq, BHs disabled; ff_hold_reserve() was called if the
 * data path holds sends.
 * Return: 0; -EAGAIN when the rest stays with the caller, who is told by
 * ff_abi.resume_sends to try again; -ENOMEM when as many as the queue takes are
 * held; -EINVAL in a state in which nothing may be posted; or the lower device's
 * error.
 */
int ff_hold_send(struct ff_qp *qp, struct ib_send_wr *first, u32 *posted)
{
	int err;

	spin_lock(&qp->flow.lock);
	err = qp->flow.open ? send_locked(qp, first, posted) : -EINVAL;
	spin_unlock(&qp->flow.lock);
	return err;
}

/* Chains the oldest that may go now; an lkey is looked at when it goes down. */
static u32 gather(struct ff_qp *qp)
{
	struct ff_flow *flow = &qp->flow;
	struct ib_send_wr *wr, *last = NULL;
	u32 count, most = min_t(u32, flow->held, AT_ONCE);

	for (count = 0; count < most; count++) {
		wr = &slot(qp, count)->send;
		if (!(wr->send_flags & IB_SEND_INLINE))
			ff_pd_guard(qp->pd, wr->sg_list, wr->num_sge);
		if (!ff_flow_take(flow, bytes_of(qp, wr)))
			break;
		if (last)
			last->next = wr;
		wr->next = NULL;
		last = wr;
	}
	return count;
}

/*
 * The lower QP refuses the oldest: it fails in its turn. A QP that does not take
 * even that is in no state to send, and completes nothing. Returns -ENOMEM when
 * there is no room for it.
 */
static int fail_oldest(struct ff_qp *qp)
{
	union ff_lower_wr *wr = slot(qp, 0);
	struct ib_sge *sge = sges_of(wr);
	u32 posted = 0;

	*sge = (struct ib_sge) { .length = 1, .lkey = qp->pd->dead_lkey };
	wr->send.opcode = IB_WR_SEND;
	wr->send.send_flags = IB_SEND_SIGNALED;
	wr->send.num_sge = 1;
	wr->send.next = NULL;
	if (ff_lower_send(qp, &wr->send, &posted) == -ENOMEM)
		return -ENOMEM;
	drop(qp, 1);
	return 0;
}

/* Returns whether the lower QP is to be tried again. */
static bool send_some(struct ff_qp *qp)
{
	struct ff_flow *flow = &qp->flow;
	u32 posted = 0;
	int err;

	if (!gather(qp))
		return false;
	err = ff_lower_send(qp, &slot(qp, 0)->send, &posted);
	drop(qp, posted);
	if (err && err != -ENOMEM)
		err = fail_oldest(qp);
	if (!err) {
		WRITE_ONCE(flow->stalled, false);
		return true;
	}
	/* The program posted more than the queue takes: wait for room in it. */
	if (flow->stalled)
		return false;
	WRITE_ONCE(flow->stalled, true);
	smp_mb();	/* what completes from here on has it looked at again */
	return true;
}

/**
 * ff_hold_resume() - post what is held as the limits allow
 * @qp: the QP, which waits in none
 *
 * Context: any but hardirq; under flow->lock.
 */
void ff_hold_resume(struct ff_qp *qp)
{
	struct ff_flow *flow = &qp->flow;
	int rounds = ROUNDS;

	while (flow->held && !flow->waits_in && rounds && send_some(qp))
		rounds--;
	if (flow->held && !flow->waits_in && (!rounds || flow->stalled))
		ff_flow_stall(flow, !rounds);
	if (!flow->held)
		ff_flow_rest(flow);
}
