// SPDX-License-Identifier: GPL-2.0-only
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>

#include "ah.h"
#include "cmd.h"
#include "dev.h"
#include "file.h"
#include "group.h"
#include "path.h"
#include "pd.h"
#include "qp.h"
#include "route.h"
#include "source.h"

static void ah_destroy(struct ff_obj *obj)
{
	struct ff_ah *ah = container_of(obj, struct ff_ah, obj);

	rdma_destroy_ah(ah->lower, RDMA_DESTROY_AH_SLEEPABLE);
	atomic_dec(&ah->pd->obj.dependents);
}

const struct ff_obj_kind ff_ah_kind = {
	.type	 = FREEFLOW_RES_TYPE_AH,
	.size	 = sizeof(struct ff_ah),
	.destroy = ah_destroy,
};

/**
 * ff_ah_announce() - let who gets a message know whom it is from
 * @ah: the handle that the message goes through
 * @qp: the UD QP that sends it
 *
 * For receivers on this host.
 *
 * Context: any.
 */
void ff_ah_announce(const struct ff_ah *ah, const struct ff_qp *qp)
{
	bool multicast = rdma_is_multicast_addr((struct in6_addr *)&ah->dest);
	const struct ff_dev *dev = ah->obj.file->dev;
	const struct in6_addr *source = &ah->source;
	struct ff_source_key key = {
		.host = ah->host_source,
		.qpn = qp->lower->qp_num,
		.scope = FF_SOURCE_MULTICAST,
	};

	if (!multicast)
		key.scope = ff_route_local_serial(dev->table, &ah->dest);
	if (!multicast && !key.scope)
		return;
	/* The address may have gone since, perhaps to another container. */
	if (ff_route_local_serial(dev->table, source) != dev->serial)
		source = &in6addr_any;
	ff_source_learn(qp->sources, &key, source, &ah->dest);
}

static int translate_group(struct ff_file *file, const struct ff_path *path,
			   struct rdma_ah_attr *attr)
{
	struct in6_addr group;

	ff_group_address(file->dev->table, &path->dest, &group);
	attr->grh.flow_label = path->flow_label;
	attr->grh.traffic_class = path->traffic_class;
	attr->sl = path->sl;
	attr->static_rate = path->static_rate;
	return ff_path_multicast(file->lower, &group, attr);
}

static int create_lower(struct ff_ah *ah, const struct ff_path *path)
{
	struct ff_file *file = ah->obj.file;
	struct rdma_ah_attr attr = {};
	struct in6_addr host;
	int err;

	err = ff_path_source(file->dev, path->sgid_index, &ah->source);
	if (err)
		return err;
	ah->dest = path->dest;
	if (rdma_is_multicast_addr(&ah->dest))
		err = translate_group(file, path, &attr);
	else
		err = ff_path_translate(file, path, &attr, &host);
	if (err)
		return err;
	ah->lower = rdma_create_ah(ah->pd->lower, &attr,
				   RDMA_CREATE_AH_SLEEPABLE);
	if (IS_ERR(ah->lower))
		return PTR_ERR(ah->lower);
	memcpy(&ah->host_source, &ah->lower->sgid_attr->gid,
	       sizeof(ah->host_source));
	return 0;
}

static int create_in_pd(struct ff_cmd *cmd, struct ff_pd *pd,
			const struct ff_path *path)
{
	struct ib_uverbs_create_ah_resp resp = {};
	struct ff_ah *ah;
	int err;

	ah = ff_obj_create(cmd->file, &ff_ah_kind);
	if (IS_ERR(ah))
		return PTR_ERR(ah);
	ah->pd = pd;
	err = create_lower(ah, path);
	if (err)
		goto err_obj;

	resp.ah_handle = ah->obj.handle;
	err = ff_cmd_respond(cmd, &resp, sizeof(resp));
	if (err)
		goto err_lower;
	atomic_inc(&pd->obj.dependents);
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
