// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <string.h>

#include <netlink/genl/genl.h>

#include "attr.h"
#include "handle.h"
#include "quota.h"

static const struct nla_policy quota_policy[FREEFLOW_A_QUOTA_MAX + 1] = {
	[FREEFLOW_A_QUOTA_NETNS_INODE]	= FF_POLICY_U32,
	[FREEFLOW_A_QUOTA_RES]		= { .type = NLA_NESTED },
	[FREEFLOW_A_QUOTA_PINNED_LIMIT]	= FF_POLICY_U64,
	[FREEFLOW_A_QUOTA_PINNED_USED]	= FF_POLICY_U64,
	[FREEFLOW_A_QUOTA_PINNED_REFUSED] = FF_POLICY_U64,
};

static const struct nla_policy res_policy[FREEFLOW_A_QUOTA_RES_MAX + 1] = {
	[FREEFLOW_A_QUOTA_RES_TYPE]	= FF_POLICY_U32,
	[FREEFLOW_A_QUOTA_RES_LIMIT]	= FF_POLICY_U32,
	[FREEFLOW_A_QUOTA_RES_USED]	= FF_POLICY_U32,
	[FREEFLOW_A_QUOTA_RES_REFUSED]	= FF_POLICY_U64,
};

/* Read one resource; those that only a newer kernel knows are left out. */
static int parse_res(struct nlattr *nest, struct ff_quota *quota)
{
	struct nlattr *attrs[FREEFLOW_A_QUOTA_RES_MAX + 1];
	struct ff_quota_res *res;
	uint32_t type;

	if (nla_parse_nested(attrs, FREEFLOW_A_QUOTA_RES_MAX, nest,
			     res_policy) ||
	    !attrs[FREEFLOW_A_QUOTA_RES_TYPE] ||
	    !attrs[FREEFLOW_A_QUOTA_RES_LIMIT])
		return -EBADMSG;
	type = nla_get_u32(attrs[FREEFLOW_A_QUOTA_RES_TYPE]);
	if (type > FREEFLOW_RES_TYPE_MAX)
		return 0;
	if (quota->nres > FREEFLOW_RES_TYPE_MAX)
		return -EBADMSG;

	res = &quota->res[quota->nres++];
	res->type = type;
	res->limit = nla_get_u32(attrs[FREEFLOW_A_QUOTA_RES_LIMIT]);
	res->used = ff_attr_u32(attrs[FREEFLOW_A_QUOTA_RES_USED]);
	res->refused = ff_attr_u64(attrs[FREEFLOW_A_QUOTA_RES_REFUSED]);
	return 0;
}

/* Read a namespace's quotas out of a message; 0 or -EBADMSG. */
int ff_quota_parse(struct nlmsghdr *nlh, struct ff_quota *quota)
{
	struct nlattr *attrs[FREEFLOW_A_QUOTA_MAX + 1];
	struct nlattr *attr;
	int left;
	int err;

	memset(quota, 0, sizeof(*quota));
	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_QUOTA_MAX, quota_policy);
	if (err)
		return err;
	if (!attrs[FREEFLOW_A_QUOTA_NETNS_INODE])
		return -EBADMSG;
	quota->netns_inode = nla_get_u32(attrs[FREEFLOW_A_QUOTA_NETNS_INODE]);
	quota->pinned_limit = attrs[FREEFLOW_A_QUOTA_PINNED_LIMIT] ?
		nla_get_u64(attrs[FREEFLOW_A_QUOTA_PINNED_LIMIT]) :
		FREEFLOW_QUOTA_PINNED_UNLIMITED;
	quota->pinned_used = ff_attr_u64(attrs[FREEFLOW_A_QUOTA_PINNED_USED]);
	quota->pinned_refused =
		ff_attr_u64(attrs[FREEFLOW_A_QUOTA_PINNED_REFUSED]);

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, left) {
		if (nla_type(attr) != FREEFLOW_A_QUOTA_RES)
			continue;
		err = parse_res(attr, quota);
		if (err)
			return err;
	}
	return 0;
}

static int take_one(struct nlmsghdr *nlh, void *arg)
{
	return ff_quota_parse(nlh, arg);
}

/* A request about a namespace, or no message. */
static struct nl_msg *netns_request(struct ff_handle *handle, int cmd,
				    int netns_fd)
{
	struct nl_msg *msg = ff_request_new(handle, cmd, 0);

	if (msg && nla_put_u32(msg, FREEFLOW_A_QUOTA_NETNS_FD, netns_fd)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/**
 * ff_quota_get() - quotas and use of a network namespace
 * @handle: from ff_open()
 * @netns_fd: open file of the namespace
 * @quota: where the answer goes
 *
 * Return: 0; -EINVAL when the file is no network namespace; -EBADMSG.
 */
int ff_quota_get(struct ff_handle *handle, int netns_fd,
		 struct ff_quota *quota)
{
	struct nl_msg *msg;
	int err;

	memset(quota, 0, sizeof(*quota));
	msg = netns_request(handle, FREEFLOW_CMD_QUOTA_GET, netns_fd);
	if (!msg)
		return -ENOMEM;
	err = ff_request_do(handle, msg, take_one, quota);
	return err || quota->netns_inode ? err : -EBADMSG;
}

struct list {
	ff_quota_cb cb;
	void *arg;
};

static int take_listed(struct nlmsghdr *nlh, void *arg)
{
	const struct list *list = arg;
	struct ff_quota quota;
	int err = ff_quota_parse(nlh, &quota);

	return err ? err : list->cb(&quota, list->arg);
}

/**
 * ff_quota_list() - quotas and use of all namespaces with a device or a quota
 * @handle: from ff_open()
 * @cb: called once for each namespace
 * @arg: for @cb
 *
 * Return: 0; what @cb answered when that was not 0; -EINTR when the list
 * changed while it was read, after all of it was handed out; -EBADMSG.
 */
int ff_quota_list(struct ff_handle *handle, ff_quota_cb cb, void *arg)
{
	struct list list = { .cb = cb, .arg = arg };
	struct nl_msg *msg;

	msg = ff_request_new(handle, FREEFLOW_CMD_QUOTA_GET, NLM_F_DUMP);
	if (!msg)
		return -ENOMEM;
	return ff_request_do(handle, msg, take_listed, &list);
}

static int put_limit(struct nl_msg *msg, const struct ff_quota_limit *limit)
{
	struct nlattr *nest;

	if (limit->type == LIBFREEFLOW_PINNED)
		return nla_put_u64(msg, FREEFLOW_A_QUOTA_PINNED_LIMIT,
				   limit->limit) ? -EMSGSIZE : 0;
	if (limit->limit > UINT32_MAX)
		return -ERANGE;
	nest = nla_nest_start(msg, NLA_F_NESTED | FREEFLOW_A_QUOTA_RES);
	if (!nest ||
	    nla_put_u32(msg, FREEFLOW_A_QUOTA_RES_TYPE, limit->type) ||
	    nla_put_u32(msg, FREEFLOW_A_QUOTA_RES_LIMIT, limit->limit))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * ff_quota_set() - set quotas of a network namespace
 * @handle: from ff_open()
 * @netns_fd: open file of the namespace
 * @limits: the quotas to set; other resources stay as they are. A limit below
 *	the current use takes nothing away, but refuses new objects.
 * @nlimits: how many
 *
 * Return: 0; -EPERM; -EINVAL for no limits at all, an unknown resource, or a
 * file that is no network namespace; -EMSGSIZE for too many limits; -ERANGE for
 * more objects than can be counted.
 */
int ff_quota_set(struct ff_handle *handle, int netns_fd,
		 const struct ff_quota_limit *limits, size_t nlimits)
{
	struct nl_msg *msg;
	size_t i;
	int err;

	msg = netns_request(handle, FREEFLOW_CMD_QUOTA_SET, netns_fd);
	if (!msg)
		return -ENOMEM;
	for (i = 0; i < nlimits; i++) {
		err = put_limit(msg, &limits[i]);
		if (err) {
			nlmsg_free(msg);
			return err;
		}
	}
	return ff_request_do(handle, msg, NULL, NULL);
}
