// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent between a store that does what it likes and a kernel that takes
 * what it is told: what of it reaches the kernel, and what the store is asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "agent.h"
#include "fake_kernel.h"
#include "harness.h"
#include "store.h"

#define HEADER(r)	"\"header\":{\"cluster_id\":\"18446744073709551615\",\"revision\":\"" r "\"}"
#define LINE(text)	"{\"result\":{" text "}}\n"
/* /freeflow/addr/0/10.88.0.2/h2, -3/h2 and {"host":"10.77.0.2"} */
#define KEY2	"\"key\":\"L2ZyZWVmbG93L2FkZHIvMC8xMC44OC4wLjIvaDI=\""
#define KEY3	"\"key\":\"L2ZyZWVmbG93L2FkZHIvMC8xMC44OC4wLjMvaDI=\""
#define VALUE	"\"value\":\"eyJob3N0IjoiMTAuNzcuMC4yIn0=\""
#define PAIR(key, r)	"{" key "," VALUE ",\"create_revision\":\"" r "\",\"mod_revision\":\"" r "\"}"

static struct agent agent;
static struct store store;
static sd_event *event;

/* What the kernel was told, and what the store was asked. */
static unsigned int routes_made, routes_deleted;
static unsigned int lists, watches, txns, grants, auths;
static int64_t watched_from;

/* Changes of addresses that the store took, and whether the last one put one. */
static unsigned int address_changes;
static bool has_address;

/* What the store answers; NULL: what is usual. */
static const char *list_answer;
static const char *lease_answer;
static const char *watch_answer;
static bool txn_loses_lease;
static bool store_refuses;
static int64_t largest_page;

static void take_request(const struct nlmsghdr *request)
{
	switch (fake_cmd(request)) {
	case FREEFLOW_CMD_ROUTE_NEW:
		routes_made++;
		break;
	case FREEFLOW_CMD_ROUTE_DEL:
		routes_deleted++;
		break;
	}
	if (request->nlmsg_flags & NLM_F_ACK)
		fake_ack(request, 0, NULL);
}

static const char *too_long(void)
{
	static char text[17 * 1024 * 1024];

	memset(text, ' ', sizeof(text) - 1);
	return text;
}

static void take_txn(struct json_object *request)
{
	struct json_object *operations = etcd_member(request, "success"), *put;
	size_t i;
	char *key;

	for (i = 0; i < json_object_array_length(operations); i++) {
		struct json_object *one =
			json_object_array_get_idx(operations, i);

		put = etcd_member(one, "request_put");
		key = etcd_bytes(put ?: etcd_member(one, "request_delete_range"),
				 "key");
		if (strstr(key, "/addr/")) {
			address_changes++;
			has_address = put;
		}
		free(key);
	}
}

static void answer_watch(int fd, struct json_object *request)
{
	watches++;
	watched_from = etcd_number(etcd_member(request, "create_request"),
				   "start_revision");
	store_begin(&store, fd);
	store_send(&store, watch_answer ?:
		   LINE(HEADER("10") ",\"created\":true"));
}

static void answer(struct store *from, int fd, const char *path,
		   struct json_object *request)
{
	(void)from;
	if (store_refuses) {
		store_answer(fd, 503, "{\"error\":\"no\",\"code\":14}");
	} else if (!strcmp(path, "/v3/kv/range")) {
		lists++;
		if (etcd_number(request, "limit") > largest_page)
			store_answer(fd, 200, too_long());
		else
			store_answer(fd, 200, list_answer ?:
			     "{" HEADER("10") ",\"kvs\":[" PAIR(KEY2, "5") "]}");
	} else if (!strcmp(path, "/v3/watch")) {
		answer_watch(fd, request);
	} else if (!strcmp(path, "/v3/lease/grant")) {
		grants++;
		store_answer(fd, 200, lease_answer ?:
			     "{" HEADER("10") ",\"ID\":\"77\",\"TTL\":\"5\"}");
	} else if (!strcmp(path, "/v3/kv/txn")) {
		txns++;
		if (!txn_loses_lease)
			take_txn(request);
		store_answer(fd, txn_loses_lease ? 404 : 200, txn_loses_lease ?
			     "{\"error\":\"etcdserver: requested lease not found\",\"code\":5}" :
			     "{" HEADER("11") ",\"succeeded\":true}");
		txn_loses_lease = false;
	} else if (!strcmp(path, "/v3/auth/authenticate")) {
		auths++;
		store_answer(fd, 200, "{\"token\":\"abc\"}");
	} else {
		store_answer(fd, 200, "{\"result\":{\"ID\":\"77\",\"TTL\":\"5\"}}");
	}
}

static int begin(void **state)
{
	char endpoint[64];

	(void)state;
	memset(&agent, 0, sizeof(agent));
	routes_made = routes_deleted = 0;
	lists = watches = txns = grants = auths = 0;
	address_changes = 0;
	list_answer = lease_answer = watch_answer = NULL;
	txn_loses_lease = store_refuses = false;
	largest_page = 1000;
	fake_kernel_reset(take_request);
	assert_true(sd_event_new(&event) >= 0);
	store_start(&store, event);
	store.answer = answer;
	snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u",
		 store_port(&store));
	agent.config = (struct config){
		.endpoints = { endpoint }, .nendpoints = 1,
		.prefix = "/freeflow/", .host_name = "h1",
		.host_address = addr_of("10.77.0.1"), .lease_ttl = 5,
		.request_timeout = 2,
	};
	agent.config.endpoints[0] = strdup(endpoint);
	assert_int_equal(ff_open(&agent.handle), 0);
	assert_int_equal(places_init(&agent.places), 0);
	assert_true(conflicts_init(&agent.conflicts, event,
				   &agent.places) >= 0);
	assert_true(policy_init(&agent.policy, event, agent.handle) >= 0);
	assert_int_equal(view_init(&agent.view, &agent.config, &agent.places,
				   &agent.policy), 0);
	assert_int_equal(etcd_new(event, &agent.config, &agent.etcd), 0);
	assert_true(routes_init(&agent.routes, event, &agent.config,
				&agent.places, agent.handle) >= 0);
	assert_true(publish_init(&agent.publish, event, &agent.config,
				 &agent.places, &agent.view, agent.etcd) >= 0);
	assert_true(session_init(&agent.session, event, &agent.config,
				 agent.etcd, &agent.view, &agent.routes,
				 &agent.publish) >= 0);
	session_start(&agent.session);
	return 0;
}

static int end(void **state)
{
	(void)state;
	session_free(&agent.session);
	publish_free(&agent.publish);
	routes_free(&agent.routes);
	etcd_free(agent.etcd);
	view_free(&agent.view);
	policy_free(&agent.policy);
	ff_close(agent.handle);
	conflicts_free(&agent.conflicts);
	places_free(&agent.places);
	store_stop(&store);
	sd_event_unref(event);
	free(agent.config.endpoints[0]);
	fake_kernel_reset(NULL);
	return 0;
}

/* Lets time pass until the number is reached, or ten seconds. */
static void wait_until(const unsigned int *number, unsigned int reached)
{
	int turns;

	for (turns = 0; *number < reached && turns < 1000; turns++)
		sd_event_run(event, 10000);
	assert_true(*number >= reached);
}

/* And lets happen what else would. */
static void settle(void)
{
	int turns;

	for (turns = 0; turns < 20; turns++)
		sd_event_run(event, 5000);
}

static void it_lists_watches_and_publishes(void **state)
{
	(void)state;
	wait_until(&txns, 1);
	settle();
	assert_int_equal(lists, 1);
	assert_int_equal(watches, 1);
	assert_int_equal(watched_from, 10);
	assert_int_equal(grants, 1);
	assert_int_equal(routes_made, 1);
	assert_null(session_trouble(&agent.session));
}

static void changes_come_in_pieces(void **state)
{
	(void)state;
	wait_until(&txns, 1);
	store_send(&store, "{\"result\":{" HEADER("12") ",\"events\":[{\"kv\":");
	settle();
	assert_int_equal(routes_made, 1);
	store_send(&store, PAIR(KEY3, "12") "}]}}\n\n"
		   LINE(HEADER("13") ",\"events\":[{\"type\":\"DELETE\",\"kv\":{" KEY2 ",\"mod_revision\":\"13\"}}]"));
	wait_until(&routes_deleted, 1);
	assert_int_equal(routes_made, 2);
	assert_true(agent.session.revision == 13);
}

/* Half of a message is as if it had not come. */
static void a_stream_that_is_cut_goes_on(void **state)
{
	(void)state;
	wait_until(&txns, 1);
	store_send(&store, LINE(HEADER("12") ",\"events\":[{\"kv\":" PAIR(KEY3, "12") "}]"));
	wait_until(&routes_made, 2);
	store_send(&store, "{\"result\":{" HEADER("13") ",\"events\":[{\"type\":\"DELETE\",\"kv\":{" KEY2);
	settle();
	watch_answer = LINE(HEADER("13") ",\"created\":true");
	store_cut(&store);
	wait_until(&watches, 2);
	settle();
	assert_int_equal(watched_from, 12);
	assert_int_equal(lists, 1);
	assert_int_equal(routes_deleted, 0);
}

/* Or one that was taken back to an earlier state, of the same cluster. */
static void a_store_that_is_behind_is_listed(void **state)
{
	(void)state;
	wait_until(&txns, 1);
	store_send(&store, LINE(HEADER("12") ",\"events\":[{\"kv\":" PAIR(KEY3, "12") "}]"));
	wait_until(&routes_made, 2);
	store_cut(&store);
	wait_until(&lists, 2);
	settle();
	assert_int_equal(routes_deleted, 0);
	wait_until(&lists, 3);
	wait_until(&routes_deleted, 1);
}

static void compaction_lists_again(void **state)
{
	(void)state;
	wait_until(&txns, 1);
	list_answer = "{" HEADER("20") ",\"kvs\":[" PAIR(KEY3, "15") "]}";
	store_send(&store, LINE(HEADER("20") ",\"canceled\":true,\"compact_revision\":\"19\""));
	wait_until(&watches, 2);
	wait_until(&routes_deleted, 1);
	assert_int_equal(lists, 2);
	assert_int_equal(routes_made, 2);
}

/* Whoever puts large values there cannot keep it from being listed. */
static void pages_shrink_until_they_fit(void **state)
{
	(void)state;
	largest_page = 300;
	wait_until(&txns, 1);
	settle();
	assert_int_equal(lists, 3);
	assert_int_equal(routes_made, 1);
}

static void another_store_deletes_nothing_at_once(void **state)
{
	(void)state;
	wait_until(&txns, 1);
	list_answer = "{\"header\":{\"cluster_id\":\"5\",\"revision\":\"10\"}}";
	watch_answer = "{\"result\":{\"created\":true,\"header\":{\"cluster_id\":\"5\",\"revision\":\"10\"}}}\n";
	store_send(&store, LINE(HEADER("10") ",\"canceled\":true,\"compact_revision\":\"19\""));
	wait_until(&lists, 2);
	settle();
	assert_int_equal(routes_deleted, 0);
	/* After the time of a lease it is what it is. */
	wait_until(&lists, 3);
	wait_until(&routes_deleted, 1);
}

static void routes_stay_while_the_store_is_away(void **state)
{
	(void)state;
	wait_until(&txns, 1);
	store_refuses = true;
	store_cut(&store);
	settle();
	assert_non_null(session_trouble(&agent.session));
	assert_int_equal(routes_deleted, 0);
	store_refuses = false;
	wait_until(&watches, 2);
	settle();
	assert_null(session_trouble(&agent.session));
	assert_int_equal(routes_deleted, 0);
	assert_int_equal(lists, 1);
}

static void a_lease_that_is_lost_is_taken_anew(void **state)
{
	(void)state;
	txn_loses_lease = true;
	wait_until(&txns, 2);
	settle();
	assert_int_equal(grants, 2);
	assert_null(session_trouble(&agent.session));
}

static struct place *own_place(void)
{
	const struct ff_prefix prefix = prefix_of("10.88.0.9");

	return place_get(&agent.places, 0, &prefix);
}

/* As if the kernel had told that the address came, or went. */
static void set_local(bool is_local)
{
	own_place()->is_local = is_local;
	place_queue(&agent.places, own_place(), PLACE_PUBLISH);
}

static bool is_publishing(void)
{
	return agent.publish.call || agent.publish.hold.count ||
	       !TAILQ_EMPTY(&agent.places.queues[PLACE_PUBLISH]);
}

/* Lets time pass until nothing is published or held any more, or ten seconds. */
static void wait_until_quiet(void)
{
	int turns;

	for (turns = 0; is_publishing() && turns < 1000; turns++)
		sd_event_run(event, 10000);
	assert_false(is_publishing());
}

static void let_pass_ms(uint64_t ms)
{
	uint64_t now, end = later_now_usec(event) + ms * 1000;

	while ((now = later_now_usec(event)) < end)
		sd_event_run(event, end - now);
}

/* A hundred times within the second. */
static void flap(bool ends_local)
{
	uint64_t began, took;
	int round;

	wait_until(&txns, 1);
	began = later_now_usec(event);
	for (round = 0; round < 100; round++) {
		set_local(round % 2 == ends_local);
		let_pass_ms(5);
	}
	wait_until_quiet();
	took = later_now_usec(event) - began;
	assert_true(address_changes <= 1 + took / 1000000);
	assert_true(has_address == ends_local);
	assert_true(!own_place()->lease == !ends_local);
}

static void an_address_that_flaps_and_stays_is_there(void **state)
{
	(void)state;
	flap(true);
}

static void an_address_that_flaps_and_goes_is_not(void **state)
{
	(void)state;
	flap(false);
}

/* Whoever was held would be for longer than is waited here. */
static void an_address_that_was_quiet_changes_at_once(void **state)
{
	(void)state;
	agent.publish.hold.ms = 100;
	wait_until(&txns, 1);
	set_local(true);
	wait_until(&address_changes, 1);
	assert_true(has_address);
	wait_until_quiet();
	agent.publish.hold.ms = 60000;
	set_local(false);
	wait_until(&address_changes, 2);
	assert_false(has_address);
}

static void an_address_that_is_back_is_not_put_again(void **state)
{
	(void)state;
	agent.publish.hold.ms = 2000;
	wait_until(&txns, 1);
	set_local(true);
	wait_until(&address_changes, 1);
	set_local(false);
	settle();
	set_local(true);
	wait_until_quiet();
	assert_int_equal(address_changes, 1);
}

static void a_change_that_was_not_taken_is_not_held(void **state)
{
	(void)state;
	agent.publish.hold.ms = 60000;
	wait_until(&txns, 1);
	settle();
	store_refuses = true;
	set_local(true);
	settle();
	assert_non_null(session_trouble(&agent.session));
	store_refuses = false;
	wait_until(&address_changes, 1);
}

/* What is gone is remembered for that second only. */
static void an_address_that_is_gone_is_forgotten(void **state)
{
	const struct ff_prefix prefix = prefix_of("10.88.0.9");

	(void)state;
	agent.publish.hold.ms = 100;
	wait_until(&txns, 1);
	set_local(true);
	wait_until(&address_changes, 1);
	set_local(false);
	wait_until(&address_changes, 2);
	wait_until_quiet();
	assert_null(place_find(&agent.places, 0, &prefix));
}

static void a_user_authenticates_first(void **state)
{
	(void)state;
	agent.config.user = "u";
	agent.config.password = "p";
	wait_until(&lists, 1);
	assert_int_equal(auths, 1);
	agent.config.user = NULL;
}

static void the_name_of_another_host_is_not_taken(void **state)
{
	(void)state;
	/* /freeflow/host/h1 is at 10.77.0.2 */
	list_answer = "{" HEADER("10") ",\"kvs\":[{\"key\":\"L2ZyZWVmbG93L2hvc3QvaDE=\"," VALUE "}]}";
	wait_until(&watches, 1);
	settle();
	assert_int_equal(txns, 0);
	assert_non_null(session_trouble(&agent.session));
}

/* Whatever the store says, it is asked again and no route goes. */
static void nonsense_is_no_deletion(void **state)
{
	static const char *const lines[] = {
		"\n", "{}\n", "[]\n", "null\n", "{\"result\":7}\n", "\xff\xfe\n",
		"{\"result\":{\"events\":7}}\n",
		LINE("\"events\":[7,null,{},{\"kv\":[]},{\"kv\":{\"key\":7}}]"),
		LINE("\"events\":[{\"type\":{},\"kv\":{\"key\":\"=\"}}]"),
		"{\"error\":{\"grpc_code\":14,\"message\":\"no leader\"}}\n",
		"{\"error\":7}\n", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1\n",
	};
	unsigned int i;

	(void)state;
	wait_until(&txns, 1);
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		if (store.watch < 0)
			wait_until(&watches, watches + 1);
		store_send(&store, lines[i]);
		settle();
		store_cut(&store);
	}
	assert_int_equal(routes_deleted, 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_lists_watches_and_publishes),
		TEST(changes_come_in_pieces),
		TEST(a_stream_that_is_cut_goes_on),
		TEST(a_store_that_is_behind_is_listed),
		TEST(compaction_lists_again),
		TEST(pages_shrink_until_they_fit),
		TEST(another_store_deletes_nothing_at_once),
		TEST(routes_stay_while_the_store_is_away),
		TEST(a_lease_that_is_lost_is_taken_anew),
		TEST(an_address_that_flaps_and_stays_is_there),
		TEST(an_address_that_flaps_and_goes_is_not),
		TEST(an_address_that_was_quiet_changes_at_once),
		TEST(an_address_that_is_back_is_not_put_again),
		TEST(a_change_that_was_not_taken_is_not_held),
		TEST(an_address_that_is_gone_is_forgotten),
		TEST(a_user_authenticates_first),
		TEST(the_name_of_another_host_is_not_taken),
		TEST(nonsense_is_no_deletion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
