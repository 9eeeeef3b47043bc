// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "object.h"
#include "value.h"

/* The largest unit that leaves no rest: "10mbit". */
static void format_rate(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = { "bit", "kbit", "mbit", "gbit", "tbit" };
	uint64_t bits = bytes * 8;
	size_t unit = 0;

	while (bits && !(bits % 1000) && unit < sizeof(units) / sizeof(*units) - 1) {
		bits /= 1000;
		unit++;
	}
	snprintf(text, size, "%llu%s", (unsigned long long)bits, units[unit]);
}

static void print_owner(struct ffctl *ctx, const struct ff_limit *limit)
{
	struct printer *printer = &ctx->printer;

	if (limit->dev[0])
		print_string(printer, "dev", "dev", limit->dev);
	else if (limit->lower[0])
		print_string(printer, "lower", "lower", limit->lower);
	else
		print_netns(ctx, limit->netns_inode);
	if (limit->has_qpn)
		print_number(printer, "qp", "qp", limit->qpn);
}

void print_limit(struct ffctl *ctx, const struct ff_limit *limit)
{
	struct printer *printer = &ctx->printer;
	char rate[32];

	print_owner(ctx, limit);
	if (limit->rate) {
		format_rate(limit->rate, rate, sizeof(rate));
		print_words(printer, "rate %s", rate);
		print_number(printer, "rate", NULL, limit->rate);
		print_number(printer, "burst", "burst", limit->burst);
		print_number(printer, "waiting", "waiting", limit->waiting);
	}
	if (limit->weight)
		print_number(printer, "weight", "weight", limit->weight);
}

/* What is to be shown: all, or what is of one device. */
struct wanted {
	struct ffctl *ctx;
	const char *dev;
};

static int show_limit(const struct ff_limit *limit, void *arg)
{
	const struct wanted *wanted = arg;

	if (wanted->dev && strcmp(wanted->dev, limit->dev))
		return 0;
	print_object_begin(&wanted->ctx->printer);
	print_limit(wanted->ctx, limit);
	print_object_end(&wanted->ctx->printer);
	return 0;
}

enum status limit_show(struct ffctl *ctx)
{
	struct wanted wanted = { .ctx = ctx };
	struct keyword keywords[] = { { "dev", value_dev, &wanted.dev }, { 0 } };
	enum status status;
	int err;

	status = take_keywords(ctx, keywords);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;
	print_list_begin(&ctx->printer);
	err = ff_limit_list(ctx->handle, show_limit, &wanted);
	print_list_end(&ctx->printer);
	return ffctl_result(ctx, err);
}

/* The words of a limit's command; what is limited stands first. */
enum { DEV, QP, NETNS, LOWER, RATE, BURST, WEIGHT, WORDS };

struct words {
	struct keyword keywords[WORDS + 1];
	struct ff_limit_target target;
	const char *netns;
	struct ff_limit_terms terms;
};

static enum status check_words(struct ffctl *ctx, const struct words *words,
			       bool set)
{
	const struct keyword *keywords = words->keywords;

	if (keywords[DEV].seen + keywords[NETNS].seen + keywords[LOWER].seen != 1)
		return misuse(ctx, "one of 'dev', 'netns' and 'lower' says what to limit");
	if (keywords[QP].seen && !keywords[DEV].seen)
		return misuse(ctx, "a 'qp' needs its 'dev'");
	if (!set)
		return STATUS_OK;
	if (keywords[WEIGHT].seen && !keywords[NETNS].seen)
		return misuse(ctx, "a 'weight' is that of a 'netns'");
	if (!keywords[RATE].seen &&
	    (keywords[BURST].seen || !keywords[WEIGHT].seen))
		return misuse(ctx, "the word 'rate' is missing");
	return STATUS_OK;
}

static enum status take_words(struct ffctl *ctx, struct words *words, bool set)
{
	struct ff_limit_target *target = &words->target;
	struct keyword *keywords = words->keywords;
	enum status status;

	*words = (struct words){ .target.netns_fd = -1 };
	keywords[DEV] = (struct keyword){ "dev", value_dev, &target->dev };
	keywords[QP] = (struct keyword){ "qp", value_u32, &target->qpn };
	keywords[NETNS] = (struct keyword){ "netns", value_netns, &words->netns };
	keywords[LOWER] = (struct keyword){ "lower", value_dev, &target->lower };
	if (set) {
		keywords[RATE] = (struct keyword){
			"rate", value_rate, &words->terms.rate,
		};
		keywords[BURST] = (struct keyword){
			"burst", value_size, &words->terms.burst,
		};
		keywords[WEIGHT] = (struct keyword){
			"weight", value_weight, &words->terms.weight,
		};
	}
	status = take_keywords(ctx, keywords);
	if (!status)
		status = check_words(ctx, words, set);
	target->has_qpn = keywords[QP].seen;
	return status;
}

static enum status change(struct ffctl *ctx, bool set)
{
	struct words words;
	enum status status;
	int err;

	status = take_words(ctx, &words, set);
	if (!status)
		status = ffctl_connect(ctx);
	if (!status && words.netns)
		status = open_netns(ctx, words.netns, &words.target.netns_fd);
	if (status)
		return status;
	if (set)
		err = ff_limit_set(ctx->handle, &words.target, &words.terms);
	else
		err = ff_limit_del(ctx->handle, &words.target);
	if (words.netns)
		close(words.target.netns_fd);
	return ffctl_result(ctx, err);
}

static enum status limit_set(struct ffctl *ctx)
{
	return change(ctx, true);
}

static enum status limit_del(struct ffctl *ctx)
{
	return change(ctx, false);
}

const struct cmd limit_cmds[] = {
	{
		.name = "set",
		.usage = "dev NAME [qp QPN] | netns NS | lower IBDEV [rate RATE [burst SIZE]] [weight N]",
		.summary = "limit a rate, or weigh a namespace",
		.run = limit_set,
	},
	{
		.name = "del",
		.usage = "dev NAME [qp QPN] | netns NS | lower IBDEV",
		.summary = "limit no more",
		.run = limit_del,
	},
	{
		.name = "show",
		.usage = "[dev NAME]",
		.summary = "show the limits that are set",
		.run = limit_show,
	},
	{ 0 }
};
