// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
/* Statistics and alerts: requests and their answers. */
#include "fake_kernel.h"
#include "harness.h"

static struct ff_handle *handle;

static int open_with(fake_handler handler)
{
	fake_kernel_reset(handler);
	return ff_open(&handle);
}

static int close_handle(void **state)
{
	(void)state;
	ff_close(handle);
	handle = NULL;
	fake_kernel_reset(NULL);
	return 0;
}

static void put_op(struct fake_msg *msg, uint32_t type, uint64_t messages,
		   uint64_t bytes)
{
	size_t nest = fake_nest(msg, FREEFLOW_A_STAT_OP);

	fake_put_u32(msg, FREEFLOW_A_STAT_OP_TYPE, type);
	fake_put_u64(msg, FREEFLOW_A_STAT_OP_MESSAGES, messages);
	fake_put(msg, FREEFLOW_A_STAT_OP_PAD, NULL, 0);
	fake_put_u64(msg, FREEFLOW_A_STAT_OP_BYTES, bytes);
	fake_nest_end(msg, nest);
}

static void put_completion(struct fake_msg *msg, uint32_t status,
			   uint64_t count)
{
	size_t nest = fake_nest(msg, FREEFLOW_A_STAT_COMPLETION);

	fake_put_u32(msg, FREEFLOW_A_STAT_COMPLETION_STATUS, status);
	fake_put_u64(msg, FREEFLOW_A_STAT_COMPLETION_COUNT, count);
	fake_nest_end(msg, nest);
}

static void put_tally(struct fake_msg *msg, uint32_t type, uint64_t count)
{
	size_t nest = fake_nest(msg, FREEFLOW_A_STAT_TALLY);

	fake_put_u32(msg, FREEFLOW_A_STAT_TALLY_TYPE, type);
	fake_put_u64(msg, FREEFLOW_A_STAT_TALLY_COUNT, count);
	fake_nest_end(msg, nest);
}

static void begin_stat(struct fake_msg *msg, const struct nlmsghdr *request)
{
	fake_begin(msg, request, FREEFLOW_CMD_STAT_GET, NLM_F_MULTI);
	fake_put_u32(msg, FREEFLOW_A_STAT_SCOPE, FREEFLOW_STAT_SCOPE_QP);
	fake_put_string(msg, FREEFLOW_A_STAT_DEV, "ff0");
	fake_put_u32(msg, FREEFLOW_A_STAT_NETNS_INODE, 77);
	fake_put_u32(msg, FREEFLOW_A_STAT_QPN, 17);
	fake_put_u8(msg, FREEFLOW_A_STAT_PER_QP, 1);
}

static void answer_qp(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	assert_int_equal(fake_cmd(request), FREEFLOW_CMD_STAT_GET);
	assert_int_equal(request->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	assert_int_equal(fake_attr_count(request), 2);
	assert_int_equal(fake_attr_u32(request, FREEFLOW_A_STAT_SCOPE),
			 FREEFLOW_STAT_SCOPE_QP);
	assert_string_equal(fake_attr(request, FREEFLOW_A_STAT_DEV, NULL),
			    "ff0");
	begin_stat(&msg, request);
	put_op(&msg, FREEFLOW_STAT_OP_WRITE, 3, UINT64_MAX);
	put_op(&msg, FREEFLOW_STAT_OP_MAX + 1, 1, 1);
	put_completion(&msg, 0, 2);
	put_completion(&msg, FREEFLOW_STAT_STATUS_MAX, 1ULL << 40);
	put_completion(&msg, FREEFLOW_STAT_STATUS_MAX + 1, 5);
	put_tally(&msg, FREEFLOW_STAT_TALLY_MAX, 9);
	put_tally(&msg, FREEFLOW_STAT_TALLY_MAX + 1, 5);
	fake_send(&msg);
	fake_done(request, 0, NULL);
}

static int expect_qp(const struct ff_stat *stat, void *arg)
{
	++*(int *)arg;
	assert_int_equal(stat->scope, FREEFLOW_STAT_SCOPE_QP);
	assert_string_equal(stat->dev, "ff0");
	assert_int_equal(stat->netns_inode, 77);
	assert_int_equal(stat->qpn, 17);
	assert_true(stat->per_qp);
	assert_int_equal(stat->ops[FREEFLOW_STAT_OP_WRITE].messages, 3);
	assert_true(stat->ops[FREEFLOW_STAT_OP_WRITE].bytes == UINT64_MAX);
	assert_int_equal(stat->ops[FREEFLOW_STAT_OP_SEND].messages, 0);
	assert_int_equal(stat->completions[0], 2);
	assert_true(stat->completions[FREEFLOW_STAT_STATUS_MAX] == 1ULL << 40);
	assert_int_equal(stat->tallies[FREEFLOW_STAT_TALLY_MAX], 9);
	return 0;
}

static void counts_of_newer_kernels_are_left_out(void **state)
{
	int seen = 0;

	(void)state;
	assert_int_equal(open_with(answer_qp), 0);
	assert_int_equal(ff_stat_list(handle, FREEFLOW_STAT_SCOPE_QP, "ff0",
				      expect_qp, &seen), 0);
	assert_int_equal(seen, 1);
}

static void answer_without_netns(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_STAT_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_STAT_SCOPE, FREEFLOW_STAT_SCOPE_DEV);
	fake_send(&msg);
	fake_done(request, 0, NULL);
}

static void answer_untyped(const struct nlmsghdr *request, int nest_type)
{
	struct fake_msg msg;

	begin_stat(&msg, request);
	fake_nest_end(&msg, fake_nest(&msg, nest_type));
	fake_send(&msg);
	fake_done(request, 0, NULL);
}

static void answer_untyped_op(const struct nlmsghdr *request)
{
	answer_untyped(request, FREEFLOW_A_STAT_OP);
}

static void answer_untyped_completion(const struct nlmsghdr *request)
{
	answer_untyped(request, FREEFLOW_A_STAT_COMPLETION);
}

static void answer_untyped_tally(const struct nlmsghdr *request)
{
	answer_untyped(request, FREEFLOW_A_STAT_TALLY);
}

static int expect_nothing(const struct ff_stat *stat, void *arg)
{
	(void)stat;
	(void)arg;
	fail();
	return 0;
}

static void counts_that_make_no_sense_are_bad_messages(void **state)
{
	static const fake_handler senseless[] = {
		answer_without_netns, answer_untyped_op,
		answer_untyped_completion, answer_untyped_tally,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
		assert_int_equal(open_with(senseless[i]), 0);
		assert_int_equal(ff_stat_list(handle, FREEFLOW_STAT_SCOPE_DEV,
					      NULL, expect_nothing, NULL),
				 -EBADMSG);
		ff_close(handle);
	}
	handle = NULL;
}

static void answer_set(const struct nlmsghdr *request)
{
	const uint8_t *per_qp = fake_attr(request, FREEFLOW_A_STAT_PER_QP, NULL);

	assert_int_equal(fake_cmd(request), FREEFLOW_CMD_STAT_SET);
	assert_string_equal(fake_attr(request, FREEFLOW_A_STAT_DEV, NULL),
			    "ff0");
	assert_non_null(per_qp);
	fake_ack(request, *per_qp ? 0 : -ENODEV, NULL);
}

static void counting_per_qp_is_a_number(void **state)
{
	(void)state;
	assert_int_equal(open_with(answer_set), 0);
	assert_int_equal(ff_stat_set_per_qp(handle, "ff0", true), 0);
	assert_int_equal(ff_stat_set_per_qp(handle, "ff0", false), -ENODEV);
}

static void alerts_come_as_events(void **state)
{
	struct ff_event event;
	struct fake_msg msg;

	(void)state;
	assert_int_equal(open_with(NULL), 0);
	assert_int_equal(ff_events_subscribe(handle), 0);
	fake_begin(&msg, NULL, FREEFLOW_CMD_QP_FATAL, 0);
	fake_event(&msg);
	fake_put_string(&msg, FREEFLOW_A_ALERT_DEV, "ff0");
	fake_put_u32(&msg, FREEFLOW_A_ALERT_NETNS_INODE, 77);
	fake_put_u32(&msg, FREEFLOW_A_ALERT_COUNT, 3);
	fake_put_u32(&msg, FREEFLOW_A_ALERT_QPN, 17);
	fake_put_u32(&msg, FREEFLOW_A_ALERT_STATUS, 12);
	fake_event(&msg);
	assert_int_equal(ff_events_next(handle, &event), -EBADMSG);
	assert_int_equal(ff_events_next(handle, &event), 0);
	assert_int_equal(event.cmd, FREEFLOW_CMD_QP_FATAL);
	assert_string_equal(event.alert.dev, "ff0");
	assert_int_equal(event.alert.netns_inode, 77);
	assert_int_equal(event.alert.count, 3);
	assert_int_equal(event.alert.qpn, 17);
	assert_int_equal(event.alert.status, 12);
}

#define TEST(name)	cmocka_unit_test_teardown(name, close_handle)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_of_newer_kernels_are_left_out),
		TEST(counts_that_make_no_sense_are_bad_messages),
		TEST(counting_per_qp_is_a_number),
		TEST(alerts_come_as_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
