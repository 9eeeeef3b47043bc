// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "name.h"

/* FNV-1a, over the closing NUL as well: "ab" and "c" are not "a" and "bc". */
#define FNV_START	0xcbf29ce484222325ULL
#define FNV_PRIME	0x00000100000001b3ULL

static uint64_t hash_more(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	} while (*text++);
	return hash;
}

static uint64_t fold(uint64_t hash, unsigned int bits)
{
	return (hash >> bits ^ hash) & ((1ULL << bits) - 1);
}

static int put_network(char name[NAME_SIZE], const char *network)
{
	return snprintf(name, NAME_SIZE, "ff-%010llx-",
			(unsigned long long)fold(hash_more(FNV_START, network),
						 40));
}

void name_make(char name[NAME_SIZE], const char *network,
	       const struct attachment *attachment)
{
	const int used = put_network(name, network);
	uint64_t hash;

	hash = hash_more(hash_more(FNV_START, attachment->container_id),
			 attachment->ifname);
	snprintf(name + used, NAME_SIZE - used, "%012llx",
		 (unsigned long long)fold(hash, 48));
}

bool name_is_of(const char *name, const char *network)
{
	char start[NAME_SIZE];
	const size_t len = put_network(start, network);

	return strlen(name) == NAME_SIZE - 1 && !strncmp(name, start, len);
}
