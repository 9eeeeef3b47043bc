// SPDX-License-Identifier: GPL-2.0-only
#include "dev.h"
#include "lower.h"
#include "netlink.h"

const struct nla_policy ff_lower_policy[FREEFLOW_A_LOWER_MAX + 1] = {
	[FREEFLOW_A_LOWER_NAME] = { .type = NLA_NUL_STRING,
				    .len = IB_DEVICE_NAME_MAX - 1 },
	[FREEFLOW_A_LOWER_DEFAULT] = { .type = NLA_FLAG },
};

static int fill_lower(struct sk_buff *skb, const void *object)
{
	const struct ff_lower_info *lower = object;

	if (nla_put_string(skb, FREEFLOW_A_LOWER_NAME, lower->name) ||
	    (lower->is_default && nla_put_flag(skb, FREEFLOW_A_LOWER_DEFAULT)) ||
	    nla_put_u32(skb, FREEFLOW_A_LOWER_DEVS,
			ff_dev_count_on(lower->name)))
		return -EMSGSIZE;
	return 0;
}

void ff_netlink_lower_event(u8 cmd, const char *name)
{
	struct ff_lower_info lower;

	if (ff_lower_find(name, 0, &lower))
		ff_netlink_event(cmd, fill_lower, &lower);
}

static int find_named(struct genl_info *info, struct ff_lower_info *lower)
{
	struct nlattr *name = info->attrs[FREEFLOW_A_LOWER_NAME];

	if (!name) {
		NL_SET_ERR_MSG(info->extack,
			       "the name of a lower device is missing");
		return -EINVAL;
	}
	if (!ff_lower_find(nla_data(name), 0, lower)) {
		NL_SET_ERR_MSG_ATTR(info->extack, name,
				    "no lower device of this name");
		return -ENODEV;
	}
	return 0;
}

int ff_netlink_lower_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_lower_info lower;
	int err = find_named(info, &lower);

	if (err)
		return err;
	return ff_netlink_reply(info, FREEFLOW_CMD_LOWER_GET, fill_lower,
				&lower);
}

int ff_netlink_lower_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ff_lower_info lower;

	while (ff_lower_find(NULL, cb->args[0], &lower) &&
	       !ff_netlink_dump_one(skb, cb, FREEFLOW_CMD_LOWER_GET, fill_lower,
				    &lower))
		cb->args[0] = lower.serial + 1;
	return skb->len;
}

int ff_netlink_lower_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_lower_info lower;
	int err = find_named(info, &lower);

	if (err)
		return err;
	err = ff_lower_set_default(lower.name,
				   nla_get_flag(info->attrs[FREEFLOW_A_LOWER_DEFAULT]));
	if (!err)
		ff_netlink_lower_event(FREEFLOW_CMD_LOWER_SET, lower.name);
	return err;
}
