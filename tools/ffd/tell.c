// SPDX-License-Identifier: GPL-2.0-only
#include <json-c/json.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "tell.h"

struct counts {
	unsigned int routes;
	unsigned int local;
	unsigned int published;
	unsigned int blocked;
	unsigned int addresses;
};

static struct counts count_places(const struct agent *agent)
{
	struct counts counts = { 0 };
	struct lh_entry *entry;

	lh_foreach(agent->places.by_name, entry) {
		const struct place *place = lh_entry_v(entry);

		counts.routes += place->has.family != AF_UNSPEC;
		counts.local += place->is_local;
		counts.published += place->lease != 0;
		counts.blocked += place->blocked;
		counts.addresses += !TAILQ_EMPTY(&place->claims);
	}
	return counts;
}

static void add_text(struct json_object *object, const char *name,
		     const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *name,
		       int64_t number)
{
	json_object_object_add(object, name, json_object_new_int64(number));
}

static void add_flag(struct json_object *object, const char *name, bool flag)
{
	json_object_object_add(object, name, json_object_new_boolean(flag));
}

static void add_addr(struct json_object *object, const char *name,
		     const struct ff_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	add_text(object, name, ff_addr_format(addr, text, sizeof(text)));
}

/* How what the kernel has stands to what the store says. */
static const char *state_of(const struct agent *agent,
			    const struct place *place)
{
	struct ff_addr wants = route_wanted(&agent->config, place);

	if (place->is_local)
		return "local";
	if (wants.family && place->blocked)
		return "blocked";
	if (!address_equal(&wants, &place->has))
		return "pending";
	return wants.family ? "routed" : "unrouted";
}

static struct json_object *tell_place(const struct agent *agent,
				      const struct place *place)
{
	struct json_object *object = json_object_new_object();
	struct json_object *claims = json_object_new_array();
	char prefix[LIBFREEFLOW_PREFIX_STRLEN];
	const struct claim *claim;

	ff_prefix_format(&place->prefix, prefix, sizeof(prefix));
	add_text(object, "address", prefix);
	add_number(object, "table", place->table);
	add_text(object, "state", state_of(agent, place));
	add_flag(object, "conflict", place->in_conflict);
	add_flag(object, "published", place->lease);
	TAILQ_FOREACH(claim, &place->claims, node) {
		struct json_object *one = json_object_new_object();

		add_text(one, "host", claim->host_name);
		add_addr(one, "host_address", &claim->host);
		json_object_array_add(claims, one);
	}
	json_object_object_add(object, "claims", claims);
	return object;
}

static struct json_object *tell_hosts(const struct agent *agent)
{
	struct json_object *hosts = json_object_new_array();
	struct lh_entry *entry;

	lh_foreach(agent->view.hosts, entry) {
		const struct view_host *host = lh_entry_v(entry);
		struct json_object *one = json_object_new_object();

		add_text(one, "host", host->name);
		add_addr(one, "host_address", &host->host);
		json_object_array_add(hosts, one);
	}
	return hosts;
}

static struct json_object *tell_store(const struct agent *agent)
{
	struct json_object *store = json_object_new_object();
	const char *trouble = session_trouble(&agent->session);

	add_text(store, "endpoint", etcd_endpoint(agent->etcd));
	add_text(store, "prefix", agent->config.prefix);
	add_flag(store, "connected", agent->session.is_watching);
	add_number(store, "revision", agent->session.known);
	add_number(store, "heard_ms_ago", session_silence_ms(&agent->session));
	if (trouble)
		add_text(store, "trouble", trouble);
	return store;
}

char *tell_status(const struct agent *agent)
{
	struct json_object *status = json_object_new_object();
	struct json_object *places = json_object_new_array();
	struct lh_entry *entry;
	char *text;

	add_text(status, "host", agent->config.host_name);
	add_addr(status, "host_address", &agent->config.host_address);
	json_object_object_add(status, "store", tell_store(agent));
	json_object_object_add(status, "hosts", tell_hosts(agent));
	lh_foreach(agent->places.by_name, entry) {
		const struct place *place = lh_entry_v(entry);

		if (place_is_known(place))
			json_object_array_add(places,
					      tell_place(agent, place));
	}
	json_object_object_add(status, "addresses", places);
	text = strdup(json_object_to_json_string_ext(status,
				JSON_C_TO_STRING_PLAIN |
				JSON_C_TO_STRING_NOSLASHESCAPE) ?: "");
	json_object_put(status);
	return text;
}

static void put_metric(FILE *out, const char *name, const char *type,
		       const char *help, double value)
{
	bool is_counter = !strcmp(type, "counter");

	fprintf(out, "# TYPE ffd_%s %s\n# HELP ffd_%s %s\nffd_%s%s %.15g\n",
		name, type, name, help, name, is_counter ? "_total" : "",
		value);
}

static void put_gauges(FILE *out, const struct agent *agent)
{
	const struct counts counts = count_places(agent);

	put_metric(out, "store_connected", "gauge",
		   "1 while the store tells its changes.",
		   agent->session.is_watching);
	put_metric(out, "store_revision", "gauge",
		   "Revision of the store up to which all is known.",
		   agent->session.known);
	put_metric(out, "store_silence_seconds", "gauge",
		   "Time since the store last answered; -1 if it never has.",
		   agent->session.heard_usec ?
			session_silence_ms(&agent->session) / 1e3 : -1);
	put_metric(out, "hosts", "gauge", "Hosts that are in the store.",
		   lh_table_length(agent->view.hosts));
	put_metric(out, "addresses", "gauge",
		   "Virtual addresses that are in the store.",
		   counts.addresses);
	put_metric(out, "addresses_local", "gauge",
		   "Virtual addresses of this host's devices.", counts.local);
	put_metric(out, "addresses_published", "gauge",
		   "Those of them that are in the store.", counts.published);
	put_metric(out, "routes", "gauge",
		   "Routes of ffd that the kernel has.", counts.routes);
	put_metric(out, "routes_blocked", "gauge",
		   "Routes that are not there because of somebody else's.",
		   counts.blocked);
	put_metric(out, "conflicts", "gauge",
		   "Virtual addresses that more than one host has.",
		   agent->places.conflicts);
	put_metric(out, "keys_bad", "gauge",
		   "Keys of the store that make no sense.",
		   lh_table_length(agent->view.bad));
}

static void put_counters(FILE *out, const struct agent *agent)
{
	put_metric(out, "store_lists", "counter",
		   "Times that the store was listed.", agent->session.lists);
	put_metric(out, "store_changes", "counter",
		   "Changes that the store told.", agent->session.changes);
	put_metric(out, "store_losses", "counter",
		   "Times that the store went away.",
		   agent->session.reconnects);
	put_metric(out, "store_puts", "counter",
		   "Addresses put into the store.", agent->publish.puts);
	put_metric(out, "store_deletes", "counter",
		   "Addresses deleted from the store.",
		   agent->publish.deletes);
	put_metric(out, "route_changes", "counter",
		   "Changes of routes that the kernel took.",
		   agent->routes.changed);
	put_metric(out, "route_refusals", "counter",
		   "Changes of routes that the kernel refused.",
		   agent->routes.refused);
	put_metric(out, "kernel_lists", "counter",
		   "Times that the kernel's routes were listed.",
		   agent->kernel.lists);
	put_metric(out, "quotas_applied", "counter",
		   "Quotas and limits that the kernel took.", agent->policy.applied);
	put_metric(out, "quotas_refused", "counter",
		   "Quotas and limits that the kernel refused.", agent->policy.refused);
}

char *tell_metrics(const struct agent *agent)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_gauges(out, agent);
	put_counters(out, agent);
	fputs("# EOF\n", out);
	fclose(out);
	return text;
}
