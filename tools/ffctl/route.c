// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"
#include "object.h"
#include "value.h"

void print_proto(struct printer *printer, const char *label, uint8_t proto)
{
	if (proto < PROTO_NAMES && proto_names[proto])
		print_string(printer, "proto", label, proto_names[proto]);
	else
		print_number(printer, "proto", label, proto);
}

/* A local route and a static one need no proto to be known as what they are. */
static bool tells_by_proto(const struct ff_route *route)
{
	return route->proto && route->proto != FREEFLOW_ROUTE_PROTO_KERNEL &&
	       route->proto != FREEFLOW_ROUTE_PROTO_STATIC;
}

void print_route(struct ffctl *ctx, const struct ff_route *route)
{
	struct printer *printer = &ctx->printer;
	char prefix[LIBFREEFLOW_PREFIX_STRLEN];
	char host[INET6_ADDRSTRLEN];

	ff_prefix_format(&route->prefix, prefix, sizeof(prefix));
	print_string(printer, "prefix", "", prefix);
	if (route->host.family != AF_UNSPEC) {
		ff_addr_format(&route->host, host, sizeof(host));
		print_string(printer, "host", "via", host);
	}
	if (*route->local_dev)
		print_string(printer, "dev", "dev", route->local_dev);
	print_number(printer, "table", route->table ? "table" : NULL,
		     route->table);
	print_proto(printer, tells_by_proto(route) ? "proto" : NULL,
		    route->proto);
	print_flag(printer, "external", route->external);
	print_flag(printer, "local", *route->local_dev);
}

static int show_route(const struct ff_route *route, void *arg)
{
	struct ffctl *ctx = arg;

	print_object_begin(&ctx->printer);
	print_route(ctx, route);
	print_object_end(&ctx->printer);
	return 0;
}

enum status route_show(struct ffctl *ctx)
{
	int64_t table = LIBFREEFLOW_ALL_TABLES;
	uint8_t proto = LIBFREEFLOW_ALL_PROTOS;
	struct keyword keywords[] = {
		{ "table", value_table, &table },
		{ "proto", value_proto, &proto },
		{ 0 }
	};
	enum status status;
	int err;

	status = take_keywords(ctx, keywords);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;

	print_list_begin(&ctx->printer);
	err = ff_route_list(ctx->handle, table, proto, show_route, ctx);
	print_list_end(&ctx->printer);
	return ffctl_result(ctx, err);
}

static enum status route_get(struct ffctl *ctx)
{
	struct ff_route route;
	struct ff_addr addr;
	uint32_t table = 0;
	struct keyword keywords[] = { { "table", value_u32, &table }, { 0 } };
	enum status status;
	int err;

	status = take_value(ctx, "ADDR", value_addr, &addr);
	if (!status)
		status = take_keywords(ctx, keywords);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;

	err = ff_route_get(ctx->handle, table, &addr, &route);
	if (err)
		return refused(ctx, err);
	print_list_begin(&ctx->printer);
	show_route(&route, ctx);
	print_list_end(&ctx->printer);
	return STATUS_OK;
}

static enum status change(struct ffctl *ctx, enum ff_route_op op,
			  const struct ff_route *route)
{
	enum status status;
	int err;

	if (ctx->file)
		return batch_route(ctx, op, route);
	status = ffctl_connect(ctx);
	if (status)
		return status;
	if (op == FF_ROUTE_ADD)
		err = ff_route_new(ctx->handle, route);
	else if (op == FF_ROUTE_REPLACE)
		err = ff_route_replace(ctx->handle, route);
	else
		err = ff_route_del(ctx->handle, route->table, &route->prefix,
				   route->proto);
	return ffctl_result(ctx, err);
}

static enum status take_and_change(struct ffctl *ctx, enum ff_route_op op)
{
	struct ff_route route = { 0 };
	struct keyword keywords[] = {
		{ "via", value_addr, &route.host, .required = true },
		{ "table", value_u32, &route.table },
		{ "proto", value_proto, &route.proto },
		{ "external", NULL, &route.external },
		{ 0 }
	};
	enum status status;

	status = take_value(ctx, "PREFIX", value_prefix, &route.prefix);
	if (!status)
		status = take_keywords(ctx, keywords);
	return status ? status : change(ctx, op, &route);
}

static enum status route_add(struct ffctl *ctx)
{
	return take_and_change(ctx, FF_ROUTE_ADD);
}

static enum status route_replace(struct ffctl *ctx)
{
	return take_and_change(ctx, FF_ROUTE_REPLACE);
}

static enum status route_del(struct ffctl *ctx)
{
	struct ff_route route = { 0 };
	struct keyword keywords[] = {
		{ "table", value_u32, &route.table },
		{ "proto", value_proto, &route.proto },
		{ 0 }
	};
	enum status status;

	status = take_value(ctx, "PREFIX", value_prefix, &route.prefix);
	if (!status)
		status = take_keywords(ctx, keywords);
	return status ? status : change(ctx, FF_ROUTE_DEL, &route);
}

static enum status route_flush(struct ffctl *ctx)
{
	int64_t table = LIBFREEFLOW_ALL_TABLES;
	uint8_t proto = LIBFREEFLOW_ALL_PROTOS;
	struct keyword keywords[] = {
		{ "table", value_table, &table },
		{ "proto", value_proto, &proto },
		{ 0 }
	};
	enum status status;

	status = take_keywords(ctx, keywords);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;
	return ffctl_result(ctx, ff_route_flush(ctx->handle, table, proto));
}

const struct cmd route_cmds[] = {
	{
		.name = "add",
		.usage = "PREFIX via HOST [table ID] [proto PROTO] [external]",
		.summary = "add a route of virtual addresses",
		.run = route_add,
	},
	{
		.name = "replace",
		.usage = "PREFIX via HOST [table ID] [proto PROTO] [external]",
		.summary = "change a route, or add it",
		.run = route_replace,
	},
	{
		.name = "del",
		.usage = "PREFIX [table ID] [proto PROTO]",
		.summary = "delete a route",
		.run = route_del,
	},
	{
		.name = "show",
		.usage = "[table ID] [proto PROTO]",
		.summary = "show the routes of a table or of all",
		.run = route_show,
	},
	{
		.name = "get",
		.usage = "ADDR [table ID]",
		.summary = "show the route that an address takes",
		.run = route_get,
	},
	{
		.name = "flush",
		.usage = "[table ID] [proto PROTO]",
		.summary = "delete the routes of a table or of all",
		.run = route_flush,
	},
	{ 0 }
};
