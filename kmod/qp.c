// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "abi.h"
#include "cmd.h"
#include "cq.h"
#include "dev.h"
#include "file.h"
#include "header.h"
#include "lower.h"
#include "mcast.h"
#include "pd.h"
#include "post.h"
#include "qp.h"
#include "qp-look.h"
#include "qp-lower.h"
#include "qp-meter.h"
#include "source.h"
#include "srq.h"
#include "tenant.h"

/* Holds the memory of a QP found in a list; false if it is on its way out. */
bool ff_qp_hold(struct ff_qp *qp)
{
	return ff_obj_hold_memory(&qp->obj);
}

void ff_qp_release(struct ff_qp *qp)
{
	ff_obj_release_memory(&qp->obj);
}

static const struct ff_abi *abi_of(const struct ff_qp *qp)
{
	return qp->obj.file->dev->abi;
}

static void modified(struct ff_qp *qp, enum ib_qp_state state)
{
	lockdep_assert_held(&qp->lock);
	ff_flow_modified(qp, state);
	if (abi_of(qp)->modified_qp)
		abi_of(qp)->modified_qp(qp, state);
}

/* Tells the program and the operator of an asynchronous event. Context: any. */
static void raise(struct ff_qp *qp, enum ib_event_type type)
{
	if (type == IB_EVENT_QP_FATAL || type == IB_EVENT_QP_REQ_ERR ||
	    type == IB_EVENT_QP_ACCESS_ERR)
		ff_alert_raise(qp->obj.file->dev, FF_ALERT_QP, qp->qpn, 0);
	ff_event_raise(qp->obj.file->async, &qp->events, type);
}

static void qp_event(struct ib_event *event, void *context)
{
	raise(context, event->event);
}

/**
 * ff_qp_to_error() - have a QP fail
 * @qp: the QP
 *
 * Context: may sleep; under qp->lock.
 * Return: 0, or the lower device's error.
 */
int ff_qp_to_error(struct ff_qp *qp)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_ERR };
	int err;

	lockdep_assert_held(&qp->lock);
	err = ib_modify_qp(qp->lower, &attr, IB_QP_STATE);
	if (err)
		return err;
	ff_peer_unlink(&qp->peer);
	modified(qp, IB_QPS_ERR);
	return 0;
}

/**
 * ff_qp_fail_if_moved() - a QP whose peer is elsewhere fails, the program is told
 * @qp: the QP
 *
 * Context: may sleep; under qp->lock.
 */
void ff_qp_fail_if_moved(struct ff_qp *qp)
{
	lockdep_assert_held(&qp->lock);
	if (!ff_peer_has_moved(&qp->peer))
		return;
	if (!ff_qp_to_error(qp)) {
		raise(qp, IB_EVENT_QP_FATAL);
	} else {
		WRITE_ONCE(qp->peer.suspect, true);
		ff_qp_look_again(qp);
	}
}

static void free_queues(struct ff_qp *qp)
{
	ff_post_buffer_free(&qp->send_buffer);
	ff_hold_free(&qp->hold);
	ff_rq_free(&qp->own_rq);
	if (qp->sources)
		ff_sources_put(qp->sources);
}

/* With what the data path has for it, if that has begun with it. */
static void destroy_queues(struct ff_qp *qp, bool has_datapath)
{
	const struct ff_abi *abi = abi_of(qp);

	if (has_datapath && abi->close_qp)
		abi->close_qp(qp);
	ff_flow_close(qp);
	ff_qp_lower_destroy(qp);
	if (has_datapath && abi->free_qp)
		abi->free_qp(qp);
	free_queues(qp);
}

static void qp_destroy(struct ff_obj *obj)
{
	struct ff_qp *qp = container_of(obj, struct ff_qp, obj);

	ff_mcast_detach_all(qp);
	mutex_lock(&qp->lock);
	ff_peer_unlink(&qp->peer);
	mutex_lock(&qp->facts_lock);
	qp->leaving = true;
	mutex_unlock(&qp->facts_lock);
	destroy_queues(qp, true);
	qp->lower = NULL;
	mutex_unlock(&qp->lock);
	ff_qp_meter_end(qp);
	ff_count(obj->file->dev->meter.counts, FREEFLOW_STAT_TALLY_QPS_GONE);
	ff_qp_look_exit(qp);

	ff_event_source_detach(obj->file->async, &qp->events);
	if (qp->srq)
		ff_obj_drop_dependent(&qp->srq->obj);
	ff_obj_drop_dependent(&qp->send_cq->obj);
	ff_obj_drop_dependent(&qp->recv_cq->obj);
	ff_obj_drop_dependent(&qp->pd->obj);
}

const struct ff_obj_kind ff_qp_kind = {
	.type	 = FREEFLOW_RES_TYPE_QP,
	.size	 = sizeof(struct ff_qp),
	.active	 = true,
	.destroy = qp_destroy,
};

/* The objects that a QP is made from, held while it is. */
struct ff_qp_parents {
	struct ff_srq *srq;	/* or NULL */
	struct ff_pd *pd;
	struct ff_cq *send_cq;
	struct ff_cq *recv_cq;
};

static void put_parents(struct ff_qp_parents *parents)
{
	if (parents->srq)
		ff_obj_put(&parents->srq->obj);
	ff_obj_put(&parents->pd->obj);
	ff_obj_put(&parents->send_cq->obj);
	ff_obj_put(&parents->recv_cq->obj);
}

static int get_parents(struct ff_file *file,
		       const struct ib_uverbs_ex_create_qp *req,
		       struct ff_qp_parents *parents)
{
	int err;

	parents->srq = NULL;
	if (req->is_srq) {
		parents->srq = ff_obj_get(file, &ff_srq_kind, req->srq_handle);
		if (IS_ERR(parents->srq))
			return PTR_ERR(parents->srq);
	}
	parents->recv_cq = ff_obj_get(file, &ff_cq_kind, req->recv_cq_handle);
	if (IS_ERR(parents->recv_cq)) {
		err = PTR_ERR(parents->recv_cq);
		goto err_srq;
	}
	parents->send_cq = ff_obj_get(file, &ff_cq_kind, req->send_cq_handle);
	if (IS_ERR(parents->send_cq)) {
		err = PTR_ERR(parents->send_cq);
		goto err_recv_cq;
	}
	parents->pd = ff_obj_get(file, &ff_pd_kind, req->pd_handle);
	if (IS_ERR(parents->pd)) {
		err = PTR_ERR(parents->pd);
		goto err_send_cq;
	}
	return 0;

err_send_cq:
	ff_obj_put(&parents->send_cq->obj);
err_recv_cq:
	ff_obj_put(&parents->recv_cq->obj);
err_srq:
	if (parents->srq)
		ff_obj_put(&parents->srq->obj);
	return err;
}

/* Receives that the lower QP holds, which may be more than asked for. */
static u32 recv_depth(struct ff_qp *qp)
{
	struct ib_qp_init_attr init_attr = {};
	u32 depth = max(qp->cap.max_recv_wr, 1U);
	struct ib_qp_attr *attr;

	attr = kzalloc(sizeof(*attr), GFP_KERNEL);
	if (attr && !ib_query_qp(qp->lower, attr, IB_QP_CAP, &init_attr))
		depth = max(depth, init_attr.cap.max_recv_wr);
	kfree(attr);
	return depth;
}

/* Undone by free_queues(), also when it fails. */
static int init_queues(struct ff_qp *qp)
{
	bool ud = qp->lower->qp_type == IB_QPT_UD;
	int err;

	ff_post_buffer_init(&qp->send_buffer, qp->cap.max_send_sge,
			    qp->cap.max_inline_data);
	qp->rq = qp->srq ? &qp->srq->rq : &qp->own_rq;
	/* With an SRQ, drivers do not look at what is said of its own queue. */
	err = ff_rq_init_qp(&qp->own_rq, qp->pd, qp->lower,
			    qp->srq ? 0 : qp->cap.max_recv_sge,
			    ud && !qp->srq ? recv_depth(qp) : 0);
	if (err || !ud)
		return err;
	qp->sources = ff_sources_get(qp->obj.file->dev->table);
	return qp->sources ? 0 : -ENOMEM;
}

static int create_lower(struct ff_qp *qp,
			const struct ib_uverbs_ex_create_qp *req)
{
	bool ud = req->qp_type == IB_QPT_UD;
	u32 header_sges = ud && !qp->srq ? FF_HEADER_SGES : 0;
	struct ib_qp_init_attr attr = {
		.event_handler = qp_event,
		.qp_context = qp,
		.send_cq = qp->send_cq->lower,
		.recv_cq = qp->recv_cq->lower,
		.srq = qp->srq ? qp->srq->lower : NULL,
		.sq_sig_type = req->sq_sig_all ? IB_SIGNAL_ALL_WR :
						 IB_SIGNAL_REQ_WR,
		.qp_type = req->qp_type,
		.cap = {
			.max_send_wr = req->max_send_wr,
			.max_recv_wr = req->max_recv_wr,
			.max_send_sge = req->max_send_sge,
			.max_recv_sge = req->max_recv_sge + header_sges,
			.max_inline_data = req->max_inline_data,
		},
		.create_flags = req->create_flags,
	};
	int err;

	if (attr.cap.max_recv_sge < header_sges)	/* it wrapped */
		return -EINVAL;
	if (ud && qp->srq) {
		err = ff_srq_use_headers(qp->srq);
		if (err)
			return err;
	}
	err = ff_qp_lower_create(qp, &attr);
	if (err)
		return err;
	qp->qpn = qp->lower->qp_num;
	qp->signal_all = attr.sq_sig_type == IB_SIGNAL_ALL_WR;
	qp->cap.max_recv_sge -= header_sges;
	err = init_queues(qp);
	if (err) {
		ff_qp_lower_destroy(qp);
		free_queues(qp);
	}
	return err;
}

static int respond(struct ff_cmd *cmd, const struct ff_qp *qp)
{
	struct ib_uverbs_ex_create_qp_resp resp = {
		.base = {
			.qp_handle = qp->obj.handle,
			.qpn = qp->lower->qp_num,
			.max_send_wr = qp->cap.max_send_wr,
			.max_recv_wr = qp->cap.max_recv_wr,
			.max_send_sge = qp->cap.max_send_sge,
			.max_recv_sge = qp->cap.max_recv_sge,
			.max_inline_data = qp->cap.max_inline_data,
		},
		.response_length = ff_cmd_response_length(cmd, sizeof(resp)),
	};

	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}

/* From here on the program may destroy it. */
static void publish(struct ff_qp *qp)
{
	kref_get(&qp->obj.ref);
	ff_count(qp->counts, FREEFLOW_STAT_TALLY_QPS_MADE);
	ff_obj_publish(&qp->obj);
	ff_qp_meter_begin(qp);
	ff_qp_release(qp);
}

static int create(struct ff_cmd *cmd, const struct ib_uverbs_ex_create_qp *req,
		  const struct ff_qp_parents *parents)
{
	struct ff_qp *qp;
	int err;

	qp = ff_obj_create(cmd->file, &ff_qp_kind);
	if (IS_ERR(qp))
		return PTR_ERR(qp);
	mutex_init(&qp->lock);
	spin_lock_init(&qp->mws_lock);
	INIT_LIST_HEAD(&qp->mws);
	mutex_init(&qp->facts_lock);
	ff_qp_look_init(qp);
	mutex_init(&qp->mcast_lock);
	INIT_LIST_HEAD(&qp->mcasts);
	ff_peer_init(&qp->peer);
	ff_flow_init(&qp->flow, cmd->file);
	ff_event_source_init(&qp->events, req->user_handle);
	qp->pd = parents->pd;
	qp->send_cq = parents->send_cq;
	qp->recv_cq = parents->recv_cq;
	qp->srq = parents->srq;
	qp->counts = cmd->file->dev->meter.counts;

	err = create_lower(qp, req);
	if (err)
		goto err_obj;
	err = ff_tenant_own(cmd->file->dev, qp->lower->qp_num);
	if (err)
		goto err_lower;
	if (abi_of(qp)->create_qp) {
		err = abi_of(qp)->create_qp(qp, cmd);
		if (err)
			goto err_lower;
	}
	err = respond(cmd, qp);
	if (err)
		goto err_datapath;
	ff_obj_add_dependent(&qp->pd->obj);
	ff_obj_add_dependent(&qp->send_cq->obj);
	ff_obj_add_dependent(&qp->recv_cq->obj);
	if (qp->srq)
		ff_obj_add_dependent(&qp->srq->obj);
	publish(qp);
	return 0;

err_datapath:
	destroy_queues(qp, true);
	goto err_obj;
err_lower:
	destroy_queues(qp, false);
err_obj:
	ff_obj_abort(&qp->obj);
	return err;
}

/* RC, UC and UD; the other types that ib_uverbs knows are not carried. */
static int check_type(const struct ib_uverbs_ex_create_qp *req)
{
	switch (req->qp_type) {
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_UD:
		return 0;
	case IB_QPT_RAW_PACKET:
		return capable(CAP_NET_RAW) ? -EOPNOTSUPP : -EPERM;
	case IB_QPT_XRC_INI:
	case IB_QPT_DRIVER:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* What ib_uverbs lets a program ask for. */
#define FF_QP_USER_FLAGS (IB_QP_CREATE_BLOCK_MULTICAST_LOOPBACK |	\
			  IB_QP_CREATE_CROSS_CHANNEL |			\
			  IB_QP_CREATE_MANAGED_SEND |			\
			  IB_QP_CREATE_MANAGED_RECV |			\
			  IB_QP_CREATE_SCATTER_FCS |			\
			  IB_QP_CREATE_CVLAN_STRIPPING |		\
			  IB_QP_CREATE_SOURCE_QPN |			\
			  IB_QP_CREATE_PCI_WRITE_END_PADDING)

/* And what a kernel QP of these types can do, if the lower device can. */
#define FF_QP_CARRIED_FLAGS IB_QP_CREATE_BLOCK_MULTICAST_LOOPBACK

static int check_flags(u32 flags)
{
	if (flags & ~FF_QP_USER_FLAGS)
		return -EINVAL;
	if (flags & IB_QP_CREATE_SOURCE_QPN && !capable(CAP_NET_RAW))
		return -EPERM;
	return flags & ~FF_QP_CARRIED_FLAGS ? -EOPNOTSUPP : 0;
}

static int create_checked(struct ff_cmd *cmd,
			  const struct ib_uverbs_ex_create_qp *req)
{
	struct ff_qp_parents parents;
	int err;

	err = check_type(req);
	if (err)
		return err;
	if (!READ_ONCE(cmd->file->lower))
		return -EINVAL;
	/* Nothing makes the indirection table that it would name. */
	if (req->comp_mask & IB_UVERBS_CREATE_QP_MASK_IND_TABLE)
		return -EINVAL;
	err = get_parents(cmd->file, req, &parents);
	if (err)
		return err;
	err = check_flags(req->create_flags);
	if (!err)
		err = create(cmd, req, &parents);
	put_parents(&parents);
	return err;
}

int ff_qp_cmd_create(struct ff_cmd *cmd)
{
	struct ib_uverbs_create_qp req;
	struct ib_uverbs_ex_create_qp ex;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	ex = (struct ib_uverbs_ex_create_qp) {
		.user_handle = req.user_handle,
		.pd_handle = req.pd_handle,
		.send_cq_handle = req.send_cq_handle,
		.recv_cq_handle = req.recv_cq_handle,
		.srq_handle = req.srq_handle,
		.max_send_wr = req.max_send_wr,
		.max_recv_wr = req.max_recv_wr,
		.max_send_sge = req.max_send_sge,
		.max_recv_sge = req.max_recv_sge,
		.max_inline_data = req.max_inline_data,
		.sq_sig_all = req.sq_sig_all,
		.qp_type = req.qp_type,
		.is_srq = req.is_srq,
	};
	return create_checked(cmd, &ex);
}

int ff_qp_cmd_create_ex(struct ff_cmd *cmd)
{
	struct ib_uverbs_ex_create_qp req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (req.comp_mask & ~IB_UVERBS_CREATE_QP_SUP_COMP_MASK || req.reserved)
		return -EINVAL;
	return create_checked(cmd, &req);
}

/**
 * ff_qp_modified() - attributes of a QP were changed
 * @qp: the QP
 * @req: what was asked for, and was done
 *
 * Context: may sleep; under qp->lock.
 */
void ff_qp_modified(struct ff_qp *qp, const struct ib_uverbs_modify_qp *req)
{
	struct ff_headers *headers;

	lockdep_assert_held(&qp->lock);
	if (req->attr_mask & IB_QP_STATE) {
		modified(qp, req->qp_state);
		headers = ff_rq_headers(&qp->own_rq);
		if (req->qp_state == IB_QPS_RESET && headers)
			ff_headers_reset(headers);
	}
	/* A route that changed before the QP was linked has not found it. */
	if (req->attr_mask & IB_QP_AV)
		ff_qp_fail_if_moved(qp);
}

int ff_qp_cmd_destroy(struct ff_cmd *cmd)
{
	struct ib_uverbs_destroy_qp_resp resp = {};
	struct ib_uverbs_destroy_qp req;
	struct ff_obj *obj;
	struct ff_qp *qp;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	obj = ff_obj_begin_destroy(cmd->file, &ff_qp_kind, req.qp_handle);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	qp = container_of(obj, struct ff_qp, obj);
	if (!list_empty(&qp->mcasts)) {
		ff_obj_cancel_destroy(obj);
		return -EBUSY;
	}

	kref_get(&obj->ref);
	ff_obj_finish_destroy(obj);
	resp.events_reported = qp->events.reported;
	ff_obj_release_memory(obj);
	return ff_cmd_respond(cmd, &resp, sizeof(resp));
}
