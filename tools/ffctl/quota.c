// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <unistd.h>

#include "cmd.h"
#include "object.h"
#include "value.h"

static void print_res(struct printer *printer, const struct ff_quota_res *res)
{
	const char *name = res_names[res->type];

	if (res->limit == FREEFLOW_QUOTA_UNLIMITED)
		print_words(printer, "%s %u/unlimited", name, res->used);
	else
		print_words(printer, "%s %u/%u", name, res->used, res->limit);

	print_inner_begin(printer, name);
	print_number(printer, "used", NULL, res->used);
	if (res->limit == FREEFLOW_QUOTA_UNLIMITED)
		print_null(printer, "limit");
	else
		print_number(printer, "limit", NULL, res->limit);
	print_number(printer, "refused", NULL, res->refused);
	print_inner_end(printer);
}

static void print_pinned(struct printer *printer, const struct ff_quota *quota)
{
	const bool unlimited =
		quota->pinned_limit == FREEFLOW_QUOTA_PINNED_UNLIMITED;

	if (unlimited)
		print_words(printer, "pinned %" PRIu64 "/unlimited",
			    quota->pinned_used);
	else
		print_words(printer, "pinned %" PRIu64 "/%" PRIu64,
			    quota->pinned_used, quota->pinned_limit);

	print_inner_begin(printer, "pinned");
	print_number(printer, "used", NULL, quota->pinned_used);
	if (unlimited)
		print_null(printer, "limit");
	else
		print_number(printer, "limit", NULL, quota->pinned_limit);
	print_number(printer, "refused", NULL, quota->pinned_refused);
	print_inner_end(printer);
}

void print_quota(struct ffctl *ctx, const struct ff_quota *quota)
{
	unsigned int i;

	print_netns(ctx, quota->netns_inode);
	for (i = 0; i < quota->nres; i++)
		print_res(&ctx->printer, &quota->res[i]);
	print_pinned(&ctx->printer, quota);
}

static int show_quota(const struct ff_quota *quota, void *arg)
{
	struct ffctl *ctx = arg;

	print_object_begin(&ctx->printer);
	print_quota(ctx, quota);
	print_object_end(&ctx->printer);
	return 0;
}

static int show_one(struct ffctl *ctx, int netns_fd)
{
	struct ff_quota quota;
	int err;

	err = ff_quota_get(ctx->handle, netns_fd, &quota);
	close(netns_fd);
	return err ? err : show_quota(&quota, ctx);
}

enum status quota_show(struct ffctl *ctx)
{
	const char *netns = NULL;
	struct keyword keywords[] = { { "netns", value_netns, &netns }, { 0 } };
	enum status status;
	int fd = -1;
	int err;

	status = take_keywords(ctx, keywords);
	if (!status)
		status = ffctl_connect(ctx);
	if (!status)
		status = open_netns(ctx, netns, &fd);
	if (status)
		return status;

	print_list_begin(&ctx->printer);
	if (netns)
		err = show_one(ctx, fd);
	else
		err = ff_quota_list(ctx->handle, show_quota, ctx);
	print_list_end(&ctx->printer);
	return ffctl_result(ctx, err);
}

static enum status set_limits(struct ffctl *ctx, const char *netns,
			      const struct ff_quota_limit *limits, size_t count)
{
	enum status status;
	int fd;

	status = ffctl_connect(ctx);
	if (!status)
		status = open_netns(ctx, netns, &fd);
	if (status)
		return status;
	status = ffctl_result(ctx, ff_quota_set(ctx->handle, fd, limits,
						count));
	close(fd);
	return status;
}

/* Words of "quota set": the kinds of objects, and behind them: */
enum { PINNED = RES_NAMES, NETNS, WORDS };

static enum status quota_set(struct ffctl *ctx)
{
	struct ff_quota_limit limits[WORDS];
	struct keyword keywords[WORDS + 1] = { 0 };
	uint32_t values[RES_NAMES];
	uint64_t pinned;
	const char *netns;
	enum status status;
	size_t count = 0;
	uint32_t type;

	for (type = 0; type < RES_NAMES; type++)
		keywords[type] = (struct keyword){
			res_names[type], value_limit, &values[type],
		};
	keywords[PINNED] = (struct keyword){
		"pinned", value_size_limit, &pinned,
	};
	keywords[NETNS] = (struct keyword){
		"netns", value_netns, &netns, .required = true,
	};
	status = take_keywords(ctx, keywords);
	if (status)
		return status;

	for (type = 0; type < RES_NAMES; type++) {
		if (keywords[type].seen)
			limits[count++] = (struct ff_quota_limit){
				type, values[type],
			};
	}
	if (keywords[PINNED].seen)
		limits[count++] = (struct ff_quota_limit){
			LIBFREEFLOW_PINNED, pinned,
		};
	if (!count)
		return misuse(ctx, "a quota is missing: pd, mr, cq, qp, srq, ah, mw, mcast or pinned");
	return set_limits(ctx, netns, limits, count);
}

const struct cmd quota_cmds[] = {
	{
		.name = "set",
		.usage = "netns NS [qp N|unlimited] [cq N|unlimited] [mr N|unlimited] [pd N|unlimited] [srq N|unlimited] [ah N|unlimited] [mw N|unlimited] [mcast N|unlimited] [pinned SIZE|unlimited]",
		.summary = "set how much a namespace may have",
		.run = quota_set,
	},
	{
		.name = "show",
		.usage = "[netns NS]",
		.summary = "show quotas and use of a namespace or of all",
		.run = quota_show,
	},
	{ 0 }
};
