// SPDX-License-Identifier: GPL-2.0-only
/* Keys and values: what has a sense, and that nothing else has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "harness.h"
#include "key.h"

static void check_key(const char *text, enum key_kind kind)
{
	char again[KEY_MAX_BYTES];
	struct key key;

	assert_null(key_parse(text, &key));
	assert_int_equal(key.kind, kind);
	assert_true(key_format(&key, "", again, sizeof(again)));
	assert_string_equal(again, text);
}

static void check_no_key(const char *text, const char *wrong)
{
	struct key key;

	assert_string_equal(key_parse(text, &key) ?: "", wrong);
}

static void keys_have_one_spelling(void **state)
{
	(void)state;
	check_key("addr/0/10.88.0.2/h1", KEY_ADDR);
	check_key("addr/4294967295/fd88::2/node-7.example", KEY_ADDR);
	check_key("host/h1", KEY_HOST);
	check_key("quota/table/7", KEY_QUOTA_TABLE);
	check_key("quota/netns/c1", KEY_QUOTA_NETNS);
	check_key("limit/table/7", KEY_LIMIT_TABLE);
	check_key("limit/netns/c1", KEY_LIMIT_NETNS);
	check_no_key("addr/00/10.88.0.2/h1", "is not spelt as FreeFlow spells it");
	check_no_key("addr/0/FD88::2/h1", "is not spelt as FreeFlow spells it");
	check_no_key("addr/0/fd88:0::2/h1", "is not spelt as FreeFlow spells it");
}

static void keys_without_sense_are_named(void **state)
{
	char long_key[2 * KEY_MAX_BYTES];

	(void)state;
	memset(long_key, 'x', sizeof(long_key) - 1);
	long_key[sizeof(long_key) - 1] = '\0';
	check_no_key(long_key, "is too long");
	check_no_key("", "is of no known kind");
	check_no_key("addr", "is of no known kind");
	check_no_key("route/0/10.88.0.2/h1", "is of no known kind");
	check_no_key("addr/", "has no table");
	check_no_key("addr/4294967296/10.88.0.2/h1", "has no table");
	check_no_key("addr/0", "has no address");
	check_no_key("addr/0/words/h1", "has no address");
	check_no_key("addr/0/10.88.0.2", "has no host");
	check_no_key("addr/0/10.88.0.2/", "has no host");
	check_no_key("addr/0/10.88.0.2/h/1", "has no host");
	check_no_key("addr/0/fe80::1/h1", "has an address that no other host can reach");
	check_no_key("addr/0/::ffff:10.0.0.1/h1",
		     "has an address that no other host can reach");
	check_no_key("addr/0/127.0.0.1/h1",
		     "has an address that no other host can reach");
	check_no_key("quota/", "is of neither a table nor a netns");
	check_no_key("quota/netns", "has no name of a namespace");
	check_no_key("quota/netns/../x", "has no name of a namespace");
	check_no_key("limit/qp/7", "is of neither a table nor a netns");
	check_no_key("limit/table/x", "has no table");
}

static void check_no_host(const char *value, const char *wrong)
{
	struct ff_addr host;

	assert_string_equal(key_parse_host(value, &host) ?: "", wrong);
}

static void a_host_is_an_address(void **state)
{
	const struct ff_addr addr = addr_of("fd77::1");
	struct ff_addr host;
	char text[128];

	(void)state;
	key_format_host(&addr, text, sizeof(text));
	assert_string_equal(text, "{\"host\":\"fd77::1\"}");
	assert_null(key_parse_host(text, &host));
	assert_memory_equal(&host, &addr, sizeof(host));
	assert_null(key_parse_host("{\"later\":[1],\"host\":\"10.77.0.1\"}",
				   &host));
	check_no_host("", "has a value that is no JSON object");
	check_no_host("null", "has a value that is no JSON object");
	check_no_host("[]", "has a value that is no JSON object");
	check_no_host("{\"host\":\"10.77.0.1\"", "has a value that is no JSON object");
	check_no_host("{\"host\":\"10.77.0.1\"}}", "has a value that is no JSON object");
	check_no_host("[[[[[[[[1]]]]]]]]", "has a value that is no JSON object");
	check_no_host("{}", "has a value without the text 'host'");
	check_no_host("{\"host\":7}", "has a value without the text 'host'");
	check_no_host("{\"host\":\"0.0.0.0\"}", "has a 'host' that is no unicast address");
	check_no_host("{\"host\":\"255.255.255.255\"}",
		      "has a 'host' that is no unicast address");
}

static void quotas_name_what_they_limit(void **state)
{
	struct key_policy policy;

	(void)state;
	assert_null(key_parse_quota("{\"qp\":9,\"mr\":\"unlimited\"}", &policy));
	assert_int_equal(policy.named, 1 << FREEFLOW_RES_TYPE_QP |
				      1 << FREEFLOW_RES_TYPE_MR);
	assert_int_equal(policy.quotas[FREEFLOW_RES_TYPE_QP], 9);
	assert_int_equal(policy.quotas[FREEFLOW_RES_TYPE_MR],
			 FREEFLOW_QUOTA_UNLIMITED);
	assert_null(key_parse_quota("{\"pinned\":\"1g\"}", &policy));
	assert_int_equal(policy.named, 1 << KEY_PINNED);
	assert_int_equal(policy.quotas[KEY_PINNED], 1 << 30);
	assert_null(key_parse_quota("{\"pinned\":\"unlimited\"}", &policy));
	assert_int_equal(policy.quotas[KEY_PINNED],
			 FREEFLOW_QUOTA_PINNED_UNLIMITED);
	assert_non_null(key_parse_quota("{\"pinned\":1}", &policy));
	assert_non_null(key_parse_quota("{\"pinned\":\"-1\"}", &policy));
	assert_non_null(key_parse_quota("{\"qp\":-1}", &policy));
	assert_non_null(key_parse_quota("{\"qp\":4294967295}", &policy));
	assert_non_null(key_parse_quota("{\"qp\":1.5}", &policy));
	assert_non_null(key_parse_quota("{\"qp\":\"9\"}", &policy));
	assert_non_null(key_parse_quota("{\"qp\":null}", &policy));
	assert_non_null(key_parse_quota("{\"xrc\":1}", &policy));
}

static void check_limit(const char *value, uint64_t rate, uint64_t burst)
{
	struct key_policy policy;

	assert_null(key_parse_limit(value, &policy));
	assert_int_equal(policy.named, 1 << KEY_RATE);
	assert_int_equal(policy.rate, rate);
	assert_int_equal(policy.burst, burst);
}

static void check_no_limit(const char *value, const char *wrong)
{
	struct key_policy policy;

	assert_non_null(strstr(key_parse_limit(value, &policy) ?: "", wrong));
	assert_int_equal(policy.named, 0);
}

static void limits_have_units(void **state)
{
	(void)state;
	check_limit("{\"rate\":\"10gbit\",\"burst\":\"64k\"}", 1250000000, 65536);
	check_limit("{\"rate\":\"10gbit\"}", 1250000000, 12500000);
	check_limit("{\"later\":1,\"rate\":\"8kbit\"}", 1000, 16384);
	check_no_limit("", "no JSON object");
	check_no_limit("{}", "no 'rate'");
	check_no_limit("{\"burst\":\"64k\"}", "no 'rate'");
	check_no_limit("{\"rate\":1000000}", "no 'rate'");
	check_no_limit("{\"rate\":\"fast\"}", "no 'rate'");
	check_no_limit("{\"rate\":\"7kbit\"}", "no 'rate'");
	check_no_limit("{\"rate\":\"9tbit\"}", "no 'rate'");
	check_no_limit("{\"rate\":\"1gbit\",\"burst\":65536}", "'burst'");
	check_no_limit("{\"rate\":\"1gbit\",\"burst\":\"0\"}", "'burst'");
	check_no_limit("{\"rate\":\"1gbit\",\"burst\":\"65g\"}", "'burst'");
	check_no_limit("{\"rate\":\"1gbit\",\"burst\":null}", "'burst'");
}

static void base64_goes_both_ways(void **state)
{
	static const char *const bad[] = {
		"A", "AA=A", "====", "A===", "AA=", "A-==", "AAAA\n", "AAAA====",
		"=AAA",
	};
	char bytes[64], *text, *back;
	size_t size, i;

	(void)state;
	for (size = 0; size < sizeof(bytes); size++) {
		for (i = 0; i < size; i++)
			bytes[i] = 1 + random() % 255;
		text = base64_encode(bytes, size);
		back = base64_decode(text);
		assert_int_equal(strlen(back), size);
		assert_memory_equal(back, bytes, size);
		free(text);
		free(back);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_null(base64_decode(bad[i]));
	assert_null(base64_decode("QQBC"));
}

/* Pieces of keys and values in any order, and single bytes changed. */
static void any_bytes_are_answered(void **state)
{
	static const char *const pieces[] = {
		"addr", "/", "0", "10.88.0.2", "fd88::2", "h1", "quota", "table",
		"netns", "host", "{", "}", "\"host\":", "\"10.77.0.1\"", ",",
		"[", "\"qp\":", "9", "-", "1e400", "\\u0000", "\xff", "null",
		"4294967296", "::ffff:1.2.3.4", "\"", "%n", "limit", "\"rate\":",
		"\"1gbit\"", "\"burst\":",
	};
	struct key_policy policy;
	struct ff_addr host;
	struct key key;
	char text[1024];
	int round, i;

	(void)state;
	srandom(2);
	for (round = 0; round < 200000; round++) {
		*text = '\0';
		for (i = random() % 16; i > 0; i--)
			strcat(text, pieces[random() % (sizeof(pieces) /
							sizeof(*pieces))]);
		if (*text && random() % 2)
			text[random() % strlen(text)] = 1 + random() % 255;
		key_parse(text, &key);
		key_parse_host(text, &host);
		key_parse_quota(text, &policy);
		key_parse_limit(text, &policy);
		free(base64_decode(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_have_one_spelling),
		cmocka_unit_test(keys_without_sense_are_named),
		cmocka_unit_test(a_host_is_an_address),
		cmocka_unit_test(quotas_name_what_they_limit),
		cmocka_unit_test(limits_have_units),
		cmocka_unit_test(base64_goes_both_ways),
		cmocka_unit_test(any_bytes_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
