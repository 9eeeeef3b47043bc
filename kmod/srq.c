// SPDX-License-Identifier: GPL-2.0-only
#include "abi.h"
#include "cmd.h"
#include "cq.h"
#include "dev.h"
#include "file.h"
#include "header.h"
#include "pd.h"
#include "srq.h"

static void srq_event(struct ib_event *event, void *context)
{
	struct ff_srq *srq = context;

	ff_event_raise(srq->obj.file->async, &srq->events, event->event);
}

/* With what the data path has for it, if that has begun with it. */
static void destroy_queue(struct ff_srq *srq, bool has_datapath)
{
	const struct ff_abi *abi = srq->obj.file->dev->abi;

	if (has_datapath && abi->close_srq)
		abi->close_srq(srq);
	ib_destroy_srq(srq->lower);
	if (has_datapath && abi->free_srq)
		abi->free_srq(srq);
	ff_rq_free(&srq->rq);
}

static void srq_destroy(struct ff_obj *obj)
{
	struct ff_srq *srq = container_of(obj, struct ff_srq, obj);

	destroy_queue(srq, true);
	ff_event_source_detach(obj->file->async, &srq->events);
	ff_obj_drop_dependent(&srq->pd->obj);
}

const struct ff_obj_kind ff_srq_kind = {
	.type	 = FREEFLOW_RES_TYPE_SRQ,
	.size	 = sizeof(struct ff_srq),
	.active	 = true,
	.destroy = srq_destroy,
};

static int create_lower(struct ff_srq *srq,
			const struct ib_uverbs_create_xsrq *req,
			struct ib_uverbs_create_srq_resp *resp)
{
	u32 max_sge = max(req->max_sge, 1U);
	struct ib_srq_init_attr attr = {
		.event_handler = srq_event,
		.srq_context = srq,
		.attr = {
			.max_wr = req->max_wr,
			.max_sge = max_sge + FF_HEADER_SGES,
			.srq_limit = req->srq_limit,
		},
		.srq_type = IB_SRQT_BASIC,
	};

	if (max_sge > U32_MAX - FF_HEADER_SGES)
		return -EINVAL;
	srq->lower = ib_create_srq(srq->pd->lower, &attr);
	if (IS_ERR(srq->lower))
		return PTR_ERR(srq->lower);
	max_sge = attr.attr.max_sge - FF_HEADER_SGES;
	ff_rq_init_srq(&srq->rq, srq->pd, srq->lower, max_sge);
	resp->max_wr = attr.attr.max_wr;
	resp->max_sge = max_sge;
	return 0;
}

static int create_in_pd(struct ff_cmd *cmd, struct ff_pd *pd,
			const struct ib_uverbs_create_xsrq *req)
{
	const struct ff_abi *abi = cmd->file->dev->abi;
	struct ib_uverbs_create_srq_resp resp = {};
	struct ff_srq *srq;
	int err;

	srq = ff_obj_create(cmd->file, &ff_srq_kind);
	if (IS_ERR(srq))
		return PTR_ERR(srq);
	mutex_init(&srq->lock);
	ff_event_source_init(&srq->events, req->user_handle);
	srq->pd = pd;
	err = create_lower(srq, req, &resp);
	if (err)
		goto err_obj;

	if (abi->create_srq) {
		err = abi->create_srq(srq, cmd, resp.max_wr);
		if (err)
			goto err_lower;
	}
	resp.srq_handle = srq->obj.handle;
	err = ff_cmd_respond(cmd, &resp, sizeof(resp));
	if (err)
		goto err_datapath;
	ff_obj_add_dependent(&pd->obj);
	ff_obj_publish(&srq->obj);
	return 0;

err_datapath:
	destroy_queue(srq, true);
	goto err_obj;
err_lower:
	destroy_queue(srq, false);
err_obj:
	ff_obj_abort(&srq->obj);
	return err;
}

/* The errors of ib_uverbs for the types that are not carried. */
static int check_type(struct ff_file *file,
		      const struct ib_uverbs_create_xsrq *req)
{
	struct ff_cq *cq;

	if (!READ_ONCE(file->lower))
		return -EINVAL;
	switch (req->srq_type) {
	case IB_SRQT_XRC:	/* there is no XRC domain to name */
		return -EINVAL;
	case IB_SRQT_TM:
		cq = ff_obj_get(file, &ff_cq_kind, req->cq_handle);
		if (IS_ERR(cq))
			return PTR_ERR(cq);
		ff_obj_put(&cq->obj);
		return 0;
	default:
		return 0;
	}
}

static int create(struct ff_cmd *cmd, const struct ib_uverbs_create_xsrq *req)
{
	struct ff_pd *pd;
	int err;

	err = check_type(cmd->file, req);
	if (err)
		return err;
	pd = ff_obj_get(cmd->file, &ff_pd_kind, req->pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	err = req->srq_type == IB_SRQT_BASIC ? create_in_pd(cmd, pd, req) :
					       -EOPNOTSUPP;
	ff_obj_put(&pd->obj);
	return err;
}

int ff_srq_cmd_create(struct ff_cmd *cmd)
{
	struct ib_uverbs_create_xsrq xreq = { .srq_type = IB_SRQT_BASIC };
	struct ib_uverbs_create_srq req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	xreq.user_handle = req.user_handle;
	xreq.pd_handle = req.pd_handle;
	xreq.max_wr = req.max_wr;
	xreq.max_sge = req.max_sge;
	xreq.srq_limit = req.srq_limit;
	return create(cmd, &xreq);
}

int ff_srq_cmd_create_x(struct ff_cmd *cmd)
{
	struct ib_uverbs_create_xsrq req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	return err ?: create(cmd, &req);
}

/**
 * ff_srq_use_headers() - prepare an SRQ for UD QPs
 * @srq: the SRQ
 *
 * Context: may sleep.
 * Return: 0; -EBUSY when receives were posted before; -ENOMEM; or the lower
 * device's error.
 */
int ff_srq_use_headers(struct ff_srq *srq)
{
	const struct ff_abi *abi = srq->obj.file->dev->abi;
	struct ib_srq_attr attr;
	int err;

	if (abi->take_srq)
		abi->take_srq(srq);
	mutex_lock(&srq->lock);
	err = ib_query_srq(srq->lower, &attr);
	if (!err)
		err = ff_rq_use_headers(&srq->rq, attr.max_wr);
	mutex_unlock(&srq->lock);
	return err;
}

/* The lower queue has another size: so has what is kept for its receives. */
static int follow_size_locked(struct ff_srq *srq, struct ff_cmd *cmd,
			      u32 max_wr)
{
	const struct ff_abi *abi = cmd->file->dev->abi;
	struct ff_headers *headers = ff_rq_headers(&srq->rq);
	struct ib_srq_attr attr;
	int err;

	lockdep_assert_held(&srq->lock);
	if (headers) {
		err = ib_query_srq(srq->lower, &attr);
		if (!err)
			err = ff_headers_grow(headers, attr.max_wr);
		if (err)
			return err;
	}
	return abi->resize_srq ? abi->resize_srq(srq, cmd, max_wr) : 0;
}

static int modify(struct ff_srq *srq, struct ff_cmd *cmd,
		  const struct ib_uverbs_modify_srq *req)
{
	struct ib_srq_attr attr = {
		.max_wr = req->max_wr,
		.srq_limit = req->srq_limit,
	};
	int err;

	mutex_lock(&srq->lock);
	err = ib_modify_srq(srq->lower, &attr, req->attr_mask);
	if (!err && req->attr_mask & IB_SRQ_MAX_WR)
		err = follow_size_locked(srq, cmd, req->max_wr);
	mutex_unlock(&srq->lock);
	return err;
}

int ff_srq_cmd_modify(struct ff_cmd *cmd)
{
	struct ib_uverbs_modify_srq req;
	struct ff_srq *srq;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	srq = ff_obj_get(cmd->file, &ff_srq_kind, req.srq_handle);
	if (IS_ERR(srq))
		return PTR_ERR(srq);
	err = modify(srq, cmd, &req);
	ff_obj_put(&srq->obj);
	return err;
}

int ff_srq_cmd_query(struct ff_cmd *cmd)
{
	struct ib_uverbs_query_srq_resp resp = {};
	struct ib_uverbs_query_srq req;
	struct ib_srq_attr attr;
	struct ff_srq *srq;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	srq = ff_obj_get(cmd->file, &ff_srq_kind, req.srq_handle);
	if (IS_ERR(srq))
		return PTR_ERR(srq);
	mutex_lock(&srq->lock);
	err = ib_query_srq(srq->lower, &attr);
	mutex_unlock(&srq->lock);
	resp.max_sge = srq->rq.max_sge;
	ff_obj_put(&srq->obj);
	if (err)
		return err;
	resp.max_wr = attr.max_wr;
	resp.srq_limit = attr.srq_limit;
	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}

int ff_srq_cmd_destroy(struct ff_cmd *cmd)
{
	struct ib_uverbs_destroy_srq_resp resp = {};
	struct ib_uverbs_destroy_srq req;
	struct ff_obj *obj;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	obj = ff_obj_begin_destroy(cmd->file, &ff_srq_kind, req.srq_handle);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	kref_get(&obj->ref);
	ff_obj_finish_destroy(obj);
	resp.events_reported =
		container_of(obj, struct ff_srq, obj)->events.reported;
	ff_obj_release_memory(obj);
	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}
