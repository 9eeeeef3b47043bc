// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include "fake_kernel.h"
#include "harness.h"

static struct ff_handle *handle;

static int subscribe(void **state)
{
	int err;

	(void)state;
	fake_kernel_reset(NULL);
	err = ff_open(&handle);
	return err ? err : ff_events_subscribe(handle);
}

static int close_handle(void **state)
{
	(void)state;
	ff_close(handle);
	fake_kernel_reset(NULL);
	return 0;
}

static void lower_event(struct fake_msg *msg, int cmd)
{
	fake_begin(msg, NULL, cmd, 0);
	fake_put_string(msg, FREEFLOW_A_LOWER_NAME, "rxe0");
}

static void without_subscription_there_are_no_events(void **state)
{
	struct ff_handle *fresh;
	struct ff_event event;

	(void)state;
	assert_int_equal(ff_open(&fresh), 0);
	assert_int_equal(ff_events_fd(fresh), -EINVAL);
	assert_int_equal(ff_events_next(fresh, &event), -EINVAL);
	ff_close(fresh);
}

static void events_come_one_by_one(void **state)
{
	struct fake_msg two, second;
	struct ff_event event;

	(void)state;
	assert_true(ff_events_fd(handle) >= 0);
	assert_int_equal(ff_events_subscribe(handle), 0);
	assert_int_equal(ff_events_next(handle, &event), -EAGAIN);

	lower_event(&two, FREEFLOW_CMD_LOWER_NEW);
	lower_event(&second, FREEFLOW_CMD_LOWER_DEL);
	memcpy(two.data + two.len, second.data, second.len);
	two.len += second.len;
	fake_event(&two);

	assert_int_equal(ff_events_next(handle, &event), 0);
	assert_int_equal(event.cmd, FREEFLOW_CMD_LOWER_NEW);
	assert_string_equal(event.lower.name, "rxe0");
	assert_int_equal(ff_events_next(handle, &event), 0);
	assert_int_equal(event.cmd, FREEFLOW_CMD_LOWER_DEL);
	assert_int_equal(ff_events_next(handle, &event), -EAGAIN);
}

static void a_flush_names_its_table_or_none(void **state)
{
	struct ff_event event;
	struct fake_msg msg;

	(void)state;
	fake_begin(&msg, NULL, FREEFLOW_CMD_ROUTE_FLUSH, 0);
	fake_event(&msg);
	fake_put_u32(&msg, FREEFLOW_A_ROUTE_TABLE, 7);
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PROTO, FREEFLOW_ROUTE_PROTO_FFD);
	fake_event(&msg);
	assert_int_equal(ff_events_next(handle, &event), 0);
	assert_true(event.flush.table == LIBFREEFLOW_ALL_TABLES);
	assert_int_equal(event.flush.proto, LIBFREEFLOW_ALL_PROTOS);
	assert_int_equal(ff_events_next(handle, &event), 0);
	assert_true(event.flush.table == 7);
	assert_int_equal(event.flush.proto, FREEFLOW_ROUTE_PROTO_FFD);
}

static void unknown_events_are_passed_over(void **state)
{
	struct ff_event event;
	struct fake_msg msg;

	(void)state;
	fake_begin(&msg, NULL, FREEFLOW_CMD_MAX + 1, 0);
	fake_event(&msg);
	lower_event(&msg, FREEFLOW_CMD_LOWER_SET);
	fake_event(&msg);
	assert_int_equal(ff_events_next(handle, &event), 0);
	assert_int_equal(event.cmd, FREEFLOW_CMD_LOWER_SET);
}

static void after_trouble_the_next_event_comes(void **state)
{
	struct ff_event event;
	struct fake_msg msg;

	(void)state;
	fake_event_errno(ENOBUFS);
	fake_event_raw("short", 5);
	fake_begin(&msg, NULL, FREEFLOW_CMD_DEV_NEW, 0);
	fake_event(&msg);
	lower_event(&msg, FREEFLOW_CMD_LOWER_SET);
	fake_event(&msg);
	assert_int_equal(ff_events_next(handle, &event), -ENOBUFS);
	assert_int_equal(ff_events_next(handle, &event), -EBADMSG);
	assert_int_equal(ff_events_next(handle, &event), -EBADMSG);
	assert_int_equal(ff_events_next(handle, &event), 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, subscribe, close_handle)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_subscription_there_are_no_events),
		TEST(events_come_one_by_one),
		TEST(a_flush_names_its_table_or_none),
		TEST(unknown_events_are_passed_over),
		TEST(after_trouble_the_next_event_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
