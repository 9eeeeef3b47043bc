// SPDX-License-Identifier: GPL-2.0-only
#include <linux/overflow.h>
#include <linux/string.h>

#include "abi.h"
#include "abi-syscall.h"
#include "cmd.h"
#include "cq.h"
#include "dev.h"
#include "file.h"
#include "hold.h"
#include "post.h"
#include "qp.h"
#include "srq.h"
#include "syscall-cq.h"

/* The two arrays behind the head of a post command. */
struct ff_wr_list {
	const void *wqes;
	const struct ib_sge *sges;
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

	if (bytes > cmd->in_len - head)
		return -ENOSPC;
	list->wqes = cmd->in + head;
	list->sges = list->wqes + wqe_bytes;
	list->sge_next = 0;
	return memchr_inv(list->wqes + bytes, 0, cmd->in_len - head - bytes) ?
	       -EOPNOTSUPP : 0;
}

/* Copies a request's elements to their place in the post buffer. */
static struct ib_sge *copy_sges(struct ff_post *post, struct ff_wr_list *list,
				u32 num_sge)
{
	struct ib_sge *sge;
	u32 i;

	if (num_sge > list->sge_count - list->sge_next)
		return ERR_PTR(-EINVAL);
	sge = ff_post_room(post, num_sge);
	if (IS_ERR(sge))
		return sge;
	for (i = 0; i < num_sge; i++)
		sge[i] = list->sges[list->sge_next++];
	return sge;
}

static int add_send(struct ff_post *post, struct ff_wr_list *list,
		    const void *wqe)
{
	struct ib_uverbs_send_wr wr;
	struct ib_sge *sge;

	memcpy(&wr, wqe, sizeof(wr));
	sge = copy_sges(post, list, wr.num_sge);
	if (IS_ERR(sge))
		return PTR_ERR(sge);
	if (wr.num_sge > post->qp->cap.max_send_sge)
		return -EINVAL;
	return ff_post_add_send(post, &wr, sge);
}

static int add_recv(struct ff_post *post, struct ff_wr_list *list,
		    const void *wqe)
{
	struct ib_uverbs_recv_wr wr;
	struct ib_sge *sge;

	memcpy(&wr, wqe, sizeof(wr));
	sge = copy_sges(post, list, wr.num_sge);
	if (IS_ERR(sge))
		return PTR_ERR(sge);
	if (wr.num_sge > post->rq->max_sge)
		return -EINVAL;
	return ff_post_add_recv(post, &wr, sge);
}

/*
 * Posts what precedes the first bad request, and tells its number counted
 * from 1, as the verbs define it.
 */
static int finish(struct ff_cmd *cmd, struct ff_post *post, int err)
{
	struct ib_uverbs_post_recv_resp resp = {};
	int post_err = ff_post_end(post);

	if (post_err || err)
		resp.bad_wr = post->posted + 1;
	err = post_err ?: err;
	return ff_cmd_respond(cmd, &resp, sizeof(resp)) ?: err;
}

/* A kind of queue; the commands that post to them look alike. */
struct ff_queue {
	const struct ff_obj_kind *kind;
	u32 wqe_size;
	int (*begin)(struct ff_post *post, struct ff_obj *obj);
	int (*add)(struct ff_post *post, struct ff_wr_list *list,
		   const void *wqe);
};

static int post_list(struct ff_cmd *cmd, struct ff_obj *obj,
		     const struct ff_queue *queue, struct ff_wr_list *list)
{
	struct ff_post post;
	int err;
	u32 i;

	err = queue->begin(&post, obj);
	if (err)
		return err;
	for (i = 0; i < list->wr_count && !err; i++)
		err = queue->add(&post, list,
				 list->wqes + i * (size_t)list->wqe_size);
	return finish(cmd, &post, err);
}

static int post_cmd(struct ff_cmd *cmd, const struct ff_queue *queue)
{
	struct ib_uverbs_post_recv req;
	struct ff_wr_list list;
	struct ff_obj *obj;
	int err;

	memcpy(&req, cmd->in, sizeof(req));
	list.wr_count = req.wr_count;
	list.sge_count = req.sge_count;
	list.wqe_size = req.wqe_size;
	err = locate_wrs(cmd, sizeof(req), &list);
	if (err)
		return err;
	if (req.wqe_size < queue->wqe_size)
		return -EINVAL;
	obj = ff_obj_get(cmd->file, queue->kind, req.qp_handle);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	ff_count(cmd->file->dev->meter.counts, FREEFLOW_STAT_TALLY_DOORBELLS);
	err = post_list(cmd, obj, queue, &list);
	ff_obj_put(obj);
	return err;
}

static int begin_send(struct ff_post *post, struct ff_obj *obj)
{
	return ff_post_begin_send(post, container_of(obj, struct ff_qp, obj),
				  ff_post_patience());
}

static int post_send(struct ff_cmd *cmd)
{
	static const struct ff_queue send_queue = {
		.kind = &ff_qp_kind,
		.wqe_size = sizeof(struct ib_uverbs_send_wr),
		.begin = begin_send,
		.add = add_send,
	};

	static_assert(sizeof(struct ib_uverbs_post_send) ==
		      sizeof(struct ib_uverbs_post_recv));
	return post_cmd(cmd, &send_queue);
}

/* Of a QP that has an SRQ, the lower device refuses it. */
static int begin_recv(struct ff_post *post, struct ff_obj *obj)
{
	return ff_post_begin_recv(post,
				  &container_of(obj, struct ff_qp, obj)->own_rq,
				  true);
}

static int post_recv(struct ff_cmd *cmd)
{
	static const struct ff_queue recv_queue = {
		.kind = &ff_qp_kind,
		.wqe_size = sizeof(struct ib_uverbs_recv_wr),
		.begin = begin_recv,
		.add = add_recv,
	};

	return post_cmd(cmd, &recv_queue);
}

static int begin_srq_recv(struct ff_post *post, struct ff_obj *obj)
{
	return ff_post_begin_recv(post,
				  &container_of(obj, struct ff_srq, obj)->rq, true);
}

static int post_srq_recv(struct ff_cmd *cmd)
{
	static const struct ff_queue srq_queue = {
		.kind = &ff_srq_kind,
		.wqe_size = sizeof(struct ib_uverbs_recv_wr),
		.begin = begin_srq_recv,
		.add = add_recv,
	};

	static_assert(sizeof(struct ib_uverbs_post_srq_recv) ==
		      sizeof(struct ib_uverbs_post_recv));
	return post_cmd(cmd, &srq_queue);
}

const struct ff_abi ff_abi_syscall = {
	.driver_id     = RDMA_DRIVER_HFI1,
	.version       = 1,
	.poll_cq       = ff_syscall_poll_cq,
	.post_recv     = post_recv,
	.post_send     = post_send,
	.post_srq_recv = post_srq_recv,
	.create_cq     = ff_syscall_create_cq,
	.destroy_cq    = ff_syscall_destroy_cq,
	.resize_cq     = ff_syscall_resize_cq,
	.notify_cq     = ff_syscall_notify_cq,
	.complete_cq   = ff_cq_raise,
	.sweep_cq      = ff_syscall_sweep_cq,
	.drop_qp       = ff_syscall_drop_qp,
	.holds_sends   = true,
	.resume_sends  = ff_hold_resume,
};
