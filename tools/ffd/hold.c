// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "hold.h"

/* For the one that leaves first; not a moment too early. */
static void set_timer(struct hold *hold, uint64_t now)
{
	const struct place *first = TAILQ_FIRST(&hold->held);

	if (first)
		later_in_ms(&hold->over,
			    (first->held_until[hold->queue] - now) / 1000 + 1);
}

static void release(struct hold *hold, struct place *place)
{
	bool queued = place->queued[hold->queue];

	TAILQ_REMOVE(&hold->held, place, queue_node[hold->queue]);
	hold->count--;
	place->held_until[hold->queue] = 0;
	place->queued[hold->queue] = false;
	if (queued)
		place_queue(hold->places, place, hold->queue);
	else
		place_settle(hold->places, place);
}

static void release_due(void *arg)
{
	struct hold *hold = arg;
	uint64_t now = later_now_usec(hold->event);
	struct place *first;

	while ((first = TAILQ_FIRST(&hold->held)) &&
	       first->held_until[hold->queue] <= now)
		release(hold, first);
	set_timer(hold, now);
}

void hold_place(struct hold *hold, struct place *place)
{
	uint64_t now = later_now_usec(hold->event);

	if (place->queued[hold->queue])
		TAILQ_REMOVE(&hold->places->queues[hold->queue], place,
			     queue_node[hold->queue]);
	place->held_until[hold->queue] = now + hold->ms * 1000;
	TAILQ_INSERT_TAIL(&hold->held, place, queue_node[hold->queue]);
	if (!hold->count++)
		set_timer(hold, now);
}

int hold_init(struct hold *hold, sd_event *event, struct places *places,
	      enum place_queue queue, uint64_t ms)
{
	memset(hold, 0, sizeof(*hold));
	hold->places = places;
	hold->queue = queue;
	hold->ms = ms;
	hold->event = event;
	TAILQ_INIT(&hold->held);
	return later_init(&hold->over, event, release_due, hold);
}

void hold_free(struct hold *hold)
{
	later_free(&hold->over);
}
