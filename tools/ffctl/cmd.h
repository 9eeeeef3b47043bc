/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of commands, and the words that follow a command. */
#ifndef FFCTL_CMD_H
#define FFCTL_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "ffctl.h"

/*
 * A command, or an object that has commands. Tables end in an entry without
 * name.
 *
 * @usage: the words that follow the name
 * @summary: what it does, in one line
 * @run: does it; of an object: what happens when no command follows
 * @sub: the commands of an object
 */
struct cmd {
	const char *name;
	const char *usage;
	const char *summary;
	enum status (*run)(struct ffctl *ctx);
	const struct cmd *sub;
};

extern const struct cmd cdi_cmds[];
extern const struct cmd cluster_cmds[];
extern const struct cmd dev_cmds[];
extern const struct cmd limit_cmds[];
extern const struct cmd lower_cmds[];
extern const struct cmd quota_cmds[];
extern const struct cmd res_cmds[];
extern const struct cmd route_cmds[];
extern const struct cmd root_cmd;
extern const struct cmd stat_cmds[];
extern const struct cmd tunnel_cmds[];

enum status cluster_show(struct ffctl *ctx);
enum status dev_show(struct ffctl *ctx);
enum status limit_show(struct ffctl *ctx);
enum status lower_show(struct ffctl *ctx);
enum status monitor(struct ffctl *ctx);
enum status quota_show(struct ffctl *ctx);
enum status route_show(struct ffctl *ctx);
enum status stat_export(struct ffctl *ctx);
enum status stat_show(struct ffctl *ctx);
enum status top(struct ffctl *ctx);
enum status tunnel_show(struct ffctl *ctx);

/* Do the command that ctx->argv names under @cmd. */
enum status cmd_run(struct ffctl *ctx, const struct cmd *cmd);

/*
 * Reads @value, which stands for @word, into *@into; says what is wrong with
 * it.
 */
typedef enum status (*value_parser)(const struct ffctl *ctx, const char *word,
				    const char *value, void *into);

/*
 * A word that may follow a command, with a value if @parse is there; without,
 * @into is a bool. With @several more values may follow the first, which begin
 * with a digit. Tables end in an entry without word.
 */
struct keyword {
	const char *word;
	value_parser parse;
	void *into;
	bool required;
	bool several;
	bool seen;
};

/* Take the next word, which must be there and has no word before it. */
enum status take_value(struct ffctl *ctx, const char *what, value_parser parse,
		       void *into);
/* Take all words that are left, in any order, each at most once. */
enum status take_keywords(struct ffctl *ctx, struct keyword *keywords);

/*
 * Index in @names of the one that @word is or, if no other starts so too,
 * abbreviates. -1: none; -2: several.
 */
int match_word(const char *word, const char *const *names, size_t count);

#endif /* FFCTL_CMD_H */
