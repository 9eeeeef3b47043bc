// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd.h"
#include "value.h"

#define AGENT_SOCKET	"/run/freeflow/ffd.sock"
#define AGENT_WAIT_S	10

static const char *text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name)) ?:
	       "";
}

static bool flag_of(struct json_object *object, const char *name)
{
	return json_object_get_boolean(json_object_object_get(object, name));
}

static int64_t number_of(struct json_object *object, const char *name)
{
	return json_object_get_int64(json_object_object_get(object, name));
}

static int connect_agent(const char *path)
{
	const struct timeval limit = { .tv_sec = AGENT_WAIT_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -errno;
}

/* The object that comes, to be put, or NULL and an errno in @err. */
static struct json_object *read_object(int fd, int *err)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object = NULL;
	char piece[65536];
	ssize_t size = 0;

	*err = tokener ? 0 : ENOMEM;
	while (tokener && !object && (size = read(fd, piece, sizeof(piece))) > 0) {
		object = json_tokener_parse_ex(tokener, piece, size);
		if (!object && json_tokener_get_error(tokener) !=
			       json_tokener_continue)
			break;
	}
	if (!object && !*err)
		*err = size < 0 ? errno : EBADMSG;
	json_tokener_free(tokener);
	return object;
}

static enum status ask_agent(const struct ffctl *ctx, const char *path,
			     struct json_object **status)
{
	int fd = connect_agent(path);
	int err;

	if (fd < 0)
		return fail(ctx, "ffd does not answer at %s: %s", path,
			    strerror(-fd));
	*status = read_object(fd, &err);
	close(fd);
	if (!*status)
		return fail(ctx, "ffd's answer could not be read: %s",
			    strerror(err));
	return STATUS_OK;
}

/* Leaves of the addresses those of a table. */
static void keep_table(struct json_object *status, int64_t table)
{
	struct json_object *all = json_object_object_get(status, "addresses");
	struct json_object *kept = json_object_new_array();
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i);

		if (number_of(one, "table") == table)
			json_object_array_add(kept, json_object_get(one));
	}
	json_object_object_add(status, "addresses", kept);
}

static void print_agent(struct printer *printer, struct json_object *status)
{
	struct json_object *store = json_object_object_get(status, "store");

	print_object_begin(printer);
	print_string(printer, "", "host", text_of(status, "host"));
	print_string(printer, "", "address", text_of(status, "host_address"));
	print_string(printer, "", "store", text_of(store, "endpoint"));
	print_words(printer, "%s", flag_of(store, "connected") ? "connected" :
								 "away");
	print_number(printer, "", "revision", number_of(store, "revision"));
	if (number_of(store, "heard_ms_ago") >= 0)
		print_words(printer, "heard %.1fs ago",
			    number_of(store, "heard_ms_ago") / 1e3);
	print_object_end(printer);
}

static void print_peer(struct printer *printer, struct json_object *peer)
{
	print_object_begin(printer);
	print_string(printer, "", "peer", text_of(peer, "host"));
	print_string(printer, "", "address", text_of(peer, "host_address"));
	print_object_end(printer);
}

static void print_address(struct printer *printer, struct json_object *place)
{
	struct json_object *claims = json_object_object_get(place, "claims");
	size_t i, count = 0;

	if (json_object_is_type(claims, json_type_array))
		count = json_object_array_length(claims);
	print_object_begin(printer);
	print_string(printer, "", "", text_of(place, "address"));
	if (number_of(place, "table"))
		print_number(printer, "", "table", number_of(place, "table"));
	for (i = 0; i < count; i++) {
		struct json_object *claim = json_object_array_get_idx(claims, i);

		print_string(printer, "", i ? "also" : "host",
			     text_of(claim, "host"));
		print_string(printer, "", "via",
			     text_of(claim, "host_address"));
	}
	print_string(printer, "", "", text_of(place, "state"));
	print_flag(printer, "published", flag_of(place, "published"));
	print_flag(printer, "conflict", flag_of(place, "conflict"));
	print_object_end(printer);
}

static void print_each(struct printer *printer, struct json_object *status,
		       const char *list,
		       void (*print)(struct printer *printer,
				     struct json_object *object))
{
	struct json_object *all = json_object_object_get(status, list);
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++)
		print(printer, json_object_array_get_idx(all, i));
}

static void print_json(const struct printer *printer, struct json_object *status)
{
	const int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
			  (printer->pretty ? JSON_C_TO_STRING_PRETTY |
					     JSON_C_TO_STRING_SPACED : 0);

	printf("[%s]\n", json_object_to_json_string_ext(status, flags));
}

/* What is read as lists is lists, whatever answered. */
static bool is_status(struct json_object *status)
{
	return json_object_is_type(status, json_type_object) &&
	       json_object_is_type(json_object_object_get(status, "addresses"),
				   json_type_array) &&
	       json_object_is_type(json_object_object_get(status, "hosts"),
				   json_type_array) &&
	       json_object_is_type(json_object_object_get(status, "store"),
				   json_type_object);
}

enum status cluster_show(struct ffctl *ctx)
{
	int64_t table = LIBFREEFLOW_ALL_TABLES;
	const char *path = AGENT_SOCKET;
	struct keyword keywords[] = {
		{ "table", value_table, &table },
		{ "socket", value_file, &path },
		{ 0 }
	};
	struct json_object *cluster = NULL;
	enum status status;

	status = take_keywords(ctx, keywords);
	if (!status)
		status = ask_agent(ctx, path, &cluster);
	if (!status && !is_status(cluster))
		status = fail(ctx, "what answers at %s is not ffd", path);
	if (!status && table != LIBFREEFLOW_ALL_TABLES)
		keep_table(cluster, table);
	if (!status && ctx->printer.json) {
		print_json(&ctx->printer, cluster);
	} else if (!status) {
		print_agent(&ctx->printer, cluster);
		print_each(&ctx->printer, cluster, "hosts", print_peer);
		print_each(&ctx->printer, cluster, "addresses", print_address);
	}
	json_object_put(cluster);
	return status;
}

const struct cmd cluster_cmds[] = {
	{
		.name = "show",
		.usage = "[table ID] [socket PATH]",
		.summary = "show what ffd believes of the cluster, and how fresh that is",
		.run = cluster_show,
	},
	{ 0 }
};
