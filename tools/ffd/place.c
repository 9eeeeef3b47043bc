// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "place.h"
#include "say.h"

#define PLACES_AT_FIRST		1024
#define NAME_BYTES		PLACE_TEXT_BYTES

static void free_place(struct place *place)
{
	struct claim *claim;

	while ((claim = TAILQ_FIRST(&place->claims))) {
		TAILQ_REMOVE(&place->claims, claim, node);
		free(claim);
	}
	free(place);
}

static void free_entry(struct lh_entry *entry)
{
	free(lh_entry_k(entry));
	free_place(lh_entry_v(entry));
}

int places_init(struct places *places)
{
	unsigned int i;

	memset(places, 0, sizeof(*places));
	for (i = 0; i < PLACE_QUEUES; i++)
		TAILQ_INIT(&places->queues[i]);
	places->by_name = lh_kchar_table_new(PLACES_AT_FIRST, free_entry);
	return places->by_name ? 0 : -ENOMEM;
}

void places_free(struct places *places)
{
	if (places->by_name)
		lh_table_free(places->by_name);
}

static void write_name(char *name, uint32_t table,
		       const struct ff_prefix *prefix)
{
	char text[LIBFREEFLOW_PREFIX_STRLEN];

	snprintf(name, NAME_BYTES, "%u/%s", table,
		 ff_prefix_format(prefix, text, sizeof(text)));
}

struct ff_prefix place_prefix(const struct ff_addr *addr)
{
	return (struct ff_prefix){
		.addr = *addr, .len = addr->family == AF_INET ? 32 : 128,
	};
}

const char *place_text(const struct place *place, char *text, size_t size)
{
	char prefix[LIBFREEFLOW_PREFIX_STRLEN];

	ff_prefix_format(&place->prefix, prefix, sizeof(prefix));
	snprintf(text, size, "%s in table %u", prefix, place->table);
	return text;
}

struct place *place_find(struct places *places, uint32_t table,
			 const struct ff_prefix *prefix)
{
	char name[NAME_BYTES];
	void *place = NULL;

	write_name(name, table, prefix);
	lh_table_lookup_ex(places->by_name, name, &place);
	return place;
}

struct place *place_get(struct places *places, uint32_t table,
			const struct ff_prefix *prefix)
{
	struct place *place = place_find(places, table, prefix);
	char name[NAME_BYTES], *key;

	if (place)
		return place;
	write_name(name, table, prefix);
	key = strdup(name);
	place = calloc(1, sizeof(*place));
	if (!key || !place || lh_table_insert(places->by_name, key, place)) {
		say(LOG_ERR, "Out of memory: an address is not taken care of.");
		free(key);
		free(place);
		return NULL;
	}
	place->table = table;
	place->prefix = *prefix;
	TAILQ_INIT(&place->claims);
	return place;
}

void place_queue(struct places *places, struct place *place,
		 enum place_queue queue)
{
	if (place->queued[queue])
		return;
	place->queued[queue] = true;
	if (place->held_until[queue])
		return;
	TAILQ_INSERT_TAIL(&places->queues[queue], place, queue_node[queue]);
	if (places->wake[queue].fn)
		places->wake[queue].fn(places->wake[queue].arg);
}

struct place *place_dequeue(struct places *places, enum place_queue queue)
{
	struct place *place = TAILQ_FIRST(&places->queues[queue]);

	if (place) {
		TAILQ_REMOVE(&places->queues[queue], place, queue_node[queue]);
		place->queued[queue] = false;
	}
	return place;
}

bool place_is_known(const struct place *place)
{
	return !TAILQ_EMPTY(&place->claims) || place->has.family ||
	       place->is_local || place->lease || place->publishing;
}

void place_settle(struct places *places, struct place *place)
{
	char name[NAME_BYTES];
	unsigned int i;

	if (place_is_known(place))
		return;
	for (i = 0; i < PLACE_QUEUES; i++)
		if (place->queued[i] || place->held_until[i])
			return;
	write_name(name, place->table, &place->prefix);
	lh_table_delete(places->by_name, name);
}

struct claim *place_holder(const struct place *place)
{
	return TAILQ_FIRST(&place->claims);
}

struct claim *place_claim_of(const struct place *place, const char *host_name)
{
	struct claim *claim;

	TAILQ_FOREACH(claim, &place->claims, node)
		if (!strcmp(claim->host_name, host_name))
			return claim;
	return NULL;
}

static void note_conflict(struct places *places, struct place *place)
{
	struct claim *holder = place_holder(place);
	bool in_conflict = holder && TAILQ_NEXT(holder, node);

	if (in_conflict == place->in_conflict)
		return;
	place->in_conflict = in_conflict;
	places->conflicts += in_conflict ? 1 : -1;
	place_queue(places, place, PLACE_CONFLICT);
}

static void insert_sorted(struct place *place, struct claim *claim)
{
	struct claim *next;

	TAILQ_FOREACH(next, &place->claims, node)
		if (next->created > claim->created)
			break;
	if (next)
		TAILQ_INSERT_BEFORE(next, claim, node);
	else
		TAILQ_INSERT_TAIL(&place->claims, claim, node);
}

void place_claim(struct places *places, struct place *place,
		 const char *host_name, const struct ff_addr *host,
		 int64_t created, unsigned int listed)
{
	struct claim *claim = place_claim_of(place, host_name);

	if (claim) {
		TAILQ_REMOVE(&place->claims, claim, node);
	} else {
		claim = calloc(1, sizeof(*claim));
		if (!claim) {
			say(LOG_ERR, "Out of memory: an address is not taken care of.");
			return;
		}
		strcpy(claim->host_name, host_name);
	}
	claim->host = *host;
	claim->created = created;
	claim->listed = listed;
	insert_sorted(place, claim);
	note_conflict(places, place);
	place_queue(places, place, PLACE_ROUTE);
}

void place_disclaim(struct places *places, struct place *place,
		    const char *host_name)
{
	struct claim *claim = place_claim_of(place, host_name);

	if (!claim)
		return;
	TAILQ_REMOVE(&place->claims, claim, node);
	free(claim);
	note_conflict(places, place);
	place_queue(places, place, PLACE_ROUTE);
}
