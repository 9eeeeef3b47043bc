// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "session.h"

/* Of two keys, the first is the last one of the page before. */
#define PAGE_KEYS		1000
#define PAGE_KEYS_MIN		4
#define BACKOFF_MIN_MS		250
#define BACKOFF_MAX_MS		10000

static void start(void *arg);

static void heard(void *arg)
{
	struct session *session = arg;

	session->heard_usec = later_now_usec(session->event);
}

int64_t session_silence_ms(const struct session *session)
{
	if (!session->heard_usec)
		return -1;
	return (later_now_usec(session->event) - session->heard_usec) / 1000;
}

const char *session_trouble(const struct session *session)
{
	if (!session->has_listed)
		return "The store has not been listed yet";
	if (!session->is_watching)
		return "The store is away; the routes stay as they are";
	if (session->publish->named_twice)
		return "Another host has the name of this one";
	return NULL;
}

/* Doubled with each attempt, and anything from half of that to all of it. */
static uint64_t backoff_ms(unsigned int attempts)
{
	uint64_t most = BACKOFF_MIN_MS;

	while (--attempts && most < BACKOFF_MAX_MS)
		most *= 2;
	if (most > BACKOFF_MAX_MS)
		most = BACKOFF_MAX_MS;
	return most / 2 + random() % (most / 2 + 1);
}

static void fail(void *arg, const char *why)
{
	struct session *session = arg;

	if (!session->attempts++)
		say(LOG_WARNING, "The store at %s is away (%s); the routes stay as they are.",
		    etcd_endpoint(session->etcd), why);
	if (session->is_watching)
		session->reconnects++;
	session->is_watching = false;
	etcd_cancel(session->call);
	session->call = NULL;
	later_never(&session->deadline);
	publish_stop(session->publish);
	etcd_turn(session->etcd);
	later_in_ms(&session->again, backoff_ms(session->attempts));
}

static void on_late(void *arg)
{
	fail(arg, "it does not begin to tell its changes");
}

static void must_list(struct session *session)
{
	session->revision = 0;
	free(session->list_from);
	session->list_from = NULL;
}

static void come_to(struct session *session, int64_t revision)
{
	if (revision > session->revision)
		session->revision = revision;
	session->known = session->revision;
}

/* Takes @call as the one under way, or fails for want of memory. */
static void started(struct session *session, struct etcd_call *call)
{
	session->call = call;
	if (!call)
		fail(session, "out of memory");
}

/* The key and the end of the range of all keys of the prefix. */
static void put_range(const struct session *session, struct json_object *range,
		      const char *from)
{
	char *end = strdup(session->config->prefix);

	etcd_put_bytes(range, "key", from);
	if (end) {
		end[strlen(end) - 1]++;
		etcd_put_bytes(range, "range_end", end);
	}
	free(end);
}

static void on_connected(struct session *session)
{
	if (session->attempts)
		say(LOG_NOTICE, "The store at %s is there again.",
		    etcd_endpoint(session->etcd));
	session->attempts = 0;
	session->is_watching = true;
	later_never(&session->deadline);
	publish_start(session->publish);
}

static void take_change(struct session *session, struct json_object *change)
{
	struct json_object *kv = etcd_member(change, "kv");
	const char *type = json_object_get_string(etcd_member(change, "type"));

	if (type && !strcmp(type, "DELETE"))
		view_del(session->view, kv);
	else
		view_put(session->view, kv);
	session->changes++;
	come_to(session, etcd_number(kv, "mod_revision"));
}

/* The store that the revision is of has come at least that far. */
static bool is_same_store(const struct session *session,
			  struct json_object *header)
{
	return etcd_number(header, "cluster_id") == session->cluster &&
	       etcd_number(header, "revision") >= session->revision;
}

static bool on_watch_message(void *arg, struct json_object *answer)
{
	struct session *session = arg;
	struct json_object *changes = etcd_member(answer, "events");
	struct json_object *header = etcd_member(answer, "header");
	size_t i, count;

	heard(session);
	if (json_object_get_boolean(etcd_member(answer, "canceled"))) {
		session->stale = etcd_number(answer, "compact_revision");
		return false;
	}
	if (json_object_get_boolean(etcd_member(answer, "created"))) {
		session->stale = !is_same_store(session, header);
		if (session->stale)
			return false;
		on_connected(session);
		return true;
	}
	count = json_object_is_type(changes, json_type_array) ?
		json_object_array_length(changes) : 0;
	for (i = 0; i < count; i++)
		take_change(session, json_object_array_get_idx(changes, i));
	/* Without changes it says how far there are none. */
	if (!count)
		come_to(session, etcd_number(header, "revision"));
	return true;
}

static void on_watch_end(void *arg, enum etcd_end end, const char *why)
{
	struct session *session = arg;

	session->call = NULL;
	if (session->stale || end == ETCD_COMPACTED || end == ETCD_TOO_LONG) {
		say(LOG_NOTICE, "The changes after revision %lld cannot be had; the store is listed again.",
		    (long long)session->revision);
		must_list(session);
		publish_stop(session->publish);
		start(session);
		return;
	}
	fail(session, why);
}

static const struct etcd_ops watch_ops = {
	.message = on_watch_message, .end = on_watch_end,
};

/*
 * From the revision that is known, not from the one behind it, for a store that
 * is compacted at exactly that one is silent about the deletions that it was
 * made of (so etcd 3.4.23). To be told twice of the same change does no harm.
 */
static void watch(struct session *session)
{
	struct json_object *request = json_object_new_object();
	struct json_object *create = json_object_new_object();

	put_range(session, create, session->config->prefix);
	etcd_put_number(create, "start_revision", session->revision);
	json_object_object_add(create, "progress_notify",
			       json_object_new_boolean(true));
	json_object_object_add(request, "create_request", create);
	session->stale = false;
	later_in_ms(&session->deadline,
		    session->config->request_timeout * 1000ULL);
	started(session, etcd_stream(session->etcd, "/v3/watch", request,
				     &watch_ops, session));
}

/* Another cluster, or one that was taken back to an earlier state. */
static bool is_another_store(const struct session *session, int64_t cluster,
			     int64_t revision)
{
	return session->has_listed && (session->cluster != cluster ||
				       session->known > revision);
}

static void take_header(struct session *session, struct json_object *header)
{
	int64_t cluster = etcd_number(header, "cluster_id");
	int64_t revision = etcd_number(header, "revision");

	if (session->list_from)
		return;
	if (is_another_store(session, cluster, revision)) {
		say(LOG_WARNING, "The store is not the one that it was; routes that it lacks stay for %u s.",
		    session->config->lease_ttl);
		session->doubtful = true;
		later_in_ms(&session->relist,
			    session->config->lease_ttl * 1000ULL);
	}
	session->cluster = cluster;
	session->list_revision = revision;
	view_list_begin(session->view);
}

static bool on_list_message(void *arg, struct json_object *answer)
{
	struct session *session = arg;
	struct json_object *kvs = etcd_member(answer, "kvs"), *last = NULL;
	size_t i, count;

	heard(session);
	take_header(session, etcd_member(answer, "header"));
	count = json_object_is_type(kvs, json_type_array) ?
		json_object_array_length(kvs) : 0;
	for (i = 0; i < count; i++) {
		last = json_object_array_get_idx(kvs, i);
		view_put(session->view, last);
	}
	free(session->list_from);
	session->list_from = NULL;
	if (last && json_object_get_boolean(etcd_member(answer, "more")))
		session->list_from = strdup(json_object_get_string(
						etcd_member(last, "key")) ?: "");
	return true;
}

static void end_list(struct session *session)
{
	session->lists++;
	session->revision = 0;
	come_to(session, session->list_revision);
	if (!session->doubtful)
		view_list_end(session->view);
	session->has_listed = true;
	routes_enable(session->routes);
	watch(session);
}

static void list(struct session *session);

static void on_list_end(void *arg, enum etcd_end end, const char *why)
{
	struct session *session = arg;

	session->call = NULL;
	if (end == ETCD_TOO_LONG && session->page > PAGE_KEYS_MIN)
		session->page /= 2;
	else if (end == ETCD_TOO_LONG)
		end = ETCD_AWAY;
	if (end == ETCD_COMPACTED || end == ETCD_TOO_LONG) {
		must_list(session);
		start(session);
	} else if (end != ETCD_OK) {
		must_list(session);
		fail(session, why);
	} else if (session->list_from) {
		list(session);
	} else {
		end_list(session);
	}
}

static const struct etcd_ops list_ops = {
	.message = on_list_message, .end = on_list_end,
};

/* A page of the list: all at the revision of the first. */
static void list(struct session *session)
{
	struct json_object *request = json_object_new_object();

	put_range(session, request, session->config->prefix);
	etcd_put_number(request, "limit", session->page);
	if (session->list_from) {
		/* What it has is base64, and may hold any byte. */
		json_object_object_add(request, "key",
				       json_object_new_string(session->list_from));
		etcd_put_number(request, "revision", session->list_revision);
	}
	started(session, etcd_call(session->etcd, "/v3/kv/range", request,
				   &list_ops, session));
}

/* The time of a lease has passed since the store was found to be another one. */
static void list_in_earnest(void *arg)
{
	struct session *session = arg;

	if (!session->is_watching) {
		later_in_ms(&session->relist, BACKOFF_MAX_MS);
		return;
	}
	etcd_cancel(session->call);
	session->call = NULL;
	session->doubtful = false;
	must_list(session);
	start(session);
}

static bool on_auth_message(void *arg, struct json_object *answer)
{
	struct session *session = arg;
	struct json_object *token = etcd_member(answer, "token");

	heard(session);
	if (json_object_is_type(token, json_type_string))
		etcd_set_token(session->etcd, json_object_get_string(token));
	return true;
}

static void list_or_watch(struct session *session)
{
	if (session->revision)
		watch(session);
	else
		list(session);
}

static void on_auth_end(void *arg, enum etcd_end end, const char *why)
{
	struct session *session = arg;

	session->call = NULL;
	if (end == ETCD_OK)
		list_or_watch(session);
	else
		fail(session, why);
}

static const struct etcd_ops auth_ops = {
	.message = on_auth_message, .end = on_auth_end,
};

static void authenticate(struct session *session)
{
	struct json_object *request = json_object_new_object();

	json_object_object_add(request, "name",
			       json_object_new_string(session->config->user));
	json_object_object_add(request, "password",
			       json_object_new_string(session->config->password));
	etcd_set_token(session->etcd, NULL);
	started(session, etcd_call(session->etcd, "/v3/auth/authenticate",
				   request, &auth_ops, session));
}

static void start(void *arg)
{
	struct session *session = arg;

	if (session->config->user)
		authenticate(session);
	else
		list_or_watch(session);
}

int session_init(struct session *session, sd_event *event,
		 const struct config *config, struct etcd *etcd,
		 struct view *view, struct routes *routes,
		 struct publish *publish)
{
	int err;

	memset(session, 0, sizeof(*session));
	session->config = config;
	session->etcd = etcd;
	session->view = view;
	session->routes = routes;
	session->publish = publish;
	session->event = event;
	session->page = PAGE_KEYS;
	publish->heard = heard;
	publish->failed = fail;
	publish->arg = session;
	err = later_init(&session->again, event, start, session);
	if (!err)
		err = later_init(&session->deadline, event, on_late, session);
	if (!err)
		err = later_init(&session->relist, event, list_in_earnest,
				 session);
	return err;
}

void session_free(struct session *session)
{
	etcd_cancel(session->call);
	later_free(&session->again);
	later_free(&session->deadline);
	later_free(&session->relist);
	free(session->list_from);
}

void session_start(struct session *session)
{
	later_soon(&session->again);
}
