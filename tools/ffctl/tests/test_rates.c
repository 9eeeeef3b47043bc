// SPDX-License-Identifier: GPL-2.0-only
/* Rates of devices, and how they are written. */
#include <string.h>

#include "harness.h"
#include "rates.h"

static struct ff_stat before, now;

static int start_with_nothing(void **state)
{
	(void)state;
	memset(&before, 0, sizeof(before));
	memset(&now, 0, sizeof(now));
	return 0;
}

static void messages_and_bytes_have_a_direction(void **state)
{
	struct rates rates;

	(void)state;
	before.ops[FREEFLOW_STAT_OP_SEND].bytes = 100;
	now.ops[FREEFLOW_STAT_OP_SEND] = (struct ff_stat_op){ 4, 300 };
	now.ops[FREEFLOW_STAT_OP_READ] = (struct ff_stat_op){ 6, 1000 };
	now.ops[FREEFLOW_STAT_OP_RECV] = (struct ff_stat_op){ 2, 500 };
	now.completions[0] = 50;
	now.completions[5] = 3;
	now.completions[12] = 1;
	now.tallies[FREEFLOW_STAT_TALLY_THROTTLED_NS] = 1000000000;
	now.tallies[FREEFLOW_STAT_TALLY_QPS_MADE] = 7;
	now.tallies[FREEFLOW_STAT_TALLY_QPS_GONE] = 5;
	rates_between(&before, &now, 2, &rates);
	assert_true(rates.out_messages == 2);
	assert_true(rates.out_bytes == 100);
	assert_true(rates.in_messages == 4);
	assert_true(rates.in_bytes == 750);
	assert_true(rates.errors == 2);
	assert_true(rates.held == 0.5);
	assert_int_equal(rates.qps, 2);
}

static void counts_go_on_with_zero(void **state)
{
	struct rates rates;

	(void)state;
	before.ops[FREEFLOW_STAT_OP_WRITE].bytes = UINT64_MAX - 9;
	now.ops[FREEFLOW_STAT_OP_WRITE].bytes = 90;
	rates_between(&before, &now, 1, &rates);
	assert_true(rates.out_bytes == 100);
}

static void another_device_of_the_name_has_no_rate_yet(void **state)
{
	struct rates rates;

	(void)state;
	before.ops[FREEFLOW_STAT_OP_WRITE].bytes = 100;
	now.ops[FREEFLOW_STAT_OP_WRITE].bytes = 90;
	now.tallies[FREEFLOW_STAT_TALLY_QPS_MADE] = 1;
	rates_between(&before, &now, 1, &rates);
	assert_true(rates.out_bytes == 0);
	rates_between(NULL, &now, 0, &rates);
	assert_true(rates.out_bytes == 0);
	assert_int_equal(rates.qps, 1);
}

static void rates_take_five_characters_at_most(void **state)
{
	static const struct {
		double rate;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { 1.234, "1.23" }, { 99.94, "99.9" },
		{ 99.96, "100" }, { 999.4, "999" }, { 999.6, "1.00K" },
		{ 12345, "12.3K" }, { 123456, "123K" }, { 1.25e9, "1.25G" },
		{ 9.996e9, "10.0G" }, { 5e15, "5.00P" }, { 1e30, "9999P" },
	};
	char text[RATE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(rate_format(cases[i].rate, text),
				    cases[i].text);
}

#define TEST(name)	cmocka_unit_test_setup(name, start_with_nothing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages_and_bytes_have_a_direction),
		TEST(counts_go_on_with_zero),
		TEST(another_device_of_the_name_has_no_rate_yet),
		TEST(rates_take_five_characters_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
