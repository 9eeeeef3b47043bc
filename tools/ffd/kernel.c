// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "address.h"
#include "kernel.h"
#include "policy.h"
#include "say.h"

/* Events taken before others have their turn. */
#define EVENTS_AT_ONCE		256
#define LIST_TRIES		5
#define LIST_AGAIN_MS		1000

struct route_list {
	struct ff_route *all;
	size_t count;
	size_t room;
};

static int note_route(const struct ff_route *route, void *arg)
{
	struct route_list *list = arg;
	struct ff_route *larger;
	size_t room;

	if (list->count == list->room) {
		room = list->room ? 2 * list->room : 256;
		larger = reallocarray(list->all, room, sizeof(*larger));
		if (!larger)
			return -ENOMEM;
		list->all = larger;
		list->room = room;
	}
	list->all[list->count++] = *route;
	return 0;
}

static void look_everywhere(struct places *places, struct place *place)
{
	place_queue(places, place, PLACE_ROUTE);
	place_queue(places, place, PLACE_PUBLISH);
}

/* A route that is there. */
static void take_route(struct kernel *kernel, const struct ff_route *route)
{
	struct places *places = kernel->places;
	bool is_local = *route->local_dev;
	struct place *place;

	if (is_local && !address_is_virtual(&route->prefix.addr))
		return;
	if (!is_local && route->proto != FREEFLOW_ROUTE_PROTO_FFD) {
		place = place_find(places, route->table, &route->prefix);
		if (place) {
			place->blocked = true;
			place->has.family = AF_UNSPEC;
			place_queue(places, place, PLACE_ROUTE);
		}
		return;
	}
	place = place_get(places, route->table, &route->prefix);
	if (!place)
		return;
	if (is_local) {
		place->is_local = true;
	} else {
		place->blocked = false;
		place->has = route->host;
	}
	look_everywhere(places, place);
}

static void drop_route(struct kernel *kernel, const struct ff_route *route)
{
	struct place *place = place_find(kernel->places, route->table,
					 &route->prefix);

	if (!place)
		return;
	if (*route->local_dev) {
		place->is_local = false;
	} else {
		place->blocked = false;
		place->has.family = AF_UNSPEC;
	}
	look_everywhere(kernel->places, place);
}

static void drop_flushed(struct kernel *kernel, const struct ff_flush *flush)
{
	struct lh_entry *entry;

	lh_foreach(kernel->places->by_name, entry) {
		struct place *place = lh_entry_v(entry);

		if (flush->table != LIBFREEFLOW_ALL_TABLES &&
		    flush->table != place->table)
			continue;
		if (flush->proto == LIBFREEFLOW_ALL_PROTOS ||
		    flush->proto == FREEFLOW_ROUTE_PROTO_FFD)
			place->has.family = AF_UNSPEC;
		if (flush->proto != FREEFLOW_ROUTE_PROTO_FFD)
			place->blocked = false;
		place_queue(kernel->places, place, PLACE_ROUTE);
	}
}

/* A list that was made while routes changed may lack some that are there. */
static bool is_still_local(struct kernel *kernel, const struct place *place)
{
	struct ff_route route;

	return !ff_route_get(kernel->handle, place->table, &place->prefix.addr,
			     &route) && *route.local_dev;
}

static void take_list(struct kernel *kernel, const struct route_list *list)
{
	struct lh_entry *entry;
	size_t i;

	lh_foreach(kernel->places->by_name, entry) {
		struct place *place = lh_entry_v(entry);

		place->blocked = false;
		place->has.family = AF_UNSPEC;
		if (place->is_local)
			place->is_local = is_still_local(kernel, place);
		look_everywhere(kernel->places, place);
	}
	for (i = 0; i < list->count; i++)
		take_route(kernel, &list->all[i]);
	policy_look(kernel->policy);
}

static int list_routes(struct kernel *kernel)
{
	struct route_list list = { 0 };
	int tries, err = -EINTR;

	for (tries = 0; err == -EINTR && tries < LIST_TRIES; tries++) {
		list.count = 0;
		err = ff_route_list(kernel->handle, LIBFREEFLOW_ALL_TABLES,
				    LIBFREEFLOW_ALL_PROTOS, note_route, &list);
	}
	if (!err)
		take_list(kernel, &list);
	free(list.all);
	kernel->lists++;
	return err;
}

static void list_again(void *arg)
{
	struct kernel *kernel = arg;
	int err = list_routes(kernel);

	if (!err)
		return;
	say(LOG_ERR, "The kernel's routes could not be listed: %s.",
	    ff_strerror(kernel->handle, err));
	later_in_ms(&kernel->again, LIST_AGAIN_MS);
}

static void take_event(struct kernel *kernel, const struct ff_event *event)
{
	switch (event->cmd) {
	case FREEFLOW_CMD_ROUTE_NEW:
		take_route(kernel, &event->route);
		break;
	case FREEFLOW_CMD_ROUTE_DEL:
		drop_route(kernel, &event->route);
		break;
	case FREEFLOW_CMD_ROUTE_FLUSH:
		drop_flushed(kernel, &event->flush);
		break;
	case FREEFLOW_CMD_DEV_NEW:
	case FREEFLOW_CMD_DEV_SET:
		policy_look(kernel->policy);
		break;
	}
}

static int on_events(sd_event_source *source, int fd, uint32_t revents,
		     void *arg)
{
	struct kernel *kernel = arg;
	struct ff_event event;
	int i, err = 0;

	(void)source;
	(void)fd;
	(void)revents;
	for (i = 0; i < EVENTS_AT_ONCE; i++) {
		err = ff_events_next(kernel->handle, &event);
		if (!err)
			take_event(kernel, &event);
		else if (err == -ENOBUFS || err == -EBADMSG)
			later_soon(&kernel->again);
		else
			break;
	}
	if (!err || err == -EAGAIN || err == -ENOBUFS || err == -EBADMSG)
		return 0;
	say(LOG_ERR, "The module cannot be listened to: %s.",
	    ff_strerror(kernel->handle, err));
	return err;
}

int kernel_init(struct kernel *kernel, sd_event *event,
		struct ff_handle *handle, struct places *places,
		struct policy *policy)
{
	int err;

	memset(kernel, 0, sizeof(*kernel));
	kernel->handle = handle;
	kernel->places = places;
	kernel->policy = policy;
	err = later_init(&kernel->again, event, list_again, kernel);
	if (!err)
		err = ff_events_subscribe(handle);
	if (!err)
		err = sd_event_add_io(event, &kernel->source,
				      ff_events_fd(handle), EPOLLIN, on_events,
				      kernel);
	if (err >= 0)
		err = list_routes(kernel);
	if (err < 0)
		say(LOG_ERR, "The module does not tell its routes: %s.",
		    ff_strerror(handle, err));
	return err;
}

void kernel_free(struct kernel *kernel)
{
	sd_event_source_disable_unref(kernel->source);
	later_free(&kernel->again);
}
