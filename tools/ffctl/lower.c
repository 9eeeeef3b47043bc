// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"
#include "object.h"
#include "value.h"

void print_lower(struct ffctl *ctx, const struct ff_lower *lower)
{
	print_string(&ctx->printer, "name", "lower", lower->name);
	print_number(&ctx->printer, "devs", "devs", lower->devs);
	print_flag(&ctx->printer, "default", lower->is_default);
}

static int show_lower(const struct ff_lower *lower, void *arg)
{
	struct ffctl *ctx = arg;

	print_object_begin(&ctx->printer);
	print_lower(ctx, lower);
	print_object_end(&ctx->printer);
	return 0;
}

enum status lower_show(struct ffctl *ctx)
{
	struct keyword none[] = { { 0 } };
	enum status status;
	int err;

	status = take_keywords(ctx, none);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;

	print_list_begin(&ctx->printer);
	err = ff_lower_list(ctx->handle, show_lower, ctx);
	print_list_end(&ctx->printer);
	return ffctl_result(ctx, err);
}

static enum status lower_set(struct ffctl *ctx)
{
	bool mark = false, unmark = false;
	struct keyword keywords[] = {
		{ "default", NULL, &mark },
		{ "nodefault", NULL, &unmark },
		{ 0 }
	};
	enum status status;
	const char *name;

	status = take_value(ctx, "IBDEV", value_dev, &name);
	if (!status)
		status = take_keywords(ctx, keywords);
	if (status)
		return status;
	if (mark == unmark)
		return misuse(ctx, "say either 'default' or 'nodefault'");
	status = ffctl_connect(ctx);
	if (status)
		return status;
	return ffctl_result(ctx, ff_lower_set_default(ctx->handle, name, mark));
}

const struct cmd lower_cmds[] = {
	{
		.name = "show",
		.summary = "show the physical RDMA devices",
		.run = lower_show,
	},
	{
		.name = "set",
		.usage = "IBDEV default|nodefault",
		.summary = "choose the device of those made without naming one",
		.run = lower_set,
	},
	{ 0 }
};
