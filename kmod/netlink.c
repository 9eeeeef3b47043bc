// SPDX-License-Identifier: GPL-2.0-only
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "dev.h"
#include "netlink.h"

static const struct genl_ops ff_ops[] = {
	{
		.cmd = FREEFLOW_CMD_DEV_GET,
		.policy = ff_dev_policy,
		.maxattr = FREEFLOW_A_DEV_MAX,
		.doit = ff_netlink_dev_get,
		.dumpit = ff_netlink_dev_dump,
	}, {
		.cmd = FREEFLOW_CMD_DEV_NEW,
		.policy = ff_dev_policy,
		.maxattr = FREEFLOW_A_DEV_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_dev_new,
	}, {
		.cmd = FREEFLOW_CMD_DEV_SET,
		.policy = ff_dev_policy,
		.maxattr = FREEFLOW_A_DEV_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_dev_set,
	}, {
		.cmd = FREEFLOW_CMD_DEV_DEL,
		.policy = ff_dev_policy,
		.maxattr = FREEFLOW_A_DEV_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_dev_del,
	}, {
		.cmd = FREEFLOW_CMD_ROUTE_GET,
		.policy = ff_route_policy,
		.maxattr = FREEFLOW_A_ROUTE_MAX,
		.doit = ff_netlink_route_get,
		.start = ff_netlink_route_dump_start,
		.dumpit = ff_netlink_route_dump,
		.done = ff_netlink_route_dump_done,
	}, {
		.cmd = FREEFLOW_CMD_ROUTE_NEW,
		.policy = ff_route_policy,
		.maxattr = FREEFLOW_A_ROUTE_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_route_new,
	}, {
		.cmd = FREEFLOW_CMD_ROUTE_DEL,
		.policy = ff_route_policy,
		.maxattr = FREEFLOW_A_ROUTE_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_route_del,
	}, {
		.cmd = FREEFLOW_CMD_ROUTE_FLUSH,
		.policy = ff_route_policy,
		.maxattr = FREEFLOW_A_ROUTE_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_route_flush,
	}, {
		.cmd = FREEFLOW_CMD_QUOTA_GET,
		.policy = ff_quota_policy,
		.maxattr = FREEFLOW_A_QUOTA_MAX,
		.doit = ff_netlink_quota_get,
		.dumpit = ff_netlink_quota_dump,
	}, {
		.cmd = FREEFLOW_CMD_QUOTA_SET,
		.policy = ff_quota_policy,
		.maxattr = FREEFLOW_A_QUOTA_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_quota_set,
	}, {
		.cmd = FREEFLOW_CMD_LOWER_GET,
		.policy = ff_lower_policy,
		.maxattr = FREEFLOW_A_LOWER_MAX,
		.doit = ff_netlink_lower_get,
		.dumpit = ff_netlink_lower_dump,
	}, {
		.cmd = FREEFLOW_CMD_LOWER_SET,
		.policy = ff_lower_policy,
		.maxattr = FREEFLOW_A_LOWER_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_lower_set,
	}, {
		.cmd = FREEFLOW_CMD_RES_GET,
		.policy = ff_res_policy,
		.maxattr = FREEFLOW_A_RES_MAX,
		.start = ff_netlink_res_dump_start,
		.dumpit = ff_netlink_res_dump,
	}, {
		.cmd = FREEFLOW_CMD_TUNNEL_GET,
		.policy = ff_tunnel_policy,
		.maxattr = FREEFLOW_A_TUNNEL_MAX,
		.doit = ff_netlink_tunnel_get,
	}, {
		.cmd = FREEFLOW_CMD_TUNNEL_SET,
		.policy = ff_tunnel_policy,
		.maxattr = FREEFLOW_A_TUNNEL_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_tunnel_set,
	}, {
		.cmd = FREEFLOW_CMD_STAT_GET,
		.policy = ff_stat_policy,
		.maxattr = FREEFLOW_A_STAT_MAX,
		.start = ff_netlink_stat_dump_start,
		.dumpit = ff_netlink_stat_dump,
	}, {
		.cmd = FREEFLOW_CMD_STAT_SET,
		.policy = ff_stat_policy,
		.maxattr = FREEFLOW_A_STAT_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_stat_set,
	}, {
		.cmd = FREEFLOW_CMD_LIMIT_GET,
		.policy = ff_limit_policy,
		.maxattr = FREEFLOW_A_LIMIT_MAX,
		.dumpit = ff_netlink_limit_dump,
	}, {
		.cmd = FREEFLOW_CMD_LIMIT_SET,
		.policy = ff_limit_policy,
		.maxattr = FREEFLOW_A_LIMIT_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_limit_set,
	}, {
		.cmd = FREEFLOW_CMD_LIMIT_DEL,
		.policy = ff_limit_policy,
		.maxattr = FREEFLOW_A_LIMIT_MAX,
		.flags = GENL_ADMIN_PERM,
		.doit = ff_netlink_limit_del,
	},
};

static const struct genl_multicast_group ff_groups[] = {
	{ .name = FREEFLOW_MCGRP_EVENTS },
};

/* In the initial network namespace only: a container sees nothing of it. */
static struct genl_family ff_netlink_family = {
	.name = FREEFLOW_FAMILY_NAME,
	.version = FREEFLOW_FAMILY_VERSION,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = ff_ops,
	.n_ops = ARRAY_SIZE(ff_ops),
	.mcgrps = ff_groups,
	.n_mcgrps = ARRAY_SIZE(ff_groups),
};

/* An address as 4 bytes if it is a mapped IPv4 one, else as 16. */
int ff_netlink_put_address(struct sk_buff *skb, int attr,
			   const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		return nla_put(skb, attr, sizeof(struct in_addr),
			       &addr->s6_addr32[3]);
	return nla_put(skb, attr, sizeof(*addr), addr);
}

/* The reverse; returns the bits of the address, 32 or 128, or -EINVAL. */
int ff_netlink_get_address(const struct nlattr *attr, struct in6_addr *addr)
{
	if (nla_len(attr) == sizeof(struct in_addr)) {
		ipv6_addr_set_v4mapped(nla_get_in_addr(attr), addr);
		return 32;
	}
	if (nla_len(attr) != sizeof(*addr))
		return -EINVAL;
	*addr = nla_get_in6_addr(attr);
	return 128;
}

/**
 * ff_netlink_get_netns() - the network namespace that a request means
 * @fd: attribute with a descriptor, or NULL for the sender's own
 * @info: the request
 *
 * Return: the namespace, to be given back with put_net(), or an error pointer.
 */
struct net *ff_netlink_get_netns(const struct nlattr *fd,
				 struct genl_info *info)
{
	struct net *net;

	if (!fd)
		return get_net(genl_info_net(info));
	net = get_net_ns_by_fd(nla_get_u32(fd));
	if (IS_ERR(net))
		NL_SET_ERR_MSG_ATTR(info->extack, fd,
				    "the descriptor is not of a network namespace");
	return net;
}

/**
 * ff_netlink_check_dev() - is there a device of the name that a dump is about?
 * @name: attribute with the name, or NULL for all devices
 * @extack: a refusal is explained here
 *
 * Return: 0 or -ENODEV.
 */
int ff_netlink_check_dev(const struct nlattr *name,
			 struct netlink_ext_ack *extack)
{
	struct ff_dev *dev;

	if (!name)
		return 0;
	dev = ff_dev_get(nla_data(name));
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(extack, name,
				    "no virtual device of this name");
		return -ENODEV;
	}
	ff_dev_put(dev);
	return 0;
}

static struct sk_buff *build(u32 portid, u32 seq, u8 cmd,
			     int (*fill)(struct sk_buff *skb,
					 const void *object),
			     const void *object)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;

	if (!skb)
		return NULL;
	hdr = genlmsg_put(skb, portid, seq, &ff_netlink_family, 0, cmd);
	if (!hdr || fill(skb, object)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, hdr);
	return skb;
}

/* Answers a request with one object. */
int ff_netlink_reply(struct genl_info *info, u8 cmd,
		     int (*fill)(struct sk_buff *skb, const void *object),
		     const void *object)
{
	struct sk_buff *skb = build(info->snd_portid, info->snd_seq, cmd, fill,
				    object);

	return skb ? genlmsg_reply(skb, info) : -ENOMEM;
}

/**
 * ff_netlink_dump_one() - add an object to a dump
 * @skb: message of the dump
 * @cb: the dump
 * @cmd: command of the answers
 * @fill: puts the object's attributes
 * @object: the object
 *
 * Return: 0, or -EMSGSIZE when the message is full and nothing was added.
 */
int ff_netlink_dump_one(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
			int (*fill)(struct sk_buff *skb, const void *object),
			const void *object)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				cb->nlh->nlmsg_seq, &ff_netlink_family,
				NLM_F_MULTI, cmd);

	if (!hdr)
		return -EMSGSIZE;
	if (fill(skb, object)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* At rmmod devices go after the family has: nobody can listen then. */
static bool registered;

/* Whether anybody listens, for whom it is worth to describe an event. */
bool ff_netlink_is_heard(void)
{
	return READ_ONCE(registered) &&
	       genl_has_listeners(&ff_netlink_family, &init_net, 0);
}

/* Tells those who listen of an object that came, changed or went. */
void ff_netlink_event(u8 cmd,
		      int (*fill)(struct sk_buff *skb, const void *object),
		      const void *object)
{
	struct sk_buff *skb;

	if (!ff_netlink_is_heard())
		return;
	skb = build(0, 0, cmd, fill, object);
	if (skb)
		genlmsg_multicast(&ff_netlink_family, skb, 0, 0, GFP_KERNEL);
	else	/* as when there were too many: they look for themselves */
		genl_set_err(&ff_netlink_family, &init_net, 0, 0, -ENOBUFS);
}

int ff_netlink_init(void)
{
	int err = genl_register_family(&ff_netlink_family);

	WRITE_ONCE(registered, !err);
	return err;
}

void ff_netlink_exit(void)
{
	WRITE_ONCE(registered, false);
	genl_unregister_family(&ff_netlink_family);
}

MODULE_ALIAS_GENL_FAMILY(FREEFLOW_FAMILY_NAME);
