// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "cmd.h"
#include "cq.h"
#include "file.h"
#include "lower.h"

/* A piece of the backlog: completions from @next up to @count wait. */
struct ff_cq_page {
	struct list_head node;
	u32 next;
	u32 count;
	struct ib_wc wc[FF_CQ_BATCH];
};

static void translate(struct ib_uverbs_wc *out, const struct ib_wc *wc)
{
	*out = (struct ib_uverbs_wc) {
		.wr_id = wc->wr_id,
		.status = wc->status,
		.opcode = wc->opcode,
		.vendor_err = wc->vendor_err,
		.byte_len = wc->byte_len,
		.ex.imm_data = wc->ex.imm_data,
		.qp_num = wc->qp->qp_num,
		.src_qp = wc->src_qp,
		.wc_flags = wc->wc_flags,
		.pkey_index = wc->pkey_index,
		.slid = ib_lid_cpu16(wc->slid),
		.sl = wc->sl,
		.dlid_path_bits = wc->dlid_path_bits,
		.port_num = wc->port_num,
	};
}

static u32 take_backlog(struct ff_cq *cq, struct ib_uverbs_wc *out, u32 count)
{
	struct ff_cq_page *page, *tmp;
	u32 taken = 0;

	lockdep_assert_held(&cq->lock);
	list_for_each_entry_safe(page, tmp, &cq->backlog, node) {
		while (page->next < page->count && taken < count)
			translate(&out[taken++], &page->wc[page->next++]);
		if (page->next < page->count)
			break;
		list_del(&page->node);
		kfree(page);
	}
	cq->backlog_len -= taken;
	return taken;
}

static u32 poll_lower(struct ff_cq *cq, struct ib_uverbs_wc *out, u32 count)
{
	struct ib_wc wc[FF_CQ_BATCH];
	u32 taken = 0;
	int polled, i;

	lockdep_assert_held(&cq->lock);
	do {
		polled = ib_poll_cq(cq->lower, count - taken, wc);
		for (i = 0; i < polled; i++)
			if (likely(wc[i].qp != cq->gone))
				translate(&out[taken++], &wc[i]);
		/* Fewer than wanted means that there are no more. */
	} while (unlikely(cq->gone) && polled > 0 && taken < count);
	return taken;
}

/**
 * ff_cq_poll() - take completions
 * @cq: the queue
 * @out: where to, in the form that programs know
 * @count: how many at most, up to FF_CQ_BATCH
 *
 * Context: process.
 * Return: how many there were.
 */
u32 ff_cq_poll(struct ff_cq *cq, struct ib_uverbs_wc *out, u32 count)
{
	u32 taken = 0;

	/* Held over the translation: the QPs that completions name stay. */
	spin_lock(&cq->lock);
	if (unlikely(cq->backlog_len))
		taken = take_backlog(cq, out, count);
	taken += poll_lower(cq, out + taken, count - taken);
	spin_unlock(&cq->lock);
	return taken;
}

/* Drops the completions of a QP from a page and closes the gaps. */
static void filter_page(struct ff_cq_page *page, const struct ib_qp *gone)
{
	u32 from, to = 0;

	for (from = page->next; from < page->count; from++)
		if (page->wc[from].qp != gone)
			page->wc[to++] = page->wc[from];
	page->next = 0;
	page->count = to;
}

/**
 * ff_cq_begin_removal() - show no completion of a QP any more
 * @cq: a queue of the QP
 * @gone: the lower QP, about to be destroyed
 *
 * Context: may sleep; under cq->qps.
 */
void ff_cq_begin_removal(struct ff_cq *cq, const struct ib_qp *gone)
{
	struct ff_cq_page *page;

	lockdep_assert_held(&cq->qps);
	spin_lock(&cq->lock);
	cq->gone = gone;
	list_for_each_entry(page, &cq->backlog, node) {
		cq->backlog_len -= page->count - page->next;
		filter_page(page, gone);
		cq->backlog_len += page->count;
	}
	spin_unlock(&cq->lock);
}

/*
 * Takes one page out of the lower CQ. What exceeds the room that the program
 * asked for overruns, as it would have in the lower CQ.
 */
static int sweep_page(struct ff_cq *cq, struct ff_cq_page *page, bool *overrun)
{
	int polled;

	spin_lock(&cq->lock);
	polled = ib_poll_cq(cq->lower, FF_CQ_BATCH, page->wc);
	if (polled > 0) {
		page->next = 0;
		page->count = polled;
		filter_page(page, cq->gone);
		if (cq->backlog_len + page->count > cq->cqe) {
			*overrun = true;
			page->count = 0;
		}
		cq->backlog_len += page->count;
		list_add_tail(&page->node, &cq->backlog);
	}
	spin_unlock(&cq->lock);
	return polled;
}

/**
 * ff_cq_end_removal() - let no completion name a QP that was destroyed
 * @cq: a queue of the QP that ff_cq_begin_removal() named
 *
 * Context: may sleep; under cq->qps.
 */
void ff_cq_end_removal(struct ff_cq *cq)
{
	/* What is in the CQ now; later completions are not of this QP. */
	int rounds = cq->cqe / FF_CQ_BATCH + 1;
	bool overrun = false;

	lockdep_assert_held(&cq->qps);
	while (rounds--) {
		struct ff_cq_page *page;

		page = kmalloc(sizeof(*page), GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
		if (sweep_page(cq, page, &overrun) <= 0) {
			kfree(page);
			break;
		}
	}
	spin_lock(&cq->lock);
	cq->gone = NULL;
	spin_unlock(&cq->lock);
	if (overrun)
		ff_event_raise(cq->obj.file->async, &cq->errors,
			       IB_EVENT_CQ_ERR);
}

static void free_backlog(struct ff_cq *cq)
{
	struct ff_cq_page *page, *tmp;

	list_for_each_entry_safe(page, tmp, &cq->backlog, node)
		kfree(page);
}

static void completion_handler(struct ib_cq *lower, void *context)
{
	struct ff_cq *cq = context;

	if (cq->channel)
		ff_event_raise(cq->channel, &cq->completions, 0);
}

static void event_handler(struct ib_event *event, void *context)
{
	struct ff_cq *cq = context;

	ff_event_raise(cq->obj.file->async, &cq->errors, event->event);
}

static void cq_destroy(struct ff_obj *obj)
{
	struct ff_cq *cq = container_of(obj, struct ff_cq, obj);

	ib_destroy_cq(cq->lower);
	free_backlog(cq);
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

static int create_lower(struct ff_cq *cq,
			const struct ib_uverbs_ex_create_cq *req)
{
	struct ib_device *ibdev = ff_lower_ibdev(cq->obj.file->lower);
	struct ib_cq_init_attr attr = {
		.cqe = req->cqe,
		.comp_vector = req->comp_vector,
	};

	cq->lower = ib_create_cq(ibdev, completion_handler, event_handler, cq,
				 &attr);
	if (IS_ERR(cq->lower))
		return PTR_ERR(cq->lower);
	cq->cqe = cq->lower->cqe;
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
	INIT_LIST_HEAD(&cq->backlog);
	ff_event_source_init(&cq->completions, req->user_handle);
	ff_event_source_init(&cq->errors, req->user_handle);
	err = set_channel(cq, req->comp_channel);
	if (err)
		goto err_obj;
	err = create_lower(cq, req);
	if (err)
		goto err_channel;

	err = respond(cmd, cq);
	if (err)
		goto err_lower;
	ff_obj_publish(&cq->obj);
	return 0;

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
	ib_req_notify_cq(cq->lower, req.solicited_only ? IB_CQ_SOLICITED :
							 IB_CQ_NEXT_COMP);
	ff_obj_put(&cq->obj);
	return 0;
}
