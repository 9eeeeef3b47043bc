// SPDX-License-Identifier: GPL-2.0-only
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "key.h"
#include "unit.h"

#define JSON_DEPTH	4

static const char *const quota_names[KEY_QUOTAS] = {
	[FREEFLOW_RES_TYPE_PD]	= "pd",
	[FREEFLOW_RES_TYPE_MR]	= "mr",
	[FREEFLOW_RES_TYPE_CQ]	= "cq",
	[FREEFLOW_RES_TYPE_QP]	= "qp",
	[FREEFLOW_RES_TYPE_SRQ]	= "srq",
	[FREEFLOW_RES_TYPE_AH]	= "ah",
	[FREEFLOW_RES_TYPE_MW]	= "mw",
	[FREEFLOW_RES_TYPE_MCAST] = "mcast",
	[KEY_PINNED]		= "pinned",
};

bool key_format(const struct key *key, const char *prefix, char *text,
		size_t size)
{
	char addr[INET6_ADDRSTRLEN];
	int len = -1;

	switch (key->kind) {
	case KEY_ADDR:
		ff_addr_format(&key->addr, addr, sizeof(addr));
		len = snprintf(text, size, "%saddr/%u/%s/%s", prefix,
			       key->table, addr, key->name);
		break;
	case KEY_HOST:
		len = snprintf(text, size, "%shost/%s", prefix, key->name);
		break;
	case KEY_QUOTA_TABLE:
		len = snprintf(text, size, "%squota/table/%u", prefix,
			       key->table);
		break;
	case KEY_QUOTA_NETNS:
		len = snprintf(text, size, "%squota/netns/%s", prefix,
			       key->name);
		break;
	case KEY_LIMIT_TABLE:
		len = snprintf(text, size, "%slimit/table/%u", prefix,
			       key->table);
		break;
	case KEY_LIMIT_NETNS:
		len = snprintf(text, size, "%slimit/netns/%s", prefix,
			       key->name);
		break;
	}
	return len >= 0 && (size_t)len < size;
}

static bool take_name(struct key *key, const char *name)
{
	if (!name || !config_is_host_name(name))
		return false;
	strcpy(key->name, name);
	return true;
}

static bool take_table(struct key *key, const char *text)
{
	unsigned long long number;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	number = strtoull(text, &end, 10);
	key->table = number;
	return !*end && number <= UINT32_MAX;
}

static const char *parse_addr(char *rest, struct key *key)
{
	key->kind = KEY_ADDR;
	if (!take_table(key, strsep(&rest, "/")))
		return "has no table";
	if (!rest || ff_addr_parse(strsep(&rest, "/"), &key->addr))
		return "has no address";
	if (!address_is_virtual(&key->addr))
		return "has an address that no other host can reach";
	return take_name(key, rest) ? NULL : "has no host";
}

/* A key of one of two kinds. */
static const char *parse_policy(char *rest, struct key *key,
				enum key_kind of_table, enum key_kind of_netns)
{
	const char *of = strsep(&rest, "/");

	if (!strcmp(of, "table")) {
		key->kind = of_table;
		return take_table(key, rest) ? NULL : "has no table";
	}
	key->kind = of_netns;
	if (strcmp(of, "netns"))
		return "is of neither a table nor a netns";
	return take_name(key, rest) ? NULL : "has no name of a namespace";
}

const char *key_parse(const char *text, struct key *key)
{
	char copy[KEY_MAX_BYTES], again[KEY_MAX_BYTES], *rest = copy;
	const char *kind, *wrong;

	memset(key, 0, sizeof(*key));
	if (strlen(text) >= sizeof(copy))
		return "is too long";
	strcpy(copy, text);
	kind = strsep(&rest, "/");
	if (!rest)
		return "is of no known kind";
	if (!strcmp(kind, "addr")) {
		wrong = parse_addr(rest, key);
	} else if (!strcmp(kind, "host")) {
		key->kind = KEY_HOST;
		wrong = take_name(key, rest) ? NULL : "has no host";
	} else if (!strcmp(kind, "quota")) {
		wrong = parse_policy(rest, key, KEY_QUOTA_TABLE,
				     KEY_QUOTA_NETNS);
	} else if (!strcmp(kind, "limit")) {
		wrong = parse_policy(rest, key, KEY_LIMIT_TABLE,
				     KEY_LIMIT_NETNS);
	} else {
		wrong = "is of no known kind";
	}
	if (wrong)
		return wrong;
	if (!key_format(key, "", again, sizeof(again)) || strcmp(text, again))
		return "is not spelt as FreeFlow spells it";
	return NULL;
}

/* The object that a value is, to be put; NULL after @wrong has been set. */
static struct json_object *parse_object(const char *value, const char **wrong)
{
	struct json_tokener *tokener = NULL;
	struct json_object *object = NULL;
	size_t len = strlen(value);

	*wrong = "has a value that is no JSON object";
	if (len > VALUE_MAX_BYTES) {
		*wrong = "has a value that is too long";
		return NULL;
	}
	tokener = json_tokener_new_ex(JSON_DEPTH);
	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, value, len + 1);
	json_tokener_free(tokener);
	if (object && !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		object = NULL;
	}
	return object;
}

void key_format_host(const struct ff_addr *host, char *text, size_t size)
{
	char addr[INET6_ADDRSTRLEN];

	ff_addr_format(host, addr, sizeof(addr));
	snprintf(text, size, "{\"host\":\"%s\"}", addr);
}

const char *key_parse_host(const char *value, struct ff_addr *host)
{
	struct json_object *object, *text;
	const char *wrong;

	object = parse_object(value, &wrong);
	if (!object)
		return wrong;
	wrong = NULL;
	if (!json_object_object_get_ex(object, "host", &text) ||
	    !json_object_is_type(text, json_type_string))
		wrong = "has a value without the text 'host'";
	else if (ff_addr_parse(json_object_get_string(text), host) ||
		 !address_is_host(host))
		wrong = "has a 'host' that is no unicast address";
	json_object_put(object);
	return wrong;
}

uint64_t key_unlimited(int quota)
{
	return quota == KEY_PINNED ? FREEFLOW_QUOTA_PINNED_UNLIMITED :
				     FREEFLOW_QUOTA_UNLIMITED;
}

static const char *take_count(struct json_object *value, uint64_t *count)
{
	int64_t number = json_object_get_int64(value);

	if (!json_object_is_type(value, json_type_int) || number < 0 ||
	    number >= FREEFLOW_QUOTA_UNLIMITED)
		return "has a quota that is neither a number from 0 to 4294967294 nor 'unlimited'";
	*count = number;
	return NULL;
}

static const char *take_size(struct json_object *value, uint64_t *size)
{
	if (!json_object_is_type(value, json_type_string) ||
	    !unit_size(json_object_get_string(value), size))
		return "has a 'pinned' that is neither a size, as \"1g\" is, nor 'unlimited'";
	return NULL;
}

static const char *take_quota(struct json_object *value, int quota,
			      uint64_t *limit)
{
	if (json_object_is_type(value, json_type_string) &&
	    !strcmp(json_object_get_string(value), "unlimited")) {
		*limit = key_unlimited(quota);
		return NULL;
	}
	return quota == KEY_PINNED ? take_size(value, limit) :
				     take_count(value, limit);
}

const char *key_parse_quota(const char *value, struct key_policy *policy)
{
	struct json_object *object;
	const char *wrong;

	memset(policy, 0, sizeof(*policy));
	object = parse_object(value, &wrong);
	if (!object)
		return wrong;
	wrong = NULL;
	json_object_object_foreach(object, name, limit) {
		int i;

		for (i = 0; i < KEY_QUOTAS; i++)
			if (!strcmp(name, quota_names[i]))
				break;
		if (i == KEY_QUOTAS)
			wrong = "has a resource that is none of pd, mr, cq, qp, srq, ah, mw, mcast and pinned";
		else
			wrong = take_quota(limit, i, &policy->quotas[i]);
		if (wrong)
			break;
		policy->named |= 1U << i;
	}
	json_object_put(object);
	return wrong;
}

/* The text of a member, or NULL. */
static const char *text_of(struct json_object *object, const char *name)
{
	struct json_object *text;

	if (!json_object_object_get_ex(object, name, &text) ||
	    !json_object_is_type(text, json_type_string))
		return NULL;
	return json_object_get_string(text);
}

static const char *take_limit(struct json_object *object,
			      struct key_policy *policy)
{
	const char *rate = text_of(object, "rate");
	const char *burst = text_of(object, "burst");

	if (!rate || !unit_rate(rate, &policy->rate) ||
	    policy->rate < FREEFLOW_LIMIT_RATE_MIN ||
	    policy->rate > FREEFLOW_LIMIT_RATE_MAX)
		return "has no 'rate' from \"8kbit\" to \"8tbit\"";
	policy->burst = policy->rate * FREEFLOW_LIMIT_BURST_DEFAULT_MS / 1000;
	if (policy->burst < FREEFLOW_LIMIT_BURST_DEFAULT_MIN)
		policy->burst = FREEFLOW_LIMIT_BURST_DEFAULT_MIN;
	if (json_object_object_get_ex(object, "burst", NULL) &&
	    (!burst || !unit_size(burst, &policy->burst) || !policy->burst ||
	     policy->burst > FREEFLOW_LIMIT_BURST_MAX))
		return "has a 'burst' that is not from \"1\" to \"64g\"";
	policy->named = 1U << KEY_RATE;
	return NULL;
}

const char *key_parse_limit(const char *value, struct key_policy *policy)
{
	struct json_object *object;
	const char *wrong;

	memset(policy, 0, sizeof(*policy));
	object = parse_object(value, &wrong);
	if (!object)
		return wrong;
	wrong = take_limit(object, policy);
	json_object_put(object);
	return wrong;
}
