// SPDX-License-Identifier: GPL-2.0-only
#include <net/ipv6.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>

#include "abi.h"
#include "ah.h"
#include "cmd.h"
#include "dev.h"
#include "file.h"
#include "group.h"
#include "pd.h"
#include "qp.h"
#include "route.h"
#include "source.h"
#include "tenant.h"

/* Of the subnet manager's QP, which RoCE does not have. */
#define FF_NO_QPN 0

static void ah_destroy(struct ff_obj *obj)
{
	struct ff_ah *ah = container_of(obj, struct ff_ah, obj);

	rdma_destroy_ah(ah->lower, RDMA_DESTROY_AH_SLEEPABLE);
	ff_obj_drop_dependent(&ah->pd->obj);
}

const struct ff_obj_kind ff_ah_kind = {
	.type	 = FREEFLOW_RES_TYPE_AH,
	.size	 = sizeof(struct ff_ah),
	.destroy = ah_destroy,
};

static bool is_group(const struct ff_ah *ah)
{
	return rdma_is_multicast_addr((struct in6_addr *)&ah->dest);
}

/* The source address, unless it has gone since, perhaps to another container. */
static const struct in6_addr *source_of(const struct ff_ah *ah)
{
	const struct ff_dev *dev = ah->obj.file->dev;

	return ff_route_local_rcu(dev->table, &ah->source) == dev ?
	       &ah->source : &in6addr_any;
}

static void announce(const struct ff_ah *ah, const struct ff_qp *qp, u32 scope)
{
	struct ff_source_key key = {
		.host = ah->host_source,
		.qpn = qp->lower->qp_num,
		.scope = scope,
	};

	ff_source_learn(qp->sources, &key, source_of(ah), &ah->dest);
}

/*
 * A number is looked for among those of the lower device that the handle leads
 * to. Context: under RCU.
 */
static bool leads_to(const struct ff_ah *ah, struct ff_dev *dest, u32 qpn)
{
	return ff_place_is_on(&ah->place, dest) && ff_tenant_owns(dest, qpn);
}

static bool leads_away(const struct ff_ah *ah)
{
	return !ah->place.local_lower[0] && !ipv6_addr_any(source_of(ah));
}

/* A QP of this host is about to get a message, of which its program may know. */
static void have_receives_taken(const struct ff_ah *ah, const struct ff_qp *qp,
				u32 qpn)
{
	const struct ff_file *file = ah->obj.file;

	if (file->abi->take_receives && ff_place_is_on(&ah->place, file->dev))
		file->abi->take_receives(qp->lower->device, qpn);
}

/**
 * ff_ah_aim() - a message is about to be sent
 * @ah: the handle that it goes through
 * @qp: the UD QP that sends it
 * @qpn: number of the QP that it is for
 * @until: how long another host's answer may be waited for, in jiffies
 *
 * Receivers come to know whom it is from, but for those of a group at another
 * host. A QP that is none of the device that has the address gets nothing, as if
 * it did not exist; nor does a single one by way of a group, nor any when the
 * address is no longer where the handle leads.
 *
 * Context: may sleep.
 * Return: the number of the QP that the message goes to.
 */
u32 ff_ah_aim(struct ff_ah *ah, const struct ff_qp *qp, u32 qpn,
	      unsigned long until)
{
	struct ff_dev *dest = NULL;
	bool allowed;

	rcu_read_lock();
	if (is_group(ah)) {
		allowed = qpn == IB_MULTICAST_QPN;
		announce(ah, qp, FF_SOURCE_MULTICAST);
	} else {
		dest = ff_route_local_rcu(ah->obj.file->dev->table, &ah->dest);
		allowed = dest ? leads_to(ah, dest, qpn) : leads_away(ah);
		if (dest && allowed)
			announce(ah, qp, dest->serial);
	}
	rcu_read_unlock();
	if (allowed && dest)
		have_receives_taken(ah, qp, qpn);
	else if (allowed && !is_group(ah))
		allowed = ff_announce(ah, qp, qpn, until);
	return allowed ? qpn : FF_NO_QPN;
}

static int translate_group(struct ff_file *file, const struct ff_path *path,
			   struct rdma_ah_attr *attr)
{
	struct in6_addr group;

	ff_group_address(file->dev->table, &path->dest, &group);
	ff_path_ask(file->dev, path, attr);
	return ff_path_multicast(file->lower, &group, attr);
}

static int create_lower(struct ff_ah *ah, const struct ff_path *path)
{
	struct ff_file *file = ah->obj.file;
	struct rdma_ah_attr attr = {};
	int err;

	err = ff_path_source(file->dev, path->sgid_index, &ah->source);
	if (err)
		return err;
	ah->dest = path->dest;
	if (is_group(ah))
		err = translate_group(file, path, &attr);
	else
		err = ff_path_translate(file, path, &attr, &ah->place);
	if (err)
		return err;
	ah->lower = rdma_create_ah(ah->pd->lower, &attr,
				   RDMA_CREATE_AH_SLEEPABLE);
	if (IS_ERR(ah->lower))
		return PTR_ERR(ah->lower);
	ah->tclass = attr.grh.traffic_class;
	ah->sl = attr.sl;
	memcpy(&ah->host_source, &ah->lower->sgid_attr->gid,
	       sizeof(ah->host_source));
	return 0;
}

static int create_in_pd(struct ff_cmd *cmd, struct ff_pd *pd,
			const struct ff_path *path)
{
	const struct ff_abi *abi = cmd->file->dev->abi;
	struct ib_uverbs_create_ah_resp resp = {};
	struct ff_ah *ah;
	int err;

	ah = ff_obj_create(cmd->file, &ff_ah_kind);
	if (IS_ERR(ah))
		return PTR_ERR(ah);
	ah->pd = pd;
	ff_announced_init(&ah->announced);
	err = create_lower(ah, path);
	if (err)
		goto err_obj;

	resp.ah_handle = ah->obj.handle;
	err = abi->answer_ah ? abi->answer_ah(cmd, ah->obj.handle) : 0;
	if (!err)
		err = ff_cmd_respond(cmd, &resp, sizeof(resp));
	if (err)
		goto err_lower;
	ff_obj_add_dependent(&pd->obj);
	ff_obj_publish(&ah->obj);
	return 0;

err_lower:
	rdma_destroy_ah(ah->lower, RDMA_DESTROY_AH_SLEEPABLE);
err_obj:
	ff_obj_abort(&ah->obj);
	return err;
}

int ff_ah_cmd_create(struct ff_cmd *cmd)
{
	struct ib_uverbs_create_ah req;
	struct ff_path path = {};
	struct ff_pd *pd;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	if (!READ_ONCE(cmd->file->lower) || req.attr.port_num != FF_PORT)
		return -EINVAL;
	pd = ff_obj_get(cmd->file, &ff_pd_kind, req.pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);

	memcpy(&path.dest, req.attr.grh.dgid, sizeof(path.dest));
	path.flow_label = req.attr.grh.flow_label;
	path.traffic_class = req.attr.grh.traffic_class;
	path.sgid_index = req.attr.grh.sgid_index;
	path.sl = req.attr.sl;
	path.static_rate = req.attr.static_rate;
	err = req.attr.is_global ? create_in_pd(cmd, pd, &path) : -EINVAL;
	ff_obj_put(&pd->obj);
	return err;
}

int ff_ah_cmd_destroy(struct ff_cmd *cmd)
{
	struct ib_uverbs_destroy_ah req;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	return ff_obj_destroy(cmd->file, &ff_ah_kind, req.ah_handle);
}
