// SPDX-License-Identifier: GPL-2.0-only
#include <json-c/linkhash.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "key.h"
#include "publish.h"
#include "say.h"

/* How long another host of the same name is waited for. */
#define NAMED_TWICE_MS	5000
/* How long an address that has come or gone does not go or come again. */
#define HOLD_MS		1000

/* What the place asks of the store. */
enum need { NOTHING, PUT, DELETE };

static enum need need_of(const struct publish *publish,
			 const struct place *place)
{
	const struct claim *own = place_claim_of(place,
						 publish->config->host_name);
	bool wanted = place->is_local &&
		      config_serves(publish->config, place->table);

	if (!wanted)
		return own || place->lease ? DELETE : NOTHING;
	return place->lease == publish->lease ? NOTHING : PUT;
}

static bool add_operation(const struct publish *publish,
			  struct json_object *operations, const struct key *key,
			  bool puts)
{
	struct json_object *operation, *request;
	char name[KEY_MAX_BYTES], value[128];

	if (!key_format(key, publish->config->prefix, name, sizeof(name)))
		return false;
	operation = json_object_new_object();
	request = json_object_new_object();
	etcd_put_bytes(request, "key", name);
	if (puts) {
		key_format_host(&publish->config->host_address, value,
				sizeof(value));
		etcd_put_bytes(request, "value", value);
		etcd_put_number(request, "lease", publish->lease);
	}
	json_object_object_add(operation, puts ? "request_put" :
						 "request_delete_range",
			       request);
	json_object_array_add(operations, operation);
	return true;
}

static void add_place(struct publish *publish, struct json_object *operations,
		      struct place *place, bool puts)
{
	struct key key = {
		.kind = KEY_ADDR,
		.table = place->table,
		.addr = place->prefix.addr,
	};

	strcpy(key.name, publish->config->host_name);
	if (!add_operation(publish, operations, &key, puts)) {
		say(LOG_ERR, "prefix: is too long for the key of an address.");
		return;
	}
	place->publishing = true;
	publish->sent[publish->nsent].place = place;
	publish->sent[publish->nsent++].puts = puts;
}

static void add_host(struct publish *publish, struct json_object *operations)
{
	struct key key = { .kind = KEY_HOST };

	strcpy(key.name, publish->config->host_name);
	add_operation(publish, operations, &key, true);
}

static void fail(struct publish *publish, const char *why)
{
	publish->failed(publish->arg, why);
}

static void queue_all(struct publish *publish)
{
	struct lh_entry *entry;

	lh_foreach(publish->places->by_name, entry)
		place_queue(publish->places, lh_entry_v(entry), PLACE_PUBLISH);
}

/* Whatever was put under the lease has gone with it, or soon will. */
static void lose_lease(struct publish *publish)
{
	struct lh_entry *entry;

	if (publish->lease)
		say(LOG_WARNING, "The lease of this host has expired; its addresses are published anew.");
	publish->lease = 0;
	publish->host_put = false;
	lh_foreach(publish->places->by_name, entry) {
		struct place *place = lh_entry_v(entry);

		place->lease = 0;
	}
	queue_all(publish);
	later_soon(&publish->later);
}

/* What is not known to have been done is looked at again. */
static void take_back(struct publish *publish, bool done)
{
	unsigned int i;

	for (i = 0; i < publish->nsent; i++) {
		struct place *place = publish->sent[i].place;

		place->publishing = false;
		if (done) {
			place->lease = publish->sent[i].puts ? publish->lease :
							       0;
			hold_place(&publish->hold, place);
		} else {
			place_queue(publish->places, place, PLACE_PUBLISH);
		}
		place_settle(publish->places, place);
	}
	publish->nsent = 0;
}

static bool on_txn_message(void *arg, struct json_object *answer)
{
	(void)arg;
	(void)answer;
	return true;
}

static void count_sent(struct publish *publish)
{
	unsigned int i;

	for (i = 0; i < publish->nsent; i++)
		if (publish->sent[i].puts)
			publish->puts++;
		else
			publish->deletes++;
}

static void on_txn_end(void *arg, enum etcd_end end, const char *why)
{
	struct publish *publish = arg;

	publish->call = NULL;
	if (end == ETCD_OK) {
		count_sent(publish);
		publish->host_put = publish->lease;
		publish->heard(publish->arg);
	}
	take_back(publish, end == ETCD_OK);
	if (end == ETCD_OK)
		later_soon(&publish->later);
	else if (end == ETCD_NOT_FOUND)
		lose_lease(publish);
	else
		fail(publish, why);
}

static const struct etcd_ops txn_ops = {
	.message = on_txn_message, .end = on_txn_end,
};

/* Whether there is something to send, which @operations then holds. */
static bool collect(struct publish *publish, struct json_object *operations)
{
	struct place *place;

	if (!publish->host_put)
		add_host(publish, operations);
	while (publish->nsent < CLAIMS_AT_ONCE &&
	       (place = place_dequeue(publish->places, PLACE_PUBLISH))) {
		enum need need = need_of(publish, place);

		if (need == NOTHING)
			place_settle(publish->places, place);
		else
			add_place(publish, operations, place, need == PUT);
	}
	return json_object_array_length(operations);
}

static void send_claims(struct publish *publish)
{
	struct json_object *request, *operations = json_object_new_array();

	if (!collect(publish, operations)) {
		json_object_put(operations);
		return;
	}
	request = json_object_new_object();
	json_object_object_add(request, "success", operations);
	publish->call = etcd_call(publish->etcd, "/v3/kv/txn", request,
				  &txn_ops, publish);
	if (!publish->call) {
		take_back(publish, false);
		fail(publish, "out of memory");
	}
}

static bool on_lease_message(void *arg, struct json_object *answer)
{
	struct publish *publish = arg;
	struct json_object *result = etcd_member(answer, "result") ?: answer;

	/* A lease that is no more there has no time left. */
	publish->answer_lease = etcd_number(result, "TTL") > 0 ?
				etcd_number(result, "ID") : 0;
	return true;
}

static void on_grant_end(void *arg, enum etcd_end end, const char *why)
{
	struct publish *publish = arg;

	publish->call = NULL;
	if (end != ETCD_OK || !publish->answer_lease) {
		fail(publish, end == ETCD_OK ? "it granted no lease" : why);
		return;
	}
	publish->heard(publish->arg);
	publish->lease = publish->answer_lease;
	queue_all(publish);
	later_in_ms(&publish->renew, publish->config->lease_ttl * 1000 / 3);
	later_soon(&publish->later);
}

static const struct etcd_ops grant_ops = {
	.message = on_lease_message, .end = on_grant_end,
};

static void ask_lease(struct publish *publish)
{
	struct json_object *request = json_object_new_object();

	publish->answer_lease = 0;
	etcd_put_number(request, "TTL", publish->config->lease_ttl);
	publish->call = etcd_call(publish->etcd, "/v3/lease/grant", request,
				  &grant_ops, publish);
	if (!publish->call)
		fail(publish, "out of memory");
}

static void on_renewed(void *arg, enum etcd_end end, const char *why)
{
	struct publish *publish = arg;

	publish->keepalive = NULL;
	if (end == ETCD_NOT_FOUND || (end == ETCD_OK && !publish->answer_lease)) {
		lose_lease(publish);
		return;
	}
	if (end != ETCD_OK) {
		fail(publish, why);
		return;
	}
	publish->heard(publish->arg);
	later_in_ms(&publish->renew, publish->config->lease_ttl * 1000 / 3);
}

static const struct etcd_ops renew_ops = {
	.message = on_lease_message, .end = on_renewed,
};

static void renew(void *arg)
{
	struct publish *publish = arg;
	struct json_object *request;

	if (!publish->running || !publish->lease || publish->keepalive)
		return;
	request = json_object_new_object();
	publish->answer_lease = 0;
	etcd_put_number(request, "ID", publish->lease);
	publish->keepalive = etcd_call(publish->etcd, "/v3/lease/keepalive",
				       request, &renew_ops, publish);
	if (!publish->keepalive)
		fail(publish, "out of memory");
}

/* Two hosts of one name would take each other's claims for their own. */
static bool is_named_twice(struct publish *publish)
{
	const struct config *config = publish->config;
	const struct view_host *host = view_host(publish->view,
						 config->host_name);
	bool twice = host && !publish->host_put &&
		     !address_equal(&host->host, &config->host_address);
	char addr[INET6_ADDRSTRLEN];

	if (twice && !publish->named_twice)
		say(LOG_ERR, "host-name: there is another host %s, at %s; nothing is published while it is there.",
		    config->host_name,
		    ff_addr_format(&host->host, addr, sizeof(addr)));
	publish->named_twice = twice;
	return twice;
}

static void work(void *arg)
{
	struct publish *publish = arg;

	if (!publish->running || publish->call)
		return;
	if (is_named_twice(publish))
		later_in_ms(&publish->later, NAMED_TWICE_MS);
	else if (!publish->lease)
		ask_lease(publish);
	else
		send_claims(publish);
}

static void wake(void *arg)
{
	struct publish *publish = arg;

	if (publish->running && !publish->call && !publish->named_twice)
		later_soon(&publish->later);
}

int publish_init(struct publish *publish, sd_event *event,
		 const struct config *config, struct places *places,
		 const struct view *view, struct etcd *etcd)
{
	int err;

	memset(publish, 0, sizeof(*publish));
	publish->config = config;
	publish->places = places;
	publish->view = view;
	publish->etcd = etcd;
	places->wake[PLACE_PUBLISH] = (struct place_waker){ wake, publish };
	err = later_init(&publish->later, event, work, publish);
	if (!err)
		err = later_init(&publish->renew, event, renew, publish);
	if (!err)
		err = hold_init(&publish->hold, event, places, PLACE_PUBLISH,
				HOLD_MS);
	return err;
}

void publish_free(struct publish *publish)
{
	publish_stop(publish);
	later_free(&publish->later);
	later_free(&publish->renew);
	hold_free(&publish->hold);
}

void publish_start(struct publish *publish)
{
	if (publish->running)
		return;
	publish->running = true;
	/* Not now: the store is just telling something. */
	later_soon(&publish->renew);
	later_soon(&publish->later);
}

void publish_stop(struct publish *publish)
{
	publish->running = false;
	etcd_cancel(publish->call);
	etcd_cancel(publish->keepalive);
	publish->call = NULL;
	publish->keepalive = NULL;
	take_back(publish, false);
}
