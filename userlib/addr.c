// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"

/* Bits of an address of @family. */
static unsigned int addr_bits(uint16_t family)
{
	return family == AF_INET ? 32 : 128;
}

/* Bytes of an address; 0 for none. */
size_t ff_addr_size(const struct ff_addr *addr)
{
	return addr->family == AF_UNSPEC ? 0 : addr_bits(addr->family) / 8;
}

/**
 * ff_addr_parse() - read an address
 * @text: IPv4 in four decimal parts, or IPv6; never a host name
 * @addr: where the address goes
 *
 * Return: 0 or -EINVAL.
 */
int ff_addr_parse(const char *text, struct ff_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(addr->family, text, addr->bytes) == 1 ? 0 : -EINVAL;
}

/**
 * ff_addr_format() - write an address as text
 * @addr: the address
 * @text: where the text goes
 * @size: bytes at @text; INET6_ADDRSTRLEN always suffices
 *
 * Return: @text; the empty string for no address.
 */
const char *ff_addr_format(const struct ff_addr *addr, char *text, size_t size)
{
	if (size)
		text[0] = '\0';
	if (addr->family != AF_UNSPEC)
		inet_ntop(addr->family, addr->bytes, text, size);
	return text;
}

static bool has_host_bits(const struct ff_prefix *prefix)
{
	unsigned int bit;

	for (bit = prefix->len; bit < addr_bits(prefix->addr.family); bit++) {
		if (prefix->addr.bytes[bit / 8] & (0x80 >> bit % 8))
			return true;
	}
	return false;
}

static int parse_len(const char *text, unsigned int max, uint8_t *len)
{
	unsigned int value = 0;

	if (!*text || strlen(text) > 3 ||
	    strspn(text, "0123456789") != strlen(text))
		return -ERANGE;
	value = strtoul(text, NULL, 10);
	if (value > max)
		return -ERANGE;
	*len = value;
	return 0;
}

/**
 * ff_prefix_parse() - read a prefix
 * @text: ADDRESS or ADDRESS/LENGTH
 * @prefix: where the prefix goes; without a length it is the whole address
 *
 * Return: 0; -EINVAL for what is no address; -ERANGE for a length that is no
 * number up to 32 or 128; -EDOM when bits beyond the length are set.
 */
int ff_prefix_parse(const char *text, struct ff_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	size_t addr_len = slash ? (size_t)(slash - text) : strlen(text);
	char addr[INET6_ADDRSTRLEN];
	unsigned int bits;
	int err;

	memset(prefix, 0, sizeof(*prefix));
	if (addr_len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, addr_len);
	addr[addr_len] = '\0';
	err = ff_addr_parse(addr, &prefix->addr);
	if (err)
		return err;

	bits = addr_bits(prefix->addr.family);
	prefix->len = bits;
	if (slash) {
		err = parse_len(slash + 1, bits, &prefix->len);
		if (err)
			return err;
	}
	return has_host_bits(prefix) ? -EDOM : 0;
}

/**
 * ff_prefix_format() - write a prefix as text
 * @prefix: the prefix
 * @text: where the text goes
 * @size: bytes at @text; LIBFREEFLOW_PREFIX_STRLEN always suffices
 *
 * Return: @text; ADDRESS/LENGTH, or ADDRESS alone when all bits count.
 */
const char *ff_prefix_format(const struct ff_prefix *prefix, char *text,
			     size_t size)
{
	size_t used;

	ff_addr_format(&prefix->addr, text, size);
	used = size ? strlen(text) : 0;
	if (used && prefix->len != addr_bits(prefix->addr.family))
		snprintf(text + used, size - used, "/%u", prefix->len);
	return text;
}
