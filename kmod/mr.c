// SPDX-License-Identifier: GPL-2.0-only
#include <linux/overflow.h>
#include <linux/slab.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/ib_verbs.h>

#include "cmd.h"
#include "dev.h"
#include "file.h"
#include "mr.h"
#include "mr-pages.h"
#include "netns.h"
#include "pd.h"

/*
 * Pages that the lower device knows by a key, which the PD's guard knows too.
 * A region that is registered anew gets another one.
 */
struct ff_mr_reg {
	struct kref ref;	/* the memory */
	struct rcu_head rcu;
	struct ib_mr *lower;
	struct ff_mr *mr;	/* the region, while the guard knows the key */
	struct ff_pd *pd;	/* counted as dependent until it is dropped */
	struct ff_mr_pages pages;

	spinlock_t lock;	/* protects what follows */
	bool dropped;
	u64 charged;		/* bytes */
	u64 held;		/* bytes, by windows; they may be the same pages */
};

static void reg_free(struct kref *ref)
{
	struct ff_mr_reg *reg = container_of(ref, struct ff_mr_reg, ref);

	kfree_rcu(reg, rcu);
}

static struct ff_quota *quota_of(const struct ff_pd *pd)
{
	return &pd->obj.file->dev->net->quota;
}

static int charge_pinned(const struct ff_pd *pd, u64 bytes)
{
	struct ff_dev *dev = pd->obj.file->dev;
	int err = ff_quota_charge_pinned(quota_of(pd), bytes);

	if (err)
		ff_alert_quota(dev, FREEFLOW_RES_TYPE_MR);
	return err;
}

/* In whole pages, as they are pinned; what wraps the lower device refuses. */
static u64 pinned_by(const struct ib_uverbs_reg_mr *attr)
{
	u64 end;

	if (check_add_overflow(attr->start, attr->length, &end) ||
	    end > PAGE_MASK)
		return 0;
	return PAGE_ALIGN(end) - (attr->start & PAGE_MASK);
}

/* Registers the pages with the lower device and lets the guard know the key. */
static struct ff_mr_reg *reg_make(struct ff_mr *mr, struct ff_pd *pd,
				  const struct ib_uverbs_reg_mr *attr)
{
	struct ff_mr_reg *reg;
	int err;

	reg = kzalloc(sizeof(*reg), GFP_KERNEL_ACCOUNT);
	if (!reg)
		return ERR_PTR(-ENOMEM);
	kref_init(&reg->ref);
	reg->mr = mr;
	reg->pd = pd;
	spin_lock_init(&reg->lock);
	reg->charged = pinned_by(attr);
	err = charge_pinned(pd, reg->charged);
	if (err)
		goto err_free;
	ff_mr_pages_init(&reg->pages, attr);
	reg->lower = ib_reg_user_mr(pd->lower, attr->start, attr->length,
				    attr->hca_va, attr->access_flags);
	if (IS_ERR(reg->lower)) {
		err = PTR_ERR(reg->lower);
		goto err_pages;
	}
	err = xa_insert(&pd->mrs, reg->lower->lkey, reg, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_lower;
	ff_obj_add_dependent(&pd->obj);
	return reg;

err_lower:
	ib_dereg_mr(reg->lower);
err_pages:
	ff_mr_pages_drop(&reg->pages);
	ff_quota_uncharge_pinned(quota_of(pd), reg->charged);
err_free:
	kfree(reg);
	return ERR_PTR(err);
}

/* What windows hold of a registration that is gone stays charged. */
static void uncharge_locked(struct ff_mr_reg *reg)
{
	u64 left = min(reg->charged, reg->held);

	lockdep_assert_held(&reg->lock);
	ff_quota_uncharge_pinned(quota_of(reg->pd), reg->charged - left);
	reg->charged = left;
}

/* The guard forgets the key before it is given up: it may then name a new MR. */
static void reg_drop(struct ff_mr_reg *reg)
{
	xa_erase(&reg->pd->mrs, reg->lower->lkey);
	ib_dereg_mr(reg->lower);
	ff_mr_pages_drop(&reg->pages);
	spin_lock_irq(&reg->lock);
	reg->dropped = true;
	uncharge_locked(reg);
	spin_unlock_irq(&reg->lock);
	ff_obj_drop_dependent(&reg->pd->obj);
	kref_put(&reg->ref, reg_free);
}

static void mr_destroy(struct ff_obj *obj)
{
	reg_drop(container_of(obj, struct ff_mr, obj)->reg);
}

const struct ff_obj_kind ff_mr_kind = {
	.type	 = FREEFLOW_RES_TYPE_MR,
	.size	 = sizeof(struct ff_mr),
	.destroy = mr_destroy,
};

/**
 * ff_mr_prepare_write() - check and prepare an element for ff_mr_write()
 * @pd: the PD of the queue that the element is posted to
 * @sge: the element, of more than no bytes
 * @may_sleep: whether the caller may
 *
 * Context: of any process, or none if it may not sleep.
 * Return: 0; -EFAULT when no region of the PD lets the NIC write there, or
 * its pages are gone; -ENOMEM; -EWOULDBLOCK when it had to sleep.
 */
int ff_mr_prepare_write(struct ff_pd *pd, const struct ib_sge *sge,
			bool may_sleep)
{
	struct ff_mr_reg *reg;
	int err;

	rcu_read_lock();
	reg = xa_load(&pd->mrs, sge->lkey);
	if (reg && !kref_get_unless_zero(&reg->ref))
		reg = NULL;
	rcu_read_unlock();
	if (!reg)
		return -EFAULT;
	if (!ff_mr_pages_cover(&reg->pages, sge->addr, sge->length))
		err = -EFAULT;
	else if (ff_mr_pages_are_pinned(&reg->pages, sge->addr, sge->length))
		err = 0;
	else
		err = may_sleep ? ff_mr_pages_pin(&reg->pages, sge->addr,
						  sge->length) : -EWOULDBLOCK;
	kref_put(&reg->ref, reg_free);
	return err;
}

/**
 * ff_mr_write() - write to a program's memory in the NIC's stead
 * @pd: the PD of the queue that the element was posted to
 * @sge: an element that ff_mr_prepare_write() accepted
 * @data: what to write; nothing is written when the region is gone
 * @len: bytes, no more than the element has
 *
 * Context: any.
 */
void ff_mr_write(struct ff_pd *pd, const struct ib_sge *sge, const void *data,
		 u32 len)
{
	struct ff_mr_reg *reg;

	rcu_read_lock();
	reg = xa_load(&pd->mrs, sge->lkey);
	if (reg && ff_mr_pages_cover(&reg->pages, sge->addr, len))
		ff_mr_pages_write(&reg->pages, sge->addr, data, len);
	rcu_read_unlock();
}

/**
 * ff_mr_get_by_lkey() - the region that a program names by its key
 * @pd: the PD that it has to be of
 * @lkey: the key
 *
 * Return: the region, for ff_obj_put(), which meanwhile is not registered anew;
 * or NULL.
 */
struct ff_mr *ff_mr_get_by_lkey(struct ff_pd *pd, u32 lkey)
{
	struct ff_mr *mr = NULL;
	struct ff_mr_reg *reg;

	rcu_read_lock();
	reg = xa_load(&pd->mrs, lkey);
	if (reg && ff_obj_try_get(&reg->mr->obj))
		mr = reg->mr;
	rcu_read_unlock();
	if (mr && mr->reg != reg) {	/* it was replaced just before */
		ff_obj_put(&mr->obj);
		mr = NULL;
	}
	return mr;
}

/**
 * ff_mr_list_pages() - the pages of a part of a region
 * @mr: the region, which the caller keeps from going, and from being registered
 *      anew; so does who made something from it
 * @addr: as an element names it; in the region, up to its end
 * @len: bytes, more than none
 * @pages: are written here, and stay pinned as long
 *
 * Context: may sleep; of any process.
 * Return: 0, or a negative error when the pages are not there any more.
 */
int ff_mr_list_pages(struct ff_mr *mr, u64 addr, u32 len, struct page **pages)
{
	return ff_mr_pages_list(&mr->reg->pages, addr, len, pages);
}

/**
 * ff_mr_hold() - some of a region's pages are to stay longer than it may
 * @mr: the region, which the caller has by ff_obj_get()
 * @bytes: how much, in whole pages
 *
 * Context: may sleep.
 * Return: where they are charged, for ff_mr_release().
 */
struct ff_mr_reg *ff_mr_hold(struct ff_mr *mr, u64 bytes)
{
	struct ff_mr_reg *reg = mr->reg;

	kref_get(&reg->ref);
	spin_lock_irq(&reg->lock);
	reg->held += bytes;
	spin_unlock_irq(&reg->lock);
	return reg;
}

/**
 * ff_mr_release() - pages do not have to stay any more
 * @reg: from ff_mr_hold(); its PD is still there
 * @bytes: as there
 *
 * Context: any.
 */
void ff_mr_release(struct ff_mr_reg *reg, u64 bytes)
{
	unsigned long flags;

	spin_lock_irqsave(&reg->lock, flags);
	reg->held -= bytes;
	if (reg->dropped)
		uncharge_locked(reg);
	spin_unlock_irqrestore(&reg->lock, flags);
	kref_put(&reg->ref, reg_free);
}

static int check_range(u64 start, u64 hca_va)
{
	return (start & ~PAGE_MASK) == (hca_va & ~PAGE_MASK) ? 0 : -EINVAL;
}

static int create(struct ff_cmd *cmd, struct ff_pd *pd,
		  const struct ib_uverbs_reg_mr *req)
{
	struct ib_uverbs_reg_mr_resp resp = {};
	struct ff_mr *mr;
	int err;

	mr = ff_obj_create(cmd->file, &ff_mr_kind);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	mr->attr = *req;
	mr->reg = reg_make(mr, pd, req);
	if (IS_ERR(mr->reg)) {
		err = PTR_ERR(mr->reg);
		goto err_obj;
	}

	resp.mr_handle = mr->obj.handle;
	resp.lkey = mr->reg->lower->lkey;
	resp.rkey = mr->reg->lower->rkey;
	err = ff_cmd_respond(cmd, &resp, sizeof(resp));
	if (err)
		goto err_reg;
	ff_obj_publish(&mr->obj);
	return 0;

err_reg:
	reg_drop(mr->reg);
err_obj:
	ff_obj_abort(&mr->obj);
	return err;
}

int ff_mr_cmd_reg(struct ff_cmd *cmd)
{
	struct ib_uverbs_reg_mr req;
	struct ff_pd *pd;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	err = check_range(req.start, req.hca_va);
	if (err)
		return err;
	if (!cmd->file->lower)
		return -EINVAL;
	err = ib_check_mr_access(&cmd->file->dev->ibdev, req.access_flags);
	if (err)
		return err;
	pd = ff_obj_get(cmd->file, &ff_pd_kind, req.pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	err = create(cmd, pd, &req);
	ff_obj_put(&pd->obj);
	return err;
}

/*
 * Registers anew and then drops the old registration, so that every lower
 * device can do it and the old one stays when anything fails. The pages of both
 * are pinned for that moment.
 */
static int replace(struct ff_cmd *cmd, struct ff_mr *mr, struct ff_pd *pd,
		   const struct ib_uverbs_reg_mr *attr)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct ff_mr_reg *reg;
	int err;

	reg = reg_make(mr, pd, attr);
	if (IS_ERR(reg))
		return PTR_ERR(reg);
	resp.lkey = reg->lower->lkey;
	resp.rkey = reg->lower->rkey;
	err = ff_cmd_respond(cmd, &resp, sizeof(resp));
	if (err) {
		reg_drop(reg);
		return err;
	}
	reg_drop(mr->reg);
	mr->reg = reg;
	mr->attr = *attr;
	return 0;
}

/* @mr is claimed: nothing else is at work on it or made from it. */
static int rereg(struct ff_cmd *cmd, struct ff_mr *mr,
		 const struct ib_uverbs_rereg_mr *req)
{
	struct ib_uverbs_reg_mr attr = mr->attr;
	struct ff_pd *pd;
	int err;

	if (req->flags & IB_MR_REREG_TRANS) {
		attr.start = req->start;
		attr.length = req->length;
		attr.hca_va = req->hca_va;
	} else if (mr->reg->pages.mm != current->mm) {
		return -EINVAL;		/* other pages are at that address here */
	}
	if (req->flags & IB_MR_REREG_ACCESS) {
		err = ib_check_mr_access(&cmd->file->dev->ibdev,
					 req->access_flags);
		if (err)
			return err;
		attr.access_flags = req->access_flags;
	}
	if (!(req->flags & IB_MR_REREG_PD))
		return replace(cmd, mr, mr->reg->pd, &attr);
	pd = ff_obj_get(cmd->file, &ff_pd_kind, req->pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	err = replace(cmd, mr, pd, &attr);
	ff_obj_put(&pd->obj);
	return err;
}

int ff_mr_cmd_rereg(struct ff_cmd *cmd)
{
	struct ib_uverbs_rereg_mr req;
	struct ff_obj *obj;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (!req.flags)
		return -EINVAL;
	if (req.flags & ~IB_MR_REREG_SUPPORTED)
		return -EOPNOTSUPP;
	if (req.flags & IB_MR_REREG_TRANS) {
		err = check_range(req.start, req.hca_va);
		if (err)
			return err;
	}
	obj = ff_obj_begin_destroy(cmd->file, &ff_mr_kind, req.mr_handle);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	err = rereg(cmd, container_of(obj, struct ff_mr, obj), &req);
	ff_obj_cancel_destroy(obj);
	return err;
}

int ff_mr_cmd_dereg(struct ff_cmd *cmd)
{
	struct ib_uverbs_dereg_mr req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	return ff_obj_destroy(cmd->file, &ff_mr_kind, req.mr_handle);
}
