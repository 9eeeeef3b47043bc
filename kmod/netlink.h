/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generic netlink family "freeflow", as uapi/freeflow.yaml describes it.
 * The handlers stand in one file for each object: netlink-dev.c and so on.
 */
#ifndef FF_NETLINK_H
#define FF_NETLINK_H

#include <net/genetlink.h>

#include <uapi/freeflow.h>

struct ff_alert_info;
struct ff_dev;
struct ff_route_info;

int ff_netlink_put_address(struct sk_buff *skb, int attr,
			   const struct in6_addr *addr);
int ff_netlink_get_address(const struct nlattr *attr, struct in6_addr *addr);
struct net *ff_netlink_get_netns(const struct nlattr *fd,
				 struct genl_info *info);
int ff_netlink_check_dev(const struct nlattr *name,
			 struct netlink_ext_ack *extack);
int ff_netlink_reply(struct genl_info *info, u8 cmd,
		     int (*fill)(struct sk_buff *skb, const void *object),
		     const void *object);
int ff_netlink_dump_one(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
			int (*fill)(struct sk_buff *skb, const void *object),
			const void *object);
bool ff_netlink_is_heard(void);
void ff_netlink_event(u8 cmd,
		      int (*fill)(struct sk_buff *skb, const void *object),
		      const void *object);

void ff_netlink_dev_event(u8 cmd, struct ff_dev *dev);
void ff_netlink_alert_event(const struct ff_alert_info *info);
void ff_netlink_lower_event(u8 cmd, const char *name);
void ff_netlink_route_event(u8 cmd, const struct ff_route_info *route);
void ff_netlink_flush_event(const u32 *table, u8 proto);

int ff_netlink_init(void);
void ff_netlink_exit(void);

extern const struct nla_policy ff_dev_policy[FREEFLOW_A_DEV_MAX + 1];
int ff_netlink_dev_get(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_dev_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ff_netlink_dev_new(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_dev_set(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_dev_del(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ff_route_policy[FREEFLOW_A_ROUTE_MAX + 1];
int ff_netlink_route_get(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_route_dump_start(struct netlink_callback *cb);
int ff_netlink_route_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ff_netlink_route_dump_done(struct netlink_callback *cb);
int ff_netlink_route_new(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_route_del(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_route_flush(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ff_quota_policy[FREEFLOW_A_QUOTA_MAX + 1];
int ff_netlink_quota_get(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_quota_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ff_netlink_quota_set(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ff_limit_policy[FREEFLOW_A_LIMIT_MAX + 1];
int ff_netlink_limit_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ff_netlink_limit_set(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_limit_del(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ff_lower_policy[FREEFLOW_A_LOWER_MAX + 1];
int ff_netlink_lower_get(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_lower_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ff_netlink_lower_set(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ff_tunnel_policy[FREEFLOW_A_TUNNEL_MAX + 1];
int ff_netlink_tunnel_get(struct sk_buff *skb, struct genl_info *info);
int ff_netlink_tunnel_set(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ff_res_policy[FREEFLOW_A_RES_MAX + 1];
int ff_netlink_res_dump_start(struct netlink_callback *cb);
int ff_netlink_res_dump(struct sk_buff *skb, struct netlink_callback *cb);

extern const struct nla_policy ff_stat_policy[FREEFLOW_A_STAT_MAX + 1];
int ff_netlink_stat_dump_start(struct netlink_callback *cb);
int ff_netlink_stat_dump(struct sk_buff *skb, struct netlink_callback *cb);
int ff_netlink_stat_set(struct sk_buff *skb, struct genl_info *info);

#endif /* FF_NETLINK_H */
