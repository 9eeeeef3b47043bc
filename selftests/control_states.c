// SPDX-License-Identifier: GPL-2.0
/* Cases of verbs_control about a QP's states and attributes. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"

#define STATES		7
#define SETTLE_TRIES	2000
#define ALL_ATTRIBUTES	((IBV_QP_DEST_QPN << 1) - 1)

static const char *const state_names[STATES] = {
	"RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR",
};

/* A QP connected to itself. */
static struct ibv_qp_attr attributes_of(const struct end *end)
{
	return (struct ibv_qp_attr){
		.port_num = 1,
		.qp_access_flags = end->qp_type == IBV_QPT_UD ? 0 : END_ACCESS,
		.qkey = 0x11111111,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = end->qp->qp_num,
		.rq_psn = 0x123456,
		.sq_psn = 0x123456,
		.max_dest_rd_atomic = 4,
		.max_rd_atomic = 4,
		.min_rnr_timer = 12,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 6,
		.ah_attr = {
			.is_global = 1,
			.port_num = 1,
			.grh = {
				.dgid = end->gid,
				.sgid_index = end->gid_index,
				.hop_limit = 64,
				.traffic_class = 32,
				.flow_label = 0x54321,
			},
		},
	};
}

/* What a transition asks for beside the state, of those that are legal. */
static int mask_of(enum ibv_qp_type type, enum ibv_qp_state from, enum ibv_qp_state to)
{
	bool rc = type == IBV_QPT_RC, ud = type == IBV_QPT_UD;

	if (from == IBV_QPS_RESET && to == IBV_QPS_INIT)
		return IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
		       (ud ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS);
	if (from == IBV_QPS_INIT && to == IBV_QPS_RTR && !ud)
		return IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
		       IBV_QP_RQ_PSN |
		       (rc ? IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER : 0);
	if (from == IBV_QPS_RTR && to == IBV_QPS_RTS)
		return IBV_QP_STATE | IBV_QP_SQ_PSN |
		       (rc ? IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
			     IBV_QP_MAX_QP_RD_ATOMIC : 0);
	return IBV_QP_STATE;
}

static int modify(struct end *end, enum ibv_qp_state from, enum ibv_qp_state to)
{
	struct ibv_qp_attr attr = attributes_of(end);

	attr.qp_state = to;
	return ibv_modify_qp(end->qp, &attr, mask_of(end->qp_type, from, to));
}

/* Until the send queue is drained, if it drains. */
static void settle(struct end *end)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	int tries = 0;

	do {
		if (ibv_query_qp(end->qp, &attr, IBV_QP_STATE, &init))
			give_up("query_qp");
		if (attr.qp_state != IBV_QPS_SQD || !attr.sq_draining)
			return;
		poll(NULL, 0, 1);
	} while (++tries < SETTLE_TRIES);
	printf("the send queue does not drain\n");
}

/* A fresh QP in a state. There is no way into SQE by request. */
static void bring_to(struct end *end, enum ibv_qp_state state)
{
	static const enum ibv_qp_state way[] = {
		IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS, IBV_QPS_SQD,
	};
	enum ibv_qp_type type = end->qp_type;
	const char *why;
	int i, err = 0;

	end_destroy_qp(end);
	why = end_create_qp(end, type);
	if (why)
		give_up("%s", why);
	if (state == IBV_QPS_ERR) {
		err = modify(end, IBV_QPS_RESET, IBV_QPS_INIT);
		if (!err)
			err = modify(end, IBV_QPS_INIT, IBV_QPS_ERR);
	}
	for (i = 0; way[i] != state && state != IBV_QPS_ERR && !err; i++)
		err = modify(end, way[i], way[i + 1]);
	if (err)
		give_up("to %s: %s", state_names[state], strerror(err));
	settle(end);
}

static void transitions(struct end *end, const char *kind)
{
	static const enum ibv_qp_state starts[] = {
		IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS, IBV_QPS_SQD, IBV_QPS_ERR,
	};
	char name[64];
	unsigned int i;
	int to, err;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		for (to = 0; to < STATES; to++) {
			bring_to(end, starts[i]);
			err = modify(end, starts[i], to);
			settle(end);
			snprintf(name, sizeof(name), "%s, %s to %s", kind, state_names[starts[i]],
				 state_names[to]);
			show(name, err);
		}
	}
}

/* Attributes that may change without or along with a change of state. */
static void changes(struct end *end, const char *kind)
{
	static const struct {
		const char *name;
		int mask;
	} masks[] = {
		{ "nothing", 0 },
		{ "the state as it is", IBV_QP_STATE | IBV_QP_CUR_STATE },
		{ "another current state", IBV_QP_CUR_STATE },
		{ "access", IBV_QP_STATE | IBV_QP_ACCESS_FLAGS },
		{ "access alone", IBV_QP_ACCESS_FLAGS },
		{ "path", IBV_QP_STATE | IBV_QP_AV },
		{ "path alone", IBV_QP_AV },
		{ "port", IBV_QP_STATE | IBV_QP_PORT },
		{ "Q_Key", IBV_QP_STATE | IBV_QP_QKEY },
		{ "P_Key", IBV_QP_STATE | IBV_QP_PKEY_INDEX },
		{ "path MTU", IBV_QP_STATE | IBV_QP_PATH_MTU },
		{ "timeout", IBV_QP_STATE | IBV_QP_TIMEOUT },
		{ "retries", IBV_QP_STATE | IBV_QP_RETRY_CNT },
		{ "RNR retries", IBV_QP_STATE | IBV_QP_RNR_RETRY },
		{ "RNR timer", IBV_QP_STATE | IBV_QP_MIN_RNR_TIMER },
		{ "atomics out", IBV_QP_STATE | IBV_QP_MAX_QP_RD_ATOMIC },
		{ "atomics in", IBV_QP_STATE | IBV_QP_MAX_DEST_RD_ATOMIC },
		{ "receive PSN", IBV_QP_STATE | IBV_QP_RQ_PSN },
		{ "send PSN", IBV_QP_STATE | IBV_QP_SQ_PSN },
		{ "destination", IBV_QP_STATE | IBV_QP_DEST_QPN },
		{ "alternate path", IBV_QP_STATE | IBV_QP_ALT_PATH },
		{ "migration", IBV_QP_STATE | IBV_QP_PATH_MIG_STATE },
		{ "capacities", IBV_QP_STATE | IBV_QP_CAP },
		{ "notification of SQD", IBV_QP_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY },
		{ "rate limit", IBV_QP_STATE | IBV_QP_RATE_LIMIT },
	};
	static const enum ibv_qp_state states[] = {
		IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS, IBV_QPS_SQD,
	};
	struct ibv_qp_attr attr;
	char name[64];
	unsigned int i, j;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		for (j = 0; j < sizeof(masks) / sizeof(masks[0]); j++) {
			bring_to(end, states[i]);
			attr = attributes_of(end);
			attr.qp_state = states[i];
			attr.cur_qp_state = states[i];
			attr.alt_port_num = 1;
			attr.alt_ah_attr = attr.ah_attr;
			snprintf(name, sizeof(name), "%s in %s, %s", kind, state_names[states[i]],
				 masks[j].name);
			show(name, ibv_modify_qp(end->qp, &attr, masks[j].mask));
		}
	}
}

static void show_attributes(struct end *end, const char *kind, const char *where)
{
	struct ibv_qp_init_attr init = {};
	struct ibv_qp_attr attr = {};
	const struct ibv_ah_attr *ah = &attr.ah_attr;

	if (ibv_query_qp(end->qp, &attr, ALL_ATTRIBUTES, &init))
		give_up("query_qp");
	printf("%s in %s: state %d, MTU %d, migration %d, Q_Key %#x, PSNs %#x %#x, to %s QP, access %#x\n",
	       kind, where, attr.qp_state, attr.path_mtu, attr.path_mig_state, attr.qkey,
	       attr.rq_psn, attr.sq_psn, attr.dest_qp_num == end->qp->qp_num ? "this" :
	       attr.dest_qp_num ? "another" : "no", attr.qp_access_flags);
	printf(" P_Key %u, alternate %u %u %u, draining %u, atomics %u %u, RNR %u, port %u, timeout %u, retries %u %u\n",
	       attr.pkey_index, attr.alt_pkey_index, attr.alt_port_num, attr.alt_timeout,
	       attr.sq_draining, attr.max_rd_atomic, attr.max_dest_rd_atomic, attr.min_rnr_timer,
	       attr.port_num, attr.timeout, attr.retry_cnt, attr.rnr_retry);
	if (end->qp_type != IBV_QPT_UD && attr.qp_state >= IBV_QPS_RTR &&
	    attr.qp_state <= IBV_QPS_SQD)
		printf(" path to %s, global %u, sl %u, port %u, hops %s, class %u, flow %#x, source %u\n",
		       memcmp(&ah->grh.dgid, &end->gid, sizeof(end->gid)) ? "elsewhere" :
		       "this device", ah->is_global, ah->sl, ah->port_num,
		       ah->grh.hop_limit ? "set" : "0", ah->grh.traffic_class,
		       ah->grh.flow_label, ah->grh.sgid_index);
	printf(" capacities %u %u %u %u %u, signals all %d, type %d\n", init.cap.max_send_wr,
	       init.cap.max_recv_wr, init.cap.max_send_sge, init.cap.max_recv_sge,
	       init.cap.max_inline_data, init.sq_sig_all, init.qp_type);
}

static void queries(struct end *end, const char *kind)
{
	static const enum ibv_qp_state states[] = {
		IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS, IBV_QPS_SQD, IBV_QPS_ERR,
	};
	unsigned int i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		bring_to(end, states[i]);
		show_attributes(end, kind, state_names[states[i]]);
	}
}

static int to_state(struct end *end, enum ibv_qp_state state)
{
	struct ibv_qp_attr attr = { .qp_state = state };

	return ibv_modify_qp(end->qp, &attr, IBV_QP_STATE);
}

/* Back to RESET and up again, twice, with data each time. */
static void starts_over(enum ibv_qp_type type, const char *kind)
{
	struct loop loop;
	int round;

	loop_open(&loop, type);
	for (round = 0; round < 3; round++) {
		loop_connect(&loop);
		loop_receive(&loop, 10);
		loop_send(&loop, 0, 10, 0);
		printf("%s, round %d: sent %s, received %s\n", kind, round,
		       loop_completions(loop.a.send_cq, 0, 10) ? "all" : "not all",
		       loop_received(&loop, 10) ? "all" : "not all");
		loop_receive(&loop, 5);
		show("to ERR", to_state(&loop.b, IBV_QPS_ERR));
		show("ERR to RESET", to_state(&loop.b, IBV_QPS_RESET));
		show("RTS to RESET", to_state(&loop.a, IBV_QPS_RESET));
		end_forget_completions(loop.b.recv_cq);
	}
	loop_close(&loop);
}

static void drains(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_SQD, .en_sqd_async_notify = 1 };
	struct ibv_async_event event;
	struct loop loop;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	loop_receive(&loop, 31);
	loop_send(&loop, 0, 20, 0);
	printf("sent before: %s\n",
	       loop_completions(loop.a.send_cq, 0, 20) ? "all, in order" : "other ones");
	show("RTS to SQD, with notification",
	     ibv_modify_qp(loop.a.qp, &attr, IBV_QP_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY));
	if (!end_wait_readable(loop.a.context->async_fd, END_TIMEOUT_MS) ||
	    ibv_get_async_event(loop.a.context, &event))
		give_up("no event");
	printf("event: %s, of %s QP\n", ibv_event_type_str(event.event_type),
	       event.element.qp == loop.a.qp ? "this" : "another");
	ibv_ack_async_event(&event);
	settle(&loop.a);
	/* What is posted in SQD waits for RTS, and on rxe for the next post. */
	loop_send(&loop, 20, 10, 0);
	poll(NULL, 0, 100);
	printf("sent in SQD: %s\n", end_is_empty(loop.a.send_cq) ? "nothing" : "something");
	show("SQD to RTS", to_state(&loop.a, IBV_QPS_RTS));
	loop_send(&loop, 30, 1, 0);
	printf("sent after: %s\n",
	       loop_completions(loop.a.send_cq, 20, 11) ? "all, in order" : "other ones");
	loop_close(&loop);
}

void state_cases(void)
{
	static const struct {
		enum ibv_qp_type type;
		const char *name;
	} kinds[] = { { IBV_QPT_RC, "RC" }, { IBV_QPT_UC, "UC" }, { IBV_QPT_UD, "UD" } };
	struct end end;
	const char *why;
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		why = end_open(&end, control_device, control_gid_index);
		if (why)
			give_up("%s", why);
		end.qp_type = kinds[i].type;
		transitions(&end, kinds[i].name);
		changes(&end, kinds[i].name);
		queries(&end, kinds[i].name);
		end_close(&end);
	}
	starts_over(IBV_QPT_RC, "RC");
	starts_over(IBV_QPT_UC, "UC");
	drains();
}
