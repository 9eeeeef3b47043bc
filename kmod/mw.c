// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <rdma/ib_user_verbs.h>

#include "cmd.h"
#include "file.h"
#include "lower.h"
#include "mr.h"
#include "mw.h"
#include "mw-pages.h"
#include "pd.h"
#include "port.h"
#include "qp.h"

/* The low byte of a key is the program's, what is above it the window's. */
static u32 index_of(u32 rkey)
{
	return rkey >> 8;
}

/**
 * ff_mw_get() - a window by its key, to begin a request on
 * @pd: the PD of the queue that the request is in
 * @rkey: the key, of which the low byte does not matter
 *
 * Return: the window, for ff_obj_put(), or NULL when the PD has none there.
 */
struct ff_mw *ff_mw_get(struct ff_pd *pd, u32 rkey)
{
	struct ff_mw *mw;

	rcu_read_lock();
	mw = xa_load(&pd->mws, index_of(rkey));
	if (mw && !ff_obj_try_get(&mw->obj))
		mw = NULL;
	rcu_read_unlock();
	return mw;
}

/* The program may drop the region. */
static void leave_region_locked(struct ff_mw *mw)
{
	lockdep_assert_held(&mw->lock);
	if (mw->mr)
		ff_obj_drop_dependent(&mw->mr->obj);
	mw->mr = NULL;
}

/* The lower device does not know it, or not as what it was bound to. */
static void let_go_locked(struct ff_mw *mw)
{
	leave_region_locked(mw);
	if (mw->pages)
		ff_mw_pages_drop(mw->pages);
	mw->pages = NULL;
}

/* The lower device knows it as invalid, by a request of the module's. */
static void retire_locked(struct ff_mw *mw)
{
	leave_region_locked(mw);
	if (mw->pages)
		ff_mw_pages_retire(mw->pages);
	mw->pages = NULL;
}

static bool is_at_work_locked(const struct ff_mw *mw)
{
	lockdep_assert_held(&mw->lock);
	return mw->state == FF_MW_BINDING || mw->state == FF_MW_UNBINDING;
}

/* Returns whether a request of the QP may be at work on it now. */
static int check_state_locked(const struct ff_mw *mw, const struct ff_qp *qp)
{
	lockdep_assert_held(&mw->lock);
	if (is_at_work_locked(mw))
		return mw->qp == qp ? -EBUSY : -EINVAL;
	return mw->state == FF_MW_LOST ? -EINVAL : 0;
}

static void begin_locked(struct ff_mw *mw, enum ff_mw_state state,
			 struct ff_qp *qp, u64 id, u32 next_rkey)
{
	lockdep_assert_held(&mw->lock);
	mw->state = state;
	mw->qp = qp;
	mw->id = id;
	mw->next_rkey = next_rkey;
	mw->overtaken = false;
	spin_lock(&qp->mws_lock);
	list_add_tail(&mw->at_work, &qp->mws);
	spin_unlock(&qp->mws_lock);
}

/* Nothing is at work on it any more. */
static void end_locked(struct ff_mw *mw)
{
	lockdep_assert_held(&mw->lock);
	spin_lock(&mw->qp->mws_lock);
	list_del(&mw->at_work);
	spin_unlock(&mw->qp->mws_lock);
	mw->state = mw->mr ? FF_MW_BOUND : FF_MW_FREE;
}

static int check_window_locked(const struct ff_mw *mw, const struct ff_qp *qp,
			       const struct ff_mw_bind *bind)
{
	int err = check_state_locked(mw, qp);

	if (err)
		return err;
	if (mw->rkey != bind->mw_rkey)
		return -EINVAL;
	if (mw->type == IB_MW_TYPE_1)
		return bind->access & IB_ZERO_BASED ? -EINVAL : 0;
	return mw->state == FF_MW_FREE && bind->length ? 0 : -EINVAL;
}

/* @mr is held: it cannot be registered anew meanwhile. */
static int check_region(const struct ff_mw *mw, const struct ff_mr *mr,
			const struct ff_mw_bind *bind)
{
	u64 offset = bind->addr - mr->attr.hca_va;
	u64 pages;

	if (mr->attr.access_flags & IB_ZERO_BASED ||
	    !(mr->attr.access_flags & IB_ACCESS_MW_BIND))
		return -EINVAL;
	if (bind->access & FF_MW_WRITES &&
	    !(mr->attr.access_flags & IB_ACCESS_LOCAL_WRITE))
		return -EINVAL;
	if (bind->addr < mr->attr.hca_va || offset > mr->attr.length ||
	    bind->length > mr->attr.length - offset)
		return -EINVAL;
	/* Address 0 of the window has to be the first of a page. */
	if (bind->access & IB_ZERO_BASED && offset_in_page(bind->addr))
		return -EINVAL;
	pages = DIV_ROUND_UP_ULL(offset_in_page(bind->addr) + bind->length,
				 PAGE_SIZE);
	return pages <= mw->max_pages ? 0 : -EINVAL;
}

/* The lower device knows it as invalid, and nothing else is at work on it. */
static struct ff_mw_pages *map(struct ff_mw *mw, struct ff_mr *mr,
			       const struct ff_mw_bind *bind)
{
	struct ff_mw_pages *pages;
	int mapped;

	pages = ff_mw_pages_make(mr, bind->addr, bind->length,
				 mw->lower->device);
	if (IS_ERR(pages))
		return pages;
	mapped = ib_map_mr_sg(mw->lower, pages->table.sgl, pages->table.nents,
			      NULL, PAGE_SIZE);
	if (mapped != pages->table.nents) {
		ff_mw_pages_drop(pages);
		return ERR_PTR(mapped < 0 ? mapped : -EINVAL);
	}
	mw->lower->iova = bind->access & IB_ZERO_BASED ? 0 : bind->addr;
	return pages;
}

static int bind_region(struct ff_mw *mw, struct ff_mr *mr,
		       const struct ff_mw_bind *bind)
{
	struct ff_mw_pages *pages = map(mw, mr, bind);

	spin_lock_irq(&mw->lock);
	if (IS_ERR(pages)) {
		end_locked(mw);
	} else {
		ff_obj_add_dependent(&mr->obj);
		mw->mr = mr;
		mw->pages = pages;
		mw->last_key = mw->lower->rkey;
		ib_update_fast_reg_key(mw->lower, bind->rkey);
	}
	spin_unlock_irq(&mw->lock);
	if (!IS_ERR(pages))
		return 0;
	return PTR_ERR(pages) == -ENOMEM ? -ENOMEM : -EINVAL;
}

static int begin_bind(struct ff_mw *mw, struct ff_qp *qp, u64 id,
		      struct ff_mr *mr, const struct ff_mw_bind *bind)
{
	u32 rkey = (mw->lower->rkey & ~0xff) | (bind->rkey & 0xff);
	int err;

	err = mr ? check_region(mw, mr, bind) : 0;
	if (err)
		return err;
	spin_lock_irq(&mw->lock);
	err = check_window_locked(mw, qp, bind);
	if (!err && !mr) {
		begin_locked(mw, FF_MW_UNBINDING, qp, id, rkey);
		err = FF_MW_UNBINDING;
	} else if (!err && mw->pages) {
		begin_locked(mw, FF_MW_UNBINDING, qp, id, mw->rkey);
		err = FF_MW_BOUND;
	} else if (!err) {
		begin_locked(mw, FF_MW_BINDING, qp, id, rkey);
	}
	spin_unlock_irq(&mw->lock);
	return err ?: bind_region(mw, mr, bind) ?: FF_MW_BINDING;
}

/**
 * ff_mw_begin_bind() - begin to bind a window, as a bare device does
 * @mw: the window, which the caller holds
 * @qp: of the request, of the same PD; its receive CQ was swept just now
 * @id: of the lower request, for ff_mw_settle()
 * @bind: what to bind; it was copied from the program
 *
 * Context: may sleep; one request of a QP at a time.
 * Return: FF_MW_BINDING when the lower MR is to be registered; FF_MW_UNBINDING
 * when it is to be invalidated, and FF_MW_BOUND when that has to be done first,
 * and then this called again; -EBUSY when another request of the QP is at work
 * on it; -ENOMEM; -EINVAL when it cannot be.
 */
int ff_mw_begin_bind(struct ff_mw *mw, struct ff_qp *qp, u64 id,
		     const struct ff_mw_bind *bind)
{
	struct ff_mr *mr;
	int err;

	if (!bind->length)
		return begin_bind(mw, qp, id, NULL, bind);
	mr = ff_mr_get_by_lkey(mw->pd, bind->lkey);
	if (!mr)
		return -EINVAL;
	err = begin_bind(mw, qp, id, mr, bind);
	ff_obj_put(&mr->obj);
	return err;
}

/**
 * ff_mw_begin_invalidate() - begin what a request to invalidate asks for
 * @mw: the window, which the caller holds
 * @qp: of the request, of the same PD
 * @id: of the lower request, for ff_mw_settle()
 * @rkey: the key that the program named
 *
 * Return: 0 when the lower MR is to be invalidated; -EBUSY when another request
 * of the QP is at work on it; -EINVAL when it cannot be.
 */
int ff_mw_begin_invalidate(struct ff_mw *mw, struct ff_qp *qp, u64 id,
			   u32 rkey)
{
	int err;

	spin_lock_irq(&mw->lock);
	err = check_state_locked(mw, qp);
	if (!err && (mw->type == IB_MW_TYPE_1 || mw->state != FF_MW_BOUND ||
		     mw->rkey != rkey))
		err = -EINVAL;
	if (!err)
		begin_locked(mw, FF_MW_UNBINDING, qp, id, rkey);
	spin_unlock_irq(&mw->lock);
	return err;
}

/* The lower QP did not take the request that was begun. */
void ff_mw_cancel(struct ff_mw *mw)
{
	spin_lock_irq(&mw->lock);
	if (mw->state == FF_MW_BINDING) {
		ib_update_fast_reg_key(mw->lower, mw->last_key);
		let_go_locked(mw);
	}
	end_locked(mw);
	spin_unlock_irq(&mw->lock);
}

/* A peer invalidated it, perhaps before the completion of the bind was taken. */
static void become_free_locked(struct ff_mw *mw, u32 rkey)
{
	lockdep_assert_held(&mw->lock);
	if (mw->state == FF_MW_BINDING && mw->next_rkey == rkey) {
		mw->overtaken = true;
	} else if (mw->state == FF_MW_BOUND && mw->rkey == rkey) {
		leave_region_locked(mw);
		mw->state = FF_MW_FREE;
	}
}

/*
 * A request that was flushed may have been carried out. Then a window that was
 * to be bound keeps its pages for good; one that was to be unbound can be
 * unbound once more.
 */
static void settle_locked(struct ff_mw *mw, bool done)
{
	bool lost = mw->state == FF_MW_BINDING && !done;

	lockdep_assert_held(&mw->lock);
	if (mw->state == FF_MW_UNBINDING && done)
		retire_locked(mw);
	end_locked(mw);
	if (lost)
		mw->state = FF_MW_LOST;
	if (done)
		mw->rkey = mw->next_rkey;
	if (done && mw->overtaken)
		become_free_locked(mw, mw->rkey);
}

/**
 * ff_mw_settle() - a request on a window completed
 * @qp: of the request
 * @rkey: a key of the window
 * @id: of the request
 * @done: whether it was carried out
 *
 * Context: any.
 */
void ff_mw_settle(struct ff_qp *qp, u32 rkey, u64 id, bool done)
{
	unsigned long flags;
	struct ff_mw *mw;

	rcu_read_lock();
	mw = xa_load(&qp->pd->mws, index_of(rkey));
	if (mw) {
		spin_lock_irqsave(&mw->lock, flags);
		if (is_at_work_locked(mw) && mw->qp == qp && mw->id == id)
			settle_locked(mw, done);
		spin_unlock_irqrestore(&mw->lock, flags);
	}
	rcu_read_unlock();
}

/* Returns whether there was one. */
static bool forget_first(struct ff_qp *qp)
{
	struct ff_mw *mw;

	rcu_read_lock();
	spin_lock_irq(&qp->mws_lock);
	mw = list_first_entry_or_null(&qp->mws, struct ff_mw, at_work);
	spin_unlock_irq(&qp->mws_lock);
	if (mw) {
		spin_lock_irq(&mw->lock);
		if (is_at_work_locked(mw) && mw->qp == qp)
			settle_locked(mw, false);
		spin_unlock_irq(&mw->lock);
	}
	rcu_read_unlock();
	return mw;
}

/**
 * ff_mw_forget() - no request of a QP that is at work will complete
 * @qp: the QP, whose lower QP was emptied or is gone
 *
 * Context: may sleep.
 */
void ff_mw_forget(struct ff_qp *qp)
{
	while (forget_first(qp))
		cond_resched();
}

/**
 * ff_mw_invalidated() - a peer's message came with a key to invalidate
 * @qp: the QP that received it
 * @rkey: the key
 *
 * The lower device has done so, but perhaps long ago, and the key may be that of
 * a later bind since. So the window is the program's to bind again, and its
 * region free to go, but the pages stay until the lower device was told by the
 * module, which that bind begins with.
 *
 * Context: any; under the receive CQ's lock.
 */
void ff_mw_invalidated(struct ff_qp *qp, u32 rkey)
{
	unsigned long flags;
	struct ff_mw *mw;

	rcu_read_lock();
	mw = xa_load(&qp->pd->mws, index_of(rkey));
	if (mw) {
		spin_lock_irqsave(&mw->lock, flags);
		if (mw->type == IB_MW_TYPE_2 && mw->qp == qp)
			become_free_locked(mw, rkey);
		spin_unlock_irqrestore(&mw->lock, flags);
	}
	rcu_read_unlock();
}

/* No queue is at work on it, or its QPs are gone. */
static void mw_destroy(struct ff_obj *obj)
{
	struct ff_mw *mw = container_of(obj, struct ff_mw, obj);

	xa_erase(&mw->pd->mws, index_of(mw->lower->rkey));
	spin_lock_irq(&mw->lock);
	mw->state = FF_MW_LOST;
	spin_unlock_irq(&mw->lock);
	ib_dereg_mr(mw->lower);
	spin_lock_irq(&mw->lock);
	let_go_locked(mw);	/* pages go after the key to them */
	spin_unlock_irq(&mw->lock);
	ff_obj_drop_dependent(&mw->pd->obj);
}

const struct ff_obj_kind ff_mw_kind = {
	.type	 = FREEFLOW_RES_TYPE_MW,
	.size	 = sizeof(struct ff_mw),
	.destroy = mw_destroy,
};

static int create_lower(struct ff_mw *mw)
{
	int err;

	mw->max_pages = min_t(u32, FF_MW_PAGES, mw->pd->lower->device->attrs
					.max_fast_reg_page_list_len);
	mw->lower = ib_alloc_mr(mw->pd->lower, IB_MR_TYPE_MEM_REG,
				mw->max_pages);
	if (IS_ERR(mw->lower))
		return PTR_ERR(mw->lower);
	mw->rkey = mw->lower->rkey;
	err = xa_reserve(&mw->pd->mws, index_of(mw->rkey), GFP_KERNEL_ACCOUNT);
	if (err)
		ib_dereg_mr(mw->lower);
	return err;
}

static int create(struct ff_cmd *cmd, struct ff_pd *pd, enum ib_mw_type type)
{
	struct ib_uverbs_alloc_mw_resp resp = {};
	struct ff_mw *mw;
	int err;

	mw = ff_obj_create(cmd->file, &ff_mw_kind);
	if (IS_ERR(mw))
		return PTR_ERR(mw);
	mw->pd = pd;
	mw->type = type;
	spin_lock_init(&mw->lock);
	err = create_lower(mw);
	if (err)
		goto err_obj;
	ff_obj_add_dependent(&pd->obj);
	resp.mw_handle = mw->obj.handle;
	resp.rkey = mw->rkey;
	err = ff_cmd_respond(cmd, &resp, sizeof(resp));
	if (err)
		goto err_lower;
	/* From here on queues find it; the slot is reserved. */
	xa_store(&pd->mws, index_of(mw->rkey), mw, 0);
	ff_obj_publish(&mw->obj);
	return 0;

err_lower:
	mw_destroy(&mw->obj);
err_obj:
	ff_obj_abort(&mw->obj);
	return err;
}

int ff_mw_cmd_alloc(struct ff_cmd *cmd)
{
	struct ib_uverbs_alloc_mw req;
	struct ff_pd *pd;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (!READ_ONCE(cmd->file->lower))
		return -EINVAL;
	if (!ff_port_has_windows(cmd->file->dev,
				 ff_lower_ibdev(cmd->file->lower)))
		return -EOPNOTSUPP;
	if (req.mw_type != IB_MW_TYPE_1 && req.mw_type != IB_MW_TYPE_2)
		return -EINVAL;
	pd = ff_obj_get(cmd->file, &ff_pd_kind, req.pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	err = create(cmd, pd, req.mw_type);
	ff_obj_put(&pd->obj);
	return err;
}

/* Not while a lower queue holds a request that names it. */
int ff_mw_cmd_dealloc(struct ff_cmd *cmd)
{
	struct ib_uverbs_dealloc_mw req;
	struct ff_obj *obj;
	struct ff_mw *mw;
	bool busy;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	obj = ff_obj_begin_destroy(cmd->file, &ff_mw_kind, req.mw_handle);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	mw = container_of(obj, struct ff_mw, obj);
	spin_lock_irq(&mw->lock);
	busy = is_at_work_locked(mw);
	spin_unlock_irq(&mw->lock);
	if (busy) {
		ff_obj_cancel_destroy(obj);
		return -EBUSY;
	}
	ff_obj_finish_destroy(obj);
	return 0;
}
