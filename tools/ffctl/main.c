// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const struct cmd objects[] = {
	{ .name = "dev", .sub = dev_cmds, .run = dev_show },
	{ .name = "route", .sub = route_cmds, .run = route_show },
	{ .name = "quota", .sub = quota_cmds, .run = quota_show },
	{ .name = "limit", .sub = limit_cmds, .run = limit_show },
	{ .name = "lower", .sub = lower_cmds, .run = lower_show },
	{ .name = "tunnel", .sub = tunnel_cmds, .run = tunnel_show },
	{ .name = "res", .sub = res_cmds },
	{ .name = "cdi", .sub = cdi_cmds },
	{ .name = "cluster", .sub = cluster_cmds, .run = cluster_show },
	{ .name = "stat", .sub = stat_cmds, .run = stat_show },
	{
		.name = "monitor",
		.usage = "[dev|route|quota|lower|tunnel|stat|limit|qp ...]",
		.summary = "show what changes, until interrupted",
		.run = monitor,
	},
	{
		.name = "top",
		.usage = "[every SECONDS]",
		.summary = "show the busiest devices, until 'q' is typed",
		.run = top,
	},
	{ 0 }
};

const struct cmd root_cmd = {
	.usage = "[-j [-p]] OBJECT COMMAND ... | [-f] -b FILE | -V",
	.summary = "-j JSON, -p indented; -b commands from a file, -f despite errors; -V version",
	.sub = objects,
};

struct options {
	const char *batch;
	bool force;
	bool help;
	bool version;
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "pretty", no_argument, NULL, 'p' },
	{ "batch", required_argument, NULL, 'b' },
	{ "force", no_argument, NULL, 'f' },
	{ "Version", no_argument, NULL, 'V' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static enum status unknown_option(const struct ffctl *ctx)
{
	if (optopt)
		return misuse(ctx, "unknown option '-%c'", optopt);
	return misuse(ctx, "unknown option '%s'", ctx->argv[optind - 1]);
}

static enum status take_options(struct ffctl *ctx, struct options *options)
{
	int option;

	opterr = 0;
	optind = 0;
	while ((option = getopt_long_only(ctx->argc, ctx->argv, "+:jpb:fVh",
					  long_options, NULL)) != -1) {
		switch (option) {
		case 'j':
			ctx->printer.json = true;
			break;
		case 'p':
			ctx->printer.pretty = true;
			break;
		case 'b':
			options->batch = optarg;
			break;
		case 'f':
			options->force = true;
			break;
		case 'V':
			options->version = true;
			break;
		case 'h':
			options->help = true;
			break;
		case ':':
			return misuse(ctx, "the value of '-%c' is missing",
				      optopt);
		default:
			return unknown_option(ctx);
		}
	}
	ctx->argc -= optind;
	ctx->argv += optind;
	return STATUS_OK;
}

static enum status run(struct ffctl *ctx)
{
	char *help = "help";
	struct options options = { 0 };
	enum status status;

	status = take_options(ctx, &options);
	if (status)
		return status;
	if (options.version) {
		puts("ffctl " VERSION);
		return STATUS_OK;
	}
	if (options.help) {
		ctx->argc = 1;
		ctx->argv = &help;
	}
	if (!options.batch)
		return cmd_run(ctx, &root_cmd);
	if (ctx->argc)
		return misuse(ctx, "unknown word '%s' after the batch",
			      ctx->argv[0]);
	return batch_run(ctx, options.batch, options.force);
}

int main(int argc, char **argv)
{
	struct ffctl ctx = { .argc = argc, .argv = argv, .path = "ffctl" };
	enum status status;

	status = run(&ctx);
	netns_forget(&ctx.names);
	ff_close(ctx.handle);
	if (fflush(stdout) && !status)
		status = fail(&ctx, "the output could not be written");
	return status;
}
