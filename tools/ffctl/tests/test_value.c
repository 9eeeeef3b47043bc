// SPDX-License-Identifier: GPL-2.0-only
/* Values of words: what is taken, and what is said of the rest. */
/* Before cmocka.h, which makes a macro of fail(). */
#include "value.h"

#include "fake_kernel.h"
#include "run.h"

static const struct ffctl nowhere = { .path = "ffctl" };

static void numbers_have_32_bits(void **state)
{
	static const struct {
		const char *text;
		uint32_t number;
	} good[] = {
		{ "0", 0 }, { "7", 7 }, { "007", 7 }, { "0x10", 16 },
		{ "4294967295", UINT32_MAX }, { "0xffffffff", UINT32_MAX },
	};
	uint32_t number;
	int64_t table;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(value_u32(&nowhere, "table", good[i].text,
					   &number), STATUS_OK);
		assert_int_equal(number, good[i].number);
		assert_int_equal(value_table(&nowhere, "table", good[i].text,
					     &table), STATUS_OK);
		assert_true(table == good[i].number);
	}
}

static void a_limit_may_be_unlimited(void **state)
{
	uint32_t limit = 0;

	(void)state;
	assert_int_equal(value_limit(&nowhere, "qp", "unlimited", &limit), 0);
	assert_int_equal(limit, FREEFLOW_QUOTA_UNLIMITED);
	assert_int_equal(value_limit(&nowhere, "qp", "0", &limit), 0);
	assert_int_equal(limit, 0);
}

static void every_kind_has_a_name(void **state)
{
	uint32_t type;
	size_t i;

	(void)state;
	for (i = 0; i < RES_NAMES; i++) {
		assert_int_equal(value_res(&nowhere, "TYPE", res_names[i],
					   &type), STATUS_OK);
		assert_int_equal(type, i);
	}
	for (i = 0; i < DEV_STATE_NAMES; i++)
		assert_non_null(dev_state_names[i]);
	for (i = 0; i < QP_STATE_NAMES; i++)
		assert_non_null(qp_state_names[i]);
}

static void what_is_wrong_names_the_word(void **state)
{
	static const struct {
		const char *line;
		const char *sentence;
	} cases[] = {
		{ "route show table -1", "'-1' after 'table' is no number" },
		{ "route show table +1", "'+1' after 'table' is no number" },
		{ "route show table 1x", "'1x' after 'table' is no number" },
		{ "route show table 0x", "'0x' after 'table' is no number" },
		{ "route show table ff", "'ff' after 'table' is no number" },
		{ "route show table 4294967296", "'4294967296' after 'table'" },
		{ "route show table 99999999999999999999", "after 'table'" },
		{ "route show table ", "'' after 'table' is no number" },
		{ "dev set ff0 table x", "'x' after 'table' is no number" },
		{ "quota set netns 1 qp many", "nor 'unlimited'" },
		{ "quota set netns 1 pinned 1t", "1m is, nor 'unlimited'" },
		{ "limit set dev ff0 rate 10", "'10' after 'rate' is no rate" },
		{ "limit set dev ff0 rate mbit", "'mbit' after 'rate'" },
		{ "limit set dev ff0 rate -1mbit", "'-1mbit' after 'rate'" },
		{ "limit set dev ff0 rate 0gbit", "'0gbit' after 'rate'" },
		{ "limit set dev ff0 rate 7bit", "'7bit' after 'rate'" },
		{ "limit set dev ff0 rate 20000000tbit", "after 'rate'" },
		{ "limit set dev ff0 rate 1mbits", "'1mbits' after 'rate'" },
		{ "limit set dev ff0 rate 1mbit burst 0", "'0' after 'burst'" },
		{ "limit set dev ff0 rate 1mbit burst 1t", "no size in bytes" },
		{ "limit set netns 1 weight 0", "'0' after 'weight' is no number" },
		{ "limit set netns 1 weight 10001", "number from 1 to 10000" },
		{ "limit set dev ff0 qp x rate 1mbit", "'x' after 'qp'" },
		{ "dev add ff0 netdev e datapath x", "'x' after 'datapath'" },
		{ "dev add ff0 netdev abcdefghijklmnop", "at most 15 bytes" },
		{ "dev set ff0 tclass 256", "'256' after 'tclass' is no number" },
		{ "dev set ff0 tclass -1", "'-1' after 'tclass' is no number" },
		{ "dev set ff0 tclass any", "nor 'none'" },
		{ "dev set ff0 sl-map 8:0", "'8:0' after 'sl-map' is no FROM:TO" },
		{ "dev set ff0 sl-map 0:8", "'0:8' after 'sl-map' is no FROM:TO" },
		{ "dev set ff0 sl-map 0", "'0' after 'sl-map' is no FROM:TO" },
		{ "dev set ff0 sl-map 0:", "'0:' after 'sl-map' is no FROM:TO" },
		{ "dev set ff0 sl-map 0:10", "'0:10' after 'sl-map'" },
		{ "dev set ff0 sl-map 0:1 1-2", "'1-2' after 'sl-map'" },
		{ "dev add ff0 netdev e sl-map none tclass x", "'x' after 'tclass'" },
		{ "dev del ", "the value of 'NAME' is empty" },
		{
			"dev del 0123456789012345678901234567890123456789012345678901234567890123",
			"at most 63 bytes"
		},
		{ "route get host.example", "'host.example' for ADDR is no" },
		{ "route add net/8 via 1.1.1.1", "'net/8' for PREFIX is no" },
		{ "route add 10.0.0.0/33 via 1.1.1.1", "number up to 32" },
		{ "route add ::/129 via 1.1.1.1", "no number up to 128" },
		{ "route add 10.0.0.1/8 via 1.1.1.1",
		  "'10.0.0.1/8' has bits set beyond its length" },
		{ "route add 10.0.0.0/8 via gw", "'gw' for via is no IPv4" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_failure(cases[i].line, STATUS_REFUSED, cases[i].sentence);
	/* None of them got as far as the kernel. */
	assert_int_equal(fake_kernel_requests(), 0);
}

static void odd_namespaces_are_told_apart(void **state)
{
	(void)state;
	fake_kernel_reset(NULL);
	check_failure("quota show netns no-such-name", STATUS_REFUSED,
		      "there is no network namespace 'no-such-name'");
	check_failure("quota show netns /etc/passwd", STATUS_REFUSED,
		      "'/etc/passwd' is no network namespace");
	check_failure("quota show netns /proc/self/ns/mnt", STATUS_REFUSED,
		      "'/proc/self/ns/mnt' is no network namespace");
	check_failure("quota show netns 4294967295", STATUS_REFUSED,
		      "there is no network namespace '4294967295'");
	check_failure("dev add ff0 netdev e netns ..", STATUS_REFUSED,
		      "'..'");
	assert_int_equal(fake_kernel_requests(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_32_bits),
		cmocka_unit_test(a_limit_may_be_unlimited),
		cmocka_unit_test(every_kind_has_a_name),
		cmocka_unit_test(what_is_wrong_names_the_word),
		cmocka_unit_test(odd_namespaces_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
