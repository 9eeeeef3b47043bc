// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
/* Routes one by one and in batches. */
#include "fake_kernel.h"
#include "harness.h"

static struct ff_handle *handle;

static void accept_all(const struct nlmsghdr *request)
{
	/* Generic netlink refuses all flags but these. */
	assert_int_equal(request->nlmsg_flags & ~(NLM_F_REQUEST | NLM_F_ACK),
			 0);
	if (request->nlmsg_flags & NLM_F_ACK)
		fake_ack(request, 0, NULL);
}

static int open_accepting(void **state)
{
	(void)state;
	fake_kernel_reset(accept_all);
	return ff_open(&handle);
}

static int close_handle(void **state)
{
	(void)state;
	ff_close(handle);
	fake_kernel_reset(NULL);
	return 0;
}

static struct ff_route route_of(const char *prefix, const char *host)
{
	return (struct ff_route){
		.table = 7, .prefix = prefix_of(prefix), .host = addr_of(host),
	};
}

static void expect_route(const struct nlmsghdr *request)
{
	size_t len;

	assert_int_equal(fake_cmd(request), FREEFLOW_CMD_ROUTE_NEW);
	assert_int_equal(fake_attr_u32(request, FREEFLOW_A_ROUTE_TABLE), 7);
	assert_memory_equal(fake_attr(request, FREEFLOW_A_ROUTE_PREFIX, &len),
			    "\x0a\x58\x00\x00", 4);
	assert_int_equal(len, 4);
	assert_int_equal(*(const uint8_t *)fake_attr(request,
				FREEFLOW_A_ROUTE_PREFIX_LEN, &len), 16);
	assert_int_equal(len, 1);
	assert_memory_equal(fake_attr(request, FREEFLOW_A_ROUTE_HOST, &len),
			    "\xfd\x00", 2);
	assert_int_equal(len, 16);
	assert_int_equal(*(const uint8_t *)fake_attr(request,
				FREEFLOW_A_ROUTE_PROTO, &len),
			 FREEFLOW_ROUTE_PROTO_FFD);
	assert_int_equal(len, 1);
	assert_non_null(fake_attr(request, FREEFLOW_A_ROUTE_EXTERNAL, &len));
	assert_int_equal(len, 0);
	/* The second of the two requests replaces. */
	assert_int_equal(!!fake_attr(request, FREEFLOW_A_ROUTE_REPLACE, &len),
			 fake_kernel_requests() == 2);
	accept_all(request);
}

static void a_route_is_sent_whole(void **state)
{
	struct ff_route route = route_of("10.88.0.0/16", "fd00::1");

	(void)state;
	route.external = true;
	route.proto = FREEFLOW_ROUTE_PROTO_FFD;
	fake_kernel_reset(expect_route);
	assert_int_equal(ff_route_new(handle, &route), 0);
	assert_int_equal(ff_route_replace(handle, &route), 0);
	assert_int_equal(fake_kernel_requests(), 2);
}

static void half_a_route_is_not_sent(void **state)
{
	const struct ff_route no_host = { .prefix = prefix_of("10.88.0.0/16") };
	const struct ff_route no_prefix = { .host = addr_of("10.77.0.1") };
	const struct ff_prefix nothing = { .len = 0 };

	(void)state;
	assert_int_equal(ff_route_new(handle, &no_host), -EINVAL);
	assert_int_equal(ff_route_new(handle, &no_prefix), -EINVAL);
	assert_int_equal(ff_route_del(handle, 0, &nothing, 0), -EINVAL);
	assert_int_equal(ff_route_flush(handle, -2, 0), -EINVAL);
	assert_int_equal(ff_route_flush(handle, 1LL << 32, 0), -EINVAL);
	assert_int_equal(fake_kernel_requests(), 0);
}

static void expect_flush(const struct nlmsghdr *request)
{
	assert_int_equal(fake_cmd(request), FREEFLOW_CMD_ROUTE_FLUSH);
	if (fake_kernel_requests() == 1)
		assert_int_equal(fake_attr_count(request), 0);
	else
		assert_int_equal(fake_attr_u32(request, FREEFLOW_A_ROUTE_TABLE),
				 UINT32_MAX);
	accept_all(request);
}

static void all_tables_is_no_table(void **state)
{
	(void)state;
	fake_kernel_reset(expect_flush);
	assert_int_equal(ff_route_flush(handle, LIBFREEFLOW_ALL_TABLES, 0), 0);
	assert_int_equal(ff_route_flush(handle, UINT32_MAX, 0), 0);
}

static void answer_get(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_ROUTE_GET, 0);
	fake_put(&msg, FREEFLOW_A_ROUTE_PREFIX, "\x0a\x58\x00\x00", 4);
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PREFIX_LEN, 16);
	fake_put_string(&msg, FREEFLOW_A_ROUTE_LOCAL_DEV, "ff0");
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PROTO, FREEFLOW_ROUTE_PROTO_KERNEL);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void a_local_route_has_no_host(void **state)
{
	const struct ff_addr addr = addr_of("10.88.0.2");
	struct ff_route route;

	(void)state;
	fake_kernel_reset(answer_get);
	assert_int_equal(ff_route_get(handle, 0, &addr, &route), 0);
	assert_int_equal(route.prefix.len, 16);
	assert_int_equal(route.host.family, AF_UNSPEC);
	assert_false(route.external);
	assert_string_equal(route.local_dev, "ff0");
	assert_int_equal(route.proto, FREEFLOW_ROUTE_PROTO_KERNEL);
}

static void answer_unreachable(const struct nlmsghdr *request)
{
	fake_ack(request, -ENETUNREACH, NULL);
}

static void no_route_is_unreachable(void **state)
{
	const struct ff_addr addr = addr_of("10.88.0.2");
	struct ff_route route;

	(void)state;
	fake_kernel_reset(answer_unreachable);
	assert_int_equal(ff_route_get(handle, 0, &addr, &route), -ENETUNREACH);
	assert_string_equal(ff_strerror(handle, -ENETUNREACH),
			    "Network is unreachable");
}

/* An address of 5 bytes, a length of 33 bits, no address at all */
static void answer_odd_address(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_ROUTE_GET, 0);
	fake_put(&msg, FREEFLOW_A_ROUTE_PREFIX, "12345", 5);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void answer_long_prefix(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_ROUTE_GET, 0);
	fake_put(&msg, FREEFLOW_A_ROUTE_PREFIX, "1234", 4);
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PREFIX_LEN, 33);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void answer_no_prefix(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_ROUTE_GET, 0);
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PREFIX_LEN, 0);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void senseless_routes_are_bad_messages(void **state)
{
	static const fake_handler senseless[] = {
		answer_odd_address, answer_long_prefix, answer_no_prefix,
	};
	const struct ff_addr addr = addr_of("10.88.0.2");
	struct ff_route route;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
		fake_kernel_reset(senseless[i]);
		assert_int_equal(ff_route_get(handle, 0, &addr, &route),
				 -EBADMSG);
	}
}

/* Batches */

struct refusals {
	unsigned int count;
	uint64_t ids[4];
	int err;
};

static void note_refusal(uint64_t id, int err, const char *sentence, void *arg)
{
	struct refusals *refusals = arg;

	assert_string_equal(sentence, "there is one");
	refusals->ids[refusals->count++] = id;
	refusals->err = err;
}

static struct ff_route_batch *fill_batch(struct refusals *refusals,
					 unsigned int count)
{
	const struct ff_route route = route_of("10.88.0.0/16", "10.77.0.1");
	struct ff_route_batch *batch;
	unsigned int i;

	assert_int_equal(ff_route_batch_new(handle, note_refusal, refusals,
					    &batch), 0);
	for (i = 0; i < count; i++)
		assert_int_equal(ff_route_batch_add(batch, FF_ROUTE_ADD, &route,
						    1000 + i), 0);
	return batch;
}

static void many_routes_travel_together(void **state)
{
	struct refusals refusals = { 0 };
	struct ff_route_batch *batch;

	(void)state;
	batch = fill_batch(&refusals, 2 * LIBFREEFLOW_BATCH_MAX + 3);
	assert_int_equal(fake_kernel_sends(), 2);
	assert_int_equal(ff_route_batch_send(batch), 0);
	assert_int_equal(ff_route_batch_send(batch), 0);
	assert_int_equal(fake_kernel_sends(), 3);
	assert_int_equal(fake_kernel_requests(), 2 * LIBFREEFLOW_BATCH_MAX + 3);
	assert_int_equal(refusals.count, 0);
	ff_route_batch_free(batch);
}

static void refuse_second_and_last(const struct nlmsghdr *request)
{
	unsigned int nth = fake_kernel_requests();

	if (nth == 2 || nth == LIBFREEFLOW_BATCH_MAX)
		fake_ack(request, -EEXIST, "there is one");
	else if (request->nlmsg_flags & NLM_F_ACK)
		fake_ack(request, 0, NULL);
}

static void each_refused_route_is_named(void **state)
{
	struct refusals refusals = { 0 };
	struct ff_route_batch *batch;

	(void)state;
	fake_kernel_reset(refuse_second_and_last);
	batch = fill_batch(&refusals, LIBFREEFLOW_BATCH_MAX + 1);
	assert_int_equal(ff_route_batch_send(batch), 0);
	assert_int_equal(refusals.count, 2);
	assert_int_equal(refusals.ids[0], 1001);
	assert_int_equal(refusals.ids[1], 1000 + LIBFREEFLOW_BATCH_MAX - 1);
	assert_int_equal(refusals.err, -EEXIST);
	ff_route_batch_free(batch);
}

static void a_senseless_route_does_not_upset_the_batch(void **state)
{
	const struct ff_route good = route_of("10.88.0.0/16", "10.77.0.1");
	const struct ff_route bad = { .table = 1 };
	struct refusals refusals = { 0 };
	struct ff_route_batch *batch;

	(void)state;
	batch = fill_batch(&refusals, 1);
	assert_int_equal(ff_route_batch_add(batch, FF_ROUTE_ADD, &bad, 1),
			 -EINVAL);
	assert_int_equal(ff_route_batch_add(batch, FF_ROUTE_DEL, &good, 2), 0);
	assert_int_equal(ff_route_batch_send(batch), 0);
	assert_int_equal(fake_kernel_requests(), 2);
	ff_route_batch_free(batch);
}

static void an_unsent_batch_is_just_freed(void **state)
{
	struct refusals refusals = { 0 };

	(void)state;
	ff_route_batch_free(fill_batch(&refusals, 1));
	ff_route_batch_free(NULL);
	assert_int_equal(fake_kernel_requests(), 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_accepting, close_handle)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_route_is_sent_whole),
		TEST(half_a_route_is_not_sent),
		TEST(all_tables_is_no_table),
		TEST(a_local_route_has_no_host),
		TEST(no_route_is_unreachable),
		TEST(senseless_routes_are_bad_messages),
		TEST(many_routes_travel_together),
		TEST(each_refused_route_is_named),
		TEST(a_senseless_route_does_not_upset_the_batch),
		TEST(an_unsent_batch_is_just_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
