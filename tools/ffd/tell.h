/* SPDX-License-Identifier: GPL-2.0-only */
/* What the agent believes, as JSON for ffctl and as OpenMetrics. */
#ifndef FFD_TELL_H
#define FFD_TELL_H

#include "agent.h"

/* Text to be freed, or NULL when out of memory. */
char *tell_status(const struct agent *agent);
char *tell_metrics(const struct agent *agent);

#endif /* FFD_TELL_H */
