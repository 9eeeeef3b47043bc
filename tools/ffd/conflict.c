// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "conflict.h"
#include "say.h"

#define HOLD_MS		60000

static void tell(const struct place *place)
{
	const struct claim *holder = place_holder(place);
	char text[PLACE_TEXT_BYTES];

	place_text(place, text, sizeof(text));
	if (place->in_conflict)
		say(LOG_WARNING, "Hosts %s and %s both have %s; it is routed to %s, which was first.",
		    holder->host_name, TAILQ_NEXT(holder, node)->host_name,
		    text, holder->host_name);
	else
		say(LOG_NOTICE, "Only one host is left that has %s.", text);
}

static bool is_to_be_told(const struct conflicts *conflicts,
			  const struct place *place)
{
	if (place->in_conflict == place->told_conflict)
		return false;
	return !place->in_conflict ||
	       conflicts->hold.count < CONFLICTS_HELD_MAX;
}

static void look_at(struct conflicts *conflicts, struct place *place)
{
	if (is_to_be_told(conflicts, place)) {
		tell(place);
		place->told_conflict = place->in_conflict;
		if (!place->in_conflict)
			hold_place(&conflicts->hold, place);
	}
	place_settle(conflicts->places, place);
}

static void work(void *arg)
{
	struct conflicts *conflicts = arg;
	struct place *place;

	while ((place = place_dequeue(conflicts->places, PLACE_CONFLICT)))
		look_at(conflicts, place);
}

static void wake(void *arg)
{
	struct conflicts *conflicts = arg;

	later_soon(&conflicts->later);
}

int conflicts_init(struct conflicts *conflicts, sd_event *event,
		   struct places *places)
{
	int err;

	memset(conflicts, 0, sizeof(*conflicts));
	conflicts->places = places;
	places->wake[PLACE_CONFLICT] = (struct place_waker){ wake, conflicts };
	err = later_init(&conflicts->later, event, work, conflicts);
	if (!err)
		err = hold_init(&conflicts->hold, event, places, PLACE_CONFLICT,
				HOLD_MS);
	return err;
}

void conflicts_free(struct conflicts *conflicts)
{
	later_free(&conflicts->later);
	hold_free(&conflicts->hold);
}
