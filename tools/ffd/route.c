// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "route.h"
#include "say.h"

#define RETRY_MS	2000

struct ff_addr route_wanted(const struct config *config,
			    const struct place *place)
{
	const struct claim *holder = place_holder(place);

	if (!holder || place->is_local ||
	    !strcmp(holder->host_name, config->host_name))
		return (struct ff_addr){ .family = AF_UNSPEC };
	return holder->host;
}

static void note_refusal(uint64_t id, int err, const char *sentence, void *arg)
{
	struct routes *routes = arg;
	struct route_change *change = &routes->changes[id];

	change->err = err;
	snprintf(change->why, sizeof(change->why), "%s", sentence);
}

static void take_refusal(struct routes *routes, struct route_change *change)
{
	struct place *place = change->place;
	bool deletes = !change->wants.family;
	char text[PLACE_TEXT_BYTES];

	if (deletes && change->err == -ESRCH) {
		place->has.family = AF_UNSPEC;
		return;
	}
	routes->refused++;
	place_text(place, text, sizeof(text));
	if (!deletes && change->err == -EEXIST) {
		place->has.family = AF_UNSPEC;
		place->blocked = true;
		say(LOG_WARNING, "The route of %s is somebody else's and stays as it is.",
		    text);
		return;
	}
	say(LOG_ERR, "The kernel refuses a route of %s: %s.", text, change->why);
	later_in_ms(&routes->retry, RETRY_MS);
}

static void take_outcome(struct routes *routes, struct route_change *change)
{
	if (change->err) {
		take_refusal(routes, change);
	} else {
		change->place->has = change->wants;
		routes->changed++;
	}
	place_settle(routes->places, change->place);
}

static int put_change(struct routes *routes, struct place *place,
		      const struct ff_addr *wants, unsigned int count)
{
	const struct ff_route route = {
		.table = place->table,
		.prefix = place->prefix,
		.host = *wants,
		.proto = FREEFLOW_ROUTE_PROTO_FFD,
	};

	routes->changes[count] = (struct route_change){
		.place = place, .wants = *wants,
	};
	return ff_route_batch_add(routes->batch, wants->family ?
				  FF_ROUTE_REPLACE : FF_ROUTE_DEL, &route,
				  count);
}

static bool needs_change(const struct place *place, const struct ff_addr *wants)
{
	return !address_equal(wants, &place->has) &&
	       !(wants->family && place->blocked);
}

/* Takes places from the queue until the batch is full or there are no more. */
static unsigned int fill_batch(struct routes *routes)
{
	unsigned int count = 0;
	struct ff_addr wants;
	struct place *place;

	while (count < ROUTES_AT_ONCE &&
	       (place = place_dequeue(routes->places, PLACE_ROUTE))) {
		wants = route_wanted(routes->config, place);
		if (!needs_change(place, &wants))
			place_settle(routes->places, place);
		else if (!put_change(routes, place, &wants, count))
			count++;
		else
			say(LOG_ERR, "Out of memory: a route is not set.");
	}
	return count;
}

static void work(void *arg)
{
	struct routes *routes = arg;
	unsigned int count, i;
	int err;

	if (!routes->enabled)
		return;
	count = fill_batch(routes);
	err = ff_route_batch_send(routes->batch);
	if (err)
		say(LOG_ERR, "The routes could not be sent to the kernel: %s.",
		    ff_strerror(routes->handle, err));
	for (i = 0; i < count; i++) {
		if (err && !routes->changes[i].err) {
			routes->changes[i].err = err;
			strcpy(routes->changes[i].why, "it was not sent");
		}
		take_outcome(routes, &routes->changes[i]);
	}
	if (count == ROUTES_AT_ONCE)
		later_soon(&routes->later);
}

static void wake(void *arg)
{
	struct routes *routes = arg;

	later_soon(&routes->later);
}

static void look_at_all(void *arg)
{
	struct routes *routes = arg;
	struct lh_entry *entry;

	lh_foreach(routes->places->by_name, entry)
		place_queue(routes->places, lh_entry_v(entry), PLACE_ROUTE);
}

int routes_init(struct routes *routes, sd_event *event,
		const struct config *config, struct places *places,
		struct ff_handle *handle)
{
	int err;

	memset(routes, 0, sizeof(*routes));
	routes->config = config;
	routes->places = places;
	routes->handle = handle;
	err = ff_route_batch_new(handle, note_refusal, routes, &routes->batch);
	if (!err)
		err = later_init(&routes->later, event, work, routes);
	if (!err)
		err = later_init(&routes->retry, event, look_at_all, routes);
	places->wake[PLACE_ROUTE] = (struct place_waker){ wake, routes };
	return err;
}

void routes_free(struct routes *routes)
{
	ff_route_batch_free(routes->batch);
	later_free(&routes->later);
	later_free(&routes->retry);
}

void routes_enable(struct routes *routes)
{
	routes->enabled = true;
	later_soon(&routes->later);
}
