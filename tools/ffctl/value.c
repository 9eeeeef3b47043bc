// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "value.h"

static enum status value_name(const struct ffctl *ctx, const char *word,
			      const char *value, size_t max, void *into)
{
	if (!*value)
		return fail(ctx, "the value of '%s' is empty", word);
	if (strlen(value) > max)
		return fail(ctx, "'%s' is too long for %s: at most %zu bytes",
			    value, word, max);
	*(const char **)into = value;
	return STATUS_OK;
}

enum status value_dev(const struct ffctl *ctx, const char *word,
		      const char *value, void *into)
{
	return value_name(ctx, word, value, FREEFLOW_NAME_MAX - 1, into);
}

enum status value_ifname(const struct ffctl *ctx, const char *word,
			 const char *value, void *into)
{
	return value_name(ctx, word, value, IF_NAMESIZE - 1, into);
}

enum status value_netns(const struct ffctl *ctx, const char *word,
			const char *value, void *into)
{
	return value_name(ctx, word, value, SIZE_MAX, into);
}

enum status value_file(const struct ffctl *ctx, const char *word,
		       const char *value, void *into)
{
	return value_name(ctx, word, value, SIZE_MAX, into);
}

/* Decimal or, after 0x, hexadecimal digits and nothing else. */
static bool parse_u32(const char *text, uint32_t *number)
{
	const int base = !strncmp(text, "0x", 2) ? 16 : 10;
	const char *digits = base == 16 ? text + 2 : text;
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)*digits))
		return false;
	errno = 0;
	value = strtoull(digits, &end, base);
	if (errno || *end || value > UINT32_MAX)
		return false;
	*number = value;
	return true;
}

static enum status bad_number(const struct ffctl *ctx, const char *word,
			      const char *value, const char *also)
{
	return fail(ctx, "'%s' after '%s' is no number from 0 to 4294967295%s",
		    value, word, also);
}

enum status value_u32(const struct ffctl *ctx, const char *word,
		      const char *value, void *into)
{
	if (!parse_u32(value, into))
		return bad_number(ctx, word, value, "");
	return STATUS_OK;
}

enum status value_proto(const struct ffctl *ctx, const char *word,
			const char *value, void *into)
{
	uint32_t number;

	for (number = 1; number < PROTO_NAMES; number++)
		if (proto_names[number] && !strcmp(value, proto_names[number]))
			break;
	if (number == PROTO_NAMES &&
	    (!parse_u32(value, &number) || !number || number > UINT8_MAX))
		return fail(ctx, "'%s' after '%s' is none of kernel, static and ffd, nor a number from 1 to 255",
			    value, word);
	*(uint8_t *)into = number;
	return STATUS_OK;
}

enum status value_port(const struct ffctl *ctx, const char *word,
		       const char *value, void *into)
{
	uint32_t port;

	if (!parse_u32(value, &port) || !port || port > UINT16_MAX)
		return fail(ctx, "'%s' after '%s' is no port from 1 to 65535",
			    value, word);
	*(uint16_t *)into = port;
	return STATUS_OK;
}

enum status value_tclass(const struct ffctl *ctx, const char *word,
			 const char *value, void *into)
{
	struct tclass *tclass = into;
	uint32_t number = 0;

	tclass->none = !strcmp(value, "none");
	if (!tclass->none && (!parse_u32(value, &number) || number > UINT8_MAX))
		return fail(ctx, "'%s' after '%s' is no number from 0 to 255, nor 'none'",
			    value, word);
	tclass->value = number;
	return STATUS_OK;
}

static bool is_sl(char digit)
{
	return digit >= '0' && digit < '0' + FREEFLOW_SL_COUNT;
}

enum status value_sl_map(const struct ffctl *ctx, const char *word,
			 const char *value, void *into)
{
	uint8_t *sl_map = into;

	if (!strcmp(value, "none"))
		return STATUS_OK;
	if (!is_sl(value[0]) || value[1] != ':' || !is_sl(value[2]) || value[3])
		return fail(ctx, "'%s' after '%s' is no FROM:TO of service levels from 0 to 7, nor 'none'",
			    value, word);
	sl_map[value[0] - '0'] = value[2] - '0';
	return STATUS_OK;
}

enum status value_weight(const struct ffctl *ctx, const char *word,
			 const char *value, void *into)
{
	uint32_t *weight = into;

	if (!parse_u32(value, weight) || *weight < FREEFLOW_LIMIT_WEIGHT_MIN ||
	    *weight > FREEFLOW_LIMIT_WEIGHT_MAX)
		return fail(ctx, "'%s' after '%s' is no number from 1 to 10000",
			    value, word);
	return STATUS_OK;
}

enum status value_seconds(const struct ffctl *ctx, const char *word,
			  const char *value, void *into)
{
	uint32_t *seconds = into;

	if (!parse_u32(value, seconds) || !*seconds || *seconds > 3600)
		return fail(ctx, "'%s' after '%s' is no number from 1 to 3600",
			    value, word);
	return STATUS_OK;
}

enum status value_table(const struct ffctl *ctx, const char *word,
			const char *value, void *into)
{
	uint32_t table;

	if (!parse_u32(value, &table))
		return bad_number(ctx, word, value, "");
	*(int64_t *)into = table;
	return STATUS_OK;
}

enum status value_limit(const struct ffctl *ctx, const char *word,
			const char *value, void *into)
{
	uint32_t *limit = into;

	if (!strcmp(value, "unlimited")) {
		*limit = FREEFLOW_QUOTA_UNLIMITED;
		return STATUS_OK;
	}
	if (!parse_u32(value, limit))
		return bad_number(ctx, word, value, ", nor 'unlimited'");
	return STATUS_OK;
}

enum status value_rate(const struct ffctl *ctx, const char *word,
		       const char *value, void *into)
{
	if (!unit_rate(value, into))
		return fail(ctx, "'%s' after '%s' is no rate, as 10mbit is: bit, kbit, mbit, gbit or tbit a second",
			    value, word);
	return STATUS_OK;
}

enum status value_size(const struct ffctl *ctx, const char *word,
		       const char *value, void *into)
{
	if (!unit_size(value, into) || !*(uint64_t *)into)
		return fail(ctx, "'%s' after '%s' is no size in bytes, as 65536, 64k or 1m is",
			    value, word);
	return STATUS_OK;
}

enum status value_size_limit(const struct ffctl *ctx, const char *word,
			     const char *value, void *into)
{
	uint64_t *limit = into;

	if (!strcmp(value, "unlimited"))
		*limit = FREEFLOW_QUOTA_PINNED_UNLIMITED;
	else if (!unit_size(value, limit))
		return fail(ctx, "'%s' after '%s' is no size in bytes, as 65536, 64k or 1m is, nor 'unlimited'",
			    value, word);
	return STATUS_OK;
}

enum status value_datapath(const struct ffctl *ctx, const char *word,
			   const char *value, void *into)
{
	int index = match_word(value, datapath_names, DATAPATH_NAMES);

	if (index < 0)
		return fail(ctx, "'%s' after '%s' is no data path: syscall or ring",
			    value, word);
	*(uint32_t *)into = index;
	return STATUS_OK;
}

enum status value_res(const struct ffctl *ctx, const char *word,
		      const char *value, void *into)
{
	int index = match_word(value, res_names, RES_NAMES);

	if (index < 0)
		return misuse(ctx, "unknown %s '%s': pd, mr, cq, qp, srq, ah or mw",
			      word, value);
	*(uint32_t *)into = index;
	return STATUS_OK;
}

enum status value_scope(const struct ffctl *ctx, const char *word,
			const char *value, void *into)
{
	int index = match_word(value, stat_scope_names, STAT_SCOPE_NAMES);

	if (index < 0)
		return misuse(ctx, "unknown word '%s' after '%s': dev, netns or qp",
			      value, word);
	*(uint32_t *)into = index;
	return STATUS_OK;
}

enum status value_switch(const struct ffctl *ctx, const char *word,
			 const char *value, void *into)
{
	static const char *const switch_names[] = { "off", "on" };
	int index = match_word(value, switch_names, 2);

	if (index < 0)
		return fail(ctx, "'%s' after '%s' is neither on nor off", value,
			    word);
	*(bool *)into = index;
	return STATUS_OK;
}

enum status value_addr(const struct ffctl *ctx, const char *word,
		       const char *value, void *into)
{
	if (ff_addr_parse(value, into))
		return fail(ctx, "'%s' for %s is no IPv4 or IPv6 address",
			    value, word);
	return STATUS_OK;
}

enum status value_prefix(const struct ffctl *ctx, const char *word,
			 const char *value, void *into)
{
	switch (ff_prefix_parse(value, into)) {
	case 0:
		return STATUS_OK;
	case -ERANGE:
		return fail(ctx, "the length of '%s' is no number up to %s",
			    value, strchr(value, ':') ? "128" : "32");
	case -EDOM:
		return fail(ctx, "'%s' has bits set beyond its length", value);
	default:
		return fail(ctx, "'%s' for %s is no IPv4 or IPv6 prefix", value,
			    word);
	}
}
