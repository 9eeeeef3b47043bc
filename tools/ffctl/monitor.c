// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "object.h"

enum object { DEV, ROUTE, QUOTA, LOWER, TUNNEL, STAT, LIMIT, QP, OBJECTS };

static const char *const object_names[OBJECTS] = {
	[DEV] = "dev", [ROUTE] = "route", [QUOTA] = "quota", [LOWER] = "lower",
	[TUNNEL] = "tunnel", [STAT] = "stat", [LIMIT] = "limit", [QP] = "qp",
};

/* What the commands of events do, and to what. */
static const struct {
	const char *verb;
	enum object object;
} changes[] = {
	[FREEFLOW_CMD_DEV_NEW]		= { "add", DEV },
	[FREEFLOW_CMD_DEV_SET]		= { "set", DEV },
	[FREEFLOW_CMD_DEV_DEL]		= { "del", DEV },
	[FREEFLOW_CMD_ROUTE_NEW]	= { "add", ROUTE },
	[FREEFLOW_CMD_ROUTE_DEL]	= { "del", ROUTE },
	[FREEFLOW_CMD_ROUTE_FLUSH]	= { "flush", ROUTE },
	[FREEFLOW_CMD_QUOTA_SET]	= { "set", QUOTA },
	[FREEFLOW_CMD_LOWER_NEW]	= { "add", LOWER },
	[FREEFLOW_CMD_LOWER_SET]	= { "set", LOWER },
	[FREEFLOW_CMD_LOWER_DEL]	= { "del", LOWER },
	[FREEFLOW_CMD_TUNNEL_SET]	= { "set", TUNNEL },
	[FREEFLOW_CMD_STAT_SET]		= { "set", STAT },
	[FREEFLOW_CMD_QUOTA_HIT]	= { "hit", QUOTA },
	[FREEFLOW_CMD_LIMIT_HIT]	= { "hit", LIMIT },
	[FREEFLOW_CMD_QP_FATAL]		= { "fatal", QP },
	[FREEFLOW_CMD_LIMIT_SET]	= { "set", LIMIT },
	[FREEFLOW_CMD_LIMIT_DEL]	= { "del", LIMIT },
};

static void print_flush(struct printer *printer, const struct ff_flush *flush)
{
	if (flush->table != LIBFREEFLOW_ALL_TABLES)
		print_number(printer, "table", "table", flush->table);
	if (flush->proto != LIBFREEFLOW_ALL_PROTOS)
		print_proto(printer, "proto", flush->proto);
}

static void print_changed(struct ffctl *ctx, const struct ff_event *event)
{
	switch (changes[event->cmd].object) {
	case DEV:
		print_dev(ctx, &event->dev);
		break;
	case ROUTE:
		if (event->cmd == FREEFLOW_CMD_ROUTE_FLUSH)
			print_flush(&ctx->printer, &event->flush);
		else
			print_route(ctx, &event->route);
		break;
	case QUOTA:
		if (event->cmd == FREEFLOW_CMD_QUOTA_HIT)
			print_alert(ctx, event->cmd, &event->alert);
		else
			print_quota(ctx, &event->quota);
		break;
	case LIMIT:
		if (event->cmd == FREEFLOW_CMD_LIMIT_HIT)
			print_alert(ctx, event->cmd, &event->alert);
		else
			print_limit(ctx, &event->limit);
		break;
	case QP:
		print_alert(ctx, event->cmd, &event->alert);
		break;
	case STAT:
		print_stat(ctx, &event->stat);
		break;
	case LOWER:
		print_lower(ctx, &event->lower);
		break;
	case TUNNEL:
		print_tunnel(ctx, &event->tunnel);
		break;
	case OBJECTS:
		break;
	}
}

static void print_event(struct ffctl *ctx, const struct ff_event *event)
{
	const enum object object = changes[event->cmd].object;
	/* The lines of devices begin with the word anyway. */
	const char *label = object == DEV || object == LOWER ? NULL : "";

	netns_forget(&ctx->names);
	ctx->printer.objects = 0;
	print_object_begin(&ctx->printer);
	print_string(&ctx->printer, "event", "", changes[event->cmd].verb);
	print_string(&ctx->printer, "object", label, object_names[object]);
	print_changed(ctx, event);
	print_object_end(&ctx->printer);
	if (ctx->printer.json)
		putchar('\n');
}

/* Print the events that are there; -EAGAIN when there are no more. */
static int print_events(struct ffctl *ctx, const bool *wanted)
{
	struct ff_event event;
	int err;

	for (;;) {
		err = ff_events_next(ctx->handle, &event);
		if (err == -ENOBUFS)
			fail(ctx, "events came too fast: some are lost");
		else if (err == -EBADMSG)
			fail(ctx, "an event made no sense");
		else if (err)
			return err;
		else if (wanted[changes[event.cmd].object])
			print_event(ctx, &event);
	}
}

static enum status watch(struct ffctl *ctx, const bool *wanted)
{
	struct pollfd pollfd = { .events = POLLIN };
	int err;

	err = ff_events_subscribe(ctx->handle);
	if (err)
		return refused(ctx, err);
	pollfd.fd = ff_events_fd(ctx->handle);
	for (;;) {
		err = print_events(ctx, wanted);
		if (err != -EAGAIN)
			return refused(ctx, err);
		if (fflush(stdout))
			return fail(ctx, "the output could not be written");
		poll(&pollfd, 1, -1);
	}
}

static enum status take_objects(struct ffctl *ctx, bool *wanted)
{
	int index;

	memset(wanted, !ctx->argc, OBJECTS * sizeof(*wanted));
	for (; ctx->argc; ctx->argc--, ctx->argv++) {
		index = match_word(ctx->argv[0], object_names, OBJECTS);
		if (index < 0)
			return misuse(ctx, "'%s' is none of dev, route, quota, lower, tunnel, stat, limit and qp",
				      ctx->argv[0]);
		wanted[index] = true;
	}
	return STATUS_OK;
}

enum status monitor(struct ffctl *ctx)
{
	bool wanted[OBJECTS];
	enum status status;

	status = take_objects(ctx, wanted);
	if (!status)
		status = ffctl_connect(ctx);
	return status ? status : watch(ctx, wanted);
}
