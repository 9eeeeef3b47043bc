// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
/* Devices, quotas, lower devices and objects: requests and their answers. */
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

static void check_string(const struct nlmsghdr *request, int type,
			 const char *text)
{
	size_t len;
	const char *data = fake_attr(request, type, &len);

	assert_non_null(data);
	assert_int_equal(len, strlen(text) + 1);
	assert_string_equal(data, text);
}

static void check_bytes(const struct nlmsghdr *request, int type,
			const char *bytes, size_t count)
{
	size_t len;
	const void *data = fake_attr(request, type, &len);

	assert_non_null(data);
	assert_int_equal(len, count);
	assert_memory_equal(data, bytes, count);
}

static void put_dev(struct fake_msg *msg, const char *name, uint32_t table)
{
	fake_put_string(msg, FREEFLOW_A_DEV_NAME, name);
	fake_put_string(msg, FREEFLOW_A_DEV_NODE, "ffverbs0");
	fake_put_string(msg, FREEFLOW_A_DEV_LOWER, "rxe0");
	fake_put_string(msg, FREEFLOW_A_DEV_IFNAME, "eth0");
	fake_put_u32(msg, FREEFLOW_A_DEV_IFINDEX, 5);
	fake_put_u32(msg, FREEFLOW_A_DEV_NETNS_INODE, 0xf0000010);
	fake_put_u32(msg, FREEFLOW_A_DEV_TABLE, table);
	fake_put_u32(msg, FREEFLOW_A_DEV_DATAPATH, FREEFLOW_DATAPATH_SYSCALL);
	fake_put_u32(msg, FREEFLOW_A_DEV_STATE, FREEFLOW_DEV_STATE_DOWN);
	fake_put(msg, FREEFLOW_A_DEV_PAD, NULL, 0);
	fake_put_u64(msg, FREEFLOW_A_DEV_ROUTE_MISSES, 1ULL << 40);
	fake_put_u64(msg, FREEFLOW_A_DEV_PEER_REFUSALS, 5);
	fake_put_u64(msg, FREEFLOW_A_DEV_PEER_TIMEOUTS, 6);
	fake_put_u8(msg, FREEFLOW_A_DEV_TCLASS, 104);
	fake_put(msg, FREEFLOW_A_DEV_SL_MAP, "\3\1\2\3\4\5\6\7", 8);
	fake_put_u32(msg, FREEFLOW_A_DEV_MAX + 1, 1);
}

static void answer_dev_get(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	assert_int_equal(fake_cmd(request), FREEFLOW_CMD_DEV_GET);
	assert_int_equal(request->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	check_string(request, FREEFLOW_A_DEV_NAME, "ff0");
	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, 0);
	put_dev(&msg, "ff0", 7);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void a_device_is_read_whole(void **state)
{
	struct ff_dev dev;

	(void)state;
	assert_int_equal(open_with(answer_dev_get), 0);
	assert_int_equal(ff_dev_get(handle, "ff0", &dev), 0);
	assert_string_equal(dev.name, "ff0");
	assert_string_equal(dev.node, "ffverbs0");
	assert_string_equal(dev.lower, "rxe0");
	assert_string_equal(dev.ifname, "eth0");
	assert_int_equal(dev.ifindex, 5);
	assert_int_equal(dev.netns_inode, 0xf0000010);
	assert_int_equal(dev.table, 7);
	assert_int_equal(dev.datapath, FREEFLOW_DATAPATH_SYSCALL);
	assert_int_equal(dev.state, FREEFLOW_DEV_STATE_DOWN);
	assert_int_equal(dev.route_misses, 1ULL << 40);
	assert_int_equal(dev.peer_refusals, 5);
	assert_int_equal(dev.peer_timeouts, 6);
	assert_true(dev.has_tclass);
	assert_int_equal(dev.tclass, 104);
	assert_memory_equal(dev.sl_map, "\3\1\2\3\4\5\6\7", 8);
}

static void answer_plain_dev_get(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, 0);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, "ff0");
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void without_a_map_service_levels_stay(void **state)
{
	struct ff_dev dev;

	(void)state;
	assert_int_equal(open_with(answer_plain_dev_get), 0);
	assert_int_equal(ff_dev_get(handle, "ff0", &dev), 0);
	assert_false(dev.has_tclass);
	assert_memory_equal(dev.sl_map, "\0\1\2\3\4\5\6\7", 8);
}

static void answer_dev_new(const struct nlmsghdr *request)
{
	assert_int_equal(fake_cmd(request), FREEFLOW_CMD_DEV_NEW);
	assert_int_equal(fake_attr_count(request), 8);
	check_string(request, FREEFLOW_A_DEV_NAME, "ff0");
	check_string(request, FREEFLOW_A_DEV_LOWER, "rxe0");
	check_string(request, FREEFLOW_A_DEV_IFNAME, "eth0");
	assert_int_equal(fake_attr_u32(request, FREEFLOW_A_DEV_NETNS_FD), 3);
	assert_int_equal(fake_attr_u32(request, FREEFLOW_A_DEV_TABLE), 7);
	assert_int_equal(fake_attr_u32(request, FREEFLOW_A_DEV_DATAPATH), 0);
	check_bytes(request, FREEFLOW_A_DEV_TCLASS, "\xff", 1);
	check_bytes(request, FREEFLOW_A_DEV_SL_MAP, "\7\6\5\4\3\2\1\0", 8);
	fake_ack(request, 0, NULL);
}

static void a_new_device_names_all_it_is_made_from(void **state)
{
	const uint8_t tclass = 255, sl_map[] = { 7, 6, 5, 4, 3, 2, 1, 0 };
	const struct ff_dev_config config = {
		.name = "ff0", .lower = "rxe0", .ifname = "eth0",
		.netns_fd = 3, .table = 7, .tclass = &tclass, .sl_map = sl_map,
	};

	(void)state;
	assert_int_equal(open_with(answer_dev_new), 0);
	assert_int_equal(ff_dev_new(handle, &config), 0);
}

static void answer_small_dev_new(const struct nlmsghdr *request)
{
	assert_null(fake_attr(request, FREEFLOW_A_DEV_LOWER, NULL));
	assert_null(fake_attr(request, FREEFLOW_A_DEV_NETNS_FD, NULL));
	assert_null(fake_attr(request, FREEFLOW_A_DEV_TCLASS, NULL));
	assert_null(fake_attr(request, FREEFLOW_A_DEV_SL_MAP, NULL));
	fake_ack(request, -EEXIST, "the interface carries a device already");
}

static void what_a_new_device_leaves_out_is_not_sent(void **state)
{
	const struct ff_dev_config config = {
		.name = "ff0", .ifname = "eth0", .netns_fd = -1,
	};

	(void)state;
	assert_int_equal(open_with(answer_small_dev_new), 0);
	assert_int_equal(ff_dev_new(handle, &config), -EEXIST);
	assert_string_equal(ff_strerror(handle, -EEXIST),
			    "the interface carries a device already");
}

/* The request's one attribute is the answer, negative. */
static void answer_dev_set(const struct nlmsghdr *request)
{
	int type;

	assert_int_equal(fake_cmd(request), FREEFLOW_CMD_DEV_SET);
	check_string(request, FREEFLOW_A_DEV_NAME, "ff0");
	assert_int_equal(fake_attr_count(request), 2);
	for (type = FREEFLOW_A_DEV_NAME + 1; !fake_attr(request, type, NULL);)
		type++;
	fake_ack(request, -type, NULL);
}

static void of_a_device_only_what_changes_is_sent(void **state)
{
	const uint8_t tclass = 104, sl_map[FREEFLOW_SL_COUNT] = { 1 };
	const uint32_t table = 7;
	const struct {
		struct ff_dev_change change;
		int type;
	} cases[] = {
		{ { .table = &table }, FREEFLOW_A_DEV_TABLE },
		{ { .tclass = &tclass }, FREEFLOW_A_DEV_TCLASS },
		{ { .no_tclass = true }, FREEFLOW_A_DEV_NO_TCLASS },
		{ { .sl_map = sl_map }, FREEFLOW_A_DEV_SL_MAP },
	};
	size_t i;

	(void)state;
	assert_int_equal(open_with(answer_dev_set), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ff_dev_set(handle, "ff0", &cases[i].change),
				 -cases[i].type);
}

static void names_beyond_all_limits_are_not_sent(void **state)
{
	char name[4096];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(open_with(answer_dev_new), 0);
	assert_int_equal(ff_dev_del(handle, name), -EMSGSIZE);
	assert_int_equal(ff_dev_set(handle, name, &(struct ff_dev_change) {
				.no_tclass = true }), -EMSGSIZE);
	assert_int_equal(ff_lower_set_default(handle, name, true), -EMSGSIZE);
	assert_int_equal(fake_kernel_requests(), 0);
}

static void put_quota_res(struct fake_msg *msg, uint32_t type, uint32_t limit,
			  uint32_t used)
{
	size_t nest = fake_nest(msg, FREEFLOW_A_QUOTA_RES);

	fake_put_u32(msg, FREEFLOW_A_QUOTA_RES_TYPE, type);
	fake_put_u32(msg, FREEFLOW_A_QUOTA_RES_LIMIT, limit);
	fake_put_u32(msg, FREEFLOW_A_QUOTA_RES_USED, used);
	fake_put_u64(msg, FREEFLOW_A_QUOTA_RES_REFUSED, 9);
	fake_nest_end(msg, nest);
}

static void answer_quota_get(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	assert_int_equal(fake_attr_u32(request, FREEFLOW_A_QUOTA_NETNS_FD), 4);
	fake_begin(&msg, request, FREEFLOW_CMD_QUOTA_GET, 0);
	fake_put_u32(&msg, FREEFLOW_A_QUOTA_NETNS_INODE, 77);
	put_quota_res(&msg, FREEFLOW_RES_TYPE_MAX + 1, 1, 1);
	put_quota_res(&msg, FREEFLOW_RES_TYPE_QP, 8, 3);
	put_quota_res(&msg, FREEFLOW_RES_TYPE_CQ, FREEFLOW_QUOTA_UNLIMITED, 1);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void quotas_of_newer_kernels_are_left_out(void **state)
{
	struct ff_quota quota;

	(void)state;
	assert_int_equal(open_with(answer_quota_get), 0);
	assert_int_equal(ff_quota_get(handle, 4, &quota), 0);
	assert_int_equal(quota.netns_inode, 77);
	assert_int_equal(quota.nres, 2);
	assert_int_equal(quota.res[0].type, FREEFLOW_RES_TYPE_QP);
	assert_int_equal(quota.res[0].limit, 8);
	assert_int_equal(quota.res[0].used, 3);
	assert_int_equal(quota.res[0].refused, 9);
	assert_int_equal(quota.res[1].limit, FREEFLOW_QUOTA_UNLIMITED);
}

static void answer_endless_quota(const struct nlmsghdr *request)
{
	struct fake_msg msg;
	int i;

	fake_begin(&msg, request, FREEFLOW_CMD_QUOTA_GET, 0);
	fake_put_u32(&msg, FREEFLOW_A_QUOTA_NETNS_INODE, 77);
	for (i = 0; i < 20; i++)
		put_quota_res(&msg, FREEFLOW_RES_TYPE_QP, 8, 3);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void more_quotas_than_there_are_resources_make_no_sense(void **state)
{
	struct ff_quota quota;

	(void)state;
	assert_int_equal(open_with(answer_endless_quota), 0);
	assert_int_equal(ff_quota_get(handle, 4, &quota), -EBADMSG);
}

static void answer_quota_set(const struct nlmsghdr *request)
{
	const void *nest, *value;
	size_t nest_len;
	uint32_t limit;

	assert_int_equal(fake_attr_count(request), 3);
	nest = fake_attr(request, FREEFLOW_A_QUOTA_RES, &nest_len);
	/* Kernels that check strictly refuse a nest without its flag. */
	assert_int_equal(((const struct nlattr *)nest)[-1].nla_type,
			 NLA_F_NESTED | FREEFLOW_A_QUOTA_RES);
	value = fake_nested_attr(nest, nest_len, FREEFLOW_A_QUOTA_RES_LIMIT,
				 NULL);
	memcpy(&limit, value, sizeof(limit));
	assert_int_equal(limit, 16);
	fake_ack(request, 0, NULL);
}

static void only_named_quotas_are_set(void **state)
{
	const struct ff_quota_limit limits[] = {
		{ FREEFLOW_RES_TYPE_QP, 16 },
		{ FREEFLOW_RES_TYPE_MR, FREEFLOW_QUOTA_UNLIMITED },
	};

	(void)state;
	assert_int_equal(open_with(answer_quota_set), 0);
	assert_int_equal(ff_quota_set(handle, 4, limits, 2), 0);
}

static void answer_lower_set(const struct nlmsghdr *request)
{
	const bool marked = fake_attr(request, FREEFLOW_A_LOWER_DEFAULT, NULL);

	check_string(request, FREEFLOW_A_LOWER_NAME, "rxe0");
	fake_ack(request, marked ? 0 : -ENODEV, NULL);
}

static void the_default_mark_is_a_flag(void **state)
{
	(void)state;
	assert_int_equal(open_with(answer_lower_set), 0);
	assert_int_equal(ff_lower_set_default(handle, "rxe0", true), 0);
	assert_int_equal(ff_lower_set_default(handle, "rxe0", false), -ENODEV);
}

static void answer_tunnel_get(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	assert_int_equal(fake_cmd(request), FREEFLOW_CMD_TUNNEL_GET);
	fake_begin(&msg, request, FREEFLOW_CMD_TUNNEL_GET, 0);
	fake_put(&msg, FREEFLOW_A_TUNNEL_PORT, "\xc7\x39", 2);
	fake_put_u64(&msg, FREEFLOW_A_TUNNEL_SENT, 1ULL << 40);
	fake_put_u64(&msg, FREEFLOW_A_TUNNEL_UNAUTHENTIC, 3);
	fake_put_u32(&msg, FREEFLOW_A_TUNNEL_MAX + 1, 1);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void the_tunnel_is_read_whole(void **state)
{
	struct ff_tunnel tunnel;

	(void)state;
	assert_int_equal(open_with(answer_tunnel_get), 0);
	assert_int_equal(ff_tunnel_get(handle, &tunnel), 0);
	assert_int_equal(tunnel.port, FREEFLOW_TUNNEL_PORT);
	assert_false(tunnel.has_key);
	assert_int_equal(tunnel.sent, 1ULL << 40);
	assert_int_equal(tunnel.received, 0);
	assert_int_equal(tunnel.unauthentic, 3);
}

static void answer_tunnel_set(const struct nlmsghdr *request)
{
	size_t len;

	assert_int_equal(fake_attr_count(request), 1);
	if (fake_attr(request, FREEFLOW_A_TUNNEL_KEY, &len))
		assert_int_equal(len, FREEFLOW_TUNNEL_KEY_LEN);
	fake_ack(request, fake_attr(request, FREEFLOW_A_TUNNEL_PORT, NULL) ?
				  -EADDRINUSE : 0, "the UDP port cannot be had");
}

static void of_the_tunnel_only_what_changes_is_sent(void **state)
{
	const uint8_t key[FREEFLOW_TUNNEL_KEY_LEN] = { 1 };

	(void)state;
	assert_int_equal(open_with(answer_tunnel_set), 0);
	assert_int_equal(ff_tunnel_set(handle, &(struct ff_tunnel_config) {
				.port = 1 }), -EADDRINUSE);
	assert_string_equal(ff_strerror(handle, -EADDRINUSE),
			    "the UDP port cannot be had");
	assert_int_equal(ff_tunnel_set(handle, &(struct ff_tunnel_config) {
				.key = key }), 0);
	assert_int_equal(ff_tunnel_set(handle, &(struct ff_tunnel_config) {
				.no_key = true }), 0);
}

static void answer_res(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	assert_int_equal(request->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	assert_int_equal(fake_attr_u32(request, FREEFLOW_A_RES_TYPE),
			 FREEFLOW_RES_TYPE_QP);
	check_string(request, FREEFLOW_A_RES_DEV, "ff0");
	fake_begin(&msg, request, FREEFLOW_CMD_RES_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_RES_TYPE, FREEFLOW_RES_TYPE_QP);
	fake_put_string(&msg, FREEFLOW_A_RES_DEV, "ff0");
	fake_put_u32(&msg, FREEFLOW_A_RES_QP_QPN, 17);
	fake_put_string(&msg, FREEFLOW_A_RES_COMM, "ib_send_bw");
	fake_put(&msg, FREEFLOW_A_RES_QP_DEST, "\x0a\x58\x00\x02", 4);
	fake_put_u8(&msg, FREEFLOW_A_RES_TCLASS, 104);
	fake_put_u8(&msg, FREEFLOW_A_RES_SL, 3);
	fake_send(&msg);
	fake_done(request, 0, NULL);
}

static int expect_qp(const struct ff_res *res, void *arg)
{
	++*(int *)arg;
	assert_int_equal(res->qpn, 17);
	assert_string_equal(res->comm, "ib_send_bw");
	assert_int_equal(res->dest.family, AF_INET);
	assert_int_equal(res->host.family, AF_UNSPEC);
	assert_int_equal(res->tclass, 104);
	assert_int_equal(res->sl, 3);
	return 0;
}

static void objects_of_one_device_are_listed(void **state)
{
	int seen = 0;

	(void)state;
	assert_int_equal(open_with(answer_res), 0);
	assert_int_equal(ff_res_list(handle, FREEFLOW_RES_TYPE_QP, "ff0",
				     expect_qp, &seen), 0);
	assert_int_equal(seen, 1);
}

/* An answer without its name, and names and numbers of a wrong size */
static void answer_without_name(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, 0);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void answer_unended_name(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, 0);
	fake_put(&msg, FREEFLOW_A_DEV_NAME, "ff00", 4);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void answer_long_name(const struct nlmsghdr *request)
{
	char name[FREEFLOW_NAME_MAX + 1] = "";
	struct fake_msg msg;

	memset(name, 'x', FREEFLOW_NAME_MAX);
	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, 0);
	fake_put(&msg, FREEFLOW_A_DEV_NAME, name, sizeof(name));
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void answer_short_number(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, 0);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, "ff0");
	fake_put_u8(&msg, FREEFLOW_A_DEV_TABLE, 1);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void answer_short_map(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, 0);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, "ff0");
	fake_put(&msg, FREEFLOW_A_DEV_SL_MAP, "\0\1\2\3\4\5\6", 7);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void answer_only_ack(const struct nlmsghdr *request)
{
	fake_ack(request, 0, NULL);
}

static void answers_that_make_no_sense_are_bad_messages(void **state)
{
	static const fake_handler senseless[] = {
		answer_without_name, answer_unended_name, answer_long_name,
		answer_short_number, answer_short_map, answer_only_ack,
	};
	struct ff_dev dev;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
		assert_int_equal(open_with(senseless[i]), 0);
		assert_int_equal(ff_dev_get(handle, "ff0", &dev), -EBADMSG);
		ff_close(handle);
	}
	handle = NULL;
}

#define TEST(name)	cmocka_unit_test_teardown(name, close_handle)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_is_read_whole),
		TEST(a_new_device_names_all_it_is_made_from),
		TEST(what_a_new_device_leaves_out_is_not_sent),
		TEST(without_a_map_service_levels_stay),
		TEST(of_a_device_only_what_changes_is_sent),
		TEST(names_beyond_all_limits_are_not_sent),
		TEST(quotas_of_newer_kernels_are_left_out),
		TEST(more_quotas_than_there_are_resources_make_no_sense),
		TEST(only_named_quotas_are_set),
		TEST(the_default_mark_is_a_flag),
		TEST(the_tunnel_is_read_whole),
		TEST(of_the_tunnel_only_what_changes_is_sent),
		TEST(objects_of_one_device_are_listed),
		TEST(answers_that_make_no_sense_are_bad_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
