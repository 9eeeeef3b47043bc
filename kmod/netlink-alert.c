// SPDX-License-Identifier: GPL-2.0-only
#include "alert.h"
#include "dev.h"
#include "netlink.h"

static const u8 cmds[] = {
	[FF_ALERT_QUOTA] = FREEFLOW_CMD_QUOTA_HIT,
	[FF_ALERT_LIMIT] = FREEFLOW_CMD_LIMIT_HIT,
	[FF_ALERT_QP] = FREEFLOW_CMD_QP_FATAL,
};

static int fill_alert(struct sk_buff *skb, const void *object)
{
	const struct ff_alert_info *info = object;
	bool is_quota = info->kind == FF_ALERT_QUOTA;

	if (nla_put_string(skb, FREEFLOW_A_ALERT_DEV, info->dev->ibdev.name) ||
	    nla_put_u32(skb, FREEFLOW_A_ALERT_NETNS_INODE,
			info->dev->netns_inode) ||
	    nla_put_u32(skb, FREEFLOW_A_ALERT_COUNT, info->count) ||
	    nla_put_u32(skb, is_quota ? FREEFLOW_A_ALERT_RES :
					FREEFLOW_A_ALERT_QPN, info->subject) ||
	    (info->kind == FF_ALERT_QP && info->detail &&
	     nla_put_u32(skb, FREEFLOW_A_ALERT_STATUS, info->detail)))
		return -EMSGSIZE;
	return 0;
}

/* Tells those who listen. Context: may sleep. */
void ff_netlink_alert_event(const struct ff_alert_info *info)
{
	ff_netlink_event(cmds[info->kind], fill_alert, info);
}
