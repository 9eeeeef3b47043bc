// SPDX-License-Identifier: GPL-2.0
/* One end of an RDMA connection, for the test programs. */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "verbs_end.h"

#define END_PORT	1
#define END_TIMEOUT	14
#define END_RETRIES	7
#define END_RNR_TIMER	12
#define END_ATOMICS	4
#define END_HOP_LIMIT	64

long end_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}

bool end_wait_readable(int fd, int timeout_ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, timeout_ms) == 1;
}

struct ibv_context *end_open_device(const char *name)
{
	struct ibv_context *context = NULL;
	struct ibv_device **list;
	int i;

	list = ibv_get_device_list(NULL);
	if (!list)
		return NULL;
	errno = ENODEV;
	for (i = 0; list[i]; i++) {
		if (!strcmp(ibv_get_device_name(list[i]), name)) {
			context = ibv_open_device(list[i]);
			break;
		}
	}
	ibv_free_device_list(list);
	return context;
}

int end_gid_of_address(const char *text, union ibv_gid *gid)
{
	if (inet_pton(AF_INET6, text, gid->raw) == 1)
		return 0;
	memset(gid->raw, 0, 10);
	memset(gid->raw + 10, 0xff, 2);
	return inet_pton(AF_INET, text, gid->raw + 12) == 1 ? 0 : EINVAL;
}

static const char *end_query(struct end *end, int gid_index)
{
	struct ibv_port_attr port;

	if (ibv_query_port(end->context, END_PORT, &port))
		return "query_port failed";
	if (port.state != IBV_PORT_ACTIVE)
		return "port is not active";
	if (ibv_query_gid(end->context, END_PORT, gid_index, &end->gid))
		return "query_gid failed";
	end->gid_index = gid_index;
	end->mtu = port.active_mtu;
	return NULL;
}

static const char *end_create_queues(struct end *end)
{
	end->pd = ibv_alloc_pd(end->context);
	if (!end->pd)
		return "alloc_pd failed";
	end->channel = ibv_create_comp_channel(end->context);
	if (!end->channel)
		return "create_comp_channel failed";
	end->send_cq = ibv_create_cq(end->context, 2 * END_QUEUE_DEPTH, NULL, NULL, 0);
	if (!end->send_cq)
		return "create_cq failed";
	end->recv_cq = ibv_create_cq(end->context, 2 * END_QUEUE_DEPTH, NULL, end->channel, 0);
	if (!end->recv_cq)
		return "create_cq with a channel failed";
	return NULL;
}

static const char *end_register_buffer(struct end *end)
{
	end->buffer = mmap(NULL, END_BUFFER_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (end->buffer == MAP_FAILED) {
		end->buffer = NULL;
		return "mmap failed";
	}
	end->mr = ibv_reg_mr(end->pd, end->buffer, END_BUFFER_SIZE, END_ACCESS);
	return end->mr ? NULL : "reg_mr failed";
}

const char *end_open(struct end *end, const char *device, int gid_index)
{
	const char *why;

	memset(end, 0, sizeof(*end));
	end->context = end_open_device(device);
	if (!end->context)
		return "open_device failed";
	why = end_query(end, gid_index);
	if (!why)
		why = end_create_queues(end);
	if (!why)
		why = end_register_buffer(end);
	if (why)
		end_close(end);
	return why;
}

void end_close(struct end *end)
{
	end_destroy_qp(end);
	if (end->mr)
		ibv_dereg_mr(end->mr);
	if (end->buffer)
		munmap(end->buffer, END_BUFFER_SIZE);
	if (end->recv_cq)
		ibv_destroy_cq(end->recv_cq);
	if (end->send_cq)
		ibv_destroy_cq(end->send_cq);
	if (end->channel)
		ibv_destroy_comp_channel(end->channel);
	if (end->pd)
		ibv_dealloc_pd(end->pd);
	if (end->context)
		ibv_close_device(end->context);
	memset(end, 0, sizeof(*end));
}

const char *end_create_qp(struct end *end, enum ibv_qp_type type)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = end->send_cq,
		.recv_cq = end->recv_cq,
		.srq = end->srq,
		.cap = {
			.max_send_wr = END_QUEUE_DEPTH,
			.max_recv_wr = END_QUEUE_DEPTH,
			.max_send_sge = END_MAX_SGE,
			.max_recv_sge = END_MAX_SGE,
			.max_inline_data = END_MAX_INLINE,
		},
		.qp_type = type,
	};

	end->qp = ibv_create_qp(end->pd, &attr);
	if (!end->qp)
		return "create_qp failed";
	if (attr.cap.max_inline_data < END_MAX_INLINE)
		return "create_qp gave less inline room than asked for";
	end->qp_type = type;
	end->psn = lrand48() & 0xffffff;
	return NULL;
}

void end_destroy_qp(struct end *end)
{
	if (end->qp)
		ibv_destroy_qp(end->qp);
	end->qp = NULL;
}

void end_get_address(const struct end *end, struct end_address *address)
{
	*address = (struct end_address){
		.gid = end->gid,
		.buffer = (uintptr_t)end->buffer,
		.qpn = end->qp->qp_num,
		.psn = end->psn,
		.rkey = end->mr->rkey,
		.mtu = end->mtu,
	};
}

int end_to_init(struct end *end)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = END_PORT,
		.qp_access_flags = END_ACCESS,
	};

	return ibv_modify_qp(end->qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX |
			     IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

int end_to_rtr(struct end *end, const struct end_address *peer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = peer->mtu < (uint32_t)end->mtu ? (enum ibv_mtu)peer->mtu : end->mtu,
		.dest_qp_num = peer->qpn,
		.rq_psn = peer->psn,
		.max_dest_rd_atomic = END_ATOMICS,
		.min_rnr_timer = END_RNR_TIMER,
		.ah_attr = {
			.is_global = 1,
			.port_num = END_PORT,
			.grh = {
				.dgid = peer->gid,
				.sgid_index = end->gid_index,
				.hop_limit = END_HOP_LIMIT,
			},
		},
	};
	int mask = IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;

	if (end->qp_type == IBV_QPT_RC)
		mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
	return ibv_modify_qp(end->qp, &attr, mask);
}

int end_to_rts(struct end *end)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.timeout = END_TIMEOUT,
		.retry_cnt = END_RETRIES,
		.rnr_retry = END_RETRIES,
		.sq_psn = end->psn,
		.max_rd_atomic = END_ATOMICS,
	};
	int mask = IBV_QP_STATE | IBV_QP_SQ_PSN;

	if (end->qp_type == IBV_QPT_RC)
		mask |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
			IBV_QP_MAX_QP_RD_ATOMIC;
	return ibv_modify_qp(end->qp, &attr, mask);
}

int end_ud_to_rts(struct ibv_qp *qp, uint32_t qkey)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = END_PORT,
		.qkey = qkey,
	};
	int err;

	err = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				       IBV_QP_QKEY);
	attr.qp_state = IBV_QPS_RTR;
	if (!err)
		err = ibv_modify_qp(qp, &attr, IBV_QP_STATE);
	attr.qp_state = IBV_QPS_RTS;
	if (!err)
		err = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN);
	return err;
}

struct end_error end_connect(struct end *end, const struct end_address *peer)
{
	int err;

	err = end_to_init(end);
	if (err)
		return (struct end_error){ "modify_qp to INIT", err };
	err = end_to_rtr(end, peer);
	if (err)
		return (struct end_error){ "modify_qp to RTR", err };
	err = end_to_rts(end);
	return (struct end_error){ "modify_qp to RTS", err };
}

bool end_wait_completions(struct ibv_cq *cq, struct ibv_wc *wc, int count)
{
	long deadline = end_now_ms() + END_TIMEOUT_MS;
	int polled, got = 0;

	do {
		polled = ibv_poll_cq(cq, count - got, wc + got);
		if (polled < 0)
			return false;
		got += polled;
		if (got == count)
			return true;
		if (!polled)
			sched_yield();
	} while (end_now_ms() < deadline);
	return false;
}

bool end_wait_completion(struct ibv_cq *cq, struct ibv_wc *wc)
{
	return end_wait_completions(cq, wc, 1);
}

bool end_is_refusal(enum ibv_wc_status status, bool newer)
{
	if (newer)
		return status == IBV_WC_WR_FLUSH_ERR;
	return status == IBV_WC_LOC_PROT_ERR || status == IBV_WC_LOC_QP_OP_ERR;
}

bool end_is_empty(struct ibv_cq *cq)
{
	struct ibv_wc wc;

	return ibv_poll_cq(cq, 1, &wc) == 0;
}

void end_forget_completions(struct ibv_cq *cq)
{
	while (!end_is_empty(cq))
		continue;
}

bool end_wait_state(struct end *end, enum ibv_qp_state state)
{
	long deadline = end_now_ms() + END_TIMEOUT_MS;
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	do {
		if (ibv_query_qp(end->qp, &attr, IBV_QP_STATE, &init))
			return false;
		if (attr.qp_state == state)
			return true;
		sched_yield();
	} while (end_now_ms() < deadline);
	return false;
}
