/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module tells: which addresses are this host's, which routes are
 * ours and which are somebody else's. Learnt from a list once and from events
 * from then on; listed again only when events were lost.
 */
#ifndef FFD_KERNEL_H
#define FFD_KERNEL_H

#include <systemd/sd-event.h>

#include "later.h"
#include "place.h"

struct policy;

struct kernel {
	struct ff_handle *handle;
	struct places *places;
	struct policy *policy;
	sd_event_source *source;
	struct later again;
	uint64_t lists;
};

/* Listens, then lists; says what is wrong. */
int kernel_init(struct kernel *kernel, sd_event *event,
		struct ff_handle *handle, struct places *places,
		struct policy *policy);
void kernel_free(struct kernel *kernel);

#endif /* FFD_KERNEL_H */
