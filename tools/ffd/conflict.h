/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Says of an address that more than one host has it, and that only one is left.
 * After that nothing is said of it for a minute, in which it may flap.
 */
#ifndef FFD_CONFLICT_H
#define FFD_CONFLICT_H

#include "hold.h"
#include "later.h"
#include "place.h"

/*
 * While so many addresses are held, no conflict is told of: who makes up ever
 * other addresses is not to fill the log, either.
 */
#define CONFLICTS_HELD_MAX	100

/* @hold: places whose conflict has ended */
struct conflicts {
	struct places *places;
	struct later later;
	struct hold hold;
};

int conflicts_init(struct conflicts *conflicts, sd_event *event,
		   struct places *places);
void conflicts_free(struct conflicts *conflicts);

#endif /* FFD_CONFLICT_H */
