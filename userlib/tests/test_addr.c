// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include "harness.h"

static void addresses_are_numeric(void **state)
{
	struct ff_addr addr;

	(void)state;
	assert_int_equal(ff_addr_parse("10.88.0.2", &addr), 0);
	assert_int_equal(addr.family, AF_INET);
	assert_memory_equal(addr.bytes, "\x0a\x58\x00\x02", 4);
	assert_int_equal(ff_addr_parse("fd00::2", &addr), 0);
	assert_int_equal(addr.family, AF_INET6);
	assert_int_equal(addr.bytes[0], 0xfd);
	assert_int_equal(addr.bytes[15], 2);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "localhost", "10", "10.88.0", "10.88.0.256",
		"10.88.0.2 ", "10.88.0.2.3", "0x0a.0.0.1", "010.0.0.1",
		":", ":::", "fd00::1::2", "fd00::12345", "fe80::1%lo",
		"fd00:1:2:3:4:5:6:7:8",
	};
	struct ff_addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ff_addr_parse(bad[i], &addr), -EINVAL);
}

static void prefixes_print_as_they_were_read(void **state)
{
	static const char *const same[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.88.0.0/31", "10.88.0.2",
		"::/0", "fd00::/8", "fd00:88::/127", "fd00:88::2",
	};
	char text[LIBFREEFLOW_PREFIX_STRLEN];
	struct ff_prefix prefix;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		prefix = prefix_of(same[i]);
		ff_prefix_format(&prefix, text, sizeof(text));
		assert_string_equal(text, same[i]);
	}
	prefix = prefix_of("10.88.0.2/32");
	assert_string_equal(ff_prefix_format(&prefix, text, sizeof(text)),
			    "10.88.0.2");
}

static void bad_prefixes_say_what_is_bad(void **state)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "", -EINVAL }, { "/8", -EINVAL }, { "host/8", -EINVAL },
		{ "10.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0/8", -EINVAL },
		{ "10.0.0.0/", -ERANGE }, { "10.0.0.0/33", -ERANGE },
		{ "10.0.0.0/-1", -ERANGE }, { "10.0.0.0/+8", -ERANGE },
		{ "10.0.0.0/8x", -ERANGE }, { "10.0.0.0/ 8", -ERANGE },
		{ "10.0.0.0/4294967304", -ERANGE }, { "::/129", -ERANGE },
		{ "10.0.0.1/8", -EDOM }, { "10.128.0.0/8", -EDOM },
		{ "0.0.0.1/0", -EDOM }, { "10.0.0.1/31", -EDOM },
		{ "fd00::1/127", -EDOM }, { "::1/0", -EDOM },
	};
	struct ff_prefix prefix;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ff_prefix_parse(bad[i].text, &prefix),
				 bad[i].err);
}

static void text_stays_within_its_buffer(void **state)
{
	const struct ff_prefix longest = prefix_of(
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
	const struct ff_addr none = { .family = AF_UNSPEC };
	char text[LIBFREEFLOW_PREFIX_STRLEN] = "x";
	char tiny[4] = "abc";

	(void)state;
	ff_prefix_format(&longest, text, sizeof(text));
	assert_string_equal(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
	ff_prefix_format(&longest, tiny, sizeof(tiny));
	assert_string_equal(tiny, "");
	ff_prefix_format(&longest, tiny, 0);
	assert_string_equal(ff_addr_format(&none, text, sizeof(text)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_numeric),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(prefixes_print_as_they_were_read),
		cmocka_unit_test(bad_prefixes_say_what_is_bad),
		cmocka_unit_test(text_stays_within_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
