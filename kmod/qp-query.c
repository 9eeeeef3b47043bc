// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "cmd.h"
#include "dev.h"
#include "qp.h"

/**
 * ff_qp_has_failed() - does the QP flush what it is given?
 * @qp: the QP, whose lower one stays
 *
 * Context: may sleep.
 * Return: 1 if so, also when the lower device cannot tell; 0; or -ENOMEM.
 */
int ff_qp_has_failed(const struct ff_qp *qp)
{
	struct ib_qp_init_attr init_attr = {};
	struct ib_qp_attr *attr;
	int err, failed = 1;

	attr = kzalloc(sizeof(*attr), GFP_KERNEL);
	if (!attr)
		return -ENOMEM;
	err = ib_query_qp(qp->lower, attr, IB_QP_STATE, &init_attr);
	if (!err)
		failed = attr->qp_state == IB_QPS_ERR ||
			 attr->qp_state == IB_QPS_SQE;
	kfree(attr);
	return err == -ENOMEM ? err : failed;
}

/**
 * ff_qp_describe() - what there is to show of a QP
 * @qp: the QP, whose memory the caller holds
 * @info: is filled in
 *
 * Context: may sleep.
 * Return: 0; -ENOENT when it is gone; or the lower device's error.
 */
int ff_qp_describe(struct ff_qp *qp, struct ff_qp_info *info)
{
	struct ib_qp_init_attr init_attr;
	struct ib_qp_attr *attr;
	int err = -ENOENT;

	attr = kzalloc(sizeof(*attr), GFP_KERNEL);
	if (!attr)
		return -ENOMEM;
	mutex_lock(&qp->facts_lock);
	if (!qp->leaving)
		err = ib_query_qp(qp->lower, attr,
				  IB_QP_STATE | IB_QP_DEST_QPN, &init_attr);
	if (!err) {
		info->qpn = qp->lower->qp_num;
		info->type = qp->lower->qp_type;
		info->state = attr->qp_state;
		info->connected = ff_peer_read(&qp->peer, &info->addr,
					       &info->host);
		info->dest_qpn = attr->dest_qp_num;
		info->tclass = qp->tclass;
		info->sl = qp->sl;
	}
	mutex_unlock(&qp->facts_lock);
	kfree(attr);
	return err;
}

static void describe(const struct ff_qp *qp, const struct ib_qp_attr *attr,
		     const struct ib_qp_init_attr *init_attr,
		     struct ib_uverbs_query_qp_resp *resp)
{
	*resp = (struct ib_uverbs_query_qp_resp) {
		.dest = qp->dest,
		.max_send_wr = init_attr->cap.max_send_wr,
		.max_recv_wr = init_attr->cap.max_recv_wr,
		.max_send_sge = init_attr->cap.max_send_sge,
		.max_recv_sge = qp->srq ? init_attr->cap.max_recv_sge :
					  qp->cap.max_recv_sge,
		.max_inline_data = init_attr->cap.max_inline_data,
		.qkey = attr->qkey,
		.rq_psn = attr->rq_psn,
		.sq_psn = attr->sq_psn,
		.dest_qp_num = attr->dest_qp_num,
		.qp_access_flags = attr->qp_access_flags,
		.qp_state = attr->qp_state,
		.cur_qp_state = attr->cur_qp_state,
		.path_mtu = attr->path_mtu,
		.path_mig_state = attr->path_mig_state,
		.sq_draining = attr->sq_draining,
		.max_rd_atomic = attr->max_rd_atomic,
		.max_dest_rd_atomic = attr->max_dest_rd_atomic,
		.min_rnr_timer = attr->min_rnr_timer,
		.port_num = attr->port_num ? FF_PORT : 0,
		.timeout = attr->timeout,
		.retry_cnt = attr->retry_cnt,
		.rnr_retry = attr->rnr_retry,
		.sq_sig_all = init_attr->sq_sig_type == IB_SIGNAL_ALL_WR,
	};
}

static int query(struct ff_qp *qp, u32 mask,
		 struct ib_uverbs_query_qp_resp *resp)
{
	struct ib_qp_init_attr *init_attr;
	struct ib_qp_attr *attr;
	int err = -ENOMEM;

	attr = kzalloc(sizeof(*attr), GFP_KERNEL);
	init_attr = kzalloc(sizeof(*init_attr), GFP_KERNEL);
	if (attr && init_attr) {
		mutex_lock(&qp->lock);
		err = ib_query_qp(qp->lower, attr, mask, init_attr);
		if (!err)
			describe(qp, attr, init_attr, resp);
		mutex_unlock(&qp->lock);
	}
	kfree(init_attr);
	kfree(attr);
	return err;
}

int ff_qp_cmd_query(struct ff_cmd *cmd)
{
	struct ib_uverbs_query_qp_resp resp;
	struct ib_uverbs_query_qp req;
	struct ff_qp *qp;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	qp = ff_obj_get(cmd->file, &ff_qp_kind, req.qp_handle);
	if (IS_ERR(qp))
		return PTR_ERR(qp);
	err = query(qp, req.attr_mask, &resp);
	ff_obj_put(&qp->obj);
	return err ?: ff_cmd_respond(cmd, &resp, sizeof(resp));
}
