// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "object.h"
#include "value.h"

#define NAME_SIZE	32

/* As a key of JSON: with "_" for "-". */
static const char *key_of(const char *name, char *key)
{
	size_t i;

	for (i = 0; name[i] && i < NAME_SIZE - 1; i++)
		key[i] = name[i] == '-' ? '_' : name[i];
	key[i] = '\0';
	return key;
}

/* As text what is 0 is left out: most is, of most devices. */
static void print_count(struct printer *printer, const char *name,
			uint64_t count)
{
	char key[NAME_SIZE];

	if (count || printer->json)
		print_number(printer, key_of(name, key), name, count);
}

static void print_op(struct printer *printer, const char *name,
		     const struct ff_stat_op *op)
{
	char key[NAME_SIZE];

	if (op->messages)
		print_words(printer, "%s %llu/%llu", name,
			    (unsigned long long)op->messages,
			    (unsigned long long)op->bytes);
	print_inner_begin(printer, key_of(name, key));
	print_number(printer, "messages", NULL, op->messages);
	print_number(printer, "bytes", NULL, op->bytes);
	print_inner_end(printer);
}

static void print_counts(struct printer *printer, const struct ff_stat *stat)
{
	size_t i;

	for (i = 0; i < STAT_OP_NAMES; i++)
		print_op(printer, stat_op_names[i], &stat->ops[i]);
	print_inner_begin(printer, "completions");
	for (i = 0; i < WC_STATUS_NAMES; i++)
		print_count(printer, wc_status_names[i], stat->completions[i]);
	print_inner_end(printer);
	for (i = 0; i < STAT_TALLY_NAMES; i++)
		print_count(printer, stat_tally_names[i], stat->tallies[i]);
}

void print_stat(struct ffctl *ctx, const struct ff_stat *stat)
{
	struct printer *printer = &ctx->printer;

	if (stat->dev[0])
		print_string(printer, "dev", "dev", stat->dev);
	if (stat->scope == FREEFLOW_STAT_SCOPE_QP)
		print_number(printer, "qpn", "qpn", stat->qpn);
	print_netns(ctx, stat->netns_inode);
	if (stat->per_qp)
		print_words(printer, "per-qp");
	if (stat->scope == FREEFLOW_STAT_SCOPE_DEV && printer->json)
		print_flag(printer, "per_qp", stat->per_qp);
	print_counts(printer, stat);
}

/* @inode: of the namespace that is wanted, or 0 for all */
struct show {
	struct ffctl *ctx;
	uint32_t inode;
};

static int show_one(const struct ff_stat *stat, void *arg)
{
	const struct show *show = arg;
	struct ffctl *ctx = show->ctx;

	if (show->inode && stat->netns_inode != show->inode)
		return 0;
	print_object_begin(&ctx->printer);
	print_stat(ctx, stat);
	print_object_end(&ctx->printer);
	return 0;
}

static enum status find_inode(const struct ffctl *ctx, const char *netns,
			      uint32_t *inode)
{
	enum status status;
	struct stat st;
	int fd = -1;

	status = open_netns(ctx, netns, &fd);
	if (status || fd < 0)
		return status;
	if (fstat(fd, &st))
		status = fail(ctx, "network namespace '%s' is gone", netns);
	else
		*inode = st.st_ino;
	close(fd);
	return status;
}

enum status stat_show(struct ffctl *ctx)
{
	struct show show = { .ctx = ctx };
	uint32_t scope = FREEFLOW_STAT_SCOPE_DEV;
	const char *netns = NULL;
	const char *dev = NULL;
	struct keyword keywords[] = {
		{ "per", value_scope, &scope },
		{ "dev", value_dev, &dev },
		{ "netns", value_netns, &netns },
		{ 0 }
	};
	enum status status;
	int err;

	status = take_keywords(ctx, keywords);
	if (!status && scope == FREEFLOW_STAT_SCOPE_QP && !dev)
		status = misuse(ctx, "the word 'dev' is missing: whose QPs?");
	if (!status)
		status = ffctl_connect(ctx);
	if (!status)
		status = find_inode(ctx, netns, &show.inode);
	if (status)
		return status;

	print_list_begin(&ctx->printer);
	err = ff_stat_list(ctx->handle, scope, dev, show_one, &show);
	print_list_end(&ctx->printer);
	return ffctl_result(ctx, err);
}

static enum status stat_set(struct ffctl *ctx)
{
	bool per_qp = false;
	struct keyword keywords[] = {
		{ "qp", value_switch, &per_qp, .required = true },
		{ 0 }
	};
	const char *dev;
	enum status status;

	status = take_value(ctx, "name of a device", value_dev, &dev);
	if (!status)
		status = take_keywords(ctx, keywords);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;
	return ffctl_result(ctx, ff_stat_set_per_qp(ctx->handle, dev, per_qp));
}

const struct cmd stat_cmds[] = {
	{
		.name = "show",
		.usage = "[per dev|netns|qp] [dev NAME] [netns NS]",
		.summary = "show what went through devices, namespaces or QPs",
		.run = stat_show,
	},
	{
		.name = "set",
		.usage = "NAME qp on|off",
		.summary = "have the QPs of a device count for themselves, too",
		.run = stat_set,
	},
	{
		.name = "export",
		.usage = "FILE",
		.summary = "write all as OpenMetrics text, for node_exporter",
		.run = stat_export,
	},
	{ 0 }
};
