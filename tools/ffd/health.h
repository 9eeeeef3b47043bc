/* SPDX-License-Identifier: GPL-2.0-only */
/* /metrics and /healthz over HTTP, on the event loop. */
#ifndef FFD_HEALTH_H
#define FFD_HEALTH_H

#include "agent.h"

struct MHD_Daemon;

struct health {
	const struct agent *agent;
	struct MHD_Daemon *daemon;
	sd_event_source *source;
	struct later timeout;
};

/* Does nothing but succeed if the configuration says "off". */
int health_init(struct health *health, sd_event *event,
		const struct agent *agent);
void health_free(struct health *health);

#endif /* FFD_HEALTH_H */
