// SPDX-License-Identifier: GPL-2.0-only
/* What commands ask of the kernel and print of its answers. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Before cmocka.h, which makes a macro of fail(). */
#include "cmd.h"

#include "fake_kernel.h"
#include "run.h"
#include "served.h"

static int start_serving(void **state)
{
	(void)state;
	fake_kernel_reset(serve);
	return 0;
}

static int stop_serving(void **state)
{
	(void)state;
	fake_kernel_reset(NULL);
	return 0;
}

static void check_output(const char *line, const char *text)
{
	const struct outcome *outcome = run(line);

	assert_string_equal(outcome->err, "");
	assert_string_equal(outcome->out, text);
	assert_int_equal(outcome->status, STATUS_OK);
}

/* @text is the JSON @expected, which has single quotes to be readable. */
static void check_parsed(const char *text, const char *expected)
{
	struct json_object *want = json_tokener_parse(expected);
	struct json_object *got = json_tokener_parse(text);

	assert_non_null(want);
	if (!json_object_equal(got, want))
		fail_msg("%s", text);
	json_object_put(got);
	json_object_put(want);
}

static void check_json(const char *line, const char *expected)
{
	static const char *const options[] = { "-j", "-j -p", "-json -pretty" };
	char longer[128];
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		snprintf(longer, sizeof(longer), "%s %s", options[i], line);
		check_parsed(run(longer)->out, expected);
	}
}

static void devices_are_one_line_each(void **state)
{
	(void)state;
	check_output("dev show ff0",
		     "dev ff0 node ffverbs0 lower rxe0 netdev eth0 netns 1 table 7 datapath syscall state 99 route-misses 3 peer-refusals 2 peer-timeouts 1\n");
	assert_non_null(strstr(run("dev")->out, "\ndev ff1 "));
	assert_non_null(strstr(run("dev")->out,
			       " peer-timeouts 1 tclass 0 sl-map 0:3 1:3\n"));
	assert_non_null(strstr(run("-j dev")->out,
			       "\"tclass\":0,\"sl_map\":{\"0\":3,\"1\":3}}]"));
	check_json("dev show ff0",
		   "[{'name': 'ff0', 'node': 'ffverbs0', 'lower': 'rxe0',\n"
		   "'netdev': 'eth0', 'ifindex': 5, 'netns_inode': 1,\n"
		   "'table': 7, 'datapath': 'syscall', 'state': 99,\n"
		   "'route_misses': 3, 'peer_refusals': 2,\n"
		   "'peer_timeouts': 1}]");
}

static void a_priority_is_asked_for_whole(void **state)
{
	(void)state;
	check_output("dev set ff0 tclass 0xff sl-map 0:3 7:1", "");
	check_output("dev set ff0 sl-map 7:1 0:3 tclass 255 table 3", "");
	check_output("dev set ff0 tclass none sl-map none", "");
	check_output("dev add ff0 sl-map 0:3 7:1 netdev eth0 tclass 255", "");
}

static void routes_print_as_ip_route_does(void **state)
{
	(void)state;
	check_output("route show",
		     "10.88.0.2 via 10.77.0.2 table 7 proto ffd external\n"
		     "10.88.0.1 dev ff0 local\n");
	check_json("route show",
		   "[{'prefix': '10.88.0.2', 'host': '10.77.0.2',\n"
		   "'table': 7, 'proto': 'ffd', 'external': true, 'local': false},\n"
		   "{'prefix': '10.88.0.1', 'dev': 'ff0', 'table': 0,\n"
		   "'proto': 'kernel', 'external': false, 'local': true}]");
}

static void quotas_print_as_use_of_limit(void **state)
{
	(void)state;
	check_output("quota show",
		     "netns 1 cq 3/unlimited qp 3/8 pinned 4096/8589934592\n");
	check_json("quota show",
		   "[{'netns_inode': 1,\n"
		   "'cq': {'used': 3, 'limit': null, 'refused': 0},\n"
		   "'qp': {'used': 3, 'limit': 8, 'refused': 0},\n"
		   "'pinned': {'used': 4096, 'limit': 8589934592,\n"
		   "'refused': 2}}]");
}

static void limits_print_in_bits_and_are_bytes(void **state)
{
	(void)state;
	check_output("limit show",
		     "netns 1 rate 10gbit burst 65536 waiting 2 weight 10000\n"
		     "netns 2 weight 1\n"
		     "lower rxe0 rate 1mbit burst 2 waiting 0\n"
		     "dev ff0 qp 17 rate 8008bit burst 1 waiting 0\n");
	check_output("limit show dev ff0",
		     "dev ff0 qp 17 rate 8008bit burst 1 waiting 0\n");
	check_output("limit show dev ff1", "");
	check_json("limit",
		   "[{'netns_inode': 1, 'rate': 1250000000,\n"
		   "'burst': 65536, 'waiting': 2, 'weight': 10000},\n"
		   "{'netns_inode': 2, 'weight': 1},\n"
		   "{'lower': 'rxe0', 'rate': 125000, 'burst': 2,\n"
		   "'waiting': 0},\n"
		   "{'dev': 'ff0', 'qp': 17, 'rate': 1001, 'burst': 1,\n"
		   "'waiting': 0}]");
	check_output("limit set dev ff0 qp 17 rate 10Mbit burst 64k", "");
	check_output("limit set lower rxe0 rate 10Mbit burst 64k", "");
}

static void lower_devices_show_the_default(void **state)
{
	(void)state;
	check_output("lower", "lower rxe0 devs 2 default\n");
	check_json("lower show",
		   "[{'name': 'rxe0', 'devs': 2, 'default': true}]");
}

static void the_tunnel_shows_no_key(void **state)
{
	(void)state;
	check_output("tunnel",
		     "tunnel port 14791 key sent 5 received 4 malformed 0 unauthentic 0 misrouted 1099511627776 undelivered 0 overrun 0\n");
	check_json("tunnel show",
		   "[{'port': 14791, 'key': true, 'sent': 5, 'received': 4,\n"
		   "'malformed': 0, 'unauthentic': 0,\n"
		   "'misrouted': 1099511627776, 'undelivered': 0,\n"
		   "'overrun': 0}]");
	served_tunnel(NULL, FREEFLOW_CMD_TUNNEL_SET);
	fake_event_errno(EIO);
	assert_int_equal(strncmp(run("monitor tunnel")->out,
				 "set tunnel port 14791 key sent 5", 32), 0);
}

/* The line "tunnel set key FILE", FILE with this text. */
static const struct outcome *run_with_key(const char *text)
{
	static char line[64];
	char file[] = "/tmp/ffctl-key.XXXXXX";
	const struct outcome *outcome;
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(line, sizeof(line), "tunnel set key %s", file);
	outcome = run(line);
	unlink(file);
	return outcome;
}

#define KEY	"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static void a_key_is_read_from_a_file(void **state)
{
	static const char *const bad[] = {
		"", "00", KEY "0", KEY "\nx", "g" KEY, KEY "                 ",
	};
	size_t i;

	(void)state;
	assert_int_equal(run_with_key(KEY)->status, STATUS_OK);
	assert_int_equal(run_with_key(KEY "\n")->status, STATUS_OK);
	assert_int_equal(run("tunnel set nokey port 5000")->status, STATUS_OK);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct outcome *outcome = run_with_key(bad[i]);

		assert_int_equal(outcome->status, STATUS_REFUSED);
		assert_non_null(strstr(outcome->err, "64 hexadecimal digits"));
	}
	check_failure("tunnel set key /nowhere", STATUS_REFUSED,
		      "ffctl: /nowhere: No such file or directory\n");
	check_failure("tunnel set port 0", STATUS_REFUSED,
		      "ffctl: '0' after 'port' is no port from 1 to 65535\n");
	check_failure("tunnel set port 65536", STATUS_REFUSED, "no port");
}

static void names_from_containers_cannot_reach_the_terminal(void **state)
{
	(void)state;
	check_output("res show mr",
		     "dev ff0 mr 4 length 8589934592 pid 812 comm a?[2J\"?? z\n");
	check_json("res show mr dev ff0",
		   "[{'dev': 'ff0', 'res': 'mr', 'handle': 4,\n"
		   "'length': 8589934592, 'pid': 812,\n"
		   "'comm': 'a?[2J\"?? z'}]");
}

static void a_connected_qp_shows_its_peer(void **state)
{
	(void)state;
	assert_non_null(strstr(run("res show qp")->out,
			       "qpn 17 type ud state rts dest 10.88.0.2 dest-qpn 18 host 10.77.0.2 tclass 104 sl 3 pid"));
	assert_non_null(strstr(run("res show ah")->out,
			       "ah 4 tclass 104 sl 3 pid"));
}

static void serve_nothing(const struct nlmsghdr *request)
{
	fake_done(request, 0, NULL);
}

static void statistics_leave_out_what_is_zero(void **state)
{
	const char *json;

	(void)state;
	check_output("stat",
		     "dev f\"f\\?0 netns 1 per-qp recv-write 3/18446744073709551615 retry-exc-err 2 throttled-ns 1000000001\n");
	check_output("stat show per netns",
		     "netns 1 recv-write 3/18446744073709551615 retry-exc-err 2 throttled-ns 1000000001\n");
	assert_non_null(strstr(run("stat show per qp dev ff0")->out,
			       " qpn 17 netns 1 recv-write"));
	json = run("-j stat show")->out;
	assert_non_null(strstr(json,
			       "\"send\":{\"messages\":0,\"bytes\":0}"));
	assert_non_null(strstr(json,
			       "\"recv_write\":{\"messages\":3,\"bytes\":18446744073709551615}"));
	assert_non_null(strstr(json, "\"completions\":{\"success\":0,"));
	assert_non_null(strstr(json, "\"retry_exc_err\":2,"));
	assert_non_null(strstr(json, "\"throttled_ns\":1000000001,"));
	check_failure("stat show per qp", STATUS_USAGE, "'dev' is missing");
	check_failure("stat show per cpu", STATUS_USAGE, "dev, netns or qp");
	check_failure("stat set ff0 qp maybe", STATUS_REFUSED,
		      "ffctl: 'maybe' after 'qp' is neither on nor off\n");
	check_failure("stat set ff0", STATUS_USAGE, "'qp' is missing");
}

static void exported_labels_are_escaped(void **state)
{
	const char *text;

	(void)state;
	text = run("stat export -")->out;
	assert_non_null(strstr(text,
			       "\nfreeflow_bytes_total{dev=\"f\\\"f\\\\?0\",netns=\"1\",op=\"recv-write\"} 18446744073709551615\n"));
	assert_non_null(strstr(text,
			       "\nfreeflow_netns_throttled_seconds_total{netns=\"1\"} 1.000000001\n"));
	assert_non_null(strstr(text,
			       "\nfreeflow_quota_limit{netns=\"1\",resource=\"qp\"} 8\n"));
	assert_non_null(strstr(text,
			       "\nfreeflow_pinned_limit_bytes{netns=\"1\"} 8589934592\n"));
	assert_non_null(strstr(text,
			       "\nfreeflow_pinned_refused_total{netns=\"1\"} 2\n"));
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
	check_failure("stat export /nowhere/file", STATUS_REFUSED,
		      "No such file or directory\n");
	check_failure("stat export", STATUS_USAGE, "missing");
}

static void what_programs_run_into_is_an_event(void **state)
{
	struct fake_msg msg;

	(void)state;
	fake_begin(&msg, NULL, FREEFLOW_CMD_QUOTA_HIT, 0);
	fake_put_string(&msg, FREEFLOW_A_ALERT_DEV, "ff0");
	fake_put_u32(&msg, FREEFLOW_A_ALERT_NETNS_INODE, NETNS_INODE);
	fake_put_u32(&msg, FREEFLOW_A_ALERT_COUNT, 4);
	fake_put_u32(&msg, FREEFLOW_A_ALERT_RES, FREEFLOW_RES_TYPE_MR);
	fake_event(&msg);
	fake_begin(&msg, NULL, FREEFLOW_CMD_QP_FATAL, 0);
	fake_put_string(&msg, FREEFLOW_A_ALERT_DEV, "ff0");
	fake_put_u32(&msg, FREEFLOW_A_ALERT_NETNS_INODE, NETNS_INODE);
	fake_put_u32(&msg, FREEFLOW_A_ALERT_COUNT, 1);
	fake_put_u32(&msg, FREEFLOW_A_ALERT_QPN, 17);
	fake_put_u32(&msg, FREEFLOW_A_ALERT_STATUS, 12);
	fake_event(&msg);
	fake_event_errno(EIO);
	assert_string_equal(run("monitor")->out,
			    "hit quota dev ff0 netns 1 res mr count 4\n"
			    "fatal qp dev ff0 netns 1 qpn 17 status retry-exc-err count 1\n");
	fake_event(&msg);
	fake_event_errno(EIO);
	check_parsed(run("-j monitor qp")->out,
		     "{'event': 'fatal', 'object': 'qp', 'dev': 'ff0',\n"
		     "'netns_inode': 1, 'qpn': 17,\n"
		     "'status': 'retry-exc-err', 'count': 1}");
}

static void top_needs_a_terminal(void **state)
{
	(void)state;
	check_failure("top", STATUS_REFUSED, "no terminal");
	check_failure("-j top", STATUS_USAGE, "stat show");
	check_failure("top every 0", STATUS_REFUSED, "from 1 to 3600");
}

static void an_empty_list_is_no_line_and_an_empty_array(void **state)
{
	(void)state;
	fake_kernel_reset(serve_nothing);
	check_output("dev show", "");
	check_json("dev show", "[]");
}

static void no_route_is_unreachable(void **state)
{
	(void)state;
	check_failure("route get 10.99.0.1", STATUS_REFUSED,
		      "ffctl: Network is unreachable\n");
}

static void refuse_eperm(const struct nlmsghdr *request)
{
	fake_ack(request, -EPERM, NULL);
}

static void a_missing_capability_is_named(void **state)
{
	(void)state;
	fake_kernel_reset(refuse_eperm);
	check_failure("dev del ff0", STATUS_REFUSED,
		      "ffctl: Operation not permitted: this needs CAP_NET_ADMIN in the initial user namespace\n");
}

static void refuse_eexist(const struct nlmsghdr *request)
{
	fake_ack(request, -EEXIST, "the table has this route already");
}

static void the_kernels_sentence_is_passed_on(void **state)
{
	(void)state;
	fake_kernel_reset(refuse_eexist);
	check_failure("route add 10.88.0.2 via 10.77.0.2", STATUS_REFUSED,
		      "ffctl: File exists: the table has this route already\n");
}

/* ENOTSUPP, of the kernel's own: some drivers of RDMA devices answer it. */
static void refuse_enotsupp(const struct nlmsghdr *request)
{
	fake_ack(request, -524, NULL);
}

static void an_error_without_a_name_has_its_number(void **state)
{
	(void)state;
	fake_kernel_reset(refuse_enotsupp);
	check_failure("dev del ff0", STATUS_REFUSED,
		      "ffctl: Unknown error 524\n");
}

static void a_missing_module_is_told(void **state)
{
	(void)state;
	fake_kernel_unload_module();
	check_failure("dev show", STATUS_REFUSED,
		      "ffctl: the freeflow module is not loaded\n");
}

static void watched_things_print_as_they_change(void **state)
{
	struct fake_msg msg;

	(void)state;
	fake_begin(&msg, NULL, FREEFLOW_CMD_LOWER_NEW, 0);
	fake_put_string(&msg, FREEFLOW_A_LOWER_NAME, "rxe1");
	fake_event(&msg);
	fake_begin(&msg, NULL, FREEFLOW_CMD_ROUTE_DEL, 0);
	fake_put(&msg, FREEFLOW_A_ROUTE_PREFIX, "\x0a\x58\x00\x00", 4);
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PREFIX_LEN, 16);
	fake_put(&msg, FREEFLOW_A_ROUTE_HOST, "\x0a\x4d\x00\x02", 4);
	fake_event(&msg);
	fake_begin(&msg, NULL, FREEFLOW_CMD_ROUTE_FLUSH, 0);
	fake_event(&msg);
	fake_event_errno(ENOBUFS);
	fake_event_errno(EIO);
	assert_string_equal(run("monitor")->out,
			    "add lower rxe1 devs 0\n"
			    "del route 10.88.0.0/16 via 10.77.0.2\n"
			    "flush route\n");

	fake_begin(&msg, NULL, FREEFLOW_CMD_LOWER_DEL, 0);
	fake_put_string(&msg, FREEFLOW_A_LOWER_NAME, "rxe1");
	fake_event(&msg);
	fake_event_errno(EIO);
	check_parsed(run("-j monitor lower")->out,
		     "{'event': 'del', 'object': 'lower', 'name': 'rxe1',\n"
		     "'devs': 0, 'default': false}");
	fake_event(&msg);
	fake_event_errno(EIO);
	assert_string_equal(run("monitor dev r")->out, "");
}

/* Batches */

static char batch_file[32];

static int make_batch_file(void **state)
{
	int fd;

	(void)state;
	snprintf(batch_file, sizeof(batch_file), "/tmp/ffctl-batch-XXXXXX");
	fd = mkstemp(batch_file);
	return fd < 0 ? -1 : close(fd);
}

static int remove_batch_file(void **state)
{
	(void)state;
	return unlink(batch_file);
}

static const struct outcome *run_batch(const char *options, const char *lines)
{
	FILE *file = fopen(batch_file, "w");
	char command[128];

	assert_non_null(file);
	fputs(lines, file);
	fclose(file);
	snprintf(command, sizeof(command), "-b %s%s", batch_file, options);
	return run(command);
}

/* Refuse routes of table 9, take all else. */
static void serve_batch(const struct nlmsghdr *request)
{
	if (fake_cmd(request) == FREEFLOW_CMD_ROUTE_NEW &&
	    fake_attr_u32(request, FREEFLOW_A_ROUTE_TABLE) == 9)
		fake_ack(request, -EEXIST, "there is one");
	else if (fake_cmd(request) == FREEFLOW_CMD_DEV_GET)
		fake_done(request, 0, NULL);
	else if (request->nlmsg_flags & NLM_F_ACK)
		fake_ack(request, 0, NULL);
}

static void routes_of_a_batch_travel_together(void **state)
{
	const struct outcome *outcome;

	(void)state;
	fake_kernel_reset(serve_batch);
	outcome = run_batch(" -force",
		"# two routes, a list, and one more route\n"
		"route add 10.88.0.2 via 10.77.0.2\n"
		"\n"
		"  ro rep 10.88.0.3\tvia 10.77.0.2 table 9 # refused\n"
		"dev show\n"
		"route del 10.88.0.2\n");
	assert_int_equal(outcome->status, STATUS_REFUSED);
	assert_non_null(strstr(outcome->err,
			       ":4: File exists: there is one\n"));
	assert_int_equal(fake_kernel_requests(), 4);
	assert_int_equal(fake_kernel_sends(), 3);
}

static void a_batch_ends_at_the_first_bad_line(void **state)
{
	const struct outcome *outcome;

	(void)state;
	fake_kernel_reset(serve_batch);
	outcome = run_batch("", "route add 10.88.0.2 via 10.77.0.2\n"
			    "route add 10.88.0.3\n"
			    "route add 10.88.0.4 via 10.77.0.2\n");
	assert_int_equal(outcome->status, STATUS_USAGE);
	assert_non_null(strstr(outcome->err, ":2: the word 'via' is missing"));
	assert_int_equal(fake_kernel_requests(), 1);

	fake_kernel_reset(serve_batch);
	outcome = run_batch(" -f", "route add 10.88.0.2 via 10.77.0.2\n"
			    "frob\n"
			    "route add 10.88.0.4 via 10.77.0.2\n");
	assert_int_equal(outcome->status, STATUS_USAGE);
	assert_int_equal(fake_kernel_requests(), 2);
}

static void a_missing_batch_is_told(void **state)
{
	(void)state;
	check_failure("-b /no/such/file", STATUS_REFUSED,
		      "/no/such/file: No such file or directory");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, start_serving, stop_serving)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(devices_are_one_line_each),
		TEST(a_priority_is_asked_for_whole),
		TEST(routes_print_as_ip_route_does),
		TEST(quotas_print_as_use_of_limit),
		TEST(limits_print_in_bits_and_are_bytes),
		TEST(lower_devices_show_the_default),
		TEST(the_tunnel_shows_no_key),
		TEST(a_key_is_read_from_a_file),
		TEST(names_from_containers_cannot_reach_the_terminal),
		TEST(a_connected_qp_shows_its_peer),
		TEST(statistics_leave_out_what_is_zero),
		TEST(exported_labels_are_escaped),
		TEST(what_programs_run_into_is_an_event),
		TEST(top_needs_a_terminal),
		TEST(an_empty_list_is_no_line_and_an_empty_array),
		TEST(no_route_is_unreachable),
		TEST(a_missing_capability_is_named),
		TEST(the_kernels_sentence_is_passed_on),
		TEST(an_error_without_a_name_has_its_number),
		TEST(a_missing_module_is_told),
		TEST(watched_things_print_as_they_change),
		TEST(routes_of_a_batch_travel_together),
		TEST(a_batch_ends_at_the_first_bad_line),
		TEST(a_missing_batch_is_told),
	};

	return cmocka_run_group_tests(tests, make_batch_file,
				      remove_batch_file);
}
