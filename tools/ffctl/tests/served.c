// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"

#include "fake_kernel.h"
#include "run.h"
#include "served.h"

static void put_dev(const struct nlmsghdr *request, const char *name)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, NLM_F_MULTI);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, name);
	fake_put_string(&msg, FREEFLOW_A_DEV_NODE, "ffverbs0");
	fake_put_string(&msg, FREEFLOW_A_DEV_LOWER, "rxe0");
	fake_put_string(&msg, FREEFLOW_A_DEV_IFNAME, "eth0");
	fake_put_u32(&msg, FREEFLOW_A_DEV_IFINDEX, 5);
	fake_put_u32(&msg, FREEFLOW_A_DEV_NETNS_INODE, NETNS_INODE);
	fake_put_u32(&msg, FREEFLOW_A_DEV_TABLE, 7);
	fake_put_u32(&msg, FREEFLOW_A_DEV_DATAPATH, 0);
	fake_put_u32(&msg, FREEFLOW_A_DEV_STATE, 99);
	fake_put_u64(&msg, FREEFLOW_A_DEV_ROUTE_MISSES, 3);
	fake_put_u64(&msg, FREEFLOW_A_DEV_PEER_REFUSALS, 2);
	fake_put_u64(&msg, FREEFLOW_A_DEV_PEER_TIMEOUTS, 1);
	if (!strcmp(name, "ff1")) {
		fake_put_u8(&msg, FREEFLOW_A_DEV_TCLASS, 0);
		fake_put(&msg, FREEFLOW_A_DEV_SL_MAP, "\3\3\2\3\4\5\6\7", 8);
	}
	fake_send(&msg);
}

/* What "tclass 255 sl-map 0:3 7:1" asks for, and "tclass none sl-map none". */
static void take_dev(const struct nlmsghdr *request)
{
	const bool none = fake_attr(request, FREEFLOW_A_DEV_NO_TCLASS, NULL);
	const uint8_t *tclass = fake_attr(request, FREEFLOW_A_DEV_TCLASS, NULL);
	size_t len;
	const void *sl_map = fake_attr(request, FREEFLOW_A_DEV_SL_MAP, &len);

	assert_int_equal(len, 8);
	assert_memory_equal(sl_map, none ? "\0\1\2\3\4\5\6\7" :
					   "\3\1\2\3\4\5\6\1", 8);
	assert_int_equal(!tclass, none);
	if (tclass)
		assert_int_equal(*tclass, 255);
}

static void put_routes(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_ROUTE_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_ROUTE_TABLE, 7);
	fake_put(&msg, FREEFLOW_A_ROUTE_PREFIX, "\x0a\x58\x00\x02", 4);
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PREFIX_LEN, 32);
	fake_put(&msg, FREEFLOW_A_ROUTE_HOST, "\x0a\x4d\x00\x02", 4);
	fake_put(&msg, FREEFLOW_A_ROUTE_EXTERNAL, NULL, 0);
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PROTO, FREEFLOW_ROUTE_PROTO_FFD);
	fake_send(&msg);
	fake_begin(&msg, request, FREEFLOW_CMD_ROUTE_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_ROUTE_TABLE, 0);
	fake_put(&msg, FREEFLOW_A_ROUTE_PREFIX, "\x0a\x58\x00\x01", 4);
	fake_put_string(&msg, FREEFLOW_A_ROUTE_LOCAL_DEV, "ff0");
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PROTO, FREEFLOW_ROUTE_PROTO_KERNEL);
	fake_send(&msg);
}

static void put_quota(const struct nlmsghdr *request)
{
	struct fake_msg msg;
	uint32_t type;
	size_t nest;

	fake_begin(&msg, request, FREEFLOW_CMD_QUOTA_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_QUOTA_NETNS_INODE, NETNS_INODE);
	fake_put_u64(&msg, FREEFLOW_A_QUOTA_PINNED_LIMIT, 1ULL << 33);
	fake_put_u64(&msg, FREEFLOW_A_QUOTA_PINNED_USED, 4096);
	fake_put_u64(&msg, FREEFLOW_A_QUOTA_PINNED_REFUSED, 2);
	for (type = FREEFLOW_RES_TYPE_CQ; type <= FREEFLOW_RES_TYPE_QP; type++) {
		nest = fake_nest(&msg, FREEFLOW_A_QUOTA_RES);
		fake_put_u32(&msg, FREEFLOW_A_QUOTA_RES_TYPE, type);
		fake_put_u32(&msg, FREEFLOW_A_QUOTA_RES_LIMIT,
			     type == FREEFLOW_RES_TYPE_QP ? 8 :
						FREEFLOW_QUOTA_UNLIMITED);
		fake_put_u32(&msg, FREEFLOW_A_QUOTA_RES_USED, 3);
		fake_nest_end(&msg, nest);
	}
	fake_send(&msg);
}

static void put_limits(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_LIMIT_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_LIMIT_NETNS_INODE, NETNS_INODE);
	fake_put_u64(&msg, FREEFLOW_A_LIMIT_RATE, 1250000000);
	fake_put_u64(&msg, FREEFLOW_A_LIMIT_BURST, 65536);
	fake_put_u32(&msg, FREEFLOW_A_LIMIT_WAITING, 2);
	fake_put_u32(&msg, FREEFLOW_A_LIMIT_WEIGHT, 10000);
	fake_send(&msg);
	fake_begin(&msg, request, FREEFLOW_CMD_LIMIT_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_LIMIT_NETNS_INODE, NETNS_INODE + 1);
	fake_put_u32(&msg, FREEFLOW_A_LIMIT_WEIGHT, 1);
	fake_send(&msg);
	fake_begin(&msg, request, FREEFLOW_CMD_LIMIT_GET, NLM_F_MULTI);
	fake_put_string(&msg, FREEFLOW_A_LIMIT_LOWER, "rxe0");
	fake_put_u64(&msg, FREEFLOW_A_LIMIT_RATE, 125000);
	fake_put_u64(&msg, FREEFLOW_A_LIMIT_BURST, 2);
	fake_send(&msg);
	fake_begin(&msg, request, FREEFLOW_CMD_LIMIT_GET, NLM_F_MULTI);
	fake_put_string(&msg, FREEFLOW_A_LIMIT_DEV, "ff0");
	fake_put_u32(&msg, FREEFLOW_A_LIMIT_QPN, 17);
	fake_put_u64(&msg, FREEFLOW_A_LIMIT_RATE, 1001);
	fake_put_u64(&msg, FREEFLOW_A_LIMIT_BURST, 1);
	fake_send(&msg);
}

/* Takes that of a QP below, or "limit set lower rxe0 rate 10mbit burst 64k". */
static void take_limit(const struct nlmsghdr *request)
{
	const char *lower = fake_attr(request, FREEFLOW_A_LIMIT_LOWER, NULL);
	const uint64_t rate = 1250000, burst = 65536;
	size_t len;

	assert_memory_equal(fake_attr(request, FREEFLOW_A_LIMIT_RATE, &len),
			    &rate, sizeof(rate));
	assert_memory_equal(fake_attr(request, FREEFLOW_A_LIMIT_BURST, &len),
			    &burst, sizeof(burst));
	if (lower) {
		assert_string_equal(lower, "rxe0");
		assert_int_equal(fake_attr_count(request), 3);
		return;
	}
	assert_string_equal(fake_attr(request, FREEFLOW_A_LIMIT_DEV, &len),
			    "ff0");
	assert_int_equal(*(uint32_t *)fake_attr(request, FREEFLOW_A_LIMIT_QPN,
						&len), 17);
	assert_null(fake_attr(request, FREEFLOW_A_LIMIT_NETNS_FD, &len));
}

static void put_lower(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_LOWER_GET, NLM_F_MULTI);
	fake_put_string(&msg, FREEFLOW_A_LOWER_NAME, "rxe0");
	fake_put_u32(&msg, FREEFLOW_A_LOWER_DEVS, 2);
	fake_put(&msg, FREEFLOW_A_LOWER_DEFAULT, NULL, 0);
	fake_send(&msg);
}

void served_tunnel(const struct nlmsghdr *request, int cmd)
{
	struct fake_msg msg;

	fake_begin(&msg, request, cmd, 0);
	fake_put(&msg, FREEFLOW_A_TUNNEL_PORT, "\xc7\x39", 2);
	fake_put(&msg, FREEFLOW_A_TUNNEL_HAS_KEY, NULL, 0);
	fake_put_u64(&msg, FREEFLOW_A_TUNNEL_SENT, 5);
	fake_put_u64(&msg, FREEFLOW_A_TUNNEL_RECEIVED, 4);
	fake_put_u64(&msg, FREEFLOW_A_TUNNEL_MISROUTED, 1ULL << 40);
	if (request)
		fake_send(&msg);
	else
		fake_event(&msg);
}

/* What a change must hold; the key is 00 01 02 ... */
static void take_tunnel(const struct nlmsghdr *request)
{
	const uint8_t *key;
	size_t i, len;

	key = fake_attr(request, FREEFLOW_A_TUNNEL_KEY, &len);
	if (!key) {
		assert_non_null(fake_attr(request, FREEFLOW_A_TUNNEL_NO_KEY,
					  NULL));
		return;
	}
	assert_int_equal(len, FREEFLOW_TUNNEL_KEY_LEN);
	for (i = 0; i < len; i++)
		assert_int_equal(key[i], i);
}

static void put_res(const struct nlmsghdr *request)
{
	uint32_t type = fake_attr_u32(request, FREEFLOW_A_RES_TYPE);
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_RES_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_RES_TYPE, type);
	fake_put_string(&msg, FREEFLOW_A_RES_DEV, "ff0");
	fake_put_u32(&msg, FREEFLOW_A_RES_HANDLE, 4);
	fake_put_u32(&msg, FREEFLOW_A_RES_PID, 812);
	fake_put_string(&msg, FREEFLOW_A_RES_COMM, "a\x1b[2J\"\n\xff z");
	fake_put_u64(&msg, FREEFLOW_A_RES_MR_LENGTH, 1ULL << 33);
	fake_put_u32(&msg, FREEFLOW_A_RES_QP_QPN, 17);
	fake_put_u32(&msg, FREEFLOW_A_RES_QP_TYPE, FREEFLOW_QP_TYPE_UD);
	fake_put_u32(&msg, FREEFLOW_A_RES_QP_STATE, FREEFLOW_QP_STATE_RTS);
	fake_put_u32(&msg, FREEFLOW_A_RES_QP_DEST_QPN, 18);
	fake_put(&msg, FREEFLOW_A_RES_QP_DEST, "\x0a\x58\x00\x02", 4);
	fake_put(&msg, FREEFLOW_A_RES_QP_HOST, "\x0a\x4d\x00\x02", 4);
	fake_put_u8(&msg, FREEFLOW_A_RES_TCLASS, 104);
	fake_put_u8(&msg, FREEFLOW_A_RES_SL, 3);
	fake_send(&msg);
}

static void put_count(struct fake_msg *msg, int nest_type, int type_attr,
		      uint32_t type, int count_attr, uint64_t count)
{
	size_t nest = fake_nest(msg, nest_type);

	fake_put_u32(msg, type_attr, type);
	fake_put_u64(msg, count_attr, count);
	fake_nest_end(msg, nest);
}

static void put_stat(const struct nlmsghdr *request)
{
	const uint32_t scope = fake_attr_u32(request, FREEFLOW_A_STAT_SCOPE);
	struct fake_msg msg;
	size_t nest;

	fake_begin(&msg, request, FREEFLOW_CMD_STAT_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_STAT_SCOPE, scope);
	if (scope != FREEFLOW_STAT_SCOPE_NETNS)
		fake_put_string(&msg, FREEFLOW_A_STAT_DEV, "f\"f\\\n0");
	fake_put_u32(&msg, FREEFLOW_A_STAT_NETNS_INODE, NETNS_INODE);
	if (scope == FREEFLOW_STAT_SCOPE_QP)
		fake_put_u32(&msg, FREEFLOW_A_STAT_QPN, 17);
	if (scope == FREEFLOW_STAT_SCOPE_DEV)
		fake_put_u8(&msg, FREEFLOW_A_STAT_PER_QP, 1);
	nest = fake_nest(&msg, FREEFLOW_A_STAT_OP);
	fake_put_u32(&msg, FREEFLOW_A_STAT_OP_TYPE, FREEFLOW_STAT_OP_RECV_WRITE);
	fake_put_u64(&msg, FREEFLOW_A_STAT_OP_MESSAGES, 3);
	fake_put_u64(&msg, FREEFLOW_A_STAT_OP_BYTES, UINT64_MAX);
	fake_nest_end(&msg, nest);
	put_count(&msg, FREEFLOW_A_STAT_COMPLETION,
		  FREEFLOW_A_STAT_COMPLETION_STATUS, 12,
		  FREEFLOW_A_STAT_COMPLETION_COUNT, 2);
	put_count(&msg, FREEFLOW_A_STAT_TALLY, FREEFLOW_A_STAT_TALLY_TYPE,
		  FREEFLOW_STAT_TALLY_THROTTLED_NS,
		  FREEFLOW_A_STAT_TALLY_COUNT, 1000000001);
	fake_send(&msg);
}

void serve(const struct nlmsghdr *request)
{
	switch (fake_cmd(request)) {
	case FREEFLOW_CMD_DEV_GET:
		put_dev(request, "ff0");
		if (!(request->nlmsg_flags & NLM_F_ACK))
			put_dev(request, "ff1");
		break;
	case FREEFLOW_CMD_DEV_NEW:
	case FREEFLOW_CMD_DEV_SET:
		take_dev(request);
		break;
	case FREEFLOW_CMD_ROUTE_GET:
		if (request->nlmsg_flags & NLM_F_ACK) {
			fake_ack(request, -ENETUNREACH, NULL);
			return;
		}
		put_routes(request);
		break;
	case FREEFLOW_CMD_QUOTA_GET:
		put_quota(request);
		break;
	case FREEFLOW_CMD_LIMIT_GET:
		put_limits(request);
		break;
	case FREEFLOW_CMD_LIMIT_SET:
		take_limit(request);
		break;
	case FREEFLOW_CMD_LOWER_GET:
		put_lower(request);
		break;
	case FREEFLOW_CMD_RES_GET:
		put_res(request);
		break;
	case FREEFLOW_CMD_STAT_GET:
		put_stat(request);
		break;
	case FREEFLOW_CMD_TUNNEL_GET:
		served_tunnel(request, FREEFLOW_CMD_TUNNEL_GET);
		break;
	case FREEFLOW_CMD_TUNNEL_SET:
		take_tunnel(request);
		break;
	}
	if (request->nlmsg_flags & NLM_F_ACK)
		fake_ack(request, 0, NULL);
	else
		fake_done(request, 0, NULL);
}
