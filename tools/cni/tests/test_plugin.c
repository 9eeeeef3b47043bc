// SPDX-License-Identifier: GPL-2.0-only
/* What the commands do to the module, and what they answer. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_freeflow.h"
#include "fake_kernel.h"
#include "harness.h"
#include "plugin.h"

#define NETNS	"/proc/self/ns/net"

#define HEAD(version)	"{\"cniVersion\":\"" version "\",\"name\":\"net\",\"type\":\"freeflow-cni\""
#define PREV	",\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":[" \
	"{\"name\":\"veth1\"},{\"name\":\"eth0\",\"sandbox\":\"" NETNS "\"}]," \
	"\"ips\":[{\"address\":\"" FAKE_ADDRESS "/24\",\"interface\":1}],\"later\":{\"x\":[1]}}"
#define QUOTAS	",\"quotas\":{\"qp\":8,\"mr\":16,\"pinned\":\"1g\"}"
#define LIMIT	",\"limit\":{\"rate\":\"1gbit\",\"burst\":\"64k\"}"
#define PLAIN	HEAD("1.0.0") PREV QUOTAS "}\n"

static char dir[32];
static char cdi_path[64];
static char with_cdi[1024];

static char *answer;
static size_t answer_len;

static int run_with(const struct environment *env, const char *config)
{
	FILE *in = fmemopen((char *)config, strlen(config), "r");
	FILE *out;
	int status;

	free(answer);
	answer = NULL;
	out = open_memstream(&answer, &answer_len);
	status = plugin_run(env, in, out);
	fclose(in);
	fclose(out);
	return status;
}

static int run(const char *command, const char *config)
{
	const struct environment env = { command, "c1", NETNS, "eth0" };

	return run_with(&env, config);
}

static void check_json(const char *expected)
{
	struct json_object *got = json_tokener_parse(answer);
	struct json_object *wanted = json_tokener_parse(expected);

	assert_non_null(wanted);
	if (!json_object_equal(got, wanted))
		fail_msg("answered %s", answer);
	json_object_put(got);
	json_object_put(wanted);
}

/* The last run failed with this code, and says this. */
static void check_problem(const char *version, int code, const char *sentence)
{
	struct json_object *json = json_tokener_parse(answer);
	struct json_object *value;

	assert_non_null(json);
	assert_true(json_object_object_get_ex(json, "cniVersion", &value));
	assert_string_equal(json_object_get_string(value), version);
	assert_true(json_object_object_get_ex(json, "code", &value));
	if (json_object_get_int(value) != code ||
	    !json_object_object_get_ex(json, "msg", &value) ||
	    !strstr(json_object_get_string(value), sentence))
		fail_msg("answered %s", answer);
	json_object_put(json);
}

static void check_fails(const char *command, const char *config, int code,
			const char *sentence)
{
	assert_int_equal(run(command, config), 1);
	check_problem("1.0.0", code, sentence);
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/freeflow-cni-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(cdi_path, sizeof(cdi_path), "%s/freeflow.json", dir);
	snprintf(with_cdi, sizeof(with_cdi),
		 HEAD("1.0.0") PREV QUOTAS LIMIT ",\"cdi\":\"%s\"}", cdi_path);
	return 0;
}

/* Fails if a file was left. */
static int remove_dir(void **state)
{
	(void)state;
	free(answer);
	return rmdir(dir);
}

static int reset(void **state)
{
	(void)state;
	fake_freeflow_reset();
	unlink(cdi_path);
	return 0;
}

static bool has_cdi(void)
{
	return !access(cdi_path, F_OK);
}

static void add_makes_the_device_and_passes_the_result_on(void **state)
{
	(void)state;
	assert_int_equal(run("ADD", PLAIN), 0);
	check_json(strstr(PREV, "{"));
	assert_int_equal(fake_count_devs(), 1);
	assert_true(name_is_of(fake.devs[0].name, "net"));
	assert_string_equal(fake.devs[0].ifname, "eth0");
	assert_int_equal(fake.devs[0].table, 0);
	assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_QP], 8);
	assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_MR], 16);
	assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_CQ],
			 FREEFLOW_QUOTA_UNLIMITED);
	assert_int_equal(fake.pinned, 1 << 30);
}

static void add_takes_the_device_from_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(run("ADD", HEAD("0.3.1") ",\"prevResult\":{},\"table\":7,\"lower\":\"mlx5_0\",\"datapath\":\"ring\"}"), 0);
	check_json("{\"cniVersion\":\"0.3.1\"}");
	assert_int_equal(fake.devs[0].table, 7);
	assert_string_equal(fake.devs[0].lower, "mlx5_0");
	assert_int_equal(fake.devs[0].datapath, FREEFLOW_DATAPATH_RING);
}

static void add_twice_is_as_once(void **state)
{
	char *first;

	(void)state;
	assert_int_equal(run("ADD", with_cdi), 0);
	first = strdup(answer);
	assert_int_equal(run("ADD", with_cdi), 0);
	assert_string_equal(answer, first);
	assert_int_equal(fake_count_devs(), 1);
	assert_string_equal(fake.limited, fake.devs[0].name);
	assert_int_equal(fake.rate, 125000000);
	assert_int_equal(fake.burst, 65536);
	assert_true(has_cdi());
	free(first);
}

static void add_does_not_take_another_device_for_its_own(void **state)
{
	(void)state;
	assert_int_equal(run("ADD", PLAIN), 0);
	check_fails("ADD", HEAD("1.0.0") PREV ",\"table\":1,\"quotas\":{\"qp\":1}}",
		    PROBLEM_STATE, "is in another table than the configuration says");
	check_fails("ADD", HEAD("1.0.0") PREV ",\"datapath\":\"ring\"}",
		    PROBLEM_STATE, "has another datapath");
	check_fails("ADD", HEAD("1.0.0") PREV ",\"lower\":\"mlx5_0\"}",
		    PROBLEM_STATE, "is on another lower device");
	fake.devs[0].netns_inode = 1;
	check_fails("ADD", PLAIN, PROBLEM_STATE,
		    "is in another network namespace");
	assert_int_equal(fake_count_devs(), 1);
	assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_QP], 8);
}

static void add_comes_after_another_plugin(void **state)
{
	(void)state;
	check_fails("ADD", HEAD("1.0.0") "}", PROBLEM_CONFIG,
		    "'prevResult' is missing");
	assert_int_equal(fake_count_devs(), 0);
}

/* Whichever request the module refuses. */
static void a_failed_add_leaves_nothing(void **state)
{
	unsigned int at;

	(void)state;
	for (at = 1;; at++) {
		reset(state);
		fake.quotas[FREEFLOW_RES_TYPE_QP] = 100;
		fake.pinned = 100;
		fake.fail_at = at;
		fake.fail_with = -EPERM;
		if (!run("ADD", with_cdi))
			break;
		check_problem("1.0.0", PROBLEM_REFUSED, "CAP_NET_ADMIN");
		assert_int_equal(fake_count_devs(), 0);
		assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_QP], 100);
		assert_int_equal(fake.pinned, 100);
		assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_MR],
				 FREEFLOW_QUOTA_UNLIMITED);
		assert_false(has_cdi());
	}
	/* Look-up, quotas of before and of now, the device, its limit, the list. */
	assert_int_equal(at, 7);
}

static void an_add_that_cannot_answer_leaves_nothing(void **state)
{
	const struct environment env = { "ADD", "c1", NETNS, "eth0" };
	FILE *in = fmemopen(with_cdi, strlen(with_cdi), "r");
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_int_equal(plugin_run(&env, in, out), 1);
	fclose(in);
	fclose(out);
	assert_int_equal(fake_count_devs(), 0);
	assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_QP],
			 FREEFLOW_QUOTA_UNLIMITED);
	assert_false(has_cdi());
}

static void an_add_that_cannot_write_cdi_leaves_nothing(void **state)
{
	(void)state;
	check_fails("ADD", HEAD("1.0.0") PREV QUOTAS ",\"cdi\":\"/nowhere/at/all.json\"}",
		    PROBLEM_IO, "cdi '/nowhere/at/all.json': No such file");
	assert_int_equal(fake_count_devs(), 0);
	assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_QP],
			 FREEFLOW_QUOTA_UNLIMITED);
}

static void del_undoes_add_however_often(void **state)
{
	const struct environment without_netns = { "DEL", "c1", NULL, "eth0" };

	(void)state;
	assert_int_equal(run("ADD", with_cdi), 0);
	assert_true(has_cdi());
	assert_int_equal(run("DEL", with_cdi), 0);
	assert_string_equal(answer, "");
	assert_int_equal(fake_count_devs(), 0);
	assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_QP],
			 FREEFLOW_QUOTA_UNLIMITED);
	assert_int_equal(fake.pinned, FREEFLOW_QUOTA_PINNED_UNLIMITED);
	assert_false(has_cdi());
	assert_int_equal(run("DEL", with_cdi), 0);
	assert_int_equal(run_with(&without_netns, HEAD("0.3.1") "}"), 0);
}

static void del_needs_no_namespace(void **state)
{
	const struct environment gone = { "DEL", "c1", "/run/netns/gone", "eth0" };

	(void)state;
	assert_int_equal(run("ADD", PLAIN), 0);
	assert_int_equal(run_with(&gone, PLAIN), 0);
	assert_int_equal(fake_count_devs(), 0);
}

static void del_leaves_other_devices_and_their_quotas(void **state)
{
	const struct environment second = { "ADD", "c1", NETNS, "eth1" };

	(void)state;
	assert_int_equal(run("ADD", PLAIN), 0);
	assert_int_equal(run_with(&second, PLAIN), 0);
	assert_int_equal(run("DEL", PLAIN), 0);
	assert_int_equal(fake_count_devs(), 1);
	assert_string_equal(fake.devs[1].ifname, "eth1");
	assert_int_equal(fake.quotas[FREEFLOW_RES_TYPE_QP], 8);
}

static void del_says_what_the_module_refuses(void **state)
{
	(void)state;
	assert_int_equal(run("ADD", PLAIN), 0);
	fake.fail_at = fake_kernel_requests() + 1;
	fake.fail_with = -EPERM;
	check_fails("DEL", PLAIN, PROBLEM_REFUSED, "CAP_NET_ADMIN");
	assert_int_equal(fake_count_devs(), 1);
}

static void without_the_module_there_is_nothing_to_delete(void **state)
{
	(void)state;
	fake_kernel_unload_module();
	assert_int_equal(run("DEL", PLAIN), 0);
	assert_int_equal(run("GC", HEAD("1.1.0") ",\"cni.dev/valid-attachments\":[]}"), 0);
	check_fails("ADD", PLAIN, PROBLEM_REFUSED, "module is not loaded");
	check_fails("CHECK", PLAIN, PROBLEM_REFUSED, "module is not loaded");
	assert_int_equal(run("STATUS", HEAD("1.1.0") "}"), 1);
	check_problem("1.1.0", PROBLEM_NOT_READY, "module is not loaded");
}

static void check_is_content_right_after_add(void **state)
{
	(void)state;
	assert_int_equal(run("ADD", PLAIN), 0);
	assert_int_equal(run("CHECK", PLAIN), 0);
	assert_string_equal(answer, "");
}

static void check_sees_what_changed(void **state)
{
	(void)state;
	check_fails("CHECK", PLAIN, PROBLEM_STATE, "is missing");
	assert_int_equal(run("ADD", PLAIN), 0);
	check_fails("CHECK", HEAD("1.0.0") "}", PROBLEM_CONFIG,
		    "'prevResult' is missing");
	check_fails("CHECK", HEAD("1.0.0") PREV ",\"table\":1}", PROBLEM_STATE,
		    "is in another table");
	fake.devs[0].state = FREEFLOW_DEV_STATE_NO_LOWER;
	check_fails("CHECK", PLAIN, PROBLEM_STATE, "is in state no-lower");
	fake.devs[0].state = FREEFLOW_DEV_STATE_ACTIVE;
	fake.quotas[FREEFLOW_RES_TYPE_MR] = 1;
	check_fails("CHECK", PLAIN, PROBLEM_STATE, "the quota of 'mr'");
	fake.quotas[FREEFLOW_RES_TYPE_MR] = 16;
	fake.pinned++;
	check_fails("CHECK", PLAIN, PROBLEM_STATE, "the quota of 'pinned'");
	fake.pinned--;
	assert_int_equal(run("CHECK", PLAIN), 0);
	check_fails("CHECK", with_cdi, PROBLEM_STATE, "the limit of device");
	assert_int_equal(run("ADD", with_cdi), 0);
	assert_int_equal(run("CHECK", with_cdi), 0);
	fake.burst--;
	check_fails("CHECK", with_cdi, PROBLEM_STATE, "the limit of device");
}

#define IPS(ips)	HEAD("0.4.0") ",\"prevResult\":{\"interfaces\":[" \
	"{\"name\":\"eth0\"},{\"name\":\"eth0\",\"sandbox\":\"x\"}," \
	"{\"name\":null,\"sandbox\":\"x\"}],\"ips\":" ips "}}"

static void check_looks_at_addresses_of_the_interface(void **state)
{
	(void)state;
	assert_int_equal(run("ADD", PLAIN), 0);
	assert_int_equal(run("CHECK", IPS("[{\"address\":\"" FAKE_ADDRESS "/24\"}]")), 0);
	assert_int_equal(run("CHECK", IPS("[{\"address\":\"10.88.0.9/24\",\"interface\":0}]")), 0);
	assert_int_equal(run("CHECK", IPS("[{\"address\":\"10.88.0.9/24\",\"interface\":2}]")), 0);
	assert_int_equal(run("CHECK", IPS("[{\"address\":\"10.88.0.9/24\",\"interface\":1}]")), 1);
	check_problem("0.4.0", PROBLEM_STATE, "'10.88.0.9' is not one of device");
	assert_int_equal(run("CHECK", IPS("[{\"address\":\"fd88::9/64\"}]")), 1);
	check_problem("0.4.0", PROBLEM_STATE, "'fd88::9' is not one of device");
	assert_int_equal(run("CHECK", IPS("{}")), 1);
	check_problem("0.4.0", PROBLEM_CONFIG, "'prevResult.ips' is no array");
	assert_int_equal(run("CHECK", IPS("[{\"address\":[]}]")), 1);
	check_problem("0.4.0", PROBLEM_CONFIG, "'prevResult.ips' has no address");
	assert_int_equal(run("CHECK", IPS("[1,{\"interface\":-1}]")), 1);
}

static void add_for(const char *id, const char *network)
{
	const struct environment env = { "ADD", id, NETNS, "eth0" };
	char config[512];

	snprintf(config, sizeof(config),
		 "{\"cniVersion\":\"1.1.0\",\"name\":\"%s\",\"type\":\"t\",\"prevResult\":{}}",
		 network);
	assert_int_equal(run_with(&env, config), 0);
}

static void gc_leaves_what_is_valid_or_of_others(void **state)
{
	char kept[NAME_SIZE], other[NAME_SIZE];

	(void)state;
	add_for("c1", "net");
	add_for("c2", "net");
	add_for("c3", "other");
	strcpy(fake.devs[3].name, "ff0");
	memcpy(kept, fake.devs[1].name, NAME_SIZE);
	memcpy(other, fake.devs[2].name, NAME_SIZE);

	assert_int_equal(run("GC", HEAD("1.1.0") "}"), 1);
	check_problem("1.1.0", PROBLEM_CONFIG,
		      "'cni.dev/valid-attachments' is missing");
	assert_int_equal(fake_count_devs(), 4);
	assert_int_equal(run("GC", HEAD("1.1.0") ",\"cni.dev/valid-attachments\":["
			     "{\"containerID\":\"c2\",\"ifname\":\"eth0\"},"
			     "{\"containerID\":\"c3\",\"ifname\":\"eth0\"}]}"), 0);
	assert_string_equal(answer, "");
	assert_string_equal(fake.devs[0].name, "");
	assert_string_equal(fake.devs[1].name, kept);
	assert_string_equal(fake.devs[2].name, other);
	assert_string_equal(fake.devs[3].name, "ff0");
}

static void gc_goes_on_after_a_refusal(void **state)
{
	(void)state;
	add_for("c1", "net");
	add_for("c2", "net");
	fake.fail_at = fake_kernel_requests() + 2;
	fake.fail_with = -EPERM;
	assert_int_equal(run("GC", HEAD("1.1.0") ",\"cni.dev/valid-attachments\":[]}"), 1);
	check_problem("1.1.0", PROBLEM_REFUSED, "CAP_NET_ADMIN");
	assert_int_equal(fake_count_devs(), 1);
	assert_int_not_equal(*fake.devs[0].name, '\0');
}

static void status_asks_for_the_lower_device(void **state)
{
	(void)state;
	assert_int_equal(run("STATUS", HEAD("1.1.0") "}"), 0);
	assert_int_equal(run("STATUS", HEAD("1.1.0") ",\"lower\":\"rxe0\"}"), 0);
	assert_int_equal(run("STATUS", HEAD("1.1.0") ",\"lower\":\"mlx5_0\"}"), 1);
	check_problem("1.1.0", PROBLEM_NOT_READY, "lower 'mlx5_0': ");
	fake.lowers = 2;
	assert_int_equal(run("STATUS", HEAD("1.1.0") "}"), 1);
	check_problem("1.1.0", PROBLEM_NOT_READY, "none is the default");
	fake.has_default = true;
	assert_int_equal(run("STATUS", HEAD("1.1.0") "}"), 0);
	fake.lowers = 0;
	assert_int_equal(run("STATUS", HEAD("1.1.0") "}"), 1);
	check_problem("1.1.0", PROBLEM_NOT_READY, "there is no lower device");
}

#define SUPPORTED	"\"supportedVersions\":[\"0.3.1\",\"0.4.0\",\"1.0.0\",\"1.1.0\"]}"

static void version_needs_nothing(void **state)
{
	static const struct environment env = { .command = "VERSION" };

	(void)state;
	fake_kernel_unload_module();
	assert_int_equal(run_with(&env, "{\"cniVersion\":\"0.4.0\"}"), 0);
	check_json("{\"cniVersion\":\"0.4.0\"," SUPPORTED);
	assert_int_equal(run_with(&env, "{\"cniVersion\":\"9.0.0\"}"), 0);
	check_json("{\"cniVersion\":\"1.1.0\"," SUPPORTED);
	assert_int_equal(run_with(&env, "x"), 0);
	check_json("{\"cniVersion\":\"1.1.0\"," SUPPORTED);
}

static void commands_came_with_versions(void **state)
{
	(void)state;
	assert_int_equal(run("CHECK", HEAD("0.3.1") PREV "}"), 1);
	check_problem("0.3.1", PROBLEM_VERSION,
		      "there is no CHECK in version 0.3.1 of CNI");
	check_fails("GC", HEAD("1.0.0") "}", PROBLEM_VERSION, "there is no GC");
	check_fails("STATUS", HEAD("1.0.0") "}", PROBLEM_VERSION,
		    "there is no STATUS");
}

static void a_sentence_names_the_variable(void **state)
{
	static const struct {
		struct environment env;
		const char *sentence;
	} cases[] = {
		{ { NULL }, "CNI_COMMAND is not set" },
		{ { "add" }, "CNI_COMMAND is 'add', which is no command" },
		{ { "ADD" }, "CNI_CONTAINERID is not set" },
		{ { "ADD", "" }, "CNI_CONTAINERID is '', which is no id" },
		{ { "DEL", "a/b" }, "CNI_CONTAINERID is 'a/b'" },
		{ { "DEL", "a" }, "CNI_IFNAME is not set" },
		{ { "ADD", "a", NULL, "1234567890123456" }, "CNI_IFNAME is '" },
		{ { "ADD", "a", NULL, "eth0" }, "CNI_NETNS is not set" },
		{ { "CHECK", "a", "", "eth0" }, "CNI_NETNS is ''" },
		{ { "ADD", "a", "/nowhere", "eth0" }, "CNI_NETNS '/nowhere': No such" },
		{ { "ADD", "a", "/etc/passwd", "eth0" },
		  "CNI_NETNS '/etc/passwd': no network namespace" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *json, *code;

		assert_int_equal(run_with(&cases[i].env, PLAIN), 1);
		if (!strstr(answer, cases[i].sentence))
			fail_msg("'%s' is not in %s", cases[i].sentence, answer);
		json = json_tokener_parse(answer);
		assert_true(json_object_object_get_ex(json, "code", &code));
		assert_int_equal(json_object_get_int(code), PROBLEM_ENVIRONMENT);
		json_object_put(json);
	}
	assert_int_equal(fake_kernel_requests(), 0);
}

static void too_long_a_configuration_is_refused(void **state)
{
	const size_t len = 5 << 20;
	char *text = calloc(1, len + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', len);
	assert_int_equal(run("ADD", text), 1);
	check_problem("1.1.0", PROBLEM_IO, "bytes or more");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(add_makes_the_device_and_passes_the_result_on, reset),
		cmocka_unit_test_setup(add_takes_the_device_from_the_configuration, reset),
		cmocka_unit_test_setup(add_twice_is_as_once, reset),
		cmocka_unit_test_setup(add_does_not_take_another_device_for_its_own, reset),
		cmocka_unit_test_setup(add_comes_after_another_plugin, reset),
		cmocka_unit_test_setup(a_failed_add_leaves_nothing, reset),
		cmocka_unit_test_setup(an_add_that_cannot_answer_leaves_nothing, reset),
		cmocka_unit_test_setup(an_add_that_cannot_write_cdi_leaves_nothing, reset),
		cmocka_unit_test_setup(del_undoes_add_however_often, reset),
		cmocka_unit_test_setup(del_needs_no_namespace, reset),
		cmocka_unit_test_setup(del_leaves_other_devices_and_their_quotas, reset),
		cmocka_unit_test_setup(del_says_what_the_module_refuses, reset),
		cmocka_unit_test_setup(without_the_module_there_is_nothing_to_delete, reset),
		cmocka_unit_test_setup(check_is_content_right_after_add, reset),
		cmocka_unit_test_setup(check_sees_what_changed, reset),
		cmocka_unit_test_setup(check_looks_at_addresses_of_the_interface, reset),
		cmocka_unit_test_setup(gc_leaves_what_is_valid_or_of_others, reset),
		cmocka_unit_test_setup(gc_goes_on_after_a_refusal, reset),
		cmocka_unit_test_setup(status_asks_for_the_lower_device, reset),
		cmocka_unit_test_setup(version_needs_nothing, reset),
		cmocka_unit_test_setup(commands_came_with_versions, reset),
		cmocka_unit_test_setup(a_sentence_names_the_variable, reset),
		cmocka_unit_test_setup(too_long_a_configuration_is_refused, reset),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
