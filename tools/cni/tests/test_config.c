// SPDX-License-Identifier: GPL-2.0-only
/* What a network configuration may hold, and what is said when it is wrong. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "harness.h"
#include "name.h"

#define HEAD	"\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"freeflow-cni\""

static void good_values_are_taken(void **state)
{
	static const char text[] = "{" HEAD ",\"table\":4294967295,"
		"\"lower\":\"mlx5_0\",\"datapath\":\"ring\","
		"\"quotas\":{\"qp\":64,\"mr\":\"unlimited\",\"mw\":0,\"pinned\":\"1g\"},"
		"\"limit\":{\"burst\":\"1m\",\"rate\":\"10gbit\"},"
		"\"cdi\":\"/run/cdi/freeflow.json\","
		"\"prevResult\":{\"ips\":[]},\"args\":{\"whatever\":[1]},"
		"\"runtimeConfig\":{},\"capabilities\":{},\"ipam\":{},"
		"\"dns\":{},\"ipMasq\":true,\"cni.dev/later\":1,"
		"\"cni.dev/valid-attachments\":["
		"{\"containerID\":\"a\",\"ifname\":\"eth0\"},"
		"{\"containerID\":\"b\",\"ifname\":\"eth1\",\"more\":1}]}";
	struct problem problem = { 0 };
	struct config config;

	(void)state;
	assert_int_equal(config_parse(&config, text, strlen(text), &problem), 0);
	assert_int_equal(config.version, VERSION_1_0_0);
	assert_string_equal(config.network, "net");
	assert_int_equal(config.table, UINT32_MAX);
	assert_string_equal(config.lower, "mlx5_0");
	assert_int_equal(config.datapath, FREEFLOW_DATAPATH_RING);
	assert_string_equal(config.cdi, "/run/cdi/freeflow.json");
	assert_non_null(config.prev_result);
	assert_int_equal(config.nquotas, 4);
	assert_int_equal(config.quotas[0].type, FREEFLOW_RES_TYPE_QP);
	assert_int_equal(config.quotas[0].limit, 64);
	assert_int_equal(config.quotas[1].type, FREEFLOW_RES_TYPE_MR);
	assert_int_equal(config.quotas[1].limit, FREEFLOW_QUOTA_UNLIMITED);
	assert_int_equal(config.quotas[2].limit, 0);
	assert_int_equal(config.quotas[3].type, LIBFREEFLOW_PINNED);
	assert_int_equal(config.quotas[3].limit, 1 << 30);
	assert_int_equal(config.rate, 1250000000);
	assert_int_equal(config.burst, 1 << 20);
	assert_int_equal(config.nvalid, 2);
	assert_string_equal(config.valid[1].container_id, "b");
	assert_string_equal(config.valid[1].ifname, "eth1");
	config_clear(&config);
}

static void what_is_left_out_is_as_with_ffctl(void **state)
{
	static const char text[] = "{" HEAD "}";
	struct problem problem = { 0 };
	struct config config;

	(void)state;
	assert_int_equal(config_parse(&config, text, strlen(text), &problem), 0);
	assert_null(config.lower);
	assert_null(config.cdi);
	assert_null(config.prev_result);
	assert_null(config.valid);
	assert_int_equal(config.table, 0);
	assert_int_equal(config.datapath, FREEFLOW_DATAPATH_SYSCALL);
	assert_int_equal(config.nquotas, 0);
	assert_int_equal(config.rate, 0);
	config_clear(&config);
}

static void a_sentence_names_the_field(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *sentence;
	} cases[] = {
		{ "", PROBLEM_JSON, "it ends too early" },
		{ "{", PROBLEM_JSON, "it ends too early" },
		{ "{]", PROBLEM_JSON, "no JSON at byte 1" },
		{ "{} x", PROBLEM_JSON, "no JSON at byte" },
		{ "[]", PROBLEM_JSON, "no object" },
		{ "null\n", PROBLEM_JSON, "no object" },
		{ "{\"name\":\"\xff\"}", PROBLEM_JSON, "no JSON" },
		{ "{}", PROBLEM_CONFIG, "'cniVersion' is missing" },
		{ "{\"cniVersion\":1}", PROBLEM_CONFIG, "'cniVersion' is no string" },
		{ "{\"cniVersion\":\"0.3.0\"}", PROBLEM_VERSION,
		  "cniVersion '0.3.0' is none of 0.3.1, 0.4.0, 1.0.0 and 1.1.0" },
		{ "{\"cniVersion\":\"1.0.0\"}", PROBLEM_CONFIG, "'name' is missing" },
		{ "{\"cniVersion\":\"1.0.0\",\"name\":\"n\"}", PROBLEM_CONFIG,
		  "'type' is missing" },
		{ "{\"cniVersion\":\"1.0.0\",\"name\":\"-n\",\"type\":\"t\"}",
		  PROBLEM_CONFIG, "'name' does not start" },
		{ "{\"cniVersion\":\"1.0.0\",\"name\":\"a b\",\"type\":\"t\"}",
		  PROBLEM_CONFIG, "'name' does not start" },
		{ "{" HEAD ",\"quota\":{\"qp\":1}}", PROBLEM_FIELD,
		  "unknown field 'quota' with value { \"qp\": 1 }" },
		{ "{" HEAD ",\"table\":-1}", PROBLEM_CONFIG,
		  "'table' is no number from 0 to 4294967295" },
		{ "{" HEAD ",\"table\":4294967296}", PROBLEM_CONFIG, "'table'" },
		{ "{" HEAD ",\"table\":1.0}", PROBLEM_CONFIG, "'table'" },
		{ "{" HEAD ",\"table\":\"1\"}", PROBLEM_CONFIG, "'table'" },
		{ "{" HEAD ",\"table\":null}", PROBLEM_CONFIG, "'table'" },
		{ "{" HEAD ",\"lower\":\"\"}", PROBLEM_CONFIG,
		  "'lower' is not of 1 to 63 characters" },
		{ "{" HEAD ",\"lower\":\"rxe0\\u0000x\"}", PROBLEM_CONFIG, "'lower'" },
		{ "{" HEAD ",\"lower\":null}", PROBLEM_CONFIG, "'lower' is no string" },
		{ "{" HEAD ",\"datapath\":\"fast\"}", PROBLEM_CONFIG,
		  "'datapath' is neither \"syscall\" nor \"ring\"" },
		{ "{" HEAD ",\"quotas\":[]}", PROBLEM_CONFIG, "'quotas' is no object" },
		{ "{" HEAD ",\"quotas\":{\"xrc\":1}}", PROBLEM_FIELD,
		  "unknown field 'quotas.xrc' with value 1" },
		{ "{" HEAD ",\"quotas\":{\"pd\":1,\"mr\":1,\"cq\":1,\"qp\":1,"
		  "\"srq\":1,\"ah\":1,\"mw\":1,\"mcast\":1,\"xrc\":1}}", PROBLEM_FIELD,
		  "unknown field 'quotas.xrc' with value 1" },
		{ "{" HEAD ",\"quotas\":{\"qp\":\"many\"}}", PROBLEM_CONFIG,
		  "'quotas.qp' is no number from 0 to 4294967295, nor \"unlimited\"" },
		{ "{" HEAD ",\"quotas\":{\"pinned\":1024}}", PROBLEM_CONFIG,
		  "'quotas.pinned' is no string" },
		{ "{" HEAD ",\"quotas\":{\"pinned\":\"1t\"}}", PROBLEM_CONFIG,
		  "'quotas.pinned' is no size, as \"1g\" is, nor \"unlimited\"" },
		{ "{" HEAD ",\"limit\":\"1gbit\"}", PROBLEM_CONFIG,
		  "'limit' is no object" },
		{ "{" HEAD ",\"limit\":{}}", PROBLEM_CONFIG,
		  "'limit.rate' is missing" },
		{ "{" HEAD ",\"limit\":{\"burst\":\"1k\"}}", PROBLEM_CONFIG,
		  "'limit.rate' is missing" },
		{ "{" HEAD ",\"limit\":{\"rate\":1000}}", PROBLEM_CONFIG,
		  "'limit.rate' is no string" },
		{ "{" HEAD ",\"limit\":{\"rate\":\"7kbit\"}}", PROBLEM_CONFIG,
		  "'limit.rate' is not from \"8kbit\" to \"8tbit\"" },
		{ "{" HEAD ",\"limit\":{\"rate\":\"9tbit\"}}", PROBLEM_CONFIG,
		  "'limit.rate' is not" },
		{ "{" HEAD ",\"limit\":{\"rate\":\"1gbit\",\"burst\":\"0\"}}",
		  PROBLEM_CONFIG, "'limit.burst' is not from \"1\" to \"64g\"" },
		{ "{" HEAD ",\"limit\":{\"rate\":\"1gbit\",\"peak\":1}}",
		  PROBLEM_FIELD, "unknown field 'limit.peak' with value 1" },
		{ "{" HEAD ",\"cdi\":\"x.json\"}", PROBLEM_CONFIG,
		  "'cdi' is no path that starts with '/'" },
		{ "{" HEAD ",\"prevResult\":[]}", PROBLEM_CONFIG,
		  "'prevResult' is no object" },
		{ "{" HEAD ",\"cni.dev/valid-attachments\":{}}", PROBLEM_CONFIG,
		  "'cni.dev/valid-attachments' is no array" },
		{ "{" HEAD ",\"cni.dev/valid-attachments\":[1]}", PROBLEM_CONFIG,
		  "no 'containerID' or no 'ifname'" },
		{ "{" HEAD ",\"cni.dev/valid-attachments\":[{\"containerID\":1,\"ifname\":\"e\"}]}",
		  PROBLEM_CONFIG, "'cni.dev/valid-attachments.containerID' is no string" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct problem problem = { 0 };
		struct config config;

		assert_int_equal(config_parse(&config, cases[i].text,
					      strlen(cases[i].text), &problem),
				 -1);
		if (!strstr(problem.text, cases[i].sentence) ||
		    problem.code != cases[i].code)
			fail_msg("'%s': %d, %s", cases[i].text, problem.code,
				 problem.text);
		config_clear(&config);
	}
}

static void what_is_deep_or_long_is_refused(void **state)
{
	struct problem problem = { 0 };
	struct config config;
	char *text;

	(void)state;
	text = calloc(1, 100001);
	assert_non_null(text);
	memset(text, '[', 100000);
	assert_int_equal(config_parse(&config, text, 100000, &problem), -1);
	assert_int_equal(problem.code, PROBLEM_JSON);
	config_clear(&config);

	memset(text, 'x', 100000);
	memcpy(text, "{\"", 2);
	memcpy(text + 99990, "\":1}", 4);
	problem.code = 0;
	assert_int_equal(config_parse(&config, text, 99994, &problem), -1);
	assert_int_equal(problem.code, PROBLEM_CONFIG);
	config_clear(&config);
	free(text);
}

static void names_stand_for_network_container_and_interface(void **state)
{
	static const struct attachment attachments[] = {
		{ "c1", "eth0" }, { "c1", "eth1" }, { "c2", "eth0" },
		{ "c1e", "th0" },
	};
	char names[4][NAME_SIZE], other[NAME_SIZE];
	size_t i, j;

	(void)state;
	for (i = 0; i < 4; i++) {
		name_make(names[i], "net", &attachments[i]);
		assert_true(name_is_of(names[i], "net"));
		assert_false(name_is_of(names[i], "net2"));
		for (j = 0; j < i; j++)
			assert_string_not_equal(names[i], names[j]);
	}
	name_make(other, "net2", &attachments[0]);
	assert_string_not_equal(other, names[0]);
	assert_false(name_is_of("ff0", "net"));
	assert_false(name_is_of("", "net"));
	/* Devices of an older version must be found again. */
	assert_string_equal(names[0], "ff-baa0d4a1d0-d96f1967d87c");
}

static void ids_and_interfaces_are_those_of_the_specification(void **state)
{
	(void)state;
	assert_true(is_cni_id("a"));
	assert_true(is_cni_id("0a_.-Z"));
	assert_false(is_cni_id(""));
	assert_false(is_cni_id("_a"));
	assert_false(is_cni_id("a/b"));
	assert_false(is_cni_id("a\xc3\xa9"));
	assert_true(is_ifname("eth0"));
	assert_true(is_ifname("123456789012345"));
	assert_false(is_ifname("1234567890123456"));
	assert_false(is_ifname(""));
	assert_false(is_ifname("."));
	assert_false(is_ifname(".."));
	assert_false(is_ifname("a:b"));
	assert_false(is_ifname("a/b"));
	assert_false(is_ifname("a b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_values_are_taken),
		cmocka_unit_test(what_is_left_out_is_as_with_ffctl),
		cmocka_unit_test(a_sentence_names_the_field),
		cmocka_unit_test(what_is_deep_or_long_is_refused),
		cmocka_unit_test(names_stand_for_network_container_and_interface),
		cmocka_unit_test(ids_and_interfaces_are_those_of_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
