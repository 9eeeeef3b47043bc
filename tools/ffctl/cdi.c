// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "cdi-spec.h"
#include "cmd.h"
#include "value.h"

struct unnamed {
	struct ffctl *ctx;
	enum status status;
};

static void say_unnamed(const char *name, void *arg)
{
	struct unnamed *unnamed = arg;

	unnamed->status = fail(unnamed->ctx,
			       "'%s' is in " CDI_KIND "=" CDI_ALL " only: names that runtimes know start and end with a letter or digit",
			       name);
}

static enum status cdi_generate(struct ffctl *ctx)
{
	struct unnamed unnamed = { .ctx = ctx };
	struct keyword none[] = { { 0 } };
	const char *path = CDI_PATH;
	enum status status;
	const char *what;
	int err;

	status = ctx->argc ? take_value(ctx, "FILE", value_file, &path) :
			     STATUS_OK;
	if (!status)
		status = take_keywords(ctx, none);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;

	err = cdi_spec_write(ctx->handle, path, say_unnamed, &unnamed, &what);
	if (err && what)
		return fail(ctx, "%s: %s", what, strerror(-err));
	return err ? refused(ctx, err) : unnamed.status;
}

const struct cmd cdi_cmds[] = {
	{
		.name = "generate",
		.usage = "[FILE]",
		.summary = "describe the devices to container runtimes, in " CDI_PATH " by default",
		.run = cdi_generate,
	},
	{ 0 }
};
