// SPDX-License-Identifier: GPL-2.0-only
#include <net/net_namespace.h>

#include "netlink.h"
#include "netns.h"

static const struct nla_policy quota_res_policy[FREEFLOW_A_QUOTA_RES_MAX + 1] = {
	[FREEFLOW_A_QUOTA_RES_TYPE] =
		NLA_POLICY_MAX(NLA_U32, FREEFLOW_RES_TYPE_MAX),
	[FREEFLOW_A_QUOTA_RES_LIMIT] = { .type = NLA_U32 },
};

const struct nla_policy ff_quota_policy[FREEFLOW_A_QUOTA_MAX + 1] = {
	[FREEFLOW_A_QUOTA_NETNS_FD] = { .type = NLA_U32 },
	[FREEFLOW_A_QUOTA_RES] = NLA_POLICY_NESTED(quota_res_policy),
	[FREEFLOW_A_QUOTA_PINNED_LIMIT] = { .type = NLA_U64 },
};

static int fill_res(struct sk_buff *skb, const struct ff_quota *quota, int type)
{
	struct nlattr *nest = nla_nest_start(skb, FREEFLOW_A_QUOTA_RES);

	if (!nest ||
	    nla_put_u32(skb, FREEFLOW_A_QUOTA_RES_TYPE, type) ||
	    nla_put_u32(skb, FREEFLOW_A_QUOTA_RES_LIMIT,
			READ_ONCE(quota->res[type].limit)) ||
	    nla_put_u32(skb, FREEFLOW_A_QUOTA_RES_USED,
			atomic_read(&quota->res[type].used)) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_QUOTA_RES_REFUSED,
			      atomic64_read(&quota->res[type].refused),
			      FREEFLOW_A_QUOTA_RES_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_pinned(struct sk_buff *skb, const struct ff_quota *quota)
{
	if (nla_put_u64_64bit(skb, FREEFLOW_A_QUOTA_PINNED_LIMIT,
			      READ_ONCE(quota->pinned.limit),
			      FREEFLOW_A_QUOTA_PAD) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_QUOTA_PINNED_USED,
			      atomic64_read(&quota->pinned.used),
			      FREEFLOW_A_QUOTA_PAD) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_QUOTA_PINNED_REFUSED,
			      atomic64_read(&quota->pinned.refused),
			      FREEFLOW_A_QUOTA_PAD))
		return -EMSGSIZE;
	return 0;
}

static int fill_quota(struct sk_buff *skb, const void *object)
{
	const struct ff_net *ffnet = object;
	const struct ff_quota *quota = &ffnet->quota;
	int type, err;

	err = nla_put_u32(skb, FREEFLOW_A_QUOTA_NETNS_INODE, ffnet->inode);
	for (type = 0; !err && type <= FREEFLOW_RES_TYPE_MAX; type++)
		err = fill_res(skb, quota, type);
	return err ?: fill_pinned(skb, quota);
}

static struct net *get_named(struct genl_info *info)
{
	struct nlattr *fd = info->attrs[FREEFLOW_A_QUOTA_NETNS_FD];

	if (!fd) {
		NL_SET_ERR_MSG(info->extack, "a network namespace is missing");
		return ERR_PTR(-EINVAL);
	}
	return ff_netlink_get_netns(fd, info);
}

int ff_netlink_quota_get(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = get_named(info);
	int err;

	if (IS_ERR(net))
		return PTR_ERR(net);
	err = ff_netlink_reply(info, FREEFLOW_CMD_QUOTA_GET, fill_quota,
			       ff_net_peek(net));
	put_net(net);
	return err;
}

/* Worth showing: it has a device, or a quota. */
static bool is_of_interest(const struct ff_net *ffnet)
{
	return kref_read(&ffnet->ref) > 1 || ff_quota_is_set(&ffnet->quota);
}

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

static int dump_one(struct ff_net *ffnet, void *arg)
{
	struct dump *dump = arg;

	if (!is_of_interest(ffnet))
		return 0;
	return ff_netlink_dump_one(dump->skb, dump->cb, FREEFLOW_CMD_QUOTA_GET,
				   fill_quota, ffnet);
}

int ff_netlink_quota_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump dump = { .skb = skb, .cb = cb };
	u32 from = cb->args[0];

	ff_net_visit(&from, dump_one, &dump);
	cb->args[0] = from;
	return skb->len;
}

static int parse_res(const struct nlattr *nest, u32 *type, u32 *limit,
		     struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[FREEFLOW_A_QUOTA_RES_MAX + 1];
	int err;

	err = nla_parse_nested(attrs, FREEFLOW_A_QUOTA_RES_MAX, nest,
			       quota_res_policy, extack);
	if (err)
		return err;
	if (!attrs[FREEFLOW_A_QUOTA_RES_TYPE] ||
	    !attrs[FREEFLOW_A_QUOTA_RES_LIMIT]) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "a quota needs a resource and a limit");
		return -EINVAL;
	}
	*type = nla_get_u32(attrs[FREEFLOW_A_QUOTA_RES_TYPE]);
	*limit = nla_get_u32(attrs[FREEFLOW_A_QUOTA_RES_LIMIT]);
	return 0;
}

/* Reads every limit before any is set, so that a refusal changes nothing. */
static int parse_limits(struct genl_info *info,
			u32 limits[FREEFLOW_RES_TYPE_MAX + 1], u32 *named)
{
	struct nlattr *attr;
	u32 type, limit;
	int rest, err;

	*named = 0;
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != FREEFLOW_A_QUOTA_RES)
			continue;
		err = parse_res(attr, &type, &limit, info->extack);
		if (err)
			return err;
		limits[type] = limit;
		*named |= BIT(type);
	}
	if (!*named && !info->attrs[FREEFLOW_A_QUOTA_PINNED_LIMIT]) {
		NL_SET_ERR_MSG(info->extack, "no quota to set is named");
		return -EINVAL;
	}
	return 0;
}

int ff_netlink_quota_set(struct sk_buff *skb, struct genl_info *info)
{
	u32 limits[FREEFLOW_RES_TYPE_MAX + 1], named;
	struct nlattr *pinned = info->attrs[FREEFLOW_A_QUOTA_PINNED_LIMIT];
	struct ff_quota *quota;
	struct net *net;
	int type, err;

	err = parse_limits(info, limits, &named);
	if (err)
		return err;
	net = get_named(info);
	if (IS_ERR(net))
		return PTR_ERR(net);

	quota = &ff_net_peek(net)->quota;
	for (type = 0; type <= FREEFLOW_RES_TYPE_MAX; type++)
		if (named & BIT(type))
			WRITE_ONCE(quota->res[type].limit, limits[type]);
	if (pinned)
		WRITE_ONCE(quota->pinned.limit, nla_get_u64(pinned));
	ff_netlink_event(FREEFLOW_CMD_QUOTA_SET, fill_quota, ff_net_peek(net));
	put_net(net);
	return 0;
}
