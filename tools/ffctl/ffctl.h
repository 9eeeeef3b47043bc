/* SPDX-License-Identifier: GPL-2.0-only */
/* What one run of ffctl carries from its options to its commands. */
#ifndef FFCTL_H
#define FFCTL_H

#include <libfreeflow.h>

#include "netns.h"
#include "print.h"

/* Exit statuses, and what every step of a command answers. */
enum status {
	STATUS_OK,
	STATUS_REFUSED,
	STATUS_USAGE,
};

/*
 * @argc, @argv: words of the command that are not taken yet
 * @path: the command as far as it was taken: "ffctl route add"
 * @handle: open once a command needed it
 * @batch: routes not sent yet; NULL but for commands of a batch
 * @file, @line: the batch that the command comes from; @file is NULL without
 * @batch_status: the first refusal among the routes of the batch
 */
struct ffctl {
	int argc;
	char **argv;
	char path[64];
	struct printer printer;
	struct netns_names names;
	struct ff_handle *handle;
	struct ff_route_batch *batch;
	const char *file;
	unsigned long line;
	enum status batch_status;
};

/* Say on stderr what is wrong and answer the status that goes with it. */
enum status fail(const struct ffctl *ctx, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum status misuse(const struct ffctl *ctx, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum status refused(const struct ffctl *ctx, int err);
enum status refused_line(const struct ffctl *ctx, unsigned long line, int err,
			 const char *sentence);

/* Open the handle, and send what the batch holds: commands keep their order. */
enum status ffctl_connect(struct ffctl *ctx);
/* STATUS_OK, or say why the library answered @err. */
enum status ffctl_result(const struct ffctl *ctx, int err);

enum status batch_run(struct ffctl *ctx, const char *file, bool force);
enum status batch_route(struct ffctl *ctx, enum ff_route_op op,
			const struct ff_route *route);
enum status batch_send(struct ffctl *ctx);

#endif /* FFCTL_H */
