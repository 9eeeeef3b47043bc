// SPDX-License-Identifier: GPL-2.0-only
/* Claims of hosts: who holds an address, and what is routed where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "address.h"
#include "conflict.h"
#include "harness.h"
#include "policy.h"
#include "route.h"
#include "store.h"
#include "view.h"

#define PREFIX	"/freeflow/"
#define A1	PREFIX "addr/0/10.88.0.1/"
#define AT(n)	"{\"host\":\"10.77.0." #n "\"}"

static struct config config = { .prefix = PREFIX, .host_name = "h1" };
static struct places places;
static struct conflicts conflicts;
static struct policy policy;
static struct view view;
static sd_event *event;

static int begin(void **state)
{
	(void)state;
	config.ntables = 0;
	store_sentences = 0;
	assert_int_equal(places_init(&places), 0);
	assert_true(sd_event_new(&event) >= 0);
	assert_true(conflicts_init(&conflicts, event, &places) >= 0);
	assert_true(policy_init(&policy, event, NULL) >= 0);
	return view_init(&view, &config, &places, &policy);
}

static int end(void **state)
{
	(void)state;
	view_free(&view);
	policy_free(&policy);
	conflicts_free(&conflicts);
	places_free(&places);
	sd_event_unref(event);
	return 0;
}

static void put(const char *key, const char *value, int64_t created)
{
	struct json_object *kv = store_pair(key, value, created);

	view_put(&view, kv);
	json_object_put(kv);
}

static void del(const char *key)
{
	struct json_object *kv = store_pair(key, "", 0);

	view_del(&view, kv);
	json_object_put(kv);
}

static struct place *place_of(uint32_t table, const char *prefix)
{
	const struct ff_prefix parsed = prefix_of(prefix);

	return place_find(&places, table, &parsed);
}

/* The address in table 0 is wanted at @host; NULL: nowhere. */
static void check_wanted(const char *addr, const char *host)
{
	const struct ff_addr nowhere = { .family = AF_UNSPEC };
	const struct place *place = place_of(0, addr);
	struct ff_addr wants = place ? route_wanted(&config, place) : nowhere;
	const struct ff_addr expected = host ? addr_of(host) : nowhere;

	assert_true(address_equal(&wants, &expected));
}

static void a_claim_is_a_route(void **state)
{
	(void)state;
	put(A1 "h2", AT(2), 5);
	check_wanted("10.88.0.1", "10.77.0.2");
	put(A1 "h2", AT(3), 5);
	check_wanted("10.88.0.1", "10.77.0.3");
	del(A1 "h2");
	check_wanted("10.88.0.1", NULL);
}

static void own_claims_are_no_routes(void **state)
{
	(void)state;
	put(A1 "h1", AT(1), 5);
	check_wanted("10.88.0.1", NULL);
	put(A1 "h2", AT(2), 6);
	check_wanted("10.88.0.1", NULL);
	del(A1 "h1");
	check_wanted("10.88.0.1", "10.77.0.2");
	place_of(0, "10.88.0.1")->is_local = true;
	check_wanted("10.88.0.1", NULL);
}

static void the_first_claim_holds(void **state)
{
	(void)state;
	put(A1 "h3", AT(3), 9);
	put(A1 "h2", AT(2), 7);
	check_wanted("10.88.0.1", "10.77.0.2");
	assert_int_equal(places.conflicts, 1);
	put(A1 "h4", AT(4), 8);
	check_wanted("10.88.0.1", "10.77.0.2");
	/* A lease that is renewed leaves the key as old as it is. */
	put(A1 "h2", AT(2), 7);
	check_wanted("10.88.0.1", "10.77.0.2");
	del(A1 "h2");
	check_wanted("10.88.0.1", "10.77.0.4");
	assert_int_equal(places.conflicts, 1);
	del(A1 "h4");
	check_wanted("10.88.0.1", "10.77.0.3");
	assert_int_equal(places.conflicts, 0);
}

/* Lets be told what is to be told at once. */
static void settle(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

static void conflict_comes(void)
{
	put(A1 "h3", AT(3), 9);
	settle();
}

static void conflict_goes(void)
{
	del(A1 "h3");
	settle();
}

/* Lets time pass until no place is held, or ten seconds. */
static void wait_until_none_is_held(void)
{
	int turns;

	for (turns = 0; conflicts.hold.count && turns < 1000; turns++)
		sd_event_run(event, 10000);
	settle();
	assert_int_equal(conflicts.hold.count, 0);
}

static void a_conflict_that_flaps_is_said_once(void **state)
{
	int round;

	(void)state;
	put(A1 "h2", AT(2), 5);
	for (round = 0; round < 100; round++) {
		conflict_comes();
		assert_int_equal(places.conflicts, 1);
		conflict_goes();
		assert_int_equal(places.conflicts, 0);
	}
	assert_int_equal(store_sentences, 2);
	assert_non_null(strstr(store_said, "Only one host is left"));
}

/* When the time is over, it is said how it is, if that is not known. */
static void a_conflict_that_is_left_is_said(void **state)
{
	(void)state;
	conflicts.hold.ms = 1000;
	put(A1 "h2", AT(2), 5);
	conflict_comes();
	conflict_goes();
	conflict_comes();
	conflict_goes();
	wait_until_none_is_held();
	assert_int_equal(store_sentences, 2);
	conflict_comes();
	conflict_goes();
	conflict_comes();
	assert_int_equal(store_sentences, 4);
	wait_until_none_is_held();
	assert_int_equal(store_sentences, 5);
	assert_non_null(strstr(store_said, "Hosts h2 and h3 both have"));
	conflict_goes();
	assert_int_equal(store_sentences, 6);
}

/* Nor do addresses that are made up fill the log, or the memory. */
static void many_conflicts_are_not_said(void **state)
{
	char first[128], second[128];
	int round;

	(void)state;
	for (round = 0; round < 1000; round++) {
		snprintf(first, sizeof(first), PREFIX "addr/0/fd88::%x/h2",
			 round + 1);
		snprintf(second, sizeof(second), PREFIX "addr/0/fd88::%x/h3",
			 round + 1);
		put(first, AT(2), 5);
		put(second, AT(3), 6);
		settle();
		del(first);
		del(second);
		settle();
		place_settle(&places, place_dequeue(&places, PLACE_ROUTE));
	}
	assert_int_equal(store_sentences, 2 * CONFLICTS_HELD_MAX);
	assert_int_equal(lh_table_length(places.by_name), CONFLICTS_HELD_MAX);
}

static void values_without_sense_change_nothing(void **state)
{
	(void)state;
	put(A1 "h2", AT(2), 5);
	put(A1 "h2", "{", 5);
	check_wanted("10.88.0.1", "10.77.0.2");
	assert_int_equal(lh_table_length(view.bad), 1);
	/* Nor are they gone for a list that has them. */
	view_list_begin(&view);
	put(A1 "h2", "{", 5);
	view_list_end(&view);
	check_wanted("10.88.0.1", "10.77.0.2");
	put(A1 "h2", AT(4), 5);
	check_wanted("10.88.0.1", "10.77.0.4");
	assert_int_equal(lh_table_length(view.bad), 0);
}

/* After a start only the kernel knows what the value was. */
static void a_route_without_sense_in_the_store_stays(void **state)
{
	const struct ff_prefix prefix = prefix_of("10.88.0.1");

	(void)state;
	place_get(&places, 0, &prefix)->has = addr_of("10.77.0.2");
	put(A1 "h2", "{", 5);
	check_wanted("10.88.0.1", "10.77.0.2");
	del(A1 "h2");
	check_wanted("10.88.0.1", NULL);
}

static void what_a_list_lacks_is_gone(void **state)
{
	(void)state;
	put(A1 "h2", AT(2), 5);
	put(PREFIX "addr/0/10.88.0.2/h2", AT(2), 6);
	put(PREFIX "host/h2", AT(2), 4);
	view_list_begin(&view);
	put(PREFIX "addr/0/10.88.0.2/h2", AT(2), 6);
	view_list_end(&view);
	check_wanted("10.88.0.1", NULL);
	check_wanted("10.88.0.2", "10.77.0.2");
	assert_null(view_host(&view, "h2"));
}

static void only_tables_served_are_taken(void **state)
{
	(void)state;
	config.ntables = 1;
	config.tables[0] = 7;
	put(A1 "h2", AT(2), 5);
	put(PREFIX "addr/7/10.88.0.1/h2", AT(2), 6);
	assert_null(place_of(0, "10.88.0.1"));
	assert_non_null(place_of(7, "10.88.0.1"));
}

static void quotas_and_limits_are_kept(void **state)
{
	(void)state;
	put(PREFIX "quota/table/7", "{\"qp\":9}", 5);
	put(PREFIX "quota/netns/c1", "{\"qp\":7}", 6);
	put(PREFIX "limit/table/7", "{\"rate\":\"1gbit\"}", 6);
	assert_int_equal(lh_table_length(policy.settings), 3);
	put(PREFIX "quota/netns/c2", "{\"qp\":[]}", 6);
	put(PREFIX "limit/netns/c2", "{\"rate\":\"1\"}", 6);
	assert_int_equal(lh_table_length(policy.settings), 3);
	del(PREFIX "quota/table/8");
}

/* A place is forgotten when nothing is known of it, and not before. */
static void places_are_forgotten(void **state)
{
	struct place *place;

	(void)state;
	put(A1 "h2", AT(2), 5);
	del(A1 "h2");
	place = place_dequeue(&places, PLACE_ROUTE);
	assert_non_null(place);
	place->has = addr_of("10.77.0.2");
	place_settle(&places, place);
	assert_non_null(place_of(0, "10.88.0.1"));
	place->has.family = AF_UNSPEC;
	place_settle(&places, place);
	assert_null(place_of(0, "10.88.0.1"));
}

static struct json_object *random_json(int depth)
{
	static const char *const texts[] = {
		"L2ZyZWVmbG93Lw==", "", "=", "L2ZyZWVmbG93L2hvc3QvaDI=", "x",
		"eyJob3N0IjoiMTAuNzcuMC4yIn0=", "9223372036854775808",
	};
	struct json_object *object;
	int i;

	switch (random() % (depth ? 5 : 3)) {
	case 0:
		return json_object_new_int64(random() - random());
	case 1:
		return json_object_new_string(texts[random() % 7]);
	case 2:
		return NULL;
	case 3:
		object = json_object_new_array();
		for (i = random() % 3; i > 0; i--)
			json_object_array_add(object, random_json(depth - 1));
		return object;
	}
	object = json_object_new_object();
	json_object_object_add(object, "key", random_json(depth - 1));
	json_object_object_add(object, "value", random_json(depth - 1));
	json_object_object_add(object, "create_revision",
			       random_json(depth - 1));
	return object;
}

static void pairs_of_any_shape_are_taken(void **state)
{
	struct json_object *kv;
	int round;

	(void)state;
	srandom(3);
	for (round = 0; round < 100000; round++) {
		kv = random_json(2);
		if (random() % 2)
			view_put(&view, kv);
		else
			view_del(&view, kv);
		json_object_put(kv);
	}
}

/* Many hosts claim and disclaim few addresses: the oldest claim always holds. */
static void claims_in_any_order_are_sorted(void **state)
{
	struct claim *claim, *next;
	char key[128];
	int round;

	(void)state;
	srandom(4);
	for (round = 0; round < 50000; round++) {
		snprintf(key, sizeof(key), PREFIX "addr/0/10.88.0.%ld/h%ld",
			 1 + random() % 4, 1 + random() % 9);
		if (random() % 3)
			put(key, AT(2), random() % 1000);
		else
			del(key);
		if (!place_of(0, "10.88.0.1"))
			continue;
		TAILQ_FOREACH(claim, &place_of(0, "10.88.0.1")->claims, node) {
			next = TAILQ_NEXT(claim, node);
			assert_true(!next || claim->created <= next->created);
		}
	}
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_claim_is_a_route),
		TEST(own_claims_are_no_routes),
		TEST(the_first_claim_holds),
		TEST(a_conflict_that_flaps_is_said_once),
		TEST(a_conflict_that_is_left_is_said),
		TEST(many_conflicts_are_not_said),
		TEST(values_without_sense_change_nothing),
		TEST(a_route_without_sense_in_the_store_stays),
		TEST(what_a_list_lacks_is_gone),
		TEST(only_tables_served_are_taken),
		TEST(quotas_and_limits_are_kept),
		TEST(places_are_forgotten),
		TEST(pairs_of_any_shape_are_taken),
		TEST(claims_in_any_order_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
