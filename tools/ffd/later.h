/* SPDX-License-Identifier: GPL-2.0-only */
/* Work that the event loop does later: after a time, or once it is back. */
#ifndef FFD_LATER_H
#define FFD_LATER_H

#include <stdint.h>
#include <systemd/sd-event.h>

struct later {
	sd_event_source *source;
	void (*fn)(void *arg);
	void *arg;
};

int later_init(struct later *later, sd_event *event, void (*fn)(void *arg),
	       void *arg);
void later_free(struct later *later);

/* Instead of whatever was set before. The clock does not jump. */
void later_in_ms(struct later *later, uint64_t ms);
void later_soon(struct later *later);
void later_never(struct later *later);

/* By that clock; the same throughout a turn of the loop. */
uint64_t later_now_usec(sd_event *event);

#endif /* FFD_LATER_H */
