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
	if (!attrs[FREEFLOW_A_LIMIT_DEV] ==
	    !attrs[FREEFLOW_A_LIMIT_NETNS_INODE])
		return -EBADMSG;
	ff_attr_string(attrs[FREEFLOW_A_LIMIT_DEV], limit->dev,
		       sizeof(limit->dev));
	limit->has_qpn = attrs[FREEFLOW_A_LIMIT_QPN];
	limit->qpn = ff_attr_u32(attrs[FREEFLOW_A_LIMIT_QPN]);
	limit->netns_inode = ff_attr_u32(attrs[FREEFLOW_A_LIMIT_NETNS_INODE]);
	limit->rate = ff_attr_u64(attrs[FREEFLOW_A_LIMIT_RATE]);
	limit->burst = ff_attr_u64(attrs[FREEFLOW_A_LIMIT_BURST]);
	limit->waiting = ff_attr_u32(attrs[FREEFLOW_A_LIMIT_WAITING]);
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
 * ff_limit_list() - list the limits that are set
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
	return 0;
}

/* Send a request about a target; a @rate of 0 is left out. */
static int request(struct ff_handle *handle, int cmd,
		   const struct ff_limit_target *target, uint64_t rate,
		   uint64_t burst)
{
	struct nl_msg *msg = ff_request_new(handle, cmd, 0);

	if (!msg)
		return -ENOMEM;
	if (put_target(msg, target) ||
	    (rate && nla_put_u64(msg, FREEFLOW_A_LIMIT_RATE, rate)) ||
	    (burst && nla_put_u64(msg, FREEFLOW_A_LIMIT_BURST, burst))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return ff_request_do(handle, msg, NULL, NULL);
}

/**
 * ff_limit_set() - limit a rate, or limit it anew
 * @handle: from ff_open()
 * @target: what is limited
 * @rate: bytes a second, FREEFLOW_LIMIT_RATE_MIN to _MAX
 * @burst: bytes that pass at once after a pause, up to
 *	FREEFLOW_LIMIT_BURST_MAX; 0 for what passes in 10 ms, at least 16384
 *
 * Return: 0; -EPERM; -ENODEV or -ENOENT for a device or QP that is not there;
 * -EINVAL without a rate, or for not exactly one device or namespace; -ERANGE
 * for a rate or a burst beyond its bounds.
 */
int ff_limit_set(struct ff_handle *handle, const struct ff_limit_target *target,
		 uint64_t rate, uint64_t burst)
{
	return request(handle, FREEFLOW_CMD_LIMIT_SET, target, rate, burst);
}

/**
 * ff_limit_del() - limit no more
 * @handle: from ff_open()
 * @target: what is not limited any more
 *
 * Return: 0; -EPERM; -ENOENT when no limit was set, or for a QP that is not
 * there; -ENODEV; -EINVAL for not exactly one device or namespace.
 */
int ff_limit_del(struct ff_handle *handle, const struct ff_limit_target *target)
{
	return request(handle, FREEFLOW_CMD_LIMIT_DEL, target, 0, 0);
}
