// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <net/ipv6.h>

#include "compat/compat.h"
#include "netlink.h"
#include "route.h"

const struct nla_policy ff_route_policy[FREEFLOW_A_ROUTE_MAX + 1] = {
	[FREEFLOW_A_ROUTE_TABLE] = { .type = NLA_U32 },
	[FREEFLOW_A_ROUTE_PREFIX] = { .type = NLA_BINARY,
				      .len = sizeof(struct in6_addr) },
	[FREEFLOW_A_ROUTE_PREFIX_LEN] = { .type = NLA_U8 },
	[FREEFLOW_A_ROUTE_HOST] = { .type = NLA_BINARY,
				    .len = sizeof(struct in6_addr) },
	[FREEFLOW_A_ROUTE_EXTERNAL] = { .type = NLA_FLAG },
	[FREEFLOW_A_ROUTE_REPLACE] = { .type = NLA_FLAG },
	[FREEFLOW_A_ROUTE_PROTO] = { .type = NLA_U8 },
};

/* Prefix lengths count within the family: IPv4 ones lie behind 96 bits. */
static u32 shown_len(const struct ff_route_key *key)
{
	u32 len = min(key->len, 128U);

	return len >= 96 && ipv6_addr_v4mapped(&key->prefix) ? len - 96 : len;
}

static int fill_route(struct sk_buff *skb, const void *object)
{
	const struct ff_route_info *route = object;
	int err;

	if (nla_put_u32(skb, FREEFLOW_A_ROUTE_TABLE, route->key.table) ||
	    nla_put_u8(skb, FREEFLOW_A_ROUTE_PROTO, route->proto) ||
	    ff_netlink_put_address(skb, FREEFLOW_A_ROUTE_PREFIX,
				   &route->key.prefix) ||
	    nla_put_u8(skb, FREEFLOW_A_ROUTE_PREFIX_LEN, shown_len(&route->key)))
		return -EMSGSIZE;
	if (route->key.len == FF_ROUTE_LOCAL)
		err = nla_put_string(skb, FREEFLOW_A_ROUTE_LOCAL_DEV,
				     route->local_dev);
	else
		err = ff_netlink_put_address(skb, FREEFLOW_A_ROUTE_HOST,
					     &route->host);
	if (!err && route->external)
		err = nla_put_flag(skb, FREEFLOW_A_ROUTE_EXTERNAL);
	return err;
}

void ff_netlink_route_event(u8 cmd, const struct ff_route_info *route)
{
	ff_netlink_event(cmd, fill_route, route);
}

/* Reads table and prefix; returns the bits of the address, or an error. */
static int parse_prefix(struct genl_info *info, struct ff_route_key *key)
{
	struct nlattr *table = info->attrs[FREEFLOW_A_ROUTE_TABLE];
	struct nlattr *prefix = info->attrs[FREEFLOW_A_ROUTE_PREFIX];
	int bits;

	if (!prefix) {
		NL_SET_ERR_MSG(info->extack, "a virtual address is missing");
		return -EINVAL;
	}
	bits = ff_netlink_get_address(prefix, &key->prefix);
	if (bits < 0) {
		NL_SET_ERR_MSG_ATTR(info->extack, prefix,
				    "an address has 4 or 16 bytes");
		return bits;
	}
	key->table = table ? nla_get_u32(table) : 0;
	return bits;
}

static int parse_key(struct genl_info *info, struct ff_route_key *key)
{
	struct nlattr *len = info->attrs[FREEFLOW_A_ROUTE_PREFIX_LEN];
	int bits = parse_prefix(info, key);
	struct in6_addr masked;

	if (bits < 0)
		return bits;
	key->len = len ? nla_get_u8(len) : bits;
	if (key->len > bits) {
		NL_SET_ERR_MSG_ATTR(info->extack, len,
				    "the prefix length exceeds the address");
		return -EINVAL;
	}
	key->len += 128 - bits;
	ipv6_addr_prefix(&masked, &key->prefix, key->len);
	if (!ipv6_addr_equal(&masked, &key->prefix)) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[FREEFLOW_A_ROUTE_PREFIX],
				    "the prefix has bits set beyond its length");
		return -EINVAL;
	}
	return 0;
}

static int parse_host(struct genl_info *info, struct in6_addr *host)
{
	struct nlattr *attr = info->attrs[FREEFLOW_A_ROUTE_HOST];

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "the address of a host is missing");
		return -EINVAL;
	}
	if (ff_netlink_get_address(attr, host) < 0 || !ff_route_may_lead_to(host)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "the host's address is not a unicast one, or is link-local");
		return -EINVAL;
	}
	return 0;
}

/* Reads who made the route: 0 if that is not said. */
static int parse_proto(struct genl_info *info, u8 *proto)
{
	struct nlattr *attr = info->attrs[FREEFLOW_A_ROUTE_PROTO];

	*proto = attr ? nla_get_u8(attr) : 0;
	if (attr && !*proto) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "proto is a number from 1 to 255");
		return -EINVAL;
	}
	return 0;
}

int ff_netlink_route_get(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_route_info route = {};
	struct ff_route_key key;
	int err;

	err = parse_prefix(info, &key);
	if (err < 0)
		return err;
	err = ff_route_lookup(key.table, &key.prefix, &route);
	if (err)
		return err;
	return ff_netlink_reply(info, FREEFLOW_CMD_ROUTE_GET, fill_route,
				&route);
}

struct route_dump {
	struct rhashtable_iter iter;
	bool one_table;
	u32 table;
	u8 proto;
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

int ff_netlink_route_dump_start(struct netlink_callback *cb)
{
	struct nlattr *table = ff_dump_attrs(cb)[FREEFLOW_A_ROUTE_TABLE];
	struct nlattr *proto = ff_dump_attrs(cb)[FREEFLOW_A_ROUTE_PROTO];
	struct route_dump *dump;

	dump = kzalloc(sizeof(*dump), GFP_KERNEL);
	if (!dump)
		return -ENOMEM;
	dump->one_table = table;
	if (table)
		dump->table = nla_get_u32(table);
	if (proto)
		dump->proto = nla_get_u8(proto);
	ff_route_walk_enter(&dump->iter);
	cb->args[0] = (long)dump;
	return 0;
}

static int dump_one(const struct ff_route_info *route, void *arg)
{
	struct route_dump *dump = arg;

	if (dump->one_table && route->key.table != dump->table)
		return 0;
	if (dump->proto && route->proto != dump->proto)
		return 0;
	return ff_netlink_dump_one(dump->skb, dump->cb, FREEFLOW_CMD_ROUTE_GET,
				   fill_route, route);
}

int ff_netlink_route_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct route_dump *dump = (struct route_dump *)cb->args[0];

	dump->skb = skb;
	dump->cb = cb;
	ff_route_walk(&dump->iter, dump_one, dump);
	return skb->len;
}

int ff_netlink_route_dump_done(struct netlink_callback *cb)
{
	struct route_dump *dump = (struct route_dump *)cb->args[0];

	if (dump) {
		rhashtable_walk_exit(&dump->iter);
		kfree(dump);
	}
	return 0;
}

int ff_netlink_route_new(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_route_info route = {};
	bool replace;
	int err;

	err = parse_key(info, &route.key);
	if (err)
		return err;
	err = parse_host(info, &route.host);
	if (err)
		return err;
	err = parse_proto(info, &route.proto);
	if (err)
		return err;
	if (route.proto == FREEFLOW_ROUTE_PROTO_KERNEL) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[FREEFLOW_A_ROUTE_PROTO],
				    "proto kernel is that of local addresses");
		return -EINVAL;
	}
	route.external = nla_get_flag(info->attrs[FREEFLOW_A_ROUTE_EXTERNAL]);
	replace = nla_get_flag(info->attrs[FREEFLOW_A_ROUTE_REPLACE]);
	err = ff_route_new(&route, replace);
	if (err == -EEXIST && replace)
		NL_SET_ERR_MSG(info->extack,
			       "the table has a route of another proto for this prefix");
	else if (err == -EEXIST)
		NL_SET_ERR_MSG(info->extack,
			       "the table has a route for this prefix");
	return err;
}

int ff_netlink_route_del(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_route_key key;
	u8 proto;
	int err;

	err = parse_key(info, &key);
	if (err)
		return err;
	err = parse_proto(info, &proto);
	if (err)
		return err;
	err = ff_route_del(&key, proto);
	if (err && proto)
		NL_SET_ERR_MSG(info->extack,
			       "the table has no route of this proto for exactly this prefix");
	else if (err)
		NL_SET_ERR_MSG(info->extack,
			       "the table has no route for exactly this prefix");
	return err;
}

struct flush {
	const u32 *table;
	u8 proto;
};

static int fill_flush(struct sk_buff *skb, const void *object)
{
	const struct flush *flush = object;

	if (flush->table &&
	    nla_put_u32(skb, FREEFLOW_A_ROUTE_TABLE, *flush->table))
		return -EMSGSIZE;
	if (flush->proto &&
	    nla_put_u8(skb, FREEFLOW_A_ROUTE_PROTO, flush->proto))
		return -EMSGSIZE;
	return 0;
}

void ff_netlink_flush_event(const u32 *table, u8 proto)
{
	const struct flush flush = { .table = table, .proto = proto };

	ff_netlink_event(FREEFLOW_CMD_ROUTE_FLUSH, fill_flush, &flush);
}

int ff_netlink_route_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[FREEFLOW_A_ROUTE_TABLE];
	u32 table = attr ? nla_get_u32(attr) : 0;
	u8 proto;
	int err;

	err = parse_proto(info, &proto);
	if (err)
		return err;
	ff_route_flush(attr ? &table : NULL, proto);
	return 0;
}
