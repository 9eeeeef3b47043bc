// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <string.h>

#include "address.h"

static uint32_t v4(const struct ff_addr *addr)
{
	uint32_t word;

	memcpy(&word, addr->bytes, sizeof(word));
	return ntohl(word);
}

static struct in6_addr v6(const struct ff_addr *addr)
{
	struct in6_addr in6;

	memcpy(&in6, addr->bytes, sizeof(in6));
	return in6;
}

bool address_equal(const struct ff_addr *one, const struct ff_addr *other)
{
	if (one->family != other->family)
		return false;
	if (one->family == AF_UNSPEC)
		return true;
	return !memcmp(one->bytes, other->bytes,
		       one->family == AF_INET ? 4 : 16);
}

bool address_is_host(const struct ff_addr *addr)
{
	struct in6_addr in6 = v6(addr);

	if (addr->family == AF_INET)
		return v4(addr) >> 24 && v4(addr) >> 24 != IN_LOOPBACKNET &&
		       !IN_MULTICAST(v4(addr)) && v4(addr) != INADDR_BROADCAST;
	return addr->family == AF_INET6 && !IN6_IS_ADDR_MULTICAST(&in6) &&
	       !IN6_IS_ADDR_UNSPECIFIED(&in6) && !IN6_IS_ADDR_LOOPBACK(&in6) &&
	       !IN6_IS_ADDR_V4MAPPED(&in6);
}

bool address_is_virtual(const struct ff_addr *addr)
{
	struct in6_addr in6 = v6(addr);

	if (!address_is_host(addr))
		return false;
	if (addr->family == AF_INET)
		return v4(addr) >> 16 != 0xa9fe;
	return !IN6_IS_ADDR_LINKLOCAL(&in6);
}
