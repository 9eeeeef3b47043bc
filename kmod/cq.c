// SPDX-License-Identifier: GPL-2.0-only
#include "abi.h"
#include "cmd.h"
#include "compat/compat.h"
#include "cq.h"
#include "dev.h"
#include "file.h"
#include "header.h"
#include "lower.h"
#include "qp.h"
#include "qp-look.h"
#include "trace.h"

/* What a lower CQ has room for beside twice what is the program's. */
#define FF_CQ_MORE 64

/* IBV_WC_WITH_INV of libibverbs; the kernel has another number for it. */
#define FF_WC_WITH_INV BIT(3)

/* Those of the kernel's flags that programs know, by their numbers. */
static u32 translate_flags(const struct ib_wc *wc)
{
	u32 flags = wc->wc_flags & (IB_WC_GRH | IB_WC_WITH_IMM);

	if (wc->wc_flags & IB_WC_WITH_INVALIDATE)
		flags |= FF_WC_WITH_INV;
	return flags;
}

/* Also delivers what of a message passes through here. */
static u64 finish(const struct ib_wc *wc)
{
	struct ff_qp *qp = wc->qp->qp_context;
	struct ff_headers *headers = ff_rq_headers(qp->rq);

	if (unlikely(ff_flow_completed(&qp->flow, wc->status)))
		ff_qp_look(qp);
	return likely(!headers) ? wc->wr_id :
				  ff_headers_finish(headers, qp, wc);
}

/**
 * ff_cq_translate() - a completion as programs know it
 * @out: is filled in
 * @wc: what the lower CQ gave; is done with then
 *
 * Context: any; under cq->lock, by which the QP that @wc names is there.
 */
void ff_cq_translate(struct ib_uverbs_wc *out, const struct ib_wc *wc)
{
	*out = (struct ib_uverbs_wc) {
		.wr_id = finish(wc),
		.status = wc->status,
		.opcode = wc->opcode,
		.vendor_err = wc->vendor_err,
		.byte_len = wc->byte_len,
		.ex.imm_data = wc->ex.imm_data,
		.qp_num = wc->qp->qp_num,
		.src_qp = wc->src_qp,
		.wc_flags = translate_flags(wc),
		.pkey_index = wc->pkey_index,
		.slid = ib_lid_cpu16(wc->slid),
		.sl = wc->sl,
		.dlid_path_bits = wc->dlid_path_bits,
		.port_num = wc->port_num,
	};
}

/**
 * ff_cq_account() - a completion is the program's
 * @qp: of the completion
 * @wc: the completion, as the program knows it
 *
 * Context: any; where the QP cannot go.
 */
void ff_cq_account(struct ff_qp *qp, const struct ib_uverbs_wc *wc)
{
	bool is_ud = qp->lower->qp_type == IB_QPT_UD;

	ff_count_completion(READ_ONCE(qp->counts), wc,
			    is_ud ? sizeof(struct ib_grh) : 0);
	trace_ff_completion(qp, wc);
	if (unlikely(wc->status && wc->status != IB_WC_WR_FLUSH_ERR))
		ff_alert_raise(qp->obj.file->dev, FF_ALERT_QP, wc->qp_num,
			       wc->status);
}

/* Tells the program, if it waits on a channel. Context: any. */
void ff_cq_raise(struct ff_cq *cq)
{
	if (cq->channel)
		ff_event_raise(cq->channel, &cq->completions, 0);
}

/* Completions were lost, as there was no room for them. Context: any. */
void ff_cq_overrun(struct ff_cq *cq)
{
	ff_event_raise(cq->obj.file->async, &cq->errors, IB_EVENT_CQ_ERR);
}

/**
 * ff_cq_is_gone() - is a completion one of a QP that goes?
 * @cq: the queue
 * @wc: what the lower CQ gave; if so, it is for ff_cq_forget()
 *
 * Context: any; under cq->lock.
 */
bool ff_cq_is_gone(const struct ff_cq *cq, const struct ib_wc *wc)
{
	return unlikely(cq->gone) && wc->qp == cq->gone->lower;
}

/**
 * ff_cq_forget() - a completion is one of a QP that goes, and is not shown
 * @cq: the queue, of which ff_cq_is_gone() said so
 * @wc: what the lower CQ gave; is done with then
 *
 * Context: any; under cq->lock.
 * Return: the wr_id that the request was posted with.
 */
u64 ff_cq_forget(const struct ff_cq *cq, const struct ib_wc *wc)
{
	struct ff_headers *headers = ff_rq_headers(cq->gone->rq);

	return headers ? ff_headers_forget(headers, wc) : wc->wr_id;
}

/* Takes out what the lower CQ has; it is the program's. Context: may sleep. */
void ff_cq_sweep(struct ff_cq *cq)
{
	cq->obj.file->abi->sweep_cq(cq);
}

/* Drops what was taken out that is of a QP that is gone. Context: may sleep. */
void ff_cq_drop_qp(struct ff_cq *cq, u32 qp_num)
{
	const struct ff_abi *abi = cq->obj.file->abi;

	if (abi->drop_qp)
		abi->drop_qp(cq, qp_num);
}

/**
 * ff_cq_begin_removal() - show no completion of a QP any more
 * @cq: a queue of the QP
 * @gone: the QP, whose lower one is about to be destroyed or emptied
 *
 * Context: may sleep; under cq->qps.
 */
void ff_cq_begin_removal(struct ff_cq *cq, struct ff_qp *gone)
{
	lockdep_assert_held(&cq->qps);
	spin_lock_irq(&cq->lock);
	cq->gone = gone;
	spin_unlock_irq(&cq->lock);
}

/**
 * ff_cq_end_removal() - let no completion name a QP that was destroyed
 * @cq: a queue of the QP that ff_cq_begin_removal() named
 *
 * Context: may sleep; under cq->qps.
 */
void ff_cq_end_removal(struct ff_cq *cq)
{
	lockdep_assert_held(&cq->qps);
	ff_cq_sweep(cq);
	spin_lock_irq(&cq->lock);
	cq->gone = NULL;
	spin_unlock_irq(&cq->lock);
}

/*
 * Lower devices call these at times when the CQ has just been destroyed: rxe
 * does not wait for its tasklet. The memory is there then, see event.h.
 */
static void completion_handler(struct ib_cq *lower, void *context)
{
	struct ff_cq *cq = context;

	rcu_read_lock();
	cq->obj.file->abi->complete_cq(cq);
	rcu_read_unlock();
}

static void event_handler(struct ib_event *event, void *context)
{
	struct ff_cq *cq = context;

	rcu_read_lock();
	ff_event_raise(cq->obj.file->async, &cq->errors, event->event);
	rcu_read_unlock();
}

static void cq_destroy(struct ff_obj *obj)
{
	struct ff_cq *cq = container_of(obj, struct ff_cq, obj);

	obj->file->dev->abi->destroy_cq(cq);
	ib_destroy_cq(cq->lower);
	ff_event_source_detach(obj->file->async, &cq->errors);
	if (cq->channel) {
		ff_event_source_detach(cq->channel, &cq->completions);
		ff_event_queue_put(cq->channel);
	}
}

const struct ff_obj_kind ff_cq_kind = {
	.type	 = FREEFLOW_RES_TYPE_CQ,
	.size	 = sizeof(struct ff_cq),
	.destroy = cq_destroy,
};

/**
 * ff_cq_lower_cqe() - how much the lower CQ of a program's should hold
 * @cq: the queue
 * @cqe: completions that the program's is to hold
 *
 * A data path may ask for completions of its own, at most two of each QP and those of
 * memory windows. A program may have more QPs than completions at a time.
 */
u32 ff_cq_lower_cqe(const struct ff_cq *cq, u32 cqe)
{
	const struct ff_file *file = cq->obj.file;

	if (!file->abi->asks_for_more)
		return cqe;
	return min_t(u64, 2ull * cqe + FF_CQ_MORE,
		     ff_lower_ibdev(file->lower)->attrs.max_cqe);
}

static int create_lower(struct ff_cq *cq,
			const struct ib_uverbs_ex_create_cq *req)
{
	struct ib_device *ibdev = ff_lower_ibdev(cq->obj.file->lower);
	struct ib_cq_init_attr attr = {
		.cqe = ff_cq_lower_cqe(cq, req->cqe),
		.comp_vector = req->comp_vector,
	};

	if (!req->cqe || req->cqe > ibdev->attrs.max_cqe)
		return -EINVAL;
	cq->lower = ib_create_cq(ibdev, completion_handler, event_handler, cq,
				 &attr);
	if (IS_ERR(cq->lower))
		return PTR_ERR(cq->lower);
	cq->cqe = req->cqe;
	return 0;
}

static int set_channel(struct ff_cq *cq, s32 fd)
{
	if (fd < 0)
		return 0;
	cq->channel = ff_event_channel_get(cq->obj.file, fd);
	return PTR_ERR_OR_ZERO(cq->channel);
}

static int respond(struct ff_cmd *cmd, const struct ff_cq *cq)
{
	struct ib_uverbs_ex_create_cq_resp resp = {
		.base.cq_handle = cq->obj.handle,
		.base.cqe = cq->cqe,
		.response_length = ff_cmd_response_length(cmd, sizeof(resp)),
	};

	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}

/*
 * No flag is carried: timestamps have no place in a completion here, and a CQ
 * whose overruns are ignored would have the lower driver read completions that
 * were overwritten.
 */
static int check(struct ff_file *file, const struct ib_uverbs_ex_create_cq *req)
{
	if (!file->lower)
		return -EINVAL;
	if (req->comp_vector >= ff_lower_ibdev(file->lower)->num_comp_vectors)
		return -EINVAL;
	return req->flags ? -EOPNOTSUPP : 0;
}

static int create(struct ff_cmd *cmd, const struct ib_uverbs_ex_create_cq *req)
{
	const struct ff_abi *abi = cmd->file->dev->abi;
	struct ff_cq *cq;
	int err;

	err = check(cmd->file, req);
	if (err)
		return err;
	cq = ff_obj_create(cmd->file, &ff_cq_kind);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	mutex_init(&cq->qps);
	spin_lock_init(&cq->lock);
	ff_event_source_init(&cq->completions, req->user_handle);
	ff_event_source_init(&cq->errors, req->user_handle);
	err = set_channel(cq, req->comp_channel);
	if (err)
		goto err_obj;
	err = create_lower(cq, req);
	if (err)
		goto err_channel;

	err = abi->create_cq(cq, cmd);
	if (err)
		goto err_lower;
	err = respond(cmd, cq);
	if (err)
		goto err_datapath;
	ff_obj_publish(&cq->obj);
	return 0;

err_datapath:
	abi->destroy_cq(cq);
err_lower:
	ib_destroy_cq(cq->lower);
err_channel:
	if (cq->channel)
		ff_event_queue_put(cq->channel);
err_obj:
	ff_obj_abort(&cq->obj);
	return err;
}

int ff_cq_cmd_create(struct ff_cmd *cmd)
{
	struct ib_uverbs_create_cq req;
	struct ib_uverbs_ex_create_cq ex;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	ex = (struct ib_uverbs_ex_create_cq) {
		.user_handle = req.user_handle,
		.cqe = req.cqe,
		.comp_vector = req.comp_vector,
		.comp_channel = req.comp_channel,
	};
	return create(cmd, &ex);
}

int ff_cq_cmd_create_ex(struct ff_cmd *cmd)
{
	struct ib_uverbs_ex_create_cq req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (req.comp_mask || req.reserved)
		return -EINVAL;
	return create(cmd, &req);
}

/*
 * Drivers whose resize_cq was seen to expect a kernel CQ too; others do without
 * looking for what only a program's CQ has.
 */
static bool can_resize(const struct ib_device *ibdev)
{
	switch (ibdev->ops.driver_id) {
	case RDMA_DRIVER_IRDMA:
	case RDMA_DRIVER_MLX4:
	case RDMA_DRIVER_MLX5:
	case RDMA_DRIVER_MTHCA:
	case RDMA_DRIVER_RXE:
		return true;
	default:
		return false;
	}
}

/**
 * ff_cq_resize_lower() - give the lower CQ another size
 * @cq: the queue; its own cqe stays
 * @cqe: completions that the lower one shall hold at least
 *
 * Context: may sleep; under cq->qps.
 * Return: 0; -EOPNOTSUPP if the lower device cannot; or its error.
 */
int ff_cq_resize_lower(struct ff_cq *cq, u32 cqe)
{
	lockdep_assert_held(&cq->qps);
	if (!can_resize(cq->lower->device))
		return -EOPNOTSUPP;
	return ff_ib_resize_cq(cq->lower, cqe);
}

/**
 * ff_cq_make_room() - a QP is going to complete all that it has, unasked
 * @cq: a queue of the QP
 * @count: completions that may come of it
 *
 * A program that has less room than its QPs have requests does not expect that. Without
 * memory for more, completions of other QPs may be lost, of which it is told.
 *
 * Context: may sleep; under cq->qps.
 */
void ff_cq_make_room(struct ff_cq *cq, u32 count)
{
	u64 cqe = (u64)ff_cq_lower_cqe(cq, cq->cqe) + count;

	lockdep_assert_held(&cq->qps);
	if (cq->requests > cq->lower->cqe && cqe > cq->lower->cqe)
		ff_cq_resize_lower(cq, min_t(u64, cqe,
					     cq->lower->device->attrs.max_cqe));
}

static int resize(struct ff_cq *cq, struct ff_cmd *cmd, u32 cqe)
{
	if (!cqe || cqe > cq->lower->device->attrs.max_cqe)
		return -EINVAL;
	return cmd->file->abi->resize_cq(cq, cmd, cqe);
}

int ff_cq_cmd_resize(struct ff_cmd *cmd)
{
	struct ib_uverbs_resize_cq_resp resp = {};
	struct ib_uverbs_resize_cq req;
	struct ff_cq *cq;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	cq = ff_obj_get(cmd->file, &ff_cq_kind, req.cq_handle);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	mutex_lock(&cq->qps);
	err = resize(cq, cmd, req.cqe);
	resp.cqe = cq->cqe;
	mutex_unlock(&cq->qps);
	ff_obj_put(&cq->obj);
	return err ?: ff_cmd_respond(cmd, &resp, sizeof(resp));
}

int ff_cq_cmd_destroy(struct ff_cmd *cmd)
{
	struct ib_uverbs_destroy_cq_resp resp = {};
	struct ib_uverbs_destroy_cq req;
	struct ff_obj *obj;
	struct ff_cq *cq;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	obj = ff_obj_begin_destroy(cmd->file, &ff_cq_kind, req.cq_handle);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	cq = container_of(obj, struct ff_cq, obj);
	kref_get(&obj->ref);
	ff_obj_finish_destroy(obj);
	resp.comp_events_reported = cq->completions.reported;
	resp.async_events_reported = cq->errors.reported;
	ff_obj_release_memory(obj);
	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}

int ff_cq_cmd_req_notify(struct ff_cmd *cmd)
{
	struct ib_uverbs_req_notify_cq req;
	struct ff_cq *cq;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	cq = ff_obj_get(cmd->file, &ff_cq_kind, req.cq_handle);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	cmd->file->dev->abi->notify_cq(cq, req.solicited_only);
	ff_obj_put(&cq->obj);
	return 0;
}
