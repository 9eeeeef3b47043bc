// SPDX-License-Identifier: GPL-2.0
/* Atomics, events, errors and attributes of a connected pair. */

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "verbs_case.h"
#include "verbs_peer.h"

#define ATOMICS		16u
#define ATOMIC_START	0x0123456789abcdefull
#define RECEIVES	4
#define SILENCE_MS	200
#define ROUNDS		100

static const char *post_receives(struct pair *pair, int count)
{
	struct ibv_recv_wr wr = {}, *bad;
	int err;

	for (wr.wr_id = 0; wr.wr_id < (uint64_t)count; wr.wr_id++) {
		err = ibv_post_recv(pair->end.qp, &wr, &bad);
		if (err)
			return because("post_recv: %s", strerror(err));
	}
	return NULL;
}

static const char *post(struct pair *pair, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad;
	int err = ibv_post_send(pair->end.qp, wr, &bad);

	return err ? because("post_send: %s", strerror(err)) : NULL;
}

static const char *expect_status(struct ibv_cq *cq, enum ibv_wc_status status, struct ibv_wc *wc)
{
	if (!end_wait_completion(cq, wc))
		return because("no completion; expected %s", ibv_wc_status_str(status));
	if (wc->status != status)
		return because("completion '%s' instead of '%s'", ibv_wc_status_str(wc->status),
			       ibv_wc_status_str(status));
	return NULL;
}

static const char *send_empty(struct pair *pair, unsigned int flags)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED | flags,
	};
	struct ibv_wc wc;
	const char *why;

	why = post(pair, &wr);
	return why ? why : expect_status(pair->end.send_cq, IBV_WC_SUCCESS, &wc);
}

/* Every second compare meets a wrong value and must change nothing. */
static uint64_t atomic_compare_add(enum ibv_wr_opcode opcode, unsigned int i, uint64_t value)
{
	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
		return 0x1000000010ull + i;
	return i % 2 ? ~value : value;
}

static uint64_t atomic_swap(unsigned int i)
{
	return 0xfeed000000000000ull + i;
}

static uint64_t atomic_result(enum ibv_wr_opcode opcode, unsigned int i, uint64_t value)
{
	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
		return value + atomic_compare_add(opcode, i, value);
	return i % 2 ? value : atomic_swap(i);
}

static const char *post_atomics(struct pair *pair, enum ibv_wr_opcode opcode)
{
	struct ibv_send_wr wr[ATOMICS] = {};
	uint64_t value = ATOMIC_START;
	struct ibv_sge sge[ATOMICS];
	unsigned int i;

	for (i = 0; i < ATOMICS; i++) {
		sge[i] = (struct ibv_sge){
			.addr = (uintptr_t)pair->end.buffer + i * sizeof(value),
			.length = sizeof(value),
			.lkey = pair->end.mr->lkey,
		};
		wr[i].wr_id = i;
		wr[i].next = i + 1 < ATOMICS ? &wr[i + 1] : NULL;
		wr[i].sg_list = &sge[i];
		wr[i].num_sge = 1;
		wr[i].opcode = opcode;
		wr[i].send_flags = IBV_SEND_SIGNALED;
		wr[i].wr.atomic.remote_addr = pair->remote.buffer;
		wr[i].wr.atomic.rkey = pair->remote.rkey;
		wr[i].wr.atomic.compare_add = atomic_compare_add(opcode, i, value);
		wr[i].wr.atomic.swap = atomic_swap(i);
		value = atomic_result(opcode, i, value);
	}
	return post(pair, wr);
}

static const char *check_atomics(struct pair *pair, enum ibv_wr_opcode opcode)
{
	const uint64_t *fetched = (const uint64_t *)pair->end.buffer;
	uint64_t value = ATOMIC_START;
	struct ibv_wc wc[ATOMICS];
	unsigned int i;

	if (!end_wait_completions(pair->end.send_cq, wc, ATOMICS))
		return "too few completions";
	for (i = 0; i < ATOMICS; i++) {
		if (wc[i].status != IBV_WC_SUCCESS)
			return because("completion: %s", ibv_wc_status_str(wc[i].status));
		if (wc[i].wr_id != i)
			return because("wr_id %u instead of %u", (unsigned int)wc[i].wr_id, i);
		if (fetched[i] != value)
			return because("operation %u fetched %#lx instead of %#lx", i,
				       (unsigned long)fetched[i], (unsigned long)value);
		value = atomic_result(opcode, i, value);
	}
	return NULL;
}

static uint64_t atomics_total(enum ibv_wr_opcode opcode)
{
	uint64_t value = ATOMIC_START;
	unsigned int i;

	for (i = 0; i < ATOMICS; i++)
		value = atomic_result(opcode, i, value);
	return value;
}

static const char *atomics(struct pair *pair, enum ibv_wr_opcode opcode)
{
	volatile uint64_t *word = (volatile uint64_t *)pair->end.buffer;
	const char *why = NULL;

	memset(pair->end.buffer, 0, ATOMICS * sizeof(*word));
	*word = ATOMIC_START;
	peer_meet(pair->line);
	if (pair->active) {
		why = post_atomics(pair, opcode);
		if (!why)
			why = check_atomics(pair, opcode);
	}
	why = peer_agree(pair->line, why);
	if (!why && !pair->active && *word != atomics_total(opcode))
		why = because("the word is %#lx instead of %#lx", (unsigned long)*word,
			      (unsigned long)atomics_total(opcode));
	return peer_agree(pair->line, why);
}

static const char *fetch_and_add(struct pair *pair)
{
	return atomics(pair, IBV_WR_ATOMIC_FETCH_AND_ADD);
}

static const char *compare_and_swap(struct pair *pair)
{
	return atomics(pair, IBV_WR_ATOMIC_CMP_AND_SWP);
}

/* Take the event that is due, or find that none is. */
static const char *expect_event(struct pair *pair, bool due)
{
	struct ibv_cq *cq;
	void *context;

	if (!end_wait_readable(pair->end.channel->fd, due ? END_TIMEOUT_MS : SILENCE_MS))
		return due ? "no completion event" : NULL;
	if (!due)
		return "a completion event that was not asked for";
	if (ibv_get_cq_event(pair->end.channel, &cq, &context))
		return "get_cq_event failed";
	ibv_ack_cq_events(cq, 1);
	return cq == pair->end.recv_cq ? NULL : "event of the wrong CQ";
}

/* One message under an armed CQ: the event, then the completion. */
static const char *receive_with_event(struct pair *pair, const char *why, bool event_due)
{
	struct ibv_wc wc;

	peer_meet(pair->line);
	if (!why && event_due)
		why = expect_event(pair, true);
	if (!why)
		why = expect_status(pair->end.recv_cq, IBV_WC_SUCCESS, &wc);
	if (!why && !event_due)
		why = expect_event(pair, false);
	return peer_agree(pair->line, why);
}

static const char *send_with_flags(struct pair *pair, unsigned int flags)
{
	peer_meet(pair->line);
	return peer_agree(pair->line, send_empty(pair, flags));
}

static const char *post_receive_and_arm(struct pair *pair, bool solicited_only)
{
	const char *why = post_receives(pair, 1);

	if (!why && ibv_req_notify_cq(pair->end.recv_cq, solicited_only))
		why = "req_notify_cq failed";
	return why;
}

static const char *solicited_events(struct pair *pair)
{
	const char *why;

	if (pair->active) {
		why = send_with_flags(pair, 0);
		return why ? why : send_with_flags(pair, IBV_SEND_SOLICITED);
	}
	why = receive_with_event(pair, post_receive_and_arm(pair, true), false);
	return why ? why : receive_with_event(pair, post_receives(pair, 1), true);
}

static const char *any_events(struct pair *pair)
{
	const char *why = NULL;
	int i;

	for (i = 0; i < 2 && !why; i++) {
		if (pair->active)
			why = send_with_flags(pair, 0);
		else
			why = receive_with_event(pair, post_receive_and_arm(pair, false), true);
	}
	return why;
}

static const char *query_shows_what_was_set(struct pair *pair)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	const char *why = NULL;

	if (ibv_query_qp(pair->end.qp, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_CAP, &init))
		why = "query_qp failed";
	else if (attr.qp_state != IBV_QPS_RTS)
		why = because("state %d", attr.qp_state);
	else if (memcmp(&attr.ah_attr.grh.dgid, &pair->remote.gid, sizeof(pair->remote.gid)))
		why = "destination GID differs";
	else if (!attr.ah_attr.is_global || attr.ah_attr.grh.sgid_index != pair->end.gid_index)
		why = because("source GID index %u", attr.ah_attr.grh.sgid_index);
	else if (attr.ah_attr.port_num != 1 || attr.port_num != 1)
		why = because("port %u, %u", attr.ah_attr.port_num, attr.port_num);
	else if (attr.dest_qp_num != pair->remote.qpn)
		why = because("destination QP %u", attr.dest_qp_num);
	else if (attr.rq_psn != pair->remote.psn || attr.sq_psn != pair->end.psn)
		why = because("PSNs %#x, %#x", attr.rq_psn, attr.sq_psn);
	else if (attr.timeout != 14 || attr.retry_cnt != 7 || attr.rnr_retry != 7)
		why = because("timeout %u, retries %u, %u", attr.timeout, attr.retry_cnt,
			      attr.rnr_retry);
	else if (attr.min_rnr_timer != 12 || attr.max_rd_atomic != 4 ||
		 attr.max_dest_rd_atomic != 4)
		why = because("min_rnr_timer %u, atomics %u, %u", attr.min_rnr_timer,
			      attr.max_rd_atomic, attr.max_dest_rd_atomic);
	else if (init.cap.max_send_wr < END_QUEUE_DEPTH || init.cap.max_send_sge < END_MAX_SGE ||
		 init.cap.max_inline_data < END_MAX_INLINE)
		why = "capacities below what was asked for";
	return peer_agree(pair->line, why);
}

/* Requests and receives posted before and after the move to ERR all flush. */
static const char *error_state_flushes(struct pair *pair)
{
	struct ibv_send_wr wr = { .wr_id = 7, .opcode = IBV_WR_SEND };
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	struct ibv_wc wc;
	const char *why;
	int i;

	why = post_receives(pair, RECEIVES);
	if (!why && ibv_modify_qp(pair->end.qp, &attr, IBV_QP_STATE))
		why = "modify_qp to ERR failed";
	for (i = 0; i < RECEIVES && !why; i++) {
		why = expect_status(pair->end.recv_cq, IBV_WC_WR_FLUSH_ERR, &wc);
		if (!why && wc.wr_id != (uint64_t)i)
			why = because("flushed wr_id %lu instead of %d", (unsigned long)wc.wr_id, i);
	}
	if (!why)
		why = post(pair, &wr);
	if (!why)
		why = expect_status(pair->end.send_cq, IBV_WC_WR_FLUSH_ERR, &wc);
	if (!why && wc.wr_id != 7)
		why = "the flushed request has another wr_id";
	return peer_agree(pair->line, why);
}

static const char *refused_write(struct pair *pair)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)pair->end.buffer,
		.length = 64,
		.lkey = pair->end.mr->lkey,
	};
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.wr.rdma.remote_addr = pair->remote.buffer,
		.wr.rdma.rkey = pair->remote.rkey ^ 0x5a,
	};
	struct ibv_wc wc;
	const char *why;

	memset(pair->end.buffer, 0xff, 64);
	why = post(pair, &wr);
	if (!why)
		why = expect_status(pair->end.send_cq, IBV_WC_REM_ACCESS_ERR, &wc);
	if (!why && !end_wait_state(&pair->end, IBV_QPS_ERR))
		why = "the requester's QP did not go to ERR";
	return why;
}

static const char *wrong_rkey_is_refused(struct pair *pair)
{
	const char *why = NULL;
	int i;

	memset(pair->end.buffer, 0, 64);
	peer_meet(pair->line);
	if (pair->active)
		why = refused_write(pair);
	why = peer_agree(pair->line, why);
	for (i = 0; i < 64 && !why && !pair->active; i++)
		if (pair->end.buffer[i])
			why = "a WRITE with a wrong rkey changed memory";
	return peer_agree(pair->line, why);
}

/* rxe lets memory windows be invalidated, not user memory regions. */
static const char *invalidate_of_mr_fails_at_peer(struct pair *pair)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND_WITH_INV,
		.send_flags = IBV_SEND_SIGNALED,
		.invalidate_rkey = pair->remote.rkey,
	};
	const char *why = NULL;
	struct ibv_wc wc;

	if (!pair->active)
		why = post_receives(pair, 1);
	peer_meet(pair->line);
	if (!why && pair->active)
		why = post(pair, &wr);
	else if (!why)
		why = expect_status(pair->end.recv_cq, IBV_WC_REM_INV_REQ_ERR, &wc);
	return peer_agree(pair->line, why);
}

static const char *busy_parents_stay(struct pair *pair)
{
	const char *why = NULL;

	if (ibv_dealloc_pd(pair->end.pd) != EBUSY)
		why = "dealloc_pd of a busy PD did not give EBUSY";
	else if (ibv_destroy_cq(pair->end.send_cq) != EBUSY)
		why = "destroy_cq of a busy CQ did not give EBUSY";
	why = peer_agree(pair->line, why);
	if (!why && !pair->active)
		why = post_receives(pair, 1);
	peer_meet(pair->line);
	if (!why && pair->active)
		why = send_empty(pair, 0);
	return peer_agree(pair->line, why);
}

/* From the buffer to its middle; the second is signalled. */
static const char *write_two(struct end *end, const struct end_address *self)
{
	struct ibv_sge sge = { (uintptr_t)end->buffer, 8, end->mr->lkey };
	struct ibv_send_wr *bad, second = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma.remote_addr = self->buffer + END_BUFFER_SIZE / 2,
		.wr.rdma.rkey = self->rkey,
	}, first = second;
	struct ibv_wc wc;
	int err;

	first.next = &second;
	first.send_flags = 0;
	err = ibv_post_send(end->qp, &first, &bad);
	if (err)
		return because("post_send: %s", strerror(err));
	return expect_status(end->send_cq, IBV_WC_SUCCESS, &wc);
}

/* A QP of its own, connected to itself. */
static const char *one_completion_needs_room_for_one(struct pair *pair)
{
	struct end end = pair->end;
	struct end_address self;
	const char *why = NULL;
	int round;

	end.qp = NULL;
	end.send_cq = ibv_create_cq(end.context, 1, NULL, NULL, 0);
	if (!end.send_cq)
		why = "create_cq failed";
	if (!why)
		why = end_create_qp(&end, IBV_QPT_RC);
	if (!why) {
		end_get_address(&end, &self);
		if (end_connect(&end, &self).err)
			why = "it does not connect to itself";
	}
	for (round = 0; round < ROUNDS && !why; round++)
		why = write_two(&end, &self);
	end_destroy_qp(&end);
	if (end.send_cq && ibv_destroy_cq(end.send_cq) && !why)
		why = "destroy_cq failed";
	return peer_agree(pair->line, why);
}

static const char *no_async_event_is_left(struct pair *pair)
{
	bool readable = end_wait_readable(pair->end.context->async_fd, 0);
	struct ibv_async_event event;
	const char *why = NULL;

	if (readable && !ibv_get_async_event(pair->end.context, &event)) {
		why = because("%s", ibv_event_type_str(event.event_type));
		ibv_ack_async_event(&event);
	}
	return peer_agree(pair->line, why);
}

struct behaviour {
	const char *name;
	const char *(*run)(struct pair *pair);
};

static const struct behaviour behaviours[] = {
	{ "RC FETCH_ADD, 16 in a list", fetch_and_add },
	{ "RC CMP_SWP, 16 in a list, every second one misses", compare_and_swap },
	{ "armed for solicited, only a solicited message gives an event", solicited_events },
	{ "armed for any, each message gives an event", any_events },
	{ "query_qp shows what was set", query_shows_what_was_set },
	{ "the ERR state flushes receives and requests in order", error_state_flushes },
	{ "WRITE with a wrong rkey: REM_ACCESS_ERR, memory unchanged", wrong_rkey_is_refused },
	{ "SEND_WITH_INV of a memory region: REM_INV_REQ_ERR at the peer",
	  invalidate_of_mr_fails_at_peer },
	{ "a busy PD and CQ cannot be destroyed and go on working", busy_parents_stay },
	{ "a CQ of one is enough where one of two requests is signalled",
	  one_completion_needs_room_for_one },
	{ "no unexpected async event", no_async_event_is_left },
};

void run_behaviours(struct pair *pair)
{
	const char *why;
	unsigned int i;

	for (i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]) && pair->connectable; i++) {
		if (behaviours[i].run == solicited_events && pair->always_event)
			continue;
		why = pair_connect(pair, IBV_QPT_RC);
		if (!why)
			why = behaviours[i].run(pair);
		report_case(pair, why, behaviours[i].name);
		pair_disconnect(pair);
	}
}
