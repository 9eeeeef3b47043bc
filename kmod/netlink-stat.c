// SPDX-License-Identifier: GPL-2.0-only
#include "compat/compat.h"
#include "dev.h"
#include "meter.h"
#include "netlink.h"
#include "netns.h"
#include "qp-meter.h"

const struct nla_policy ff_stat_policy[FREEFLOW_A_STAT_MAX + 1] = {
	[FREEFLOW_A_STAT_SCOPE] =
		NLA_POLICY_MAX(NLA_U32, FREEFLOW_STAT_SCOPE_QP),
	[FREEFLOW_A_STAT_DEV] = { .type = NLA_NUL_STRING,
				  .len = IB_DEVICE_NAME_MAX - 1 },
	[FREEFLOW_A_STAT_PER_QP] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* Statistics of a device, of one of its QPs, or of a namespace. */
struct statistics {
	enum freeflow_stat_scope scope;
	const struct ff_dev *dev;	/* NULL of a namespace */
	u32 netns_inode;
	u32 qpn;
	struct ff_counts counts;
};

static int put_op(struct sk_buff *skb, const struct ff_counts *counts, u32 op)
{
	struct nlattr *nest = nla_nest_start(skb, FREEFLOW_A_STAT_OP);

	if (!nest || nla_put_u32(skb, FREEFLOW_A_STAT_OP_TYPE, op) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_STAT_OP_MESSAGES,
			      counts->ops[op].messages,
			      FREEFLOW_A_STAT_OP_PAD) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_STAT_OP_BYTES,
			      counts->ops[op].bytes, FREEFLOW_A_STAT_OP_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_completion(struct sk_buff *skb, const struct ff_counts *counts,
			  u32 status)
{
	struct nlattr *nest;

	if (!counts->completions[status])
		return 0;
	nest = nla_nest_start(skb, FREEFLOW_A_STAT_COMPLETION);
	if (!nest ||
	    nla_put_u32(skb, FREEFLOW_A_STAT_COMPLETION_STATUS, status) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_STAT_COMPLETION_COUNT,
			      counts->completions[status],
			      FREEFLOW_A_STAT_COMPLETION_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_tally(struct sk_buff *skb, const struct ff_counts *counts,
		     u32 tally)
{
	struct nlattr *nest = nla_nest_start(skb, FREEFLOW_A_STAT_TALLY);

	if (!nest || nla_put_u32(skb, FREEFLOW_A_STAT_TALLY_TYPE, tally) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_STAT_TALLY_COUNT,
			      counts->tallies[tally],
			      FREEFLOW_A_STAT_TALLY_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_counts(struct sk_buff *skb, const struct ff_counts *counts)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i <= FREEFLOW_STAT_OP_MAX; i++)
		err = put_op(skb, counts, i);
	for (i = 0; !err && i <= FREEFLOW_STAT_STATUS_MAX; i++)
		err = put_completion(skb, counts, i);
	for (i = 0; !err && i <= FREEFLOW_STAT_TALLY_MAX; i++)
		err = put_tally(skb, counts, i);
	return err;
}

static int fill_stat(struct sk_buff *skb, const void *object)
{
	const struct statistics *stat = object;
	const struct ff_dev *dev = stat->dev;

	if (nla_put_u32(skb, FREEFLOW_A_STAT_SCOPE, stat->scope) ||
	    (dev && nla_put_string(skb, FREEFLOW_A_STAT_DEV,
				   dev->ibdev.name)) ||
	    nla_put_u32(skb, FREEFLOW_A_STAT_NETNS_INODE, stat->netns_inode))
		return -EMSGSIZE;
	if (stat->scope == FREEFLOW_STAT_SCOPE_DEV &&
	    nla_put_u8(skb, FREEFLOW_A_STAT_PER_QP, READ_ONCE(dev->per_qp)))
		return -EMSGSIZE;
	if (stat->scope == FREEFLOW_STAT_SCOPE_QP &&
	    nla_put_u32(skb, FREEFLOW_A_STAT_QPN, stat->qpn))
		return -EMSGSIZE;
	return put_counts(skb, &stat->counts);
}

/* Where a dump is: at a device or namespace by serial, and at a QP of that device. */
struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	const char *dev_wanted;
	u32 from;
	u32 qp_id;
};

static int dump_one(struct dump *dump, const struct statistics *stat)
{
	return ff_netlink_dump_one(dump->skb, dump->cb, FREEFLOW_CMD_STAT_GET,
				   fill_stat, stat);
}

static bool is_wanted(const struct dump *dump, const struct ff_dev *dev)
{
	return !dump->dev_wanted || !strcmp(dump->dev_wanted, dev->ibdev.name);
}

static int dump_dev(struct ff_dev *dev, void *arg)
{
	struct statistics stat = {
		.scope = FREEFLOW_STAT_SCOPE_DEV,
		.dev = dev,
		.netns_inode = dev->netns_inode,
	};

	if (!is_wanted(arg, dev))
		return 0;
	ff_meter_read(&dev->meter, &stat.counts);
	return dump_one(arg, &stat);
}

static int dump_qps(struct ff_dev *dev, void *arg)
{
	struct dump *dump = arg;
	struct statistics stat = {
		.scope = FREEFLOW_STAT_SCOPE_QP,
		.dev = dev,
		.netns_inode = dev->netns_inode,
	};

	if (!is_wanted(dump, dev))
		return 0;
	/* That with the QP has gone. */
	if (dev->serial != dump->from)
		dump->qp_id = 0;
	while (ff_meter_read_under(&dev->meter, &dump->qp_id, &stat.qpn,
				   &stat.counts)) {
		int err = dump_one(dump, &stat);

		if (err)
			return err;
		if (!++dump->qp_id)
			break;
	}
	dump->qp_id = 0;
	return 0;
}

static int dump_netns(struct ff_net *ffnet, void *arg)
{
	struct statistics stat = {
		.scope = FREEFLOW_STAT_SCOPE_NETNS,
		.netns_inode = ffnet->inode,
	};

	if (!ff_meter_is_used(&ffnet->meter))
		return 0;
	ff_meter_read(&ffnet->meter, &stat.counts);
	return dump_one(arg, &stat);
}

static u32 scope_of(struct nlattr **attrs)
{
	struct nlattr *scope = attrs[FREEFLOW_A_STAT_SCOPE];

	return scope ? nla_get_u32(scope) : FREEFLOW_STAT_SCOPE_DEV;
}

int ff_netlink_stat_dump_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = ff_dump_attrs(cb);
	struct nlattr *name = attrs[FREEFLOW_A_STAT_DEV];

	if (!name && scope_of(attrs) == FREEFLOW_STAT_SCOPE_QP) {
		NL_SET_ERR_MSG(cb->extack,
			       "the name of the QPs' device is missing");
		return -EINVAL;
	}
	return ff_netlink_check_dev(name, cb->extack);
}

int ff_netlink_stat_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = ff_dump_attrs(cb);
	struct nlattr *name = attrs[FREEFLOW_A_STAT_DEV];
	struct dump dump = {
		.skb = skb,
		.cb = cb,
		.dev_wanted = name ? nla_data(name) : NULL,
		.from = cb->args[0],
		.qp_id = cb->args[1],
	};

	switch (scope_of(attrs)) {
	case FREEFLOW_STAT_SCOPE_NETNS:
		ff_net_visit(&dump.from, dump_netns, &dump);
		break;
	case FREEFLOW_STAT_SCOPE_QP:
		ff_dev_visit(&dump.from, dump_qps, &dump);
		break;
	default:
		ff_dev_visit(&dump.from, dump_dev, &dump);
		break;
	}
	cb->args[0] = dump.from;
	cb->args[1] = dump.qp_id;
	return skb->len;
}

static void tell(const char *name)
{
	struct statistics stat = { .scope = FREEFLOW_STAT_SCOPE_DEV };
	struct ff_dev *dev = ff_dev_get(name);

	if (!dev)
		return;
	stat.dev = dev;
	stat.netns_inode = dev->netns_inode;
	ff_meter_read(&dev->meter, &stat.counts);
	ff_netlink_event(FREEFLOW_CMD_STAT_SET, fill_stat, &stat);
	ff_dev_put(dev);
}

int ff_netlink_stat_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *name = info->attrs[FREEFLOW_A_STAT_DEV];
	struct nlattr *per_qp = info->attrs[FREEFLOW_A_STAT_PER_QP];
	int err;

	if (!name || !per_qp) {
		NL_SET_ERR_MSG(info->extack,
			       "name a device, and whether it counts per QP");
		return -EINVAL;
	}
	err = ff_qp_meter_set(nla_data(name), nla_get_u8(per_qp));
	if (err == -ENODEV)
		NL_SET_ERR_MSG_ATTR(info->extack, name,
				    "no virtual device of this name");
	else
		tell(nla_data(name));
	return err;
}
