/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps the kernel's routes as the store's claims would have them: a few at a
 * time, in batches, and only such as bear ffd's own mark. Until the store has
 * been listed once nothing is changed.
 */
#ifndef FFD_ROUTE_H
#define FFD_ROUTE_H

#include <systemd/sd-event.h>

#include "config.h"
#include "later.h"
#include "place.h"

#define ROUTES_AT_ONCE	(LIBFREEFLOW_BATCH_MAX - 1)

/* A place of a batch: what its route is to be, and how that went. */
struct route_change {
	struct place *place;
	struct ff_addr wants;
	int err;
	char why[128];
};

/*
 * @changed: changes that the kernel took, @refused: and that it did not
 */
struct routes {
	const struct config *config;
	struct places *places;
	struct ff_handle *handle;
	struct ff_route_batch *batch;
	struct later later;
	struct later retry;
	bool enabled;
	struct route_change changes[ROUTES_AT_ONCE];
	uint64_t changed;
	uint64_t refused;
};

int routes_init(struct routes *routes, sd_event *event,
		const struct config *config, struct places *places,
		struct ff_handle *handle);
void routes_free(struct routes *routes);
void routes_enable(struct routes *routes);

/* Where the store would have the place routed to; AF_UNSPEC: nowhere. */
struct ff_addr route_wanted(const struct config *config,
			    const struct place *place);

#endif /* FFD_ROUTE_H */
