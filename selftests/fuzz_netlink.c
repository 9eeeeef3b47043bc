// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_netlink [-n REQUESTS] [-s SEED] [-i INTERFACE] [-N NETNS]
 * fuzz_netlink [-s SEED] [-i INTERFACE] [-N NETNS] -c CORPUS [-o OUT [-T SECONDS]]
 *
 * A seeded fuzzer of the netlink family: half-valid requests of all commands, with
 * attributes of the right kind or not, twice, too short, or of none. Each has to be
 * answered. Devices that it makes are on INTERFACE of the network namespace NETNS, by
 * path, whose quota and limit it sets as well. -c: guided, as in fuzz_guide.h; what an
 * input has set is taken back before the next one.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <string.h>
#include <unistd.h>

#include "../uapi/freeflow.h"
#include "fuzz_guide.h"
#include "ktap.h"

#define TIMEOUT_S	20
#define ERRNOS		160
#define LOWER		"rxe0"

enum kind {
	NONE,	/* what the module answers with */
	FLAG,
	SMALL,	/* 1, 2 and 4 bytes */
	SHORT,
	INT,
	LONG,
	NAME,
	INTERFACE,
	NETNS,
	ADDRESS,
	KEY,
	LEVELS,
	RESOURCE,	/* nested */
};

struct noun {
	const enum kind *kinds;
	int max;
};

static const enum kind dev_kinds[FREEFLOW_A_DEV_MAX + 1] = {
	[FREEFLOW_A_DEV_NAME] = NAME,
	[FREEFLOW_A_DEV_LOWER] = NAME,
	[FREEFLOW_A_DEV_IFNAME] = INTERFACE,
	[FREEFLOW_A_DEV_NETNS_FD] = NETNS,
	[FREEFLOW_A_DEV_TABLE] = INT,
	[FREEFLOW_A_DEV_DATAPATH] = INT,
	[FREEFLOW_A_DEV_TCLASS] = SMALL,
	[FREEFLOW_A_DEV_NO_TCLASS] = FLAG,
	[FREEFLOW_A_DEV_SL_MAP] = LEVELS,
};

static const enum kind route_kinds[FREEFLOW_A_ROUTE_MAX + 1] = {
	[FREEFLOW_A_ROUTE_TABLE] = INT,
	[FREEFLOW_A_ROUTE_PREFIX] = ADDRESS,
	[FREEFLOW_A_ROUTE_PREFIX_LEN] = SMALL,
	[FREEFLOW_A_ROUTE_HOST] = ADDRESS,
	[FREEFLOW_A_ROUTE_EXTERNAL] = FLAG,
	[FREEFLOW_A_ROUTE_REPLACE] = FLAG,
	[FREEFLOW_A_ROUTE_PROTO] = SMALL,
};

static const enum kind quota_kinds[FREEFLOW_A_QUOTA_MAX + 1] = {
	[FREEFLOW_A_QUOTA_NETNS_FD] = NETNS,
	[FREEFLOW_A_QUOTA_RES] = RESOURCE,
	[FREEFLOW_A_QUOTA_PINNED_LIMIT] = LONG,
};

static const enum kind lower_kinds[FREEFLOW_A_LOWER_MAX + 1] = {
	[FREEFLOW_A_LOWER_NAME] = NAME,
	[FREEFLOW_A_LOWER_DEFAULT] = FLAG,
};

static const enum kind res_kinds[FREEFLOW_A_RES_MAX + 1] = {
	[FREEFLOW_A_RES_TYPE] = INT,
	[FREEFLOW_A_RES_DEV] = NAME,
};

static const enum kind tunnel_kinds[FREEFLOW_A_TUNNEL_MAX + 1] = {
	[FREEFLOW_A_TUNNEL_PORT] = SHORT,
	[FREEFLOW_A_TUNNEL_KEY] = KEY,
	[FREEFLOW_A_TUNNEL_NO_KEY] = FLAG,
};

static const enum kind stat_kinds[FREEFLOW_A_STAT_MAX + 1] = {
	[FREEFLOW_A_STAT_SCOPE] = INT,
	[FREEFLOW_A_STAT_DEV] = NAME,
	[FREEFLOW_A_STAT_PER_QP] = SMALL,
};

static const enum kind limit_kinds[FREEFLOW_A_LIMIT_MAX + 1] = {
	[FREEFLOW_A_LIMIT_DEV] = NAME,
	[FREEFLOW_A_LIMIT_QPN] = INT,
	[FREEFLOW_A_LIMIT_NETNS_FD] = NETNS,
	[FREEFLOW_A_LIMIT_RATE] = LONG,
	[FREEFLOW_A_LIMIT_BURST] = LONG,
	[FREEFLOW_A_LIMIT_LOWER] = NAME,
	[FREEFLOW_A_LIMIT_WEIGHT] = INT,
};

static const struct noun devs = { dev_kinds, FREEFLOW_A_DEV_MAX };
static const struct noun routes = { route_kinds, FREEFLOW_A_ROUTE_MAX };
static const struct noun quotas = { quota_kinds, FREEFLOW_A_QUOTA_MAX };
static const struct noun lowers = { lower_kinds, FREEFLOW_A_LOWER_MAX };
static const struct noun resources = { res_kinds, FREEFLOW_A_RES_MAX };
static const struct noun tunnels = { tunnel_kinds, FREEFLOW_A_TUNNEL_MAX };
static const struct noun stats = { stat_kinds, FREEFLOW_A_STAT_MAX };
static const struct noun limits = { limit_kinds, FREEFLOW_A_LIMIT_MAX };

/* Those that are told to listeners only are no requests. */
static const struct command {
	const char *name;
	const struct noun *noun;
	bool dumps;
} commands[FREEFLOW_CMD_MAX + 1] = {
	[FREEFLOW_CMD_DEV_GET] = { "dev get", &devs, true },
	[FREEFLOW_CMD_DEV_NEW] = { "dev new", &devs, false },
	[FREEFLOW_CMD_DEV_SET] = { "dev set", &devs, false },
	[FREEFLOW_CMD_DEV_DEL] = { "dev del", &devs, false },
	[FREEFLOW_CMD_ROUTE_GET] = { "route get", &routes, true },
	[FREEFLOW_CMD_ROUTE_NEW] = { "route new", &routes, false },
	[FREEFLOW_CMD_ROUTE_DEL] = { "route del", &routes, false },
	[FREEFLOW_CMD_ROUTE_FLUSH] = { "route flush", &routes, false },
	[FREEFLOW_CMD_QUOTA_GET] = { "quota get", &quotas, true },
	[FREEFLOW_CMD_QUOTA_SET] = { "quota set", &quotas, false },
	[FREEFLOW_CMD_LOWER_GET] = { "lower get", &lowers, true },
	[FREEFLOW_CMD_LOWER_SET] = { "lower set", &lowers, false },
	[FREEFLOW_CMD_RES_GET] = { "res get", &resources, true },
	[FREEFLOW_CMD_TUNNEL_GET] = { "tunnel get", &tunnels, false },
	[FREEFLOW_CMD_TUNNEL_SET] = { "tunnel set", &tunnels, false },
	[FREEFLOW_CMD_STAT_GET] = { "stat get", &stats, true },
	[FREEFLOW_CMD_STAT_SET] = { "stat set", &stats, false },
	[FREEFLOW_CMD_LIMIT_GET] = { "limit get", &limits, true },
	[FREEFLOW_CMD_LIMIT_SET] = { "limit set", &limits, false },
	[FREEFLOW_CMD_LIMIT_DEL] = { "limit del", &limits, false },
};

static const char *const names[] = { "fuzz0", "fuzz0", LOWER, "fuzz1", "nobody", "" };
static const char *interface = "nobody";
static int netns = -1;

static struct fuzz_random *random_numbers;
static unsigned int results[FREEFLOW_CMD_MAX + 1][ERRNOS];

static uint32_t below(uint32_t limit)
{
	return fuzz_below(random_numbers, limit);
}

static bool one_in(uint32_t odds)
{
	return fuzz_one_in(random_numbers, odds);
}

/* Mostly small, now and then of any size or at an end of what there is. */
static uint64_t any_number(void)
{
	switch (below(8)) {
	case 0:
		return fuzz_next(random_numbers);
	case 1:
		return UINT64_MAX - below(2);
	case 2:
		return 1ull << below(64);
	default:
		return below(130);
	}
}

static void put_noise(struct nl_msg *msg, int type, int most)
{
	uint8_t noise[64];

	fuzz_fill(random_numbers, noise, most);
	nla_put(msg, type, below(most + 1), noise);
}

/* 10.99.0.x or fd99::x, of few. */
static void put_address(struct nl_msg *msg, int type)
{
	uint8_t address[16] = { 10, 99, 0, one_in(2) ? 0 : below(4) };

	if (one_in(2)) {
		memset(address, 0, sizeof(address));
		address[0] = 0xfd;
		address[1] = 0x99;
		address[15] = one_in(2) ? 0 : below(4);
		nla_put(msg, type, 16, address);
	} else {
		nla_put(msg, type, 4, address);
	}
}

static void put_levels(struct nl_msg *msg, int type)
{
	uint8_t levels[FREEFLOW_SL_COUNT];
	int i;

	for (i = 0; i < FREEFLOW_SL_COUNT; i++)
		levels[i] = below(9);
	nla_put(msg, type, sizeof(levels), levels);
}

static void put_resource(struct nl_msg *msg, int type)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest)
		return;
	if (!one_in(8))
		nla_put_u32(msg, FREEFLOW_A_QUOTA_RES_TYPE, below(9));
	if (!one_in(8))
		nla_put_u32(msg, FREEFLOW_A_QUOTA_RES_LIMIT, any_number());
	if (one_in(8))
		put_noise(msg, below(8), 16);
	nla_nest_end(msg, nest);
}

static void put_attribute(struct nl_msg *msg, int type, enum kind kind)
{
	uint8_t key[FREEFLOW_TUNNEL_KEY_LEN] = { 1 };

	static const uint8_t usual[] = { 0, 1, 2, 4, 24, 32, 64, 128 };

	switch (kind) {
	case FLAG:
		nla_put_flag(msg, type);
		break;
	case SMALL:
		nla_put_u8(msg, type, one_in(4) ? any_number() : usual[below(sizeof(usual))]);
		break;
	case SHORT:
		nla_put_u16(msg, type, any_number());
		break;
	case INT:
		nla_put_u32(msg, type, one_in(4) ? any_number() : below(3));
		break;
	case LONG:
		nla_put_u64(msg, type, any_number());
		break;
	case NAME:
		nla_put_string(msg, type, names[below(sizeof(names) / sizeof(names[0]))]);
		break;
	case INTERFACE:
		nla_put_string(msg, type, one_in(8) ? "nobody" : interface);
		break;
	case NETNS:
		nla_put_u32(msg, type, one_in(8) ? below(8) : (uint32_t)netns);
		break;
	case ADDRESS:
		put_address(msg, type);
		break;
	case KEY:
		nla_put(msg, type, sizeof(key), key);
		break;
	case LEVELS:
		put_levels(msg, type);
		break;
	case RESOURCE:
		put_resource(msg, type);
		break;
	case NONE:
		if (one_in(16))
			put_noise(msg, type, 8);
		break;
	}
}

/* In two of three requests, what is there is right. */
static void put_attributes(struct nl_msg *msg, const struct noun *noun)
{
	bool sound = !one_in(3);
	uint32_t odds = 1 + below(4);
	int type;

	for (type = 1; type <= noun->max; type++) {
		if (noun->kinds[type] == NONE && sound)
			continue;
		if (below(4) >= odds)
			continue;
		if (!sound && one_in(8))
			put_noise(msg, type, 64);
		else
			put_attribute(msg, type, noun->kinds[type]);
		if (!sound && one_in(16))
			put_attribute(msg, type, noun->kinds[type]);
	}
	if (!sound && one_in(4))
		put_noise(msg, below(1 << 16), 64);
}

static int seen_error(__attribute__((unused)) struct sockaddr_nl *address,
		      struct nlmsgerr *error, void *arg)
{
	*(int *)arg = -error->error;
	return NL_STOP;
}

static int seen_end(__attribute__((unused)) struct nl_msg *msg, void *arg)
{
	*(int *)arg = 0;
	return NL_STOP;
}

/* Returns what the module says, or -1 when it says nothing. */
static int ask(struct nl_sock *socket, struct nl_msg *msg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int said = -1, err;

	if (!cb)
		return -1;
	nl_cb_err(cb, NL_CB_CUSTOM, seen_error, &said);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, seen_end, &said);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, seen_end, &said);
	err = nl_send_auto(socket, msg);
	while (said < 0 && err >= 0)
		err = nl_recvmsgs(socket, cb);
	nl_cb_put(cb);
	return said;
}

static bool request(struct nl_sock *socket, int family, int cmd)
{
	const struct command *command = &commands[cmd];
	struct nl_msg *msg = nlmsg_alloc();
	int flags = command->dumps && one_in(2) ? NLM_F_DUMP : NLM_F_ACK;
	int said;

	if (!msg)
		return false;
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_REQUEST | flags, cmd,
		    FREEFLOW_FAMILY_VERSION);
	put_attributes(msg, command->noun);
	said = ask(socket, msg);
	nlmsg_free(msg);
	if (said < 0 || said >= ERRNOS)
		return false;
	results[cmd][said]++;
	return true;
}

static bool any_request(struct nl_sock *socket, int family)
{
	int cmd;

	do {
		cmd = below(FREEFLOW_CMD_MAX + 1);
	} while (!commands[cmd].noun);
	return request(socket, family, cmd);
}

static void print_results(int cmd)
{
	int err;

	printf("# %-14s", commands[cmd].name);
	for (err = 0; err < ERRNOS; err++)
		if (results[cmd][err])
			printf(" %s %u", err ? strerrorname_np(err) : "ok", results[cmd][err]);
	printf("\n");
}

static struct nl_sock *open_socket(int *family)
{
	struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct nl_sock *socket = nl_socket_alloc();

	if (!socket || genl_connect(socket))
		return NULL;
	nl_socket_disable_seq_check(socket);
	if (setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)))
		return NULL;
	*family = genl_ctrl_resolve(socket, FREEFLOW_FAMILY_NAME);
	return *family < 0 ? NULL : socket;
}

/* Guided: what an input may have set, and what is told to take it back. */

static void name_device(struct nl_msg *msg, int which)
{
	nla_put_string(msg, FREEFLOW_A_DEV_NAME, names[which]);
}

static void name_nothing(__attribute__((unused)) struct nl_msg *msg,
			 __attribute__((unused)) int which)
{
}

static void name_lower_limit(struct nl_msg *msg, __attribute__((unused)) int which)
{
	nla_put_string(msg, FREEFLOW_A_LIMIT_LOWER, LOWER);
}

static void name_lower(struct nl_msg *msg, __attribute__((unused)) int which)
{
	nla_put_string(msg, FREEFLOW_A_LOWER_NAME, LOWER);
}

static void name_netns_limit(struct nl_msg *msg, __attribute__((unused)) int which)
{
	nla_put_u32(msg, FREEFLOW_A_LIMIT_NETNS_FD, netns);
}

static void name_quota(struct nl_msg *msg, int type)
{
	struct nlattr *nest;

	nla_put_u32(msg, FREEFLOW_A_QUOTA_NETNS_FD, netns);
	nla_put_u64(msg, FREEFLOW_A_QUOTA_PINNED_LIMIT, FREEFLOW_QUOTA_PINNED_UNLIMITED);
	nest = nla_nest_start(msg, FREEFLOW_A_QUOTA_RES);
	nla_put_u32(msg, FREEFLOW_A_QUOTA_RES_TYPE, type);
	nla_put_u32(msg, FREEFLOW_A_QUOTA_RES_LIMIT, FREEFLOW_QUOTA_UNLIMITED);
	nla_nest_end(msg, nest);
}

static void name_tunnel(struct nl_msg *msg, __attribute__((unused)) int which)
{
	nla_put_u16(msg, FREEFLOW_A_TUNNEL_PORT, FREEFLOW_TUNNEL_PORT);
	nla_put_flag(msg, FREEFLOW_A_TUNNEL_NO_KEY);
}

static const struct {
	int cmd;
	int times;
	void (*name)(struct nl_msg *msg, int which);
} taken_back[] = {
	{ FREEFLOW_CMD_DEV_DEL, sizeof(names) / sizeof(names[0]), name_device },
	{ FREEFLOW_CMD_ROUTE_FLUSH, 1, name_nothing },
	{ FREEFLOW_CMD_LIMIT_DEL, 1, name_lower_limit },
	{ FREEFLOW_CMD_LIMIT_DEL, 1, name_netns_limit },
	{ FREEFLOW_CMD_LOWER_SET, 1, name_lower },
	{ FREEFLOW_CMD_QUOTA_SET, FREEFLOW_RES_TYPE_MAX + 1, name_quota },
	{ FREEFLOW_CMD_TUNNEL_SET, 1, name_tunnel },
};

static struct {
	struct nl_sock *socket;
	int family;
} guided;

/* Much of it was never set. */
static void take_back(int cmd, void (*name)(struct nl_msg *msg, int which), int which)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg)
		exit(EXIT_FAILURE);
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, guided.family, 0, NLM_F_REQUEST | NLM_F_ACK,
		    cmd, FREEFLOW_FAMILY_VERSION);
	name(msg, which);
	if (ask(guided.socket, msg) < 0)
		_exit(EXIT_FAILURE);
	nlmsg_free(msg);
}

static void begin_input(__attribute__((unused)) void *context)
{
	unsigned int i;
	int which;

	guided.socket = open_socket(&guided.family);
	if (!guided.socket)
		_exit(EXIT_FAILURE);
	for (i = 0; i < sizeof(taken_back) / sizeof(taken_back[0]); i++)
		for (which = 0; which < taken_back[i].times; which++)
			take_back(taken_back[i].cmd, taken_back[i].name, which);
}

static void step_input(__attribute__((unused)) void *context, struct fuzz_random *random)
{
	random_numbers = random;
	if (!any_request(guided.socket, guided.family))
		_exit(EXIT_FAILURE);
}

static unsigned int parse(int argc, char **argv, uint64_t *seed, struct fuzz_guide_options *guide)
{
	unsigned int requests = 50000;
	int option;

	while ((option = getopt(argc, argv, "n:s:i:N:" FUZZ_GUIDE_OPTIONS)) != -1) {
		switch (option) {
		case 'n':
			requests = atoi(optarg);
			break;
		case 's':
			*seed = strtoull(optarg, NULL, 0);
			break;
		case 'i':
			interface = optarg;
			break;
		case 'N':
			netns = open(optarg, O_RDONLY | O_CLOEXEC);
			break;
		default:
			if (!fuzz_guide_option(guide, option, optarg))
				exit(2);
		}
	}
	return requests;
}

int main(int argc, char **argv)
{
	struct fuzz_guide_options guide = { 0 };
	struct fuzz_random random = { .state = 1 };
	unsigned int requests = parse(argc, argv, &random.state, &guide), done = 0;
	struct nl_sock *socket;
	int family, cmd;

	if (guide.corpus)
		return fuzz_guide(&guide, &(struct fuzz_target){
			.begin = begin_input,
			.step = step_input,
		}, random.state);
	random_numbers = &random;
	ktap_start();
	printf("# seed %llu\n", (unsigned long long)random.state);
	socket = open_socket(&family);
	while (socket && done < requests && any_request(socket, family))
		done++;
	ktap_result(done == requests, "%u requests, each answered", done);
	for (cmd = 0; cmd <= FREEFLOW_CMD_MAX; cmd++) {
		if (!commands[cmd].noun)
			continue;
		print_results(cmd);
		ktap_result(results[cmd][0], "%s succeeded at times", commands[cmd].name);
	}
	nl_socket_free(socket);
	return ktap_finish();
}
