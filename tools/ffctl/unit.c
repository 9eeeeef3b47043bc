// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "unit.h"

/* A unit of a number, and how many of the smallest it is. */
struct unit {
	const char *name;
	uint64_t count;
};

/* Decimal digits and one of the units. */
static bool parse(const char *text, const struct unit *units, uint64_t *number)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	for (; !errno && units->name; units++) {
		if (!strcasecmp(end, units->name))
			return !__builtin_mul_overflow(value, units->count,
						       number);
	}
	return false;
}

bool unit_rate(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "bit", 1 }, { "kbit", 1000 }, { "mbit", 1000000 },
		{ "gbit", 1000000000 }, { "tbit", 1000000000000 }, { 0 }
	};
	uint64_t bits;

	if (!parse(text, units, &bits) || bits < 8)
		return false;
	*bytes = bits / 8;
	return true;
}

bool unit_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "k", 1 << 10 }, { "m", 1 << 20 }, { "g", 1 << 30 },
		{ 0 }
	};

	return parse(text, units, bytes);
}
