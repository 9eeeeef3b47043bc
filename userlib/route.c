// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "attr.h"
#include "handle.h"
#include "route.h"

static const struct nla_policy route_policy[FREEFLOW_A_ROUTE_MAX + 1] = {
	[FREEFLOW_A_ROUTE_TABLE]	= FF_POLICY_U32,
	[FREEFLOW_A_ROUTE_PREFIX]	= FF_POLICY_ADDR,
	[FREEFLOW_A_ROUTE_PREFIX_LEN]	= FF_POLICY_U8,
	[FREEFLOW_A_ROUTE_HOST]		= FF_POLICY_ADDR,
	[FREEFLOW_A_ROUTE_EXTERNAL]	= FF_POLICY_FLAG,
	[FREEFLOW_A_ROUTE_PROTO]	= FF_POLICY_U8,
	[FREEFLOW_A_ROUTE_LOCAL_DEV]	= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
};

static int parse_prefix(struct nlattr **attrs, struct ff_prefix *prefix)
{
	struct nlattr *len = attrs[FREEFLOW_A_ROUTE_PREFIX_LEN];
	unsigned int bits;
	int err;

	err = ff_attr_addr(attrs[FREEFLOW_A_ROUTE_PREFIX], &prefix->addr);
	if (err)
		return err;
	bits = ff_addr_size(&prefix->addr) * 8;
	prefix->len = len ? nla_get_u8(len) : bits;
	return bits && prefix->len <= bits ? 0 : -EBADMSG;
}

/* Read a route out of a message; 0 or -EBADMSG. */
int ff_route_parse(struct nlmsghdr *nlh, struct ff_route *route)
{
	struct nlattr *attrs[FREEFLOW_A_ROUTE_MAX + 1];
	int err;

	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_ROUTE_MAX, route_policy);
	if (err)
		return err;
	err = parse_prefix(attrs, &route->prefix);
	if (err)
		return err;
	route->table = ff_attr_u32(attrs[FREEFLOW_A_ROUTE_TABLE]);
	route->external = attrs[FREEFLOW_A_ROUTE_EXTERNAL];
	if (attrs[FREEFLOW_A_ROUTE_PROTO])
		route->proto = nla_get_u8(attrs[FREEFLOW_A_ROUTE_PROTO]);
	ff_attr_string(attrs[FREEFLOW_A_ROUTE_LOCAL_DEV], route->local_dev,
		       sizeof(route->local_dev));
	return ff_attr_addr(attrs[FREEFLOW_A_ROUTE_HOST], &route->host);
}

/* Read which routes were flushed out of a message; 0 or -EBADMSG. */
int ff_route_parse_flush(struct nlmsghdr *nlh, struct ff_flush *flush)
{
	struct nlattr *attrs[FREEFLOW_A_ROUTE_MAX + 1];
	int err;

	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_ROUTE_MAX, route_policy);
	if (err)
		return err;
	flush->table = LIBFREEFLOW_ALL_TABLES;
	if (attrs[FREEFLOW_A_ROUTE_TABLE])
		flush->table = nla_get_u32(attrs[FREEFLOW_A_ROUTE_TABLE]);
	if (attrs[FREEFLOW_A_ROUTE_PROTO])
		flush->proto = nla_get_u8(attrs[FREEFLOW_A_ROUTE_PROTO]);
	return 0;
}

static int put_table(struct nl_msg *msg, int64_t table)
{
	if (table == LIBFREEFLOW_ALL_TABLES)
		return 0;
	if (table < 0 || table > UINT32_MAX)
		return -EINVAL;
	return nla_put_u32(msg, FREEFLOW_A_ROUTE_TABLE, table) ? -EMSGSIZE : 0;
}

static int put_proto(struct nl_msg *msg, uint8_t proto)
{
	if (proto == LIBFREEFLOW_ALL_PROTOS)
		return 0;
	return nla_put_u8(msg, FREEFLOW_A_ROUTE_PROTO, proto) ? -EMSGSIZE : 0;
}

static int put_prefix(struct nl_msg *msg, const struct ff_prefix *prefix)
{
	if (prefix->addr.family == AF_UNSPEC)
		return -EINVAL;
	if (ff_attr_put_addr(msg, FREEFLOW_A_ROUTE_PREFIX, &prefix->addr) ||
	    nla_put_u8(msg, FREEFLOW_A_ROUTE_PREFIX_LEN, prefix->len))
		return -EMSGSIZE;
	return 0;
}

static int put_destination(struct nl_msg *msg, const struct ff_route *route)
{
	if (route->host.family == AF_UNSPEC)
		return -EINVAL;
	if (ff_attr_put_addr(msg, FREEFLOW_A_ROUTE_HOST, &route->host))
		return -EMSGSIZE;
	if (route->external && nla_put_flag(msg, FREEFLOW_A_ROUTE_EXTERNAL))
		return -EMSGSIZE;
	return 0;
}

static const int cmds[] = {
	[FF_ROUTE_ADD] = FREEFLOW_CMD_ROUTE_NEW,
	[FF_ROUTE_REPLACE] = FREEFLOW_CMD_ROUTE_NEW,
	[FF_ROUTE_DEL] = FREEFLOW_CMD_ROUTE_DEL,
};

/*
 * Build the request that does @op to @route. The message is the caller's.
 * Returns 0, -ENOMEM, -EMSGSIZE, or -EINVAL for a route without prefix, or
 * without host where one is needed.
 */
int ff_route_request(struct ff_handle *handle, enum ff_route_op op,
		     const struct ff_route *route, struct nl_msg **msg)
{
	int err;

	*msg = ff_request_sized(handle, cmds[op], 0, ROUTE_REQUEST_MAX);
	if (!*msg)
		return -ENOMEM;
	err = put_table(*msg, route->table);
	if (!err)
		err = put_proto(*msg, route->proto);
	if (!err)
		err = put_prefix(*msg, &route->prefix);
	if (!err && op != FF_ROUTE_DEL)
		err = put_destination(*msg, route);
	if (!err && op == FF_ROUTE_REPLACE &&
	    nla_put_flag(*msg, FREEFLOW_A_ROUTE_REPLACE))
		err = -EMSGSIZE;
	if (err)
		nlmsg_free(*msg);
	return err;
}

static int change_route(struct ff_handle *handle, enum ff_route_op op,
			const struct ff_route *route)
{
	struct nl_msg *msg;
	int err;

	err = ff_route_request(handle, op, route, &msg);
	return err ? err : ff_request_do(handle, msg, NULL, NULL);
}

/**
 * ff_route_new() - add a route
 * @handle: from ff_open()
 * @route: the route; @local_dev is not looked at
 *
 * Return: 0; -EPERM; -EEXIST when the table has a route of that prefix;
 * -EINVAL for a route that makes no sense.
 */
int ff_route_new(struct ff_handle *handle, const struct ff_route *route)
{
	return change_route(handle, FF_ROUTE_ADD, route);
}

/**
 * ff_route_replace() - change a route, or add it
 * @handle: from ff_open()
 * @route: the route; @local_dev is not looked at
 *
 * When the host changes, QPs connected through the old route go to the error
 * state. A route with a @proto replaces one of the same only.
 *
 * Return: 0; -EPERM; -EEXIST when the table has a route of another proto;
 * -EINVAL for a route that makes no sense.
 */
int ff_route_replace(struct ff_handle *handle, const struct ff_route *route)
{
	return change_route(handle, FF_ROUTE_REPLACE, route);
}

/**
 * ff_route_del() - delete a route
 * @handle: from ff_open()
 * @table: its table
 * @prefix: its prefix, exactly
 * @proto: who made it, or LIBFREEFLOW_ALL_PROTOS
 *
 * Return: 0; -EPERM; -ESRCH when there is no such route.
 */
int ff_route_del(struct ff_handle *handle, uint32_t table,
		 const struct ff_prefix *prefix, uint8_t proto)
{
	const struct ff_route route = {
		.table = table, .prefix = *prefix, .proto = proto,
	};

	return change_route(handle, FF_ROUTE_DEL, &route);
}

static int take_one(struct nlmsghdr *nlh, void *arg)
{
	return ff_route_parse(nlh, arg);
}

/**
 * ff_route_get() - find the route that an address takes
 * @handle: from ff_open()
 * @table: table to look in
 * @addr: virtual address
 * @route: where the route goes
 *
 * Return: 0; -ENETUNREACH when no route covers the address; -EBADMSG.
 */
int ff_route_get(struct ff_handle *handle, uint32_t table,
		 const struct ff_addr *addr, struct ff_route *route)
{
	struct nl_msg *msg;
	int err;

	memset(route, 0, sizeof(*route));
	msg = ff_request_new(handle, FREEFLOW_CMD_ROUTE_GET, 0);
	if (!msg)
		return -ENOMEM;
	err = put_table(msg, table);
	if (!err && ff_attr_put_addr(msg, FREEFLOW_A_ROUTE_PREFIX, addr))
		err = -EMSGSIZE;
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	err = ff_request_do(handle, msg, take_one, route);
	return err || route->prefix.addr.family ? err : -EBADMSG;
}

struct list {
	ff_route_cb cb;
	void *arg;
};

static int take_listed(struct nlmsghdr *nlh, void *arg)
{
	const struct list *list = arg;
	struct ff_route route;
	int err = ff_route_parse(nlh, &route);

	return err ? err : list->cb(&route, list->arg);
}

/* A request about the routes of a table and a proto; 0 or -errno. */
static int table_request(struct ff_handle *handle, int cmd, int flags,
			 int64_t table, uint8_t proto, struct nl_msg **msg)
{
	int err;

	*msg = ff_request_new(handle, cmd, flags);
	if (!*msg)
		return -ENOMEM;
	err = put_table(*msg, table);
	if (!err)
		err = put_proto(*msg, proto);
	if (err)
		nlmsg_free(*msg);
	return err;
}

/**
 * ff_route_list() - list routes, those of local addresses included
 * @handle: from ff_open()
 * @table: table to list, or LIBFREEFLOW_ALL_TABLES
 * @proto: list those of this one, or LIBFREEFLOW_ALL_PROTOS
 * @cb: called once for each route
 * @arg: for @cb
 *
 * Return: 0; what @cb answered when that was not 0; -EINTR when the list
 * changed while it was read, after all of it was handed out; -EBADMSG.
 */
int ff_route_list(struct ff_handle *handle, int64_t table, uint8_t proto,
		  ff_route_cb cb, void *arg)
{
	struct list list = { .cb = cb, .arg = arg };
	struct nl_msg *msg;
	int err;

	err = table_request(handle, FREEFLOW_CMD_ROUTE_GET, NLM_F_DUMP, table,
			    proto, &msg);
	return err ? err : ff_request_do(handle, msg, take_listed, &list);
}

/**
 * ff_route_flush() - delete all routes of a table; local addresses stay
 * @handle: from ff_open()
 * @table: the table, or LIBFREEFLOW_ALL_TABLES
 * @proto: who made them, or LIBFREEFLOW_ALL_PROTOS
 *
 * Return: 0; -EPERM.
 */
int ff_route_flush(struct ff_handle *handle, int64_t table, uint8_t proto)
{
	struct nl_msg *msg;
	int err;

	err = table_request(handle, FREEFLOW_CMD_ROUTE_FLUSH, 0, table, proto,
			    &msg);
	return err ? err : ff_request_do(handle, msg, NULL, NULL);
}
