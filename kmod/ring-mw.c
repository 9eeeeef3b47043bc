// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bottom_half.h>
#include <rdma/ib_user_verbs.h>

#include "cq.h"
#include "meter.h"
#include "mw.h"
#include "qp.h"
#include "ring.h"
#include "ring-mw.h"
#include "ring-sq.h"

#define FF_MW_SEND_FLAGS (IB_SEND_FENCE | IB_SEND_SOLICITED)

/* Whether an entry is of this kind, at this moment. */
bool ff_ring_mw_is(const struct ff_ring_sq *sq,
		   const struct rxe_send_wqe *entry)
{
	u32 opcode = READ_ONCE(entry->wr.opcode);

	return sq->qp->lower->qp_type != IB_QPT_UD &&
	       (opcode == IB_UVERBS_WR_BIND_MW ||
		opcode == IB_UVERBS_WR_LOCAL_INV);
}

/* Always signalled: the window hears of it. */
static int post(struct ff_ring_sq *sq, struct ff_mw *mw,
		struct ib_send_wr *wr, u32 flags)
{
	const struct ib_send_wr *bad;
	int err;

	wr->send_flags = (flags & FF_MW_SEND_FLAGS) | IB_SEND_SIGNALED;
	/* Lets a soft device do the work here rather than in a tasklet. */
	local_bh_disable();
	err = ib_post_send(sq->qp->lower, wr, &bad);
	local_bh_enable();
	if (err)
		ff_mw_cancel(mw);
	else if (!(wr->wr_id & FF_RING_UNBIND))	/* which is of the module's own */
		ff_count_send(READ_ONCE(sq->qp->counts), wr);
	return err;
}

static int post_register(struct ff_ring_sq *sq, struct ff_mw *mw, u64 id,
			 const struct rxe_send_wr *entry)
{
	u32 access = entry->wr.mw.access;
	struct ib_reg_wr wr = {
		.wr.wr_id = id,
		.wr.opcode = IB_WR_REG_MR,
		.mr = mw->lower,
		.key = mw->lower->rkey,
		.access = access & FF_MW_ACCESS,
	};

	/* Who writes from afar has to be let write at all. */
	if (access & FF_MW_WRITES)
		wr.access |= IB_ACCESS_LOCAL_WRITE;
	return post(sq, mw, &wr.wr, entry->send_flags);
}

static int post_invalidate(struct ff_ring_sq *sq, struct ff_mw *mw, u64 id,
			   u32 flags)
{
	struct ib_send_wr wr = {
		.wr_id = id,
		.opcode = IB_WR_LOCAL_INV,
		.ex.invalidate_rkey = mw->lower->rkey,
	};

	return post(sq, mw, &wr, flags);
}

/* Until that is done the queue looks at no entry: it may be another then. */
static int unbind(struct ff_ring_sq *sq, struct ff_mw *mw, u64 id, u32 rkey)
{
	int err;

	WRITE_ONCE(sq->unbinding, rkey);
	err = post_invalidate(sq, mw, id | FF_RING_UNBIND, IB_SEND_FENCE);
	if (!err)
		return -EBUSY;
	WRITE_ONCE(sq->unbinding, 0);
	return err;
}

/* Returns -EBUSY also when the window has to be unbound first. */
static int take_bind(struct ff_ring_sq *sq, struct ff_mw *mw,
		     const struct rxe_send_wr *entry)
{
	const struct ff_mw_bind bind = {
		.addr = entry->wr.mw.addr,
		.length = entry->wr.mw.length,
		.lkey = entry->wr.mw.mr_lkey,
		.mw_rkey = entry->wr.mw.mw_rkey,
		.rkey = entry->wr.mw.rkey,
		.access = entry->wr.mw.access,
	};
	u64 id = sq->posted;
	int did;

	ff_ring_sweep_cq(sq->qp->recv_cq);
	did = ff_mw_begin_bind(mw, sq->qp, id, &bind);
	switch (did) {
	case FF_MW_BINDING:
		return post_register(sq, mw, id, entry);
	case FF_MW_UNBINDING:
		return post_invalidate(sq, mw, id, entry->send_flags);
	case FF_MW_BOUND:
		return unbind(sq, mw, id, bind.mw_rkey);
	default:
		return did;
	}
}

static int take_invalidate(struct ff_ring_sq *sq, struct ff_mw *mw,
			   const struct rxe_send_wr *entry)
{
	int err = ff_mw_begin_invalidate(mw, sq->qp, sq->posted,
					 entry->ex.invalidate_rkey);

	return err ?: post_invalidate(sq, mw, sq->posted, entry->send_flags);
}

/**
 * ff_ring_mw_take() - post the next entry, of which ff_ring_mw_is() is true
 * @sq: the queue, open and with an entry
 *
 * Context: may sleep; under sq->taking, while nothing is being unbound.
 * Return: 0; -EBUSY when it has to wait for another request of the queue;
 * -ENOMEM; or an error when it has to fail, as slot->failure says.
 */
int ff_ring_mw_take(struct ff_ring_sq *sq)
{
	u32 index = sq->posted & sq->ring->mask;
	const struct rxe_send_wqe *entry = ff_ring_entry(sq->ring, index);
	struct ff_ring_send *slot = &sq->slots[index];
	struct rxe_send_wr copy;
	struct ff_mw *mw;
	int err;

	lockdep_assert_held(&sq->taking);
	memcpy(&copy, &entry->wr, sizeof(copy));
	barrier();	/* from here on the copy is used */

	*slot = (struct ff_ring_send) {
		.wr_id = copy.wr_id,
		.quiet = !sq->qp->signal_all &&
			 !(copy.send_flags & IB_SEND_SIGNALED),
		.bind = copy.opcode == IB_UVERBS_WR_BIND_MW,
		.failure = IB_WC_LOC_QP_OP_ERR,
	};
	if (slot->bind)
		slot->failure = IB_WC_MW_BIND_ERR;
	slot->window = slot->bind ? copy.wr.mw.mw_rkey :
				    copy.ex.invalidate_rkey;
	/* That flushes it, and nobody knows whether it did it. */
	err = ff_qp_has_failed(sq->qp);
	if (err)
		return err < 0 ? err : -EINVAL;
	mw = ff_mw_get(sq->qp->pd, slot->window);
	if (!mw)
		return -EINVAL;
	err = slot->bind ? take_bind(sq, mw, &copy) :
			   take_invalidate(sq, mw, &copy);
	ff_obj_put(&mw->obj);
	sq->posted += !err;
	return err;
}
