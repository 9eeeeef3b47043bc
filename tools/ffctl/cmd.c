// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

#define COMMANDS_MAX	16

int match_word(const char *word, const char *const *names, size_t count)
{
	const size_t len = strlen(word);
	int match = -1;
	size_t i;

	for (i = 0; len && i < count; i++) {
		if (strncmp(word, names[i], len))
			continue;
		if (!names[i][len])
			return i;
		match = match == -1 ? (int)i : -2;
	}
	return match;
}

static void print_usage(const char *path, const struct cmd *cmd)
{
	printf("  %s%s%s\n      %s\n", path, cmd->usage ? " " : "",
	       cmd->usage ? cmd->usage : "", cmd->summary);
}

static void print_usages(const char *path, const struct cmd *cmd)
{
	const struct cmd *sub;
	char longer[128];

	if (!cmd->sub) {
		print_usage(path, cmd);
		return;
	}
	for (sub = cmd->sub; sub->name; sub++) {
		snprintf(longer, sizeof(longer), "%s %s", path, sub->name);
		print_usages(longer, sub);
	}
}

static enum status print_help(const struct ffctl *ctx, const struct cmd *cmd)
{
	printf("Usage:\n");
	if (cmd == &root_cmd)
		printf("  %s %s\n      %s\n", ctx->path, cmd->usage,
		       cmd->summary);
	print_usages(ctx->path, cmd);
	return STATUS_OK;
}

static bool asks_help(const char *word)
{
	if (*word != '-')
		return !strcmp(word, "help");
	return !strcmp(word, "-h") || !strcmp(word, "--help") ||
	       !strcmp(word, "-help");
}

static size_t list_names(const struct cmd *cmds, const char **names)
{
	size_t count;

	for (count = 0; cmds[count].name && count < COMMANDS_MAX; count++)
		names[count] = cmds[count].name;
	return count;
}

/* "add, set or del": all of @names, or those that start as @word does. */
static void join_names(char *text, size_t size, const char *word,
		       const char *const *names, size_t count)
{
	size_t used = 0;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < count && used < size; i++) {
		if (strncmp(word, names[i], strlen(word)))
			continue;
		used += snprintf(text + used, size - used, "%s%s",
				 used ? ", " : "", names[i]);
	}
}

static enum status find_sub(struct ffctl *ctx, const struct cmd *cmd,
			    const struct cmd **found)
{
	const char *names[COMMANDS_MAX];
	const size_t count = list_names(cmd->sub, names);
	char choice[256];
	int index;

	if (!ctx->argc) {
		join_names(choice, sizeof(choice), "", names, count);
		return misuse(ctx, "a command is missing after '%s': %s",
			      ctx->path, choice);
	}
	index = match_word(ctx->argv[0], names, count);
	if (index >= 0) {
		*found = &cmd->sub[index];
		return STATUS_OK;
	}
	join_names(choice, sizeof(choice), index == -2 ? ctx->argv[0] : "",
		   names, count);
	return misuse(ctx, "%s word '%s' after '%s': %s",
		      index == -2 ? "ambiguous" : "unknown", ctx->argv[0],
		      ctx->path, choice);
}

/* All names of commands together fit; the lines of a batch are many. */
static void take_name(struct ffctl *ctx, const struct cmd *cmd)
{
	const size_t room = sizeof(ctx->path) - 1;

	strncat(ctx->path, " ", room - strlen(ctx->path));
	strncat(ctx->path, cmd->name, room - strlen(ctx->path));
	ctx->argc--;
	ctx->argv++;
}

enum status cmd_run(struct ffctl *ctx, const struct cmd *cmd)
{
	const struct cmd *sub;
	enum status status;

	if (ctx->argc && asks_help(ctx->argv[0]))
		return print_help(ctx, cmd);
	if (!cmd->sub || (!ctx->argc && cmd->run))
		return cmd->run(ctx);

	status = find_sub(ctx, cmd, &sub);
	if (status)
		return status;
	take_name(ctx, sub);
	return cmd_run(ctx, sub);
}

enum status take_value(struct ffctl *ctx, const char *what, value_parser parse,
		       void *into)
{
	if (!ctx->argc)
		return misuse(ctx, "%s is missing after '%s'", what, ctx->path);
	ctx->argc--;
	return parse(ctx, what, *ctx->argv++, into);
}

static struct keyword *find_keyword(struct keyword *keywords, const char *word)
{
	for (; keywords->word; keywords++) {
		if (!strcmp(word, keywords->word))
			return keywords;
	}
	return NULL;
}

static enum status take_values(struct ffctl *ctx, const struct keyword *keyword)
{
	enum status status;

	do {
		ctx->argc--;
		status = keyword->parse(ctx, keyword->word, *ctx->argv++,
					keyword->into);
	} while (!status && keyword->several && ctx->argc &&
		 isdigit((unsigned char)*ctx->argv[0]));
	return status;
}

static enum status take_keyword(struct ffctl *ctx, struct keyword *keywords)
{
	const char *word = *ctx->argv++;
	struct keyword *keyword = find_keyword(keywords, word);

	ctx->argc--;
	if (!keyword)
		return misuse(ctx, "unknown word '%s' after '%s'", word,
			      ctx->path);
	if (keyword->seen)
		return misuse(ctx, "the word '%s' is there twice", word);
	keyword->seen = true;
	if (!keyword->parse) {
		*(bool *)keyword->into = true;
		return STATUS_OK;
	}
	if (!ctx->argc)
		return misuse(ctx, "the value of '%s' is missing", word);
	return take_values(ctx, keyword);
}

enum status take_keywords(struct ffctl *ctx, struct keyword *keywords)
{
	const struct keyword *keyword;
	enum status status;

	while (ctx->argc) {
		status = take_keyword(ctx, keywords);
		if (status)
			return status;
	}
	for (keyword = keywords; keyword->word; keyword++) {
		if (keyword->required && !keyword->seen)
			return misuse(ctx, "the word '%s' is missing",
				      keyword->word);
	}
	return STATUS_OK;
}
