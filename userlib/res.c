// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>

#include "attr.h"
#include "handle.h"

static const struct nla_policy res_policy[FREEFLOW_A_RES_MAX + 1] = {
	[FREEFLOW_A_RES_TYPE]		= FF_POLICY_U32,
	[FREEFLOW_A_RES_DEV]		= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_RES_HANDLE]		= FF_POLICY_U32,
	[FREEFLOW_A_RES_PID]		= FF_POLICY_U32,
	[FREEFLOW_A_RES_COMM]		= FF_POLICY_STRING(LIBFREEFLOW_COMM_MAX),
	[FREEFLOW_A_RES_MR_LENGTH]	= FF_POLICY_U64,
	[FREEFLOW_A_RES_CQ_CQE]		= FF_POLICY_U32,
	[FREEFLOW_A_RES_QP_QPN]		= FF_POLICY_U32,
	[FREEFLOW_A_RES_QP_TYPE]	= FF_POLICY_U32,
	[FREEFLOW_A_RES_QP_STATE]	= FF_POLICY_U32,
	[FREEFLOW_A_RES_QP_DEST_QPN]	= FF_POLICY_U32,
	[FREEFLOW_A_RES_QP_DEST]	= FF_POLICY_ADDR,
	[FREEFLOW_A_RES_QP_HOST]	= FF_POLICY_ADDR,
	[FREEFLOW_A_RES_TCLASS]		= FF_POLICY_U8,
	[FREEFLOW_A_RES_SL]		= FF_POLICY_U8,
};

static int parse_res(struct nlmsghdr *nlh, struct ff_res *res)
{
	struct nlattr *attrs[FREEFLOW_A_RES_MAX + 1];
	int err;

	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_RES_MAX, res_policy);
	if (err)
		return err;
	if (!attrs[FREEFLOW_A_RES_TYPE] || !attrs[FREEFLOW_A_RES_DEV])
		return -EBADMSG;

	res->type = nla_get_u32(attrs[FREEFLOW_A_RES_TYPE]);
	ff_attr_string(attrs[FREEFLOW_A_RES_DEV], res->dev, sizeof(res->dev));
	res->handle = ff_attr_u32(attrs[FREEFLOW_A_RES_HANDLE]);
	res->pid = ff_attr_u32(attrs[FREEFLOW_A_RES_PID]);
	ff_attr_string(attrs[FREEFLOW_A_RES_COMM], res->comm,
		       sizeof(res->comm));
	res->mr_length = ff_attr_u64(attrs[FREEFLOW_A_RES_MR_LENGTH]);
	res->cq_cqe = ff_attr_u32(attrs[FREEFLOW_A_RES_CQ_CQE]);
	res->qpn = ff_attr_u32(attrs[FREEFLOW_A_RES_QP_QPN]);
	res->qp_type = ff_attr_u32(attrs[FREEFLOW_A_RES_QP_TYPE]);
	res->qp_state = ff_attr_u32(attrs[FREEFLOW_A_RES_QP_STATE]);
	res->dest_qpn = ff_attr_u32(attrs[FREEFLOW_A_RES_QP_DEST_QPN]);
	res->tclass = ff_attr_u8(attrs[FREEFLOW_A_RES_TCLASS]);
	res->sl = ff_attr_u8(attrs[FREEFLOW_A_RES_SL]);
	err = ff_attr_addr(attrs[FREEFLOW_A_RES_QP_DEST], &res->dest);
	return err ? err : ff_attr_addr(attrs[FREEFLOW_A_RES_QP_HOST],
					&res->host);
}

struct list {
	ff_res_cb cb;
	void *arg;
};

static int take_listed(struct nlmsghdr *nlh, void *arg)
{
	const struct list *list = arg;
	struct ff_res res;
	int err = parse_res(nlh, &res);

	return err ? err : list->cb(&res, list->arg);
}

/**
 * ff_res_list() - list the objects that programs made
 * @handle: from ff_open()
 * @type: kind of object
 * @dev: virtual device whose objects to list, or NULL for all devices
 * @cb: called once for each object
 * @arg: for @cb
 *
 * Return: 0; what @cb answered when that was not 0; -ENODEV when there is no
 * virtual device of that name; -EINTR when the list changed while it was read,
 * after all of it was handed out; -EBADMSG.
 */
int ff_res_list(struct ff_handle *handle, enum freeflow_res_type type,
		const char *dev, ff_res_cb cb, void *arg)
{
	struct list list = { .cb = cb, .arg = arg };
	struct nl_msg *msg;

	msg = ff_request_new(handle, FREEFLOW_CMD_RES_GET, NLM_F_DUMP);
	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, FREEFLOW_A_RES_TYPE, type) ||
	    (dev && nla_put_string(msg, FREEFLOW_A_RES_DEV, dev))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return ff_request_do(handle, msg, take_listed, &list);
}
