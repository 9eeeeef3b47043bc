// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ffctl.h"

static void say_where(const struct ffctl *ctx, unsigned long line)
{
	fflush(stdout);
	fputs("ffctl: ", stderr);
	if (ctx->file)
		fprintf(stderr, "%s:%lu: ", ctx->file, line);
}

static void say(const struct ffctl *ctx, const char *format, va_list args)
{
	say_where(ctx, ctx->line);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

enum status fail(const struct ffctl *ctx, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(ctx, format, args);
	va_end(args);
	return STATUS_REFUSED;
}

enum status misuse(const struct ffctl *ctx, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(ctx, format, args);
	va_end(args);
	fprintf(stderr, "Try '%s help'.\n", ctx->path);
	return STATUS_USAGE;
}

/* The error's usual words come first; @sentence adds to them if it can. */
enum status refused_line(const struct ffctl *ctx, unsigned long line, int err,
			 const char *sentence)
{
	char text[64];
	/* Not strerror(), to which the sentence may belong. */
	const char *usual = strerror_r(-err, text, sizeof(text));

	say_where(ctx, line);
	if (strcmp(sentence, usual))
		fprintf(stderr, "%s: %s\n", usual, sentence);
	else
		fprintf(stderr, "%s\n", usual);
	return STATUS_REFUSED;
}

enum status refused(const struct ffctl *ctx, int err)
{
	return refused_line(ctx, ctx->line, err, ff_strerror(ctx->handle, err));
}

enum status ffctl_result(const struct ffctl *ctx, int err)
{
	return err ? refused(ctx, err) : STATUS_OK;
}

enum status ffctl_connect(struct ffctl *ctx)
{
	int err;

	if (ctx->handle)
		return batch_send(ctx);
	err = ff_open(&ctx->handle);
	if (err)
		return fail(ctx, "%s", ff_strerror(NULL, err));
	return STATUS_OK;
}
