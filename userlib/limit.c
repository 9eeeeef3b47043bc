// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <string.h>

#include "attr.h"
#include "handle.h"
#include "limit.h"

static const struct nla_policy limit_policy[FREEFLOW_A_LIMIT_MAX + 1] = {
	[FREEFLOW_A_LIMIT_DEV]		= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_LIMIT_QPN]		= FF_POLICY_U32,
	[FREEFLOW_A_LIMIT_NETNS_INODE]	= FF_POLICY_U32,
	[FREEFLOW_A_LIMIT_RATE]		= FF_POLICY_U64,
	[FREEFLOW_A_LIMIT_BURST]	= FF_POLICY_U64,
	[FREEFLOW_A_LIMIT_WAITING]	= FF_POLICY_U32,
	[FREEFLOW_A_LIMIT_LOWER]	= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_LIMIT_WEIGHT]	= FF_POLICY_U32,
};

/* Read a limit out of a message; 0 or -EBADMSG. */
int ff_limit_parse(struct nlmsghdr *nlh, struct ff_limit *limit)
{
	struct nlattr *attrs[FREEFLOW_A_LIMIT_MAX + 1];
	int err;

	memset(limit, 0, sizeof(*limit));
	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_LIMIT_MAX, limit_policy);
	if (err)
		return err;
	if (!!attrs[FREEFLOW_A_LIMIT_DEV] + !!attrs[FREEFLOW_A_LIMIT_LOWER] +
	    !!attrs[FREEFLOW_A_LIMIT_NETNS_INODE] != 1)
		return -EBADMSG;
	ff_attr_string(attrs[FREEFLOW_A_LIMIT_DEV], limit->dev,
		       sizeof(limit->dev));
	ff_attr_string(attrs[FREEFLOW_A_LIMIT_LOWER], limit->lower,
		       sizeof(limit->lower));
	limit->has_qpn = attrs[FREEFLOW_A_LIMIT_QPN];
	limit->qpn = ff_attr_u32(attrs[FREEFLOW_A_LIMIT_QPN]);
	limit->netns_inode = ff_attr_u32(attrs[FREEFLOW_A_LIMIT_NETNS_INODE]);
	limit->rate = ff_attr_u64(attrs[FREEFLOW_A_LIMIT_RATE]);
	limit->burst = ff_attr_u64(attrs[FREEFLOW_A_LIMIT_BURST]);
	limit->waiting = ff_attr_u32(attrs[FREEFLOW_A_LIMIT_WAITING]);
	limit->weight = ff_attr_u32(attrs[FREEFLOW_A_LIMIT_WEIGHT]);
	return 0;
}

struct list {
	ff_limit_cb cb;
	void *arg;
};

static int take_listed(struct nlmsghdr *nlh, void *arg)
{
	const struct list *list = arg;
	struct ff_limit limit;
	int err = ff_limit_parse(nlh, &limit);

	return err ? err : list->cb(&limit, list->arg);
}

/**
 * ff_limit_list() - list the limits and weights that are set
 * @handle: from ff_open()
 * @cb: called once for each limit
 * @arg: for @cb
 *
 * Return: 0; what @cb answered when that was not 0; -EINTR when the list
 * changed while it was read, after all of it was handed out; -EBADMSG.
 */
int ff_limit_list(struct ff_handle *handle, ff_limit_cb cb, void *arg)
{
	struct list list = { .cb = cb, .arg = arg };
	struct nl_msg *msg;

	msg = ff_request_new(handle, FREEFLOW_CMD_LIMIT_GET, NLM_F_DUMP);
	if (!msg)
		return -ENOMEM;
	return ff_request_do(handle, msg, take_listed, &list);
}

static int put_target(struct nl_msg *msg, const struct ff_limit_target *target)
{
	if (target->dev &&
	    nla_put_string(msg, FREEFLOW_A_LIMIT_DEV, target->dev))
		return -EMSGSIZE;
	if (target->has_qpn &&
	    nla_put_u32(msg, FREEFLOW_A_LIMIT_QPN, target->qpn))
		return -EMSGSIZE;
	if (target->netns_fd >= 0 &&
	    nla_put_u32(msg, FREEFLOW_A_LIMIT_NETNS_FD, target->netns_fd))
		return -EMSGSIZE;
	if (target->lower &&
	    nla_put_string(msg, FREEFLOW_A_LIMIT_LOWER, target->lower))
		return -EMSGSIZE;
	return 0;
}

static int put_terms(struct nl_msg *msg, const struct ff_limit_terms *terms)
{
	if ((terms->rate &&
	     nla_put_u64(msg, FREEFLOW_A_LIMIT_RATE, terms->rate)) ||
	    (terms->burst &&
	     nla_put_u64(msg, FREEFLOW_A_LIMIT_BURST, terms->burst)) ||
	    (terms->weight &&
	     nla_put_u32(msg, FREEFLOW_A_LIMIT_WEIGHT, terms->weight)))
		return -EMSGSIZE;
	return 0;
}

/* Send a request about a target; of the terms, 0 is left out. */
static int request(struct ff_handle *handle, int cmd,
		   const struct ff_limit_target *target,
		   const struct ff_limit_terms *terms)
{
	struct nl_msg *msg = ff_request_new(handle, cmd, 0);

	if (!msg)
		return -ENOMEM;
	if (put_target(msg, target) || put_terms(msg, terms)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return ff_request_do(handle, msg, NULL, NULL);
}

/**
 * ff_limit_set() - limit a rate, limit it anew, or give a weight
 * @handle: from ff_open()
 * @target: what is limited
 * @terms: how; a rate, a weight of a namespace, or both
 *
 * Return: 0; -EPERM; -ENODEV or -ENOENT for a device or QP that is not there;
 * -EINVAL for neither rate nor weight, for a weight of something else, or for not
 * exactly one device, namespace or lower device; -ERANGE for a rate, a burst or a
 * weight beyond its bounds.
 */
int ff_limit_set(struct ff_handle *handle, const struct ff_limit_target *target,
		 const struct ff_limit_terms *terms)
{
	return request(handle, FREEFLOW_CMD_LIMIT_SET, target, terms);
}

/**
 * ff_limit_del() - limit no more, and forget a weight
 * @handle: from ff_open()
 * @target: what is not limited any more
 *
 * Return: 0; -EPERM; -ENOENT when nothing was set, or for a QP that is not
 * there; -ENODEV; -EINVAL for not exactly one device, namespace or lower device.
 */
int ff_limit_del(struct ff_handle *handle, const struct ff_limit_target *target)
{
	return request(handle, FREEFLOW_CMD_LIMIT_DEL, target,
		       &(struct ff_limit_terms){ 0 });
}
