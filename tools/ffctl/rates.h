/* SPDX-License-Identifier: GPL-2.0-only */
/* How fast a device went between two readings of its statistics. */
#ifndef FFCTL_RATES_H
#define FFCTL_RATES_H

#include <libfreeflow.h>

/* All but @qps are of a second; @held may be above 1: it is that of all QPs. */
struct rates {
	uint64_t qps;
	double out_bytes;
	double in_bytes;
	double out_messages;
	double in_messages;
	double errors;
	double held;
};

/* @before: NULL for a device that is new */
void rates_between(const struct ff_stat *before, const struct ff_stat *now,
		   double seconds, struct rates *rates);
void rates_add(struct rates *sum, const struct rates *rates);

/* At most five characters: "0", "999", "1.23K", "45.6M"; the same buffer. */
#define RATE_SIZE	8
const char *rate_format(double rate, char text[RATE_SIZE]);

#endif /* FFCTL_RATES_H */
