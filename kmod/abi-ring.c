// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/uaccess.h>

#include "abi.h"
#include "abi-ring.h"
#include "cmd.h"
#include "cq.h"
#include "meter.h"
#include "mw.h"
#include "post.h"
#include "qp.h"
#include "ring.h"
#include "ring-cq.h"
#include "ring-name.h"
#include "ring-rq.h"
#include "ring-sq.h"
#include "srq.h"

/* The doorbell: requests in the command itself are not looked at. */
static int post_send(struct ff_cmd *cmd)
{
	struct ib_uverbs_post_send_resp resp = {};
	struct ib_uverbs_post_send req;
	struct ff_qp *qp;
	int err;

	memcpy(&req, cmd->in, sizeof(req));
	qp = ff_obj_get(cmd->file, &ff_qp_kind, req.qp_handle);
	if (IS_ERR(qp))
		return PTR_ERR(qp);
	ff_count(READ_ONCE(qp->counts), FREEFLOW_STAT_TALLY_DOORBELLS);
	ff_ring_rq_take_now(qp->rq->ring);
	if (READ_ONCE(qp->is_beside))
		ff_ring_name_take(qp->lower->device, READ_ONCE(qp->dest_qpn));
	err = ff_ring_sq_take(qp->ring_sq, ff_post_patience());
	ff_obj_put(&qp->obj);
	return ff_cmd_respond(cmd, &resp, sizeof(resp)) ?: err;
}

static int answer_qp(struct ff_cmd *cmd, const struct ff_qp *qp)
{
	struct rxe_create_qp_resp resp = {};

	if (cmd->driver_out_len < sizeof(resp))
		return -EINVAL;
	ff_ring_describe(qp->ring_sq->ring, &resp.sq_mi);
	if (!qp->srq)
		ff_ring_describe(qp->own_rq.ring->ring, &resp.rq_mi);
	return copy_to_user(cmd->driver_out, &resp, sizeof(resp)) ? -EFAULT : 0;
}

static void free_qp(struct ff_qp *qp)
{
	ff_mw_forget(qp);
	ff_ring_sq_free(qp->ring_sq);
	if (qp->own_rq.ring)
		ff_ring_rq_free(qp->own_rq.ring);
}

static int create_qp(struct ff_qp *qp, struct ff_cmd *cmd)
{
	int err;

	qp->ring_sq = ff_ring_sq_create(qp);
	if (IS_ERR(qp->ring_sq))
		return PTR_ERR(qp->ring_sq);
	if (!qp->srq) {
		struct ff_ring_rq *rq = ff_ring_rq_create(cmd->file,
							  &qp->own_rq,
							  qp->cap.max_recv_wr);

		if (IS_ERR(rq)) {
			ff_ring_sq_free(qp->ring_sq);
			return PTR_ERR(rq);
		}
		qp->own_rq.ring = rq;
	}
	err = ff_ring_name_add(qp->rq->ring, qp->lower);
	if (!err)
		err = answer_qp(cmd, qp);
	if (err) {
		ff_ring_name_del(qp->lower);
		free_qp(qp);
	}
	return err;
}

static void close_qp(struct ff_qp *qp)
{
	ff_ring_name_del(qp->lower);
	ff_ring_sq_close(qp->ring_sq);
	if (qp->own_rq.ring)
		ff_ring_rq_close(qp->own_rq.ring);
}

static void modified_qp(struct ff_qp *qp, enum ib_qp_state state)
{
	struct ff_ring_rq *own = qp->own_rq.ring;

	switch (state) {
	case IB_QPS_RESET:
		ff_ring_sq_reset(qp->ring_sq);
		ff_mw_forget(qp);
		if (own)
			ff_ring_rq_reset(own);
		break;
	case IB_QPS_ERR:
		/* What is in the rings is flushed. */
		if (own)
			ff_ring_rq_open(own);
		ff_ring_sq_fail(qp->ring_sq);
		break;
	case IB_QPS_RTS:
		ff_ring_sq_open(qp->ring_sq);
		fallthrough;
	default:
		if (own)
			ff_ring_rq_open(own);
		else
			ff_ring_rq_take(qp->rq->ring);
		break;
	}
}

static void resume_sends(struct ff_qp *qp)
{
	ff_ring_sq_resume(qp->ring_sq);
}

static int create_srq(struct ff_srq *srq, struct ff_cmd *cmd, u32 max_wr)
{
	struct rxe_create_srq_resp resp = { .srq_num = srq->obj.handle };
	struct ff_ring_rq *rq;

	if (cmd->driver_out_len < sizeof(resp))
		return -EINVAL;
	rq = ff_ring_rq_create(cmd->file, &srq->rq, max_wr);
	if (IS_ERR(rq))
		return PTR_ERR(rq);
	ff_ring_describe(rq->ring, &resp.mi);
	if (copy_to_user(cmd->driver_out, &resp, sizeof(resp))) {
		ff_ring_rq_free(rq);
		return -EFAULT;
	}
	srq->rq.ring = rq;
	ff_ring_rq_open(rq);
	return 0;
}

static void close_srq(struct ff_srq *srq)
{
	ff_ring_rq_close(srq->rq.ring);
}

static void free_srq(struct ff_srq *srq)
{
	ff_ring_rq_free(srq->rq.ring);
}

static void take_srq(struct ff_srq *srq)
{
	ff_ring_rq_take_now(srq->rq.ring);
}

static int resize_srq(struct ff_srq *srq, struct ff_cmd *cmd, u32 max_wr)
{
	struct rxe_modify_srq_cmd req;
	struct mminfo info;
	struct ff_ring *ring;
	int err;

	if (cmd->driver_in_len < sizeof(req))
		return -EINVAL;
	memcpy(&req, cmd->driver_in, sizeof(req));
	ring = ff_ring_rq_alloc_ring(cmd->file, &srq->rq, max_wr);
	if (IS_ERR(ring))
		return PTR_ERR(ring);
	ff_ring_describe(ring, &info);
	if (copy_to_user(u64_to_user_ptr(req.mmap_info_addr), &info,
			 sizeof(info)))
		err = -EFAULT;
	else
		err = ff_ring_rq_resize(srq->rq.ring, ring, max_wr);
	if (err)
		ff_ring_destroy(ring);
	return err;
}

/* The number by which sends name an AH: 0 would be that of an old kernel. */
static int answer_ah(struct ff_cmd *cmd, u32 handle)
{
	struct rxe_create_ah_resp resp = { .ah_num = handle + FF_RING_AH };

	if (cmd->driver_out_len < sizeof(resp))
		return -EINVAL;
	return copy_to_user(cmd->driver_out, &resp, sizeof(resp)) ? -EFAULT : 0;
}

const struct ff_abi ff_abi_ring = {
	.driver_id   = RDMA_DRIVER_RXE,
	.version     = 2,
	.windows     = true,
	.asks_for_more = true,
	.post_send   = post_send,
	.create_cq   = ff_ring_create_cq,
	.destroy_cq  = ff_ring_destroy_cq,
	.resize_cq   = ff_ring_resize_cq,
	.notify_cq   = ff_ring_notify_cq,
	.complete_cq = ff_ring_complete_cq,
	.sweep_cq    = ff_ring_sweep_cq,
	.create_qp   = create_qp,
	.close_qp    = close_qp,
	.free_qp     = free_qp,
	.modified_qp = modified_qp,
	.resume_sends = resume_sends,
	.create_srq  = create_srq,
	.close_srq   = close_srq,
	.free_srq    = free_srq,
	.take_srq    = take_srq,
	.take_receives = ff_ring_name_take,
	.resize_srq  = resize_srq,
	.answer_ah   = answer_ah,
};
