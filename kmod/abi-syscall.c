// SPDX-License-Identifier: GPL-2.0-only
#include <linux/overflow.h>
#include <linux/uaccess.h>

#include "abi.h"
#include "abi-syscall.h"
#include "cmd.h"
#include "cq.h"
#include "post.h"
#include "qp.h"

const struct ff_abi ff_abi_syscall = {
	.driver_id = RDMA_DRIVER_HFI1,
	.version = 1,
};

int ff_syscall_cmd_poll_cq(struct ff_cmd *cmd)
{
	struct ib_uverbs_poll_cq_resp resp = {};
	struct ib_uverbs_wc wc[FF_CQ_BATCH];
	struct ib_uverbs_poll_cq req;
	u32 wanted, taken;
	void __user *out;
	struct ff_cq *cq;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	cq = ff_obj_get(cmd->file, &ff_cq_kind, req.cq_handle);
	if (IS_ERR(cq))
		return PTR_ERR(cq);

	out = cmd->out + sizeof(resp);
	do {
		wanted = min_t(u32, req.ne - resp.count, FF_CQ_BATCH);
		taken = ff_cq_poll(cq, wc, wanted);
		if (copy_to_user(out, wc, taken * sizeof(*wc))) {
			err = -EFAULT;
			break;
		}
		out += taken * sizeof(*wc);
		resp.count += taken;
	} while (taken == FF_CQ_BATCH && resp.count < req.ne);
	ff_obj_put(&cq->obj);

	if (!err && copy_to_user(cmd->out, &resp, sizeof(resp)))
		err = -EFAULT;
	return err;
}

/* The two arrays behind the head of a post command. */
struct ff_wr_list {
	const void __user *wqes;
	const struct ib_sge __user *sges;
	u32 wr_count;
	u32 sge_count;
	u32 wqe_size;
	u32 sge_next;	/* index of the next request's first element */
};

static int locate_wrs(struct ff_cmd *cmd, size_t head, struct ff_wr_list *list)
{
	size_t wqe_bytes = size_mul(list->wqe_size, list->wr_count);
	size_t sge_bytes = size_mul(list->sge_count, sizeof(struct ib_sge));
	size_t bytes = size_add(wqe_bytes, sge_bytes);
	const void __user *end;
	size_t rest;

	if (bytes > cmd->in_len - head)
		return -ENOSPC;
	list->wqes = cmd->in + head;
	list->sges = list->wqes + wqe_bytes;
	list->sge_next = 0;
	end = list->wqes + bytes;
	rest = cmd->in_len - head - bytes;
	if (rest && check_zeroed_user(end, rest) <= 0)
		return -EOPNOTSUPP;
	return 0;
}

/* Copies a request's elements to their place in the post buffer. */
static struct ib_sge *copy_sges(struct ff_post *post, struct ff_wr_list *list,
				u32 num_sge)
{
	struct ib_sge *sge;

	if (num_sge > list->sge_count - list->sge_next)
		return ERR_PTR(-EINVAL);
	sge = ff_post_room(post, num_sge);
	if (IS_ERR(sge))
		return sge;
	if (copy_from_user(sge, list->sges + list->sge_next,
			   num_sge * sizeof(*sge)))
		return ERR_PTR(-EFAULT);
	list->sge_next += num_sge;
	return sge;
}

static int add_sends(struct ff_post *post, struct ff_wr_list *list)
{
	struct ib_uverbs_send_wr wr;
	struct ib_sge *sge;
	int err = 0;
	u32 i;

	for (i = 0; i < list->wr_count && !err; i++) {
		if (copy_from_user(&wr, list->wqes + i * (u64)list->wqe_size,
				   sizeof(wr)))
			return -EFAULT;
		sge = copy_sges(post, list, wr.num_sge);
		err = PTR_ERR_OR_ZERO(sge);
		if (!err && wr.num_sge > post->qp->cap.max_send_sge)
			err = -EINVAL;
		if (!err)
			err = ff_post_add_send(post, &wr, sge);
	}
	return err;
}

static int add_recvs(struct ff_post *post, struct ff_wr_list *list)
{
	struct ib_uverbs_recv_wr wr;
	struct ib_sge *sge;
	int err = 0;
	u32 i;

	for (i = 0; i < list->wr_count && !err; i++) {
		if (copy_from_user(&wr, list->wqes + i * (u64)list->wqe_size,
				   sizeof(wr)))
			return -EFAULT;
		sge = copy_sges(post, list, wr.num_sge);
		err = PTR_ERR_OR_ZERO(sge);
		if (!err && wr.num_sge > post->qp->cap.max_recv_sge)
			err = -EINVAL;
		if (!err)
			ff_post_add_recv(post, &wr, sge);
	}
	return err;
}

/*
 * Posts what precedes the first bad request, and tells its number counted
 * from 1, as the verbs define it.
 */
static int finish(struct ff_cmd *cmd, struct ff_post *post, int err)
{
	struct ib_uverbs_post_send_resp resp = {};
	int post_err = ff_post_end(post);

	if (post_err || err)
		resp.bad_wr = post->posted + 1;
	err = post_err ?: err;
	return ff_cmd_respond(cmd, &resp, sizeof(resp)) ?: err;
}

int ff_syscall_cmd_post_send(struct ff_cmd *cmd)
{
	struct ib_uverbs_post_send req;
	struct ff_wr_list list;
	struct ff_post post;
	struct ff_qp *qp;
	int err;

	if (copy_from_user(&req, cmd->in, sizeof(req)))
		return -EFAULT;
	list.wr_count = req.wr_count;
	list.sge_count = req.sge_count;
	list.wqe_size = req.wqe_size;
	err = locate_wrs(cmd, sizeof(req), &list);
	if (err)
		return err;
	if (req.wqe_size < sizeof(struct ib_uverbs_send_wr))
		return -EINVAL;
	qp = ff_obj_get(cmd->file, &ff_qp_kind, req.qp_handle);
	if (IS_ERR(qp))
		return PTR_ERR(qp);
	err = ff_post_begin_send(&post, qp);
	if (!err)
		err = finish(cmd, &post, add_sends(&post, &list));
	ff_obj_put(&qp->obj);
	return err;
}

int ff_syscall_cmd_post_recv(struct ff_cmd *cmd)
{
	struct ib_uverbs_post_recv req;
	struct ff_wr_list list;
	struct ff_post post;
	struct ff_qp *qp;
	int err;

	if (copy_from_user(&req, cmd->in, sizeof(req)))
		return -EFAULT;
	list.wr_count = req.wr_count;
	list.sge_count = req.sge_count;
	list.wqe_size = req.wqe_size;
	if (req.wqe_size < sizeof(struct ib_uverbs_recv_wr))
		return -EINVAL;
	err = locate_wrs(cmd, sizeof(req), &list);
	if (err)
		return err;
	qp = ff_obj_get(cmd->file, &ff_qp_kind, req.qp_handle);
	if (IS_ERR(qp))
		return PTR_ERR(qp);
	err = ff_post_begin_recv(&post, qp);
	if (!err)
		err = finish(cmd, &post, add_recvs(&post, &list));
	ff_obj_put(&qp->obj);
	return err;
}
