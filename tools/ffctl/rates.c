// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "rates.h"

enum direction { OUT, IN };

static const enum direction directions[FREEFLOW_STAT_OP_MAX + 1] = {
	[FREEFLOW_STAT_OP_READ]		= IN,
	[FREEFLOW_STAT_OP_ATOMIC]	= IN,
	[FREEFLOW_STAT_OP_RECV]		= IN,
	[FREEFLOW_STAT_OP_RECV_WRITE]	= IN,
};

/*
 * Counts go on with 0 after their last value, and the difference is right even
 * then. One that seems to have gone back is another device's of the same name.
 */
static uint64_t growth(uint64_t before, uint64_t now)
{
	const uint64_t grown = now - before;

	return grown >> 63 ? 0 : grown;
}

static uint64_t failures(const struct ff_stat *stat)
{
	uint64_t sum = 0;
	size_t i;

	/* Status 0 is success. */
	for (i = 1; i <= FREEFLOW_STAT_STATUS_MAX; i++)
		sum += stat->completions[i];
	return sum;
}

void rates_between(const struct ff_stat *before, const struct ff_stat *now,
		   double seconds, struct rates *rates)
{
	const uint32_t held = FREEFLOW_STAT_TALLY_THROTTLED_NS;
	size_t i;

	memset(rates, 0, sizeof(*rates));
	rates->qps = now->tallies[FREEFLOW_STAT_TALLY_QPS_MADE] -
		     now->tallies[FREEFLOW_STAT_TALLY_QPS_GONE];
	if (!before)
		return;
	for (i = 0; i <= FREEFLOW_STAT_OP_MAX; i++) {
		const struct ff_stat_op *from = &before->ops[i];
		const struct ff_stat_op *to = &now->ops[i];
		const double messages = growth(from->messages, to->messages);
		const double bytes = growth(from->bytes, to->bytes);

		if (directions[i] == OUT) {
			rates->out_messages += messages / seconds;
			rates->out_bytes += bytes / seconds;
		} else {
			rates->in_messages += messages / seconds;
			rates->in_bytes += bytes / seconds;
		}
	}
	rates->errors = growth(failures(before), failures(now)) / seconds;
	rates->held = growth(before->tallies[held], now->tallies[held]) / 1e9 /
		      seconds;
}

void rates_add(struct rates *sum, const struct rates *rates)
{
	sum->qps += rates->qps;
	sum->out_bytes += rates->out_bytes;
	sum->in_bytes += rates->in_bytes;
	sum->out_messages += rates->out_messages;
	sum->in_messages += rates->in_messages;
	sum->errors += rates->errors;
	sum->held += rates->held;
}

const char *rate_format(double rate, char text[RATE_SIZE])
{
	static const char *const units[] = { "", "K", "M", "G", "T", "P" };
	size_t unit = 0;
	int digits;

	/* What would be rounded up to 1000 belongs to the next unit. */
	while (rate >= 999.5 && unit < sizeof(units) / sizeof(units[0]) - 1) {
		rate /= 1000;
		unit++;
	}
	digits = rate >= 99.95 || !rate ? 0 : rate >= 9.995 ? 1 : 2;
	if (rate > 9999)
		rate = 9999;
	snprintf(text, RATE_SIZE, "%.*f%s", digits, rate, units[unit]);
	return text;
}
