// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ctype.h>
#include <net/net_namespace.h>

#include "abi.h"
#include "dev.h"
#include "netlink.h"

const struct nla_policy ff_dev_policy[FREEFLOW_A_DEV_MAX + 1] = {
	[FREEFLOW_A_DEV_NAME] = { .type = NLA_NUL_STRING,
				  .len = IB_DEVICE_NAME_MAX - 1 },
	[FREEFLOW_A_DEV_LOWER] = { .type = NLA_NUL_STRING,
				   .len = IB_DEVICE_NAME_MAX - 1 },
	[FREEFLOW_A_DEV_IFNAME] = { .type = NLA_NUL_STRING,
				    .len = IFNAMSIZ - 1 },
	[FREEFLOW_A_DEV_NETNS_FD] = { .type = NLA_U32 },
	[FREEFLOW_A_DEV_TABLE] = { .type = NLA_U32 },
	[FREEFLOW_A_DEV_DATAPATH] = { .type = NLA_U32 },
	[FREEFLOW_A_DEV_TCLASS] = { .type = NLA_U8 },
	[FREEFLOW_A_DEV_NO_TCLASS] = { .type = NLA_FLAG },
	[FREEFLOW_A_DEV_SL_MAP] = NLA_POLICY_EXACT_LEN(FREEFLOW_SL_COUNT),
};

/* What is set of it. */
static int fill_priority(struct sk_buff *skb, const struct ff_priority *priority)
{
	const struct ff_priority none = FF_PRIORITY_NONE;
	s16 tclass = READ_ONCE(priority->tclass);

	if (tclass != FF_TCLASS_NONE &&
	    nla_put_u8(skb, FREEFLOW_A_DEV_TCLASS, tclass))
		return -EMSGSIZE;
	if (!memcmp(priority->sls, none.sls, sizeof(none.sls)))
		return 0;
	return nla_put(skb, FREEFLOW_A_DEV_SL_MAP, sizeof(priority->sls),
		       priority->sls);
}

static int fill_dev(struct sk_buff *skb, const void *object)
{
	struct ff_dev *dev = (struct ff_dev *)object;
	struct ff_counts counts;

	ff_meter_read(&dev->meter, &counts);
	if (nla_put_string(skb, FREEFLOW_A_DEV_NAME, dev->ibdev.name) ||
	    nla_put_string(skb, FREEFLOW_A_DEV_NODE, dev->node) ||
	    nla_put_string(skb, FREEFLOW_A_DEV_LOWER, dev->lower_name) ||
	    nla_put_string(skb, FREEFLOW_A_DEV_IFNAME, dev->netdev->name) ||
	    nla_put_u32(skb, FREEFLOW_A_DEV_IFINDEX, dev->netdev->ifindex) ||
	    nla_put_u32(skb, FREEFLOW_A_DEV_NETNS_INODE, dev->netns_inode) ||
	    nla_put_u32(skb, FREEFLOW_A_DEV_TABLE, dev->table) ||
	    nla_put_u32(skb, FREEFLOW_A_DEV_DATAPATH, dev->datapath) ||
	    nla_put_u32(skb, FREEFLOW_A_DEV_STATE, ff_dev_state(dev)) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_DEV_ROUTE_MISSES,
			      counts.tallies[FREEFLOW_STAT_TALLY_ROUTE_MISSES],
			      FREEFLOW_A_DEV_PAD) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_DEV_PEER_REFUSALS,
			      counts.tallies[FREEFLOW_STAT_TALLY_PEER_REFUSALS],
			      FREEFLOW_A_DEV_PAD) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_DEV_PEER_TIMEOUTS,
			      counts.tallies[FREEFLOW_STAT_TALLY_PEER_TIMEOUTS],
			      FREEFLOW_A_DEV_PAD) ||
	    fill_priority(skb, &dev->priority))
		return -EMSGSIZE;
	return 0;
}

void ff_netlink_dev_event(u8 cmd, struct ff_dev *dev)
{
	ff_netlink_event(cmd, fill_dev, dev);
}

/* The device that a request names, held; or an error pointer. */
static struct ff_dev *get_named(struct genl_info *info)
{
	struct nlattr *name = info->attrs[FREEFLOW_A_DEV_NAME];
	struct ff_dev *dev;

	if (!name) {
		NL_SET_ERR_MSG(info->extack, "the name of a device is missing");
		return ERR_PTR(-EINVAL);
	}
	dev = ff_dev_get(nla_data(name));
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(info->extack, name,
				    "no virtual device of this name");
		return ERR_PTR(-ENODEV);
	}
	return dev;
}

int ff_netlink_dev_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_dev *dev = get_named(info);
	int err;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = ff_netlink_reply(info, FREEFLOW_CMD_DEV_GET, fill_dev, dev);
	ff_dev_put(dev);
	return err;
}

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

static int dump_one(struct ff_dev *dev, void *arg)
{
	struct dump *dump = arg;

	return ff_netlink_dump_one(dump->skb, dump->cb, FREEFLOW_CMD_DEV_GET,
				   fill_dev, dev);
}

int ff_netlink_dev_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump dump = { .skb = skb, .cb = cb };
	u32 from = cb->args[0];

	ff_dev_visit(&from, dump_one, &dump);
	cb->args[0] = from;
	return skb->len;
}

static int check_name(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	const char *name = nla_data(attr), *c;

	for (c = name; *c; c++)
		if (!isalnum(*c) && !strchr("-_.", *c))
			break;
	if (c == name || *c || name[0] == '.') {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a device's name is of letters, digits, '-', '_' and '.'");
		return -EINVAL;
	}
	return 0;
}

static int check_priority(const struct genl_info *info)
{
	const struct nlattr *sls = info->attrs[FREEFLOW_A_DEV_SL_MAP];
	const u8 *sl = sls ? nla_data(sls) : NULL;
	u32 i;

	if (info->attrs[FREEFLOW_A_DEV_TCLASS] &&
	    info->attrs[FREEFLOW_A_DEV_NO_TCLASS]) {
		NL_SET_ERR_MSG(info->extack, "either a traffic class or none");
		return -EINVAL;
	}
	for (i = 0; sl && i < FREEFLOW_SL_COUNT; i++)
		if (sl[i] >= FREEFLOW_SL_COUNT) {
			NL_SET_ERR_MSG_ATTR(info->extack, sls,
					    "a service level is 0 to 7");
			return -ERANGE;
		}
	return 0;
}

/* As far as the request, which was checked, says something of it. */
static void set_priority(const struct genl_info *info,
			 struct ff_priority *priority)
{
	const struct nlattr *tclass = info->attrs[FREEFLOW_A_DEV_TCLASS];
	const struct nlattr *sls = info->attrs[FREEFLOW_A_DEV_SL_MAP];
	const u8 *sl = sls ? nla_data(sls) : NULL;
	u32 i;

	if (tclass)
		WRITE_ONCE(priority->tclass, nla_get_u8(tclass));
	else if (info->attrs[FREEFLOW_A_DEV_NO_TCLASS])
		WRITE_ONCE(priority->tclass, FF_TCLASS_NONE);
	for (i = 0; sl && i < FREEFLOW_SL_COUNT; i++)
		WRITE_ONCE(priority->sls[i], sl[i]);
}

static int parse_config(struct genl_info *info, struct ff_dev_config *config)
{
	struct nlattr **attrs = info->attrs;
	int err;

	if (!attrs[FREEFLOW_A_DEV_NAME] || !attrs[FREEFLOW_A_DEV_IFNAME]) {
		NL_SET_ERR_MSG(info->extack,
			       "a device needs a name and a network interface");
		return -EINVAL;
	}
	config->name = nla_data(attrs[FREEFLOW_A_DEV_NAME]);
	if (attrs[FREEFLOW_A_DEV_LOWER])
		config->lower = nla_data(attrs[FREEFLOW_A_DEV_LOWER]);
	if (attrs[FREEFLOW_A_DEV_TABLE])
		config->table = nla_get_u32(attrs[FREEFLOW_A_DEV_TABLE]);
	if (attrs[FREEFLOW_A_DEV_DATAPATH])
		config->datapath = nla_get_u32(attrs[FREEFLOW_A_DEV_DATAPATH]);
	if (!ff_abi_find(config->datapath)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[FREEFLOW_A_DEV_DATAPATH],
				    "unknown data path");
		return -EINVAL;
	}
	err = check_priority(info);
	if (err)
		return err;
	set_priority(info, &config->priority);
	return check_name(attrs[FREEFLOW_A_DEV_NAME], info->extack);
}

int ff_netlink_dev_new(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_dev_config config = {
		.datapath = FREEFLOW_DATAPATH_SYSCALL,
		.priority = FF_PRIORITY_NONE,
	};
	struct net_device *netdev;
	struct net *net;
	int err;

	err = parse_config(info, &config);
	if (err)
		return err;
	net = ff_netlink_get_netns(info->attrs[FREEFLOW_A_DEV_NETNS_FD], info);
	if (IS_ERR(net))
		return PTR_ERR(net);

	config.net = net;
	netdev = dev_get_by_name(net, nla_data(info->attrs[FREEFLOW_A_DEV_IFNAME]));
	if (netdev) {
		err = ff_dev_create(&config, netdev, info->extack);
		dev_put(netdev);
	} else {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[FREEFLOW_A_DEV_IFNAME],
				    "no such network interface in that namespace");
		err = -ENODEV;
	}
	put_net(net);
	return err;
}

static int set_table(struct genl_info *info, struct ff_dev *dev)
{
	struct nlattr *table = info->attrs[FREEFLOW_A_DEV_TABLE];
	int err;

	if (!table)
		return 0;
	err = ff_dev_set_table(dev, nla_get_u32(table));
	if (err == -EBUSY)
		NL_SET_ERR_MSG(info->extack, "a program has the device open");
	else if (err == -EADDRINUSE)
		NL_SET_ERR_MSG_ATTR(info->extack, table,
				    "the table holds an address of the device already");
	return err;
}

static int check_change(const struct genl_info *info)
{
	if (!info->attrs[FREEFLOW_A_DEV_TABLE] &&
	    !info->attrs[FREEFLOW_A_DEV_TCLASS] &&
	    !info->attrs[FREEFLOW_A_DEV_NO_TCLASS] &&
	    !info->attrs[FREEFLOW_A_DEV_SL_MAP]) {
		NL_SET_ERR_MSG(info->extack,
			       "nothing to set: name a table, a traffic class or service levels");
		return -EINVAL;
	}
	return check_priority(info);
}

int ff_netlink_dev_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_dev *dev;
	int err;

	err = check_change(info);
	if (err)
		return err;
	dev = get_named(info);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = set_table(info, dev);
	if (!err) {
		set_priority(info, &dev->priority);
		ff_netlink_dev_event(FREEFLOW_CMD_DEV_SET, dev);
	}
	ff_dev_put(dev);
	return err;
}

int ff_netlink_dev_del(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_dev *dev = get_named(info);
	int err;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = ff_dev_delete_and_put(dev);
	if (err)
		NL_SET_ERR_MSG(info->extack,
			       "the device goes when a program's command on it has ended");
	return err;
}
