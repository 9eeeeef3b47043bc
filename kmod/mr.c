// SPDX-License-Identifier: GPL-2.0-only
#include <rdma/ib_verbs.h>

#include "cmd.h"
#include "file.h"
#include "lower.h"
#include "mr.h"
#include "pd.h"

/* Before the lower key is given up, so that the guard never names a new MR. */
static void unguard(struct ff_mr *mr)
{
	xa_erase(&mr->pd->mrs, mr->lower->lkey);
}

static void mr_destroy(struct ff_obj *obj)
{
	struct ff_mr *mr = container_of(obj, struct ff_mr, obj);

	unguard(mr);
	ib_dereg_mr(mr->lower);
	ff_mr_pages_drop(&mr->pages);
	atomic_dec(&mr->pd->obj.dependents);
}

const struct ff_obj_kind ff_mr_kind = {
	.type	 = FREEFLOW_RES_TYPE_MR,
	.size	 = sizeof(struct ff_mr),
	.destroy = mr_destroy,
};

static int check_request(struct ff_file *file,
			 const struct ib_uverbs_reg_mr *req)
{
	if ((req->start & ~PAGE_MASK) != (req->hca_va & ~PAGE_MASK))
		return -EINVAL;
	if (!file->lower)
		return -EINVAL;
	if (req->access_flags & IB_ACCESS_ON_DEMAND)	/* not carried */
		return -EINVAL;
	return ib_check_mr_access(ff_lower_ibdev(file->lower),
				  req->access_flags);
}

/* Registers the pages with the lower device and lets the guard know the key. */
static int reg_lower(struct ff_mr *mr, const struct ib_uverbs_reg_mr *req)
{
	int err;

	mr->lower = ib_reg_user_mr(mr->pd->lower, req->start, req->length,
				   req->hca_va, req->access_flags);
	if (IS_ERR(mr->lower))
		return PTR_ERR(mr->lower);
	err = xa_insert(&mr->pd->mrs, mr->lower->lkey, mr, GFP_KERNEL_ACCOUNT);
	if (err)
		ib_dereg_mr(mr->lower);
	return err;
}

static int reg_in_pd(struct ff_cmd *cmd, struct ff_pd *pd,
		     const struct ib_uverbs_reg_mr *req)
{
	struct ib_uverbs_reg_mr_resp resp = {};
	struct ff_mr *mr;
	int err;

	mr = ff_obj_create(cmd->file, &ff_mr_kind);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	mr->pd = pd;
	mr->length = req->length;
	ff_mr_pages_init(&mr->pages, req);
	err = reg_lower(mr, req);
	if (err)
		goto err_pages;

	resp.mr_handle = mr->obj.handle;
	resp.lkey = mr->lower->lkey;
	resp.rkey = mr->lower->rkey;
	err = ff_cmd_respond(cmd, &resp, sizeof(resp));
	if (err)
		goto err_lower;
	atomic_inc(&pd->obj.dependents);
	ff_obj_publish(&mr->obj);
	return 0;

err_lower:
	unguard(mr);
	ib_dereg_mr(mr->lower);
err_pages:
	ff_mr_pages_drop(&mr->pages);
	ff_obj_abort(&mr->obj);
	return err;
}

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
	struct ff_mr *mr;
	int err;

	rcu_read_lock();
	mr = xa_load(&pd->mrs, sge->lkey);
	if (mr && !ff_obj_hold_memory(&mr->obj))
		mr = NULL;
	rcu_read_unlock();
	if (!mr)
		return -EFAULT;
	if (!ff_mr_pages_cover(&mr->pages, sge->addr, sge->length))
		err = -EFAULT;
	else if (ff_mr_pages_are_pinned(&mr->pages, sge->addr, sge->length))
		err = 0;
	else
		err = may_sleep ? ff_mr_pages_pin(&mr->pages, sge->addr,
						  sge->length) : -EWOULDBLOCK;
	ff_obj_release_memory(&mr->obj);
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
	struct ff_mr *mr;

	rcu_read_lock();
	mr = xa_load(&pd->mrs, sge->lkey);
	if (mr && ff_mr_pages_cover(&mr->pages, sge->addr, len))
		ff_mr_pages_write(&mr->pages, sge->addr, data, len);
	rcu_read_unlock();
}

int ff_mr_cmd_reg(struct ff_cmd *cmd)
{
	struct ib_uverbs_reg_mr req;
	struct ff_pd *pd;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	err = check_request(cmd->file, &req);
	if (err)
		return err;
	pd = ff_obj_get(cmd->file, &ff_pd_kind, req.pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	err = reg_in_pd(cmd, pd, &req);
	ff_obj_put(&pd->obj);
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
