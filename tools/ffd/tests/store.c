// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "etcd.h"
#include "say.h"
#include "store.h"

#define REQUEST_MAX	65536

char store_said[1024];
unsigned int store_sentences;

struct visitor {
	struct store *store;
	sd_event_source *source;
	size_t used;
	char text[REQUEST_MAX];
};

struct json_object *store_pair(const char *key, const char *value,
			       int64_t created)
{
	struct json_object *kv = json_object_new_object();

	etcd_put_bytes(kv, "key", key);
	etcd_put_bytes(kv, "value", value);
	etcd_put_number(kv, "create_revision", created);
	etcd_put_number(kv, "mod_revision", created);
	return kv;
}

void say(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	va_start(args, format);
	vsnprintf(store_said, sizeof(store_said), format, args);
	va_end(args);
	store_sentences++;
}

/* The body, once all of it is there. */
static char *body_of(struct visitor *visitor)
{
	char *head_end = strstr(visitor->text, "\r\n\r\n");
	char *length = strcasestr(visitor->text, "Content-Length:");

	if (!head_end || !length || strlen(head_end + 4) < strtoul(length + 15,
								   NULL, 10))
		return NULL;
	return head_end + 4;
}

static int on_request(sd_event_source *source, int fd, uint32_t revents,
		      void *arg)
{
	struct visitor *visitor = arg;
	struct store *store = visitor->store;
	struct json_object *request;
	char path[64] = "";
	ssize_t size;
	char *body;

	(void)source;
	(void)revents;
	size = recv(fd, visitor->text + visitor->used,
		    REQUEST_MAX - 1 - visitor->used, 0);
	if (size > 0)
		visitor->used += size;
	body = body_of(visitor);
	if (size > 0 && !body)
		return 0;
	sd_event_source_disable_unref(visitor->source);
	if (body) {
		if (sscanf(visitor->text, "POST %63s", path) != 1)
			abort();
		request = json_tokener_parse(body);
		store->answer(store, fd, path, request);
		json_object_put(request);
	} else {
		close(fd);
	}
	free(visitor);
	store->visitors--;
	return 0;
}

static int on_visitor(sd_event_source *source, int fd, uint32_t revents,
		      void *arg)
{
	struct visitor *visitor = calloc(1, sizeof(*visitor));

	(void)source;
	(void)revents;
	visitor->store = arg;
	visitor->store->visitors++;
	fd = accept(fd, NULL, NULL);
	return sd_event_add_io(visitor->store->event, &visitor->source, fd,
			       EPOLLIN, on_request, visitor) < 0 ? -1 : 0;
}

void store_start(struct store *store, sd_event *event)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	memset(store, 0, sizeof(*store));
	signal(SIGCHLD, SIG_IGN);
	store->event = event;
	store->watch = -1;
	store->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(store->fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(store->fd, 8))
		abort();
	sd_event_add_io(event, &store->source, store->fd, EPOLLIN, on_visitor,
			store);
}

void store_stop(struct store *store)
{
	store_cut(store);
	while (store->visitors)
		sd_event_run(store->event, UINT64_MAX);
	sd_event_source_disable_unref(store->source);
	close(store->fd);
}

uint16_t store_port(const struct store *store)
{
	struct sockaddr_in addr;
	socklen_t size = sizeof(addr);

	getsockname(store->fd, (struct sockaddr *)&addr, &size);
	return ntohs(addr.sin_port);
}

void store_answer(int fd, int status, const char *json)
{
	size_t left = strlen(json);
	bool is_long = left > REQUEST_MAX;
	ssize_t sent = 1;

	/* Who is to read it is this very process. */
	if (is_long && fork()) {
		close(fd);
		return;
	}
	dprintf(fd, "HTTP/1.1 %d Words\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		status, left);
	while (left && sent > 0) {
		sent = send(fd, json, left, MSG_NOSIGNAL);
		json += sent;
		left -= sent;
	}
	close(fd);
	if (is_long)
		_exit(0);
}

void store_begin(struct store *store, int fd)
{
	store_cut(store);
	store->watch = fd;
	store_send(store, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

void store_send(struct store *store, const char *bytes)
{
	if (send(store->watch, bytes, strlen(bytes), MSG_NOSIGNAL) < 0)
		perror("the stream");
}

void store_cut(struct store *store)
{
	if (store->watch >= 0)
		close(store->watch);
	store->watch = -1;
}
