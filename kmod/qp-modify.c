// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <rdma/ib_mad.h>

#include "abi.h"
#include "cmd.h"
#include "compat/compat.h"
#include "dev.h"
#include "file.h"
#include "lower.h"
#include "path.h"
#include "qp.h"
#include "qp-lower.h"
#include "tenant.h"

/* The checks of ib_uverbs' modify_qp(), on the virtual device's one port. */
static int check_ports(struct ff_qp *qp, struct ib_uverbs_modify_qp *req)
{
	u32 mask = req->attr_mask;

	if (mask & IB_QP_PORT && req->port_num != FF_PORT)
		return -EINVAL;
	if (mask & IB_QP_ALT_PATH)	/* InfiniBand only, as ib_core has it */
		return -EINVAL;
	if (!(mask & IB_QP_AV))
		return 0;
	if (req->dest.port_num != FF_PORT)
		return -EINVAL;
	if (mask & IB_QP_STATE && req->qp_state == IB_QPS_RTR)
		return qp->lower->port ? 0 : -EINVAL;
	/* In SQD the port follows the path. */
	req->attr_mask |= IB_QP_PORT;
	req->port_num = FF_PORT;
	return 0;
}

static int check(struct ff_qp *qp, struct ib_uverbs_modify_qp *req)
{
	u32 mask = req->attr_mask;
	int err = check_ports(qp, req);

	if (err)
		return err;
	if (mask & IB_QP_CUR_STATE && req->cur_qp_state > IB_QPS_ERR)
		return -EINVAL;
	if (mask & IB_QP_STATE && req->qp_state > IB_QPS_ERR)
		return -EINVAL;
	if (mask & IB_QP_QKEY && req->qkey & IB_QP_SET_QKEY &&
	    !rdma_nl_get_privileged_qkey())
		return -EPERM;
	if (mask & IB_QP_PKEY_INDEX && req->pkey_index)
		return -EINVAL;
	if (mask & IB_QP_RATE_LIMIT)	/* not carried */
		return -EOPNOTSUPP;
	return 0;
}

/*
 * What the lower device will refuse is not worth asking the peer's host for, nor what
 * there is to lose on the way to it.
 */
static int check_transition(struct ff_qp *qp,
			    const struct ib_uverbs_modify_qp *req,
			    struct ib_qp_attr *attr)
{
	struct ib_qp_init_attr init_attr;
	enum ib_qp_state from, to;
	int err;

	err = ib_query_qp(qp->lower, attr, IB_QP_STATE, &init_attr);
	if (err)
		return err;
	from = req->attr_mask & IB_QP_CUR_STATE ? req->cur_qp_state :
						  attr->qp_state;
	to = req->attr_mask & IB_QP_STATE ? req->qp_state : from;
	return ib_modify_qp_is_ok(from, to, qp->lower->qp_type,
				  req->attr_mask) ? 0 : -EINVAL;
}

/*
 * Translates the path, and asks whether the QP there is the peer's; where it
 * leads is written to @place.
 */
static int translate(struct ff_qp *qp, const struct ib_uverbs_modify_qp *req,
		     struct rdma_ah_attr *ah, struct ff_place *place)
{
	const struct ib_uverbs_qp_dest *dest = &req->dest;
	struct ff_file *file = qp->obj.file;
	struct ff_tenant_claim claim = {};
	struct ff_path path = {
		.flow_label = dest->flow_label,
		.traffic_class = dest->traffic_class,
		.sgid_index = dest->sgid_index,
		.sl = dest->sl,
		.static_rate = dest->static_rate,
	};
	int err;

	if (!dest->is_global)
		return -EINVAL;
	memcpy(&path.dest, dest->dgid, sizeof(path.dest));
	err = ff_path_source(file->dev, dest->sgid_index, &claim.src);
	if (!err)
		err = ff_path_translate(file, &path, ah, place);
	if (err)
		return err;
	claim.dst = path.dest;
	claim.host = place->host;
	claim.qpn = req->attr_mask & IB_QP_DEST_QPN ? req->dest_qp_num :
						      qp->dest_qpn;
	claim.until = jiffies + msecs_to_jiffies(FF_TENANT_PATIENCE_MS);
	return ff_tenant_check(file->dev, &claim);
}

static void copy_attributes(const struct ff_lower *lower,
			    const struct ib_uverbs_modify_qp *req,
			    struct ib_qp_attr *attr)
{
	*attr = (struct ib_qp_attr) {
		.qp_state = req->qp_state,
		.cur_qp_state = req->cur_qp_state,
		.path_mtu = req->path_mtu,
		.path_mig_state = req->path_mig_state,
		.qkey = req->qkey,
		.rq_psn = req->rq_psn & 0xffffff,
		.sq_psn = req->sq_psn & 0xffffff,
		.dest_qp_num = req->dest_qp_num,
		.qp_access_flags = req->qp_access_flags,
		.en_sqd_async_notify = req->en_sqd_async_notify,
		.max_rd_atomic = req->max_rd_atomic,
		.max_dest_rd_atomic = req->max_dest_rd_atomic,
		.min_rnr_timer = req->min_rnr_timer,
		.port_num = lower->port,
		.timeout = req->timeout,
		.retry_cnt = req->retry_cnt,
		.rnr_retry = req->rnr_retry,
	};
}

/* Keeps in step with the change what the QP's peer and path are. */
static void follow(struct ff_qp *qp, const struct ib_uverbs_modify_qp *req,
		   const struct rdma_ah_attr *ah, const struct ff_place *place)
{
	struct ff_dev *dev = qp->obj.file->dev;

	if (req->attr_mask & IB_QP_AV) {
		struct in6_addr addr;

		qp->dest = req->dest;
		mutex_lock(&qp->facts_lock);
		qp->tclass = ah->grh.traffic_class;
		qp->sl = ah->sl;
		mutex_unlock(&qp->facts_lock);
		memcpy(&addr, req->dest.dgid, sizeof(addr));
		ff_peer_link(&qp->peer, dev->table, &addr, &place->host);
		WRITE_ONCE(qp->is_beside, ff_place_is_on(place, dev));
	}
	if (req->attr_mask & IB_QP_DEST_QPN)
		qp->dest_qpn = req->dest_qp_num;
	if (req->attr_mask & IB_QP_QKEY)
		WRITE_ONCE(qp->qkey, req->qkey);
	if (!(req->attr_mask & IB_QP_STATE))
		return;
	if (req->qp_state == IB_QPS_ERR || req->qp_state == IB_QPS_RESET)
		ff_peer_unlink(&qp->peer);
	if (req->qp_state == IB_QPS_RESET)
		memset(&qp->dest, 0, sizeof(qp->dest));
}

/*
 * Sleeps up to a second for a neighbour's MAC and two for the peer host's word.
 * Returns 0; -ENETUNREACH without a route; -ETIMEDOUT when the peer's host does
 * not answer; -EACCES and -EHOSTUNREACH of ff_tenant_check(); the errors of
 * ib_uverbs and of the lower device.
 */
static int modify_locked(struct ff_qp *qp, struct ib_uverbs_modify_qp *req)
{
	bool resets = req->attr_mask & IB_QP_STATE &&
		      req->qp_state == IB_QPS_RESET;
	/* Not all devices look whether the number may change, as it may with AV only. */
	bool aims = req->attr_mask & (IB_QP_AV | IB_QP_DEST_QPN);
	struct ff_place place = {};
	struct ib_qp_attr *attr;
	int err;

	lockdep_assert_held(&qp->lock);
	err = check(qp, req);
	if (err)
		return err;
	attr = kmalloc(sizeof(*attr), GFP_KERNEL);
	if (!attr)
		return -ENOMEM;
	if (aims || resets)
		err = check_transition(qp, req, attr);
	copy_attributes(qp->obj.file->lower, req, attr);
	if (!err && req->attr_mask & IB_QP_AV)
		err = translate(qp, req, &attr->ah_attr, &place);
	if (!err)
		err = resets ? ff_qp_lower_reset(qp, attr, req->attr_mask) :
			       ib_modify_qp(qp->lower, attr, req->attr_mask);
	if (!err)
		follow(qp, req, &attr->ah_attr, &place);
	kfree(attr);
	return err;
}

static int modify(struct ff_cmd *cmd, struct ib_uverbs_modify_qp *req)
{
	const struct ff_abi *abi = cmd->file->abi;
	struct ff_qp *qp;
	int err;

	qp = ff_obj_get(cmd->file, &ff_qp_kind, req->qp_handle);
	if (IS_ERR(qp))
		return PTR_ERR(qp);

	mutex_lock(&qp->lock);
	err = modify_locked(qp, req);
	if (!err)
		ff_qp_modified(qp, req);
	mutex_unlock(&qp->lock);
	/* Receives that it takes now may be told of when this returns. */
	if (!err && abi->take_receives)
		abi->take_receives(qp->lower->device, qp->qpn);
	ff_obj_put(&qp->obj);
	return err;
}

int ff_qp_cmd_modify(struct ff_cmd *cmd)
{
	struct ib_uverbs_modify_qp req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (req.attr_mask & ~IB_QP_ATTR_STANDARD_BITS)
		return -EOPNOTSUPP;
	return modify(cmd, &req);
}

int ff_qp_cmd_modify_ex(struct ff_cmd *cmd)
{
	struct ib_uverbs_ex_modify_qp_resp resp = {
		.response_length = ff_cmd_response_length(cmd, sizeof(resp)),
	};
	struct ib_uverbs_ex_modify_qp req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (req.base.attr_mask & ~(IB_QP_ATTR_STANDARD_BITS | IB_QP_RATE_LIMIT))
		return -EOPNOTSUPP;
	return modify(cmd, &req.base) ?:
	       ff_cmd_respond(cmd, &resp, sizeof(resp));
}
