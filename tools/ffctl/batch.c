// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands from a file. Changes of routes gather in a batch of the library;
 * any other command, and the end of the file, sends them first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define WORDS_MAX	64

static void note_refusal(uint64_t id, int err, const char *sentence, void *arg)
{
	struct ffctl *ctx = arg;

	ctx->batch_status = refused_line(ctx, id, err, sentence);
}

enum status batch_send(struct ffctl *ctx)
{
	if (!ctx->batch)
		return STATUS_OK;
	return ffctl_result(ctx, ff_route_batch_send(ctx->batch));
}

static enum status start(struct ffctl *ctx)
{
	enum status status;
	int err;

	status = ffctl_connect(ctx);
	if (status)
		return status;
	err = ff_route_batch_new(ctx->handle, note_refusal, ctx, &ctx->batch);
	return ffctl_result(ctx, err);
}

enum status batch_route(struct ffctl *ctx, enum ff_route_op op,
			const struct ff_route *route)
{
	enum status status = ctx->batch ? STATUS_OK : start(ctx);
	int err;

	if (status)
		return status;
	err = ff_route_batch_add(ctx->batch, op, route, ctx->line);
	return ffctl_result(ctx, err);
}

/* Split a line at white space, up to a word that starts with '#'. */
static int split(char *line, char **words, int max)
{
	char *rest = line;
	char *word;
	int count = 0;

	while ((word = strsep(&rest, " \t\r\n"))) {
		if (*word == '#')
			break;
		if (!*word)
			continue;
		if (count == max)
			return -E2BIG;
		words[count++] = word;
	}
	return count;
}

static enum status run_line(struct ffctl *ctx, char *line)
{
	char *words[WORDS_MAX];
	int count = split(line, words, WORDS_MAX);

	if (count < 0)
		return misuse(ctx, "more than %d words", WORDS_MAX);
	if (!count)
		return STATUS_OK;
	ctx->argc = count;
	ctx->argv = words;
	snprintf(ctx->path, sizeof(ctx->path), "ffctl");
	return cmd_run(ctx, &root_cmd);
}

static void note(enum status *outcome, enum status status)
{
	if (*outcome == STATUS_OK)
		*outcome = status;
}

static enum status run_lines(struct ffctl *ctx, FILE *input, bool force)
{
	enum status outcome = STATUS_OK;
	size_t size = 0;
	char *line = NULL;

	while ((!outcome || force) && getline(&line, &size, input) >= 0) {
		ctx->line++;
		note(&outcome, run_line(ctx, line));
		note(&outcome, ctx->batch_status);
	}
	free(line);
	note(&outcome, batch_send(ctx));
	note(&outcome, ctx->batch_status);
	if (ferror(input))
		note(&outcome, fail(ctx, "%s", strerror(errno)));
	return outcome;
}

enum status batch_run(struct ffctl *ctx, const char *file, bool force)
{
	const bool is_stdin = !strcmp(file, "-");
	enum status status;
	FILE *input;

	input = is_stdin ? stdin : fopen(file, "re");
	if (!input)
		return fail(ctx, "%s: %s", file, strerror(errno));
	ctx->file = is_stdin ? "stdin" : file;
	status = run_lines(ctx, input, force);
	ctx->file = NULL;
	ff_route_batch_free(ctx->batch);
	ctx->batch = NULL;
	if (!is_stdin)
		fclose(input);
	return status;
}
