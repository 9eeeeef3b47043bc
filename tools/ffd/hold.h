/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places that were changed a moment ago. Who works off a queue of places has each
 * held here once it has changed: it comes into that queue again when its time is
 * over, and only if it was to be looked at meanwhile. What flaps is so changed no
 * more often than that, and ends up as it should be; what was quiet is changed at
 * once.
 */
#ifndef FFD_HOLD_H
#define FFD_HOLD_H

#include "later.h"
#include "place.h"

/*
 * @ms: how long each is held
 * @held: in the order in which they came, which is that in which they leave
 */
struct hold {
	struct places *places;
	enum place_queue queue;
	uint64_t ms;
	sd_event *event;
	struct later over;
	struct place_list held;
	unsigned int count;
};

int hold_init(struct hold *hold, sd_event *event, struct places *places,
	      enum place_queue queue, uint64_t ms);
void hold_free(struct hold *hold);

/* One that is not held. It is not forgotten meanwhile. */
void hold_place(struct hold *hold, struct place *place);

#endif /* FFD_HOLD_H */
