// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <string.h>

#include <netlink/genl/genl.h>

#include "attr.h"
#include "handle.h"
#include "stat.h"

static const struct nla_policy stat_policy[FREEFLOW_A_STAT_MAX + 1] = {
	[FREEFLOW_A_STAT_SCOPE]		= FF_POLICY_U32,
	[FREEFLOW_A_STAT_DEV]		= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_STAT_NETNS_INODE]	= FF_POLICY_U32,
	[FREEFLOW_A_STAT_QPN]		= FF_POLICY_U32,
	[FREEFLOW_A_STAT_PER_QP]	= FF_POLICY_U8,
	[FREEFLOW_A_STAT_OP]		= { .type = NLA_NESTED },
	[FREEFLOW_A_STAT_COMPLETION]	= { .type = NLA_NESTED },
	[FREEFLOW_A_STAT_TALLY]		= { .type = NLA_NESTED },
};

static const struct nla_policy op_policy[FREEFLOW_A_STAT_OP_MAX + 1] = {
	[FREEFLOW_A_STAT_OP_TYPE]	= FF_POLICY_U32,
	[FREEFLOW_A_STAT_OP_MESSAGES]	= FF_POLICY_U64,
	[FREEFLOW_A_STAT_OP_BYTES]	= FF_POLICY_U64,
};

static const struct nla_policy
completion_policy[FREEFLOW_A_STAT_COMPLETION_MAX + 1] = {
	[FREEFLOW_A_STAT_COMPLETION_STATUS]	= FF_POLICY_U32,
	[FREEFLOW_A_STAT_COMPLETION_COUNT]	= FF_POLICY_U64,
};

static const struct nla_policy tally_policy[FREEFLOW_A_STAT_TALLY_MAX + 1] = {
	[FREEFLOW_A_STAT_TALLY_TYPE]	= FF_POLICY_U32,
	[FREEFLOW_A_STAT_TALLY_COUNT]	= FF_POLICY_U64,
};

/* Read one count; those that only a newer kernel knows are left out. */
static int parse_op(struct nlattr *nest, struct ff_stat *stat)
{
	struct nlattr *attrs[FREEFLOW_A_STAT_OP_MAX + 1];
	struct ff_stat_op *op;
	uint32_t type;

	if (nla_parse_nested(attrs, FREEFLOW_A_STAT_OP_MAX, nest, op_policy) ||
	    !attrs[FREEFLOW_A_STAT_OP_TYPE])
		return -EBADMSG;
	type = nla_get_u32(attrs[FREEFLOW_A_STAT_OP_TYPE]);
	if (type > FREEFLOW_STAT_OP_MAX)
		return 0;
	op = &stat->ops[type];
	op->messages = ff_attr_u64(attrs[FREEFLOW_A_STAT_OP_MESSAGES]);
	op->bytes = ff_attr_u64(attrs[FREEFLOW_A_STAT_OP_BYTES]);
	return 0;
}

static int parse_completion(struct nlattr *nest, struct ff_stat *stat)
{
	struct nlattr *attrs[FREEFLOW_A_STAT_COMPLETION_MAX + 1];
	uint32_t status;

	if (nla_parse_nested(attrs, FREEFLOW_A_STAT_COMPLETION_MAX, nest,
			     completion_policy) ||
	    !attrs[FREEFLOW_A_STAT_COMPLETION_STATUS])
		return -EBADMSG;
	status = nla_get_u32(attrs[FREEFLOW_A_STAT_COMPLETION_STATUS]);
	if (status <= FREEFLOW_STAT_STATUS_MAX)
		stat->completions[status] =
			ff_attr_u64(attrs[FREEFLOW_A_STAT_COMPLETION_COUNT]);
	return 0;
}

static int parse_tally(struct nlattr *nest, struct ff_stat *stat)
{
	struct nlattr *attrs[FREEFLOW_A_STAT_TALLY_MAX + 1];
	uint32_t type;

	if (nla_parse_nested(attrs, FREEFLOW_A_STAT_TALLY_MAX, nest,
			     tally_policy) ||
	    !attrs[FREEFLOW_A_STAT_TALLY_TYPE])
		return -EBADMSG;
	type = nla_get_u32(attrs[FREEFLOW_A_STAT_TALLY_TYPE]);
	if (type <= FREEFLOW_STAT_TALLY_MAX)
		stat->tallies[type] =
			ff_attr_u64(attrs[FREEFLOW_A_STAT_TALLY_COUNT]);
	return 0;
}

static int parse_counts(struct nlmsghdr *nlh, struct ff_stat *stat)
{
	struct nlattr *attr;
	int err = 0;
	int left;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, left) {
		switch (nla_type(attr)) {
		case FREEFLOW_A_STAT_OP:
			err = parse_op(attr, stat);
			break;
		case FREEFLOW_A_STAT_COMPLETION:
			err = parse_completion(attr, stat);
			break;
		case FREEFLOW_A_STAT_TALLY:
			err = parse_tally(attr, stat);
			break;
		}
		if (err)
			return err;
	}
	return 0;
}

/* Read statistics out of a message; 0 or -EBADMSG. */
int ff_stat_parse(struct nlmsghdr *nlh, struct ff_stat *stat)
{
	struct nlattr *attrs[FREEFLOW_A_STAT_MAX + 1];
	int err;

	memset(stat, 0, sizeof(*stat));
	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_STAT_MAX, stat_policy);
	if (err)
		return err;
	if (!attrs[FREEFLOW_A_STAT_SCOPE] ||
	    !attrs[FREEFLOW_A_STAT_NETNS_INODE])
		return -EBADMSG;

	stat->scope = nla_get_u32(attrs[FREEFLOW_A_STAT_SCOPE]);
	ff_attr_string(attrs[FREEFLOW_A_STAT_DEV], stat->dev,
		       sizeof(stat->dev));
	stat->netns_inode = nla_get_u32(attrs[FREEFLOW_A_STAT_NETNS_INODE]);
	stat->qpn = ff_attr_u32(attrs[FREEFLOW_A_STAT_QPN]);
	stat->per_qp = attrs[FREEFLOW_A_STAT_PER_QP] &&
		       nla_get_u8(attrs[FREEFLOW_A_STAT_PER_QP]);
	return parse_counts(nlh, stat);
}

struct list {
	ff_stat_cb cb;
	void *arg;
};

static int take_listed(struct nlmsghdr *nlh, void *arg)
{
	const struct list *list = arg;
	struct ff_stat stat;
	int err = ff_stat_parse(nlh, &stat);

	return err ? err : list->cb(&stat, list->arg);
}

/**
 * ff_stat_list() - statistics of devices, namespaces or QPs
 * @handle: from ff_open()
 * @scope: what they are of; namespaces are those that have or had a device, QPs
 *	those that count for themselves
 * @dev: virtual device that is meant, or whose QPs are; NULL for all devices,
 *	and of namespaces
 * @cb: called once for each
 * @arg: for @cb
 *
 * Return: 0; what @cb answered when that was not 0; -ENODEV when there is no
 * virtual device of that name; -EINVAL for QPs without a device; -EINTR when
 * the list changed while it was read, after all of it was handed out; -EBADMSG.
 */
int ff_stat_list(struct ff_handle *handle, enum freeflow_stat_scope scope,
		 const char *dev, ff_stat_cb cb, void *arg)
{
	struct list list = { .cb = cb, .arg = arg };
	struct nl_msg *msg;

	msg = ff_request_new(handle, FREEFLOW_CMD_STAT_GET, NLM_F_DUMP);
	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, FREEFLOW_A_STAT_SCOPE, scope) ||
	    (dev && nla_put_string(msg, FREEFLOW_A_STAT_DEV, dev))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return ff_request_do(handle, msg, take_listed, &list);
}

/**
 * ff_stat_set_per_qp() - have a device count per QP, or no more
 * @handle: from ff_open()
 * @dev: virtual device
 * @per_qp: whether its QPs, those that exist and later ones, count for
 *	themselves, too; if not, later ones do not
 *
 * Return: 0; -ENODEV when there is no virtual device of that name; -ENOMEM.
 */
int ff_stat_set_per_qp(struct ff_handle *handle, const char *dev, bool per_qp)
{
	struct nl_msg *msg;

	msg = ff_request_new(handle, FREEFLOW_CMD_STAT_SET, 0);
	if (!msg)
		return -ENOMEM;
	if (nla_put_string(msg, FREEFLOW_A_STAT_DEV, dev) ||
	    nla_put_u8(msg, FREEFLOW_A_STAT_PER_QP, per_qp)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return ff_request_do(handle, msg, NULL, NULL);
}
