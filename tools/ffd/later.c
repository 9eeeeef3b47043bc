// SPDX-License-Identifier: GPL-2.0-only
#include "later.h"

static int on_time(sd_event_source *source, uint64_t usec, void *arg)
{
	struct later *later = arg;

	(void)source;
	(void)usec;
	later->fn(later->arg);
	return 0;
}

int later_init(struct later *later, sd_event *event, void (*fn)(void *arg),
	       void *arg)
{
	int err;

	later->fn = fn;
	later->arg = arg;
	err = sd_event_add_time_relative(event, &later->source, CLOCK_MONOTONIC,
					 0, 1, on_time, later);
	if (err < 0)
		return err;
	return sd_event_source_set_enabled(later->source, SD_EVENT_OFF);
}

void later_free(struct later *later)
{
	later->source = sd_event_source_disable_unref(later->source);
}

void later_in_ms(struct later *later, uint64_t ms)
{
	sd_event_source_set_time_relative(later->source, ms * 1000);
	sd_event_source_set_enabled(later->source, SD_EVENT_ONESHOT);
}

void later_soon(struct later *later)
{
	later_in_ms(later, 0);
}

void later_never(struct later *later)
{
	sd_event_source_set_enabled(later->source, SD_EVENT_OFF);
}

uint64_t later_now_usec(sd_event *event)
{
	uint64_t usec = 0;

	sd_event_now(event, CLOCK_MONOTONIC, &usec);
	return usec;
}
