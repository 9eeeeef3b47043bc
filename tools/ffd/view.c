// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "etcd.h"
#include "key.h"
#include "policy.h"
#include "say.h"
#include "view.h"

/* Keys without sense that are remembered, so as to say it once of each. */
#define BAD_MAX		1000

static void free_key(struct lh_entry *entry)
{
	free(lh_entry_k(entry));
}

static void free_host(struct lh_entry *entry)
{
	free(lh_entry_v(entry));
}

int view_init(struct view *view, const struct config *config,
	      struct places *places, struct policy *policy)
{
	memset(view, 0, sizeof(*view));
	view->config = config;
	view->places = places;
	view->policy = policy;
	view->hosts = lh_kchar_table_new(64, free_host);
	view->bad = lh_kchar_table_new(64, free_key);
	return view->hosts && view->bad ? 0 : -ENOMEM;
}

void view_free(struct view *view)
{
	if (view->hosts)
		lh_table_free(view->hosts);
	if (view->bad)
		lh_table_free(view->bad);
}

static void forget_bad(struct view *view, const char *key)
{
	lh_table_delete(view->bad, key);
}

static void note_bad(struct view *view, const char *key, const char *wrong)
{
	char *copy;

	if (lh_table_lookup_entry(view->bad, key) ||
	    lh_table_length(view->bad) >= BAD_MAX)
		return;
	say(LOG_WARNING, "Key %.100s of the store %s; it is passed over.", key,
	    wrong);
	copy = strdup(key);
	if (copy && lh_table_insert(view->bad, copy, copy))
		free(copy);
}

const struct view_host *view_host(const struct view *view, const char *name)
{
	void *host = NULL;

	lh_table_lookup_ex(view->hosts, name, &host);
	return host;
}

static void put_host(struct view *view, const struct key *key,
		     const struct ff_addr *addr)
{
	struct view_host *host;
	void *found = NULL;

	lh_table_lookup_ex(view->hosts, key->name, &found);
	host = found ? found : calloc(1, sizeof(*host));
	if (!host)
		return;
	strcpy(host->name, key->name);
	host->host = *addr;
	host->listed = view->listed;
	if (!found && lh_table_insert(view->hosts, host->name, host))
		free(host);
}

/* An own claim may be one that this host has no more. */
static void look_at_own(struct view *view, struct place *place,
			const char *host_name)
{
	if (!strcmp(host_name, view->config->host_name))
		place_queue(view->places, place, PLACE_PUBLISH);
}

static void put_claim(struct view *view, const struct key *key,
		      const struct ff_addr *host, int64_t created)
{
	struct ff_prefix prefix = place_prefix(&key->addr);
	struct place *place;

	if (!config_serves(view->config, key->table))
		return;
	place = place_get(view->places, key->table, &prefix);
	if (!place)
		return;
	place_claim(view->places, place, key->name, host, created,
		    view->listed);
	look_at_own(view, place, key->name);
}

static void del_claim(struct view *view, const struct key *key)
{
	struct ff_prefix prefix = place_prefix(&key->addr);
	struct place *place = place_find(view->places, key->table, &prefix);

	if (!place)
		return;
	place_disclaim(view->places, place, key->name);
	if (!strcmp(key->name, view->config->host_name))
		place->lease = 0;
	look_at_own(view, place, key->name);
}

/* What stands behind the prefix, or NULL. */
static const char *behind_prefix(const struct view *view, const char *key)
{
	size_t len = strlen(view->config->prefix);

	return strncmp(key, view->config->prefix, len) ? NULL : key + len;
}

/* Hands a pair on; returns what is wrong with it. */
static const char *take_pair(struct view *view, const struct key *key,
			     const char *value, int64_t created)
{
	struct key_policy set;
	struct ff_addr host;
	const char *wrong;

	switch (key->kind) {
	case KEY_ADDR:
	case KEY_HOST:
		wrong = key_parse_host(value, &host);
		if (!wrong && key->kind == KEY_ADDR)
			put_claim(view, key, &host, created);
		else if (!wrong)
			put_host(view, key, &host);
		return wrong;
	case KEY_QUOTA_TABLE:
	case KEY_QUOTA_NETNS:
		wrong = key_parse_quota(value, &set);
		break;
	case KEY_LIMIT_TABLE:
	case KEY_LIMIT_NETNS:
		wrong = key_parse_limit(value, &set);
		break;
	default:
		return NULL;
	}
	if (!wrong)
		policy_put(view->policy, key, &set, view->listed);
	return wrong;
}

/* The kernel may know what an agent that has just been started does not. */
static void keep_claim(struct view *view, const struct key *key,
		       int64_t created)
{
	struct ff_prefix prefix = place_prefix(&key->addr);
	struct place *place = place_find(view->places, key->table, &prefix);
	struct claim *claim = place ? place_claim_of(place, key->name) : NULL;

	if (claim)
		claim->listed = view->listed;
	else if (place && place->has.family && !place_holder(place))
		place_claim(view->places, place, key->name, &place->has,
			    created, view->listed);
}

/*
 * A value that has lost its sense is no deletion: what was known before stays,
 * through lists too.
 */
static void keep_known(struct view *view, const struct key *key,
		       int64_t created)
{
	void *host = NULL;

	switch (key->kind) {
	case KEY_ADDR:
		keep_claim(view, key, created);
		break;
	case KEY_HOST:
		lh_table_lookup_ex(view->hosts, key->name, &host);
		if (host)
			((struct view_host *)host)->listed = view->listed;
		break;
	case KEY_QUOTA_TABLE:
	case KEY_QUOTA_NETNS:
	case KEY_LIMIT_TABLE:
	case KEY_LIMIT_NETNS:
		policy_keep(view->policy, key, view->listed);
		break;
	}
}

void view_put(struct view *view, struct json_object *kv)
{
	char *text = etcd_bytes(kv, "key"), *value = etcd_bytes(kv, "value");
	const char *behind = text ? behind_prefix(view, text) : NULL;
	int64_t created = etcd_number(kv, "create_revision");
	const char *wrong;
	struct key key;

	if (!behind) {
		note_bad(view, text ?: "(not text)", "is not a key of ours");
		goto out_free;
	}
	wrong = key_parse(behind, &key);
	if (!wrong) {
		wrong = value ? take_pair(view, &key, value, created) :
				"has a value that is no text";
		if (wrong)
			keep_known(view, &key, created);
	}
	if (wrong)
		note_bad(view, text, wrong);
	else
		forget_bad(view, text);
out_free:
	free(text);
	free(value);
}

void view_del(struct view *view, struct json_object *kv)
{
	char *text = etcd_bytes(kv, "key");
	const char *behind = text ? behind_prefix(view, text) : NULL;
	struct key key;

	if (!behind || key_parse(behind, &key)) {
		if (text)
			forget_bad(view, text);
		free(text);
		return;
	}
	forget_bad(view, text);
	switch (key.kind) {
	case KEY_ADDR:
		del_claim(view, &key);
		break;
	case KEY_HOST:
		lh_table_delete(view->hosts, key.name);
		break;
	case KEY_QUOTA_TABLE:
	case KEY_QUOTA_NETNS:
	case KEY_LIMIT_TABLE:
	case KEY_LIMIT_NETNS:
		policy_del(view->policy, &key);
		break;
	}
	free(text);
}

void view_list_begin(struct view *view)
{
	struct lh_table *bad = lh_kchar_table_new(64, free_key);

	view->listed++;
	if (!bad)
		return;
	lh_table_free(view->bad);
	view->bad = bad;
}

static void drop_unlisted_claims(struct view *view, struct place *place)
{
	struct claim *claim, *next;

	for (claim = place_holder(place); claim; claim = next) {
		next = TAILQ_NEXT(claim, node);
		if (claim->listed == view->listed)
			continue;
		if (!strcmp(claim->host_name, view->config->host_name)) {
			place->lease = 0;
			place_queue(view->places, place, PLACE_PUBLISH);
		}
		place_disclaim(view->places, place, claim->host_name);
	}
}

void view_list_end(struct view *view)
{
	struct lh_entry *entry, *next;

	lh_foreach_safe(view->places->by_name, entry, next) {
		struct place *place = lh_entry_v(entry);

		drop_unlisted_claims(view, place);
		place_queue(view->places, place, PLACE_ROUTE);
	}
	lh_foreach_safe(view->hosts, entry, next) {
		struct view_host *host = lh_entry_v(entry);

		if (host->listed != view->listed)
			lh_table_delete_entry(view->hosts, entry);
	}
	policy_forget_unlisted(view->policy, view->listed);
}
