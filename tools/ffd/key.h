/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys and values of the store, docs/cluster.md. Whoever may write there may
 * have written anything, so all is checked, and a key has one spelling only.
 */
#ifndef FFD_KEY_H
#define FFD_KEY_H

#include <libfreeflow.h>

#include "config.h"

#define KEY_MAX_BYTES	512
#define VALUE_MAX_BYTES	4096

enum key_kind {
	KEY_ADDR,		/* addr/TABLE/ADDRESS/HOST */
	KEY_HOST,		/* host/HOST */
	KEY_QUOTA_TABLE,	/* quota/table/TABLE */
	KEY_QUOTA_NETNS,	/* quota/netns/NAME */
	KEY_LIMIT_TABLE,	/* limit/table/TABLE */
	KEY_LIMIT_NETNS,	/* limit/netns/NAME */
};

/* @name: of the host, or of the namespace */
struct key {
	enum key_kind kind;
	uint32_t table;
	struct ff_addr addr;
	char name[HOST_NAME_LEN + 1];
};

/* What can be set: resources by enum freeflow_res_type, and behind them these. */
enum {
	KEY_PINNED = FREEFLOW_RES_TYPE_MAX + 1,
	KEY_QUOTAS,
	KEY_RATE = KEY_QUOTAS,
};

/*
 * What a quota or a limit sets.
 * @named: the bits of what is set; nothing else is
 * @rate, @burst: bytes a second, and bytes
 */
struct key_policy {
	uint32_t named;
	uint64_t quotas[KEY_QUOTAS];
	uint64_t rate;
	uint64_t burst;
};

/*
 * All return NULL or what is wrong, as a phrase that follows the key:
 * "has no address". @text is what stands behind the prefix.
 */
const char *key_parse(const char *text, struct key *key);
const char *key_parse_host(const char *value, struct ff_addr *host);
const char *key_parse_quota(const char *value, struct key_policy *policy);
const char *key_parse_limit(const char *value, struct key_policy *policy);

/* Write @key with @prefix in front of it; false if it is too long. */
bool key_format(const struct key *key, const char *prefix, char *text,
		size_t size);
/* The value that says where a host is. */
void key_format_host(const struct ff_addr *host, char *text, size_t size);

/* The value of a quota that is none. */
uint64_t key_unlimited(int quota);

#endif /* FFD_KEY_H */
