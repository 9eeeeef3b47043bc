// SPDX-License-Identifier: GPL-2.0
/* Shared receive queues: of RC, of UD, and of first the one, then the other. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "verbs_case.h"
#include "verbs_peer.h"

#define DEPTH		8
#define LIMIT		4
#define SLOT		4096u
#define POISON		0xa5
#define SEND_AT		(END_BUFFER_SIZE / 2)

static const uint32_t sizes[DEPTH] = { 0, 1, 39, 40, 41, 1000, 2048, 4096 };

static uint8_t pattern(unsigned int slot, uint32_t i)
{
	return slot * 59 + i * 131 + (i >> 8) + 7;
}

static const char *create_srq(struct pair *pair)
{
	struct ibv_srq_init_attr attr = { .attr = { DEPTH, END_MAX_SGE, 0 } };
	struct ibv_srq_attr is;

	pair->end.srq = ibv_create_srq(pair->end.pd, &attr);
	if (!pair->end.srq)
		return because("create_srq: %s", strerror(errno));
	if (attr.attr.max_wr < DEPTH || attr.attr.max_sge < END_MAX_SGE)
		return "create_srq gave less than asked for";
	if (ibv_query_srq(pair->end.srq, &is))
		return "query_srq failed";
	if (is.max_wr < DEPTH || is.max_sge < END_MAX_SGE || is.srq_limit)
		return because("query_srq: %u, %u, %u", is.max_wr, is.max_sge, is.srq_limit);
	return NULL;
}

static const char *destroy_srq(struct pair *pair, const char *why)
{
	pair_disconnect(pair);
	if (pair->end.srq && ibv_destroy_srq(pair->end.srq) && !why)
		why = "destroy_srq failed";
	pair->end.srq = NULL;
	return peer_agree(pair->line, why);
}

/* In two pieces, the first of which ends within the header of UD. */
static int post_srq(struct pair *pair, unsigned int slot)
{
	uint64_t at = (uintptr_t)pair->end.buffer + slot * 2 * SLOT;
	struct ibv_sge sge[] = {
		{ at, 10, pair->end.mr->lkey },
		{ at + 10, SLOT - 10, pair->end.mr->lkey },
	};
	struct ibv_recv_wr *bad, wr = { .wr_id = slot, .sg_list = sge, .num_sge = 2 };

	return ibv_post_srq_recv(pair->end.srq, &wr, &bad);
}

static const char *post_all(struct pair *pair)
{
	unsigned int slot;
	int err = 0;

	memset(pair->end.buffer, POISON, DEPTH * 2 * SLOT);
	for (slot = 0; slot < DEPTH && !err; slot++)
		err = post_srq(pair, slot);
	return err ? because("post_srq_recv: %s", strerror(err)) : NULL;
}

static const char *send_sizes(struct pair *pair)
{
	uint8_t *data = pair->end.buffer + SEND_AT;
	const char *why = NULL;
	unsigned int slot;
	struct ibv_wc wc;
	uint32_t i;

	for (slot = 0; slot < DEPTH && !why; slot++) {
		struct ibv_sge sge = { (uintptr_t)data, sizes[slot], pair->end.mr->lkey };
		struct ibv_send_wr *bad, wr = {
			.sg_list = &sge,
			.num_sge = 1,
			.opcode = IBV_WR_SEND,
			.send_flags = IBV_SEND_SIGNALED,
		};

		for (i = 0; i < sizes[slot]; i++)
			data[i] = pattern(slot, i);
		if (ibv_post_send(pair->end.qp, &wr, &bad))
			why = "post_send failed";
		else if (!end_wait_completion(pair->end.send_cq, &wc))
			why = "no completion of a request";
		else if (wc.status != IBV_WC_SUCCESS)
			why = because("request: %s", ibv_wc_status_str(wc.status));
	}
	return why;
}

static const char *compare(const struct pair *pair, unsigned int slot)
{
	const uint8_t *data = pair->end.buffer + slot * 2 * SLOT;
	uint32_t i;

	for (i = 0; i < 2 * SLOT; i++) {
		uint8_t expected = i < sizes[slot] ? pattern(slot, i) : POISON;

		if (data[i] != expected)
			return because("size %u: byte %u is %#x", sizes[slot], i, data[i]);
	}
	return NULL;
}

static const char *receive_sizes(struct pair *pair)
{
	struct ibv_wc wc[DEPTH];
	const char *why = NULL;
	unsigned int slot;

	if (!end_wait_completions(pair->end.recv_cq, wc, DEPTH))
		return "too few messages";
	for (slot = 0; slot < DEPTH && !why; slot++) {
		if (wc[slot].status != IBV_WC_SUCCESS || wc[slot].wr_id != slot ||
		    wc[slot].byte_len != sizes[slot])
			why = because("message %u: %s, wr_id %lu, byte_len %u", slot,
				      ibv_wc_status_str(wc[slot].status),
				      (unsigned long)wc[slot].wr_id, wc[slot].byte_len);
		else
			why = compare(pair, slot);
	}
	return why;
}

static const char *transfer(struct pair *pair)
{
	const char *why = peer_agree(pair->line, pair->active ? NULL : post_all(pair));

	if (!why)
		why = pair->active ? send_sizes(pair) : receive_sizes(pair);
	return peer_agree(pair->line, why);
}

static const char *own_queue_is_closed(struct pair *pair)
{
	struct ibv_recv_wr *bad = NULL, wr = {};
	int err = ibv_post_recv(pair->end.qp, &wr, &bad);

	if (err != EINVAL)
		return because("post_recv on a QP with an SRQ: %s", strerror(err));
	return NULL;
}

static const char *rc_on_srq(struct pair *pair)
{
	const char *why = peer_agree(pair->line, create_srq(pair));

	if (!why)
		why = pair_connect(pair, IBV_QPT_RC);
	if (!why && pair->is_virtual)
		why = own_queue_is_closed(pair);
	why = peer_agree(pair->line, why);
	if (!why)
		why = transfer(pair);
	if (!why)
		why = transfer(pair);
	if (!why && ibv_destroy_srq(pair->end.srq) != EBUSY)
		why = "an SRQ that a QP uses is destroyed";
	return destroy_srq(pair, why);
}

static const char *expect_limit_event(struct pair *pair)
{
	struct ibv_async_event event;
	struct ibv_srq_attr is;

	if (!end_wait_readable(pair->end.context->async_fd, END_TIMEOUT_MS))
		return "no event of the limit";
	if (ibv_get_async_event(pair->end.context, &event))
		return "get_async_event failed";
	ibv_ack_async_event(&event);
	if (event.event_type != IBV_EVENT_SRQ_LIMIT_REACHED || event.element.srq != pair->end.srq)
		return because("event '%s'", ibv_event_type_str(event.event_type));
	if (ibv_query_srq(pair->end.srq, &is) || is.srq_limit)
		return "the limit stays armed";
	return NULL;
}

static const char *limit_event(struct pair *pair)
{
	struct ibv_srq_attr attr = { .srq_limit = LIMIT }, is;
	const char *why = peer_agree(pair->line, create_srq(pair));

	if (!why)
		why = pair_connect(pair, IBV_QPT_RC);
	if (!why && ibv_modify_srq(pair->end.srq, &attr, IBV_SRQ_LIMIT))
		why = "modify_srq failed";
	if (!why && (ibv_query_srq(pair->end.srq, &is) || is.srq_limit != LIMIT))
		why = "query_srq shows no limit";
	why = peer_agree(pair->line, why);
	if (!why)
		why = transfer(pair);
	if (!why && !pair->active)
		why = expect_limit_event(pair);
	return destroy_srq(pair, why);
}

static const char *bad_limit(struct pair *pair)
{
	struct ibv_srq_attr attr = { .srq_limit = 1000000 };
	const char *why = create_srq(pair);
	int err = why ? 0 : ibv_modify_srq(pair->end.srq, &attr, IBV_SRQ_LIMIT);

	if (!why && err != EINVAL)
		why = because("modify_srq with a limit above the size: %s", strerror(err));
	return destroy_srq(pair, why);
}

static const char *resized(struct pair *pair)
{
	struct ibv_srq_attr attr = { .max_wr = 8 * DEPTH }, is;
	const char *why = create_srq(pair);
	unsigned int i;
	int err = 0;

	if (!why && ibv_modify_srq(pair->end.srq, &attr, IBV_SRQ_MAX_WR))
		why = "modify_srq of the size failed";
	if (!why && (ibv_query_srq(pair->end.srq, &is) || is.max_wr < 8 * DEPTH))
		why = "query_srq shows the old size";
	for (i = 0; !why && i < 8 * DEPTH && !err; i++)
		err = post_srq(pair, 0);
	if (err)
		why = because("receive %u: %s", i, strerror(err));
	return destroy_srq(pair, why);
}

static const char *ud_on_srq(struct pair *pair)
{
	const char *why = peer_agree(pair->line, create_srq(pair));

	if (!why)
		why = pair_connect_ud(pair);
	if (!why)
		why = pair_exchange_datagrams(pair);
	return destroy_srq(pair, why);
}

/* An SRQ that UD QPs were on serves RC ones. */
static const char *rc_after_ud(struct pair *pair)
{
	const char *why = peer_agree(pair->line, create_srq(pair));

	if (!why)
		why = pair_connect_ud(pair);
	pair_disconnect(pair);
	if (!why)
		why = pair_connect(pair, IBV_QPT_RC);
	if (!why)
		why = transfer(pair);
	if (!why)
		why = transfer(pair);
	return destroy_srq(pair, why);
}

/* Receives that are out already have no room for headers. */
static const char *ud_too_late(struct pair *pair)
{
	const char *why = create_srq(pair);

	if (!why)
		why = post_all(pair);
	if (!why && !end_create_qp(&pair->end, IBV_QPT_UD))
		why = "a UD QP was created";
	else if (!why && errno != EBUSY)
		why = because("create_qp: %s", strerror(errno));
	return destroy_srq(pair, why);
}

enum condition {
	ALWAYS,
	ON_VIRTUAL,
	UNRELIABLE,
};

static bool is_met(const struct pair *pair, enum condition condition)
{
	switch (condition) {
	case ON_VIRTUAL:
		return pair->is_virtual;
	case UNRELIABLE:
		return !pair->reliable_only;
	default:
		return true;
	}
}

void run_shared(struct pair *pair)
{
	static const struct {
		const char *name;
		const char *(*run)(struct pair *pair);
		enum condition condition;
	} cases[] = {
		{ "SRQ of an RC QP", rc_on_srq, ALWAYS },
		{ "SRQ, limit event", limit_event, ALWAYS },
		{ "SRQ, limit beyond its size", bad_limit, ALWAYS },
		{ "SRQ, resized", resized, ON_VIRTUAL },
		{ "SRQ of a UD QP", ud_on_srq, UNRELIABLE },
		{ "SRQ of an RC QP after a UD QP", rc_after_ud, ALWAYS },
		{ "SRQ with receives is no UD QP's any more", ud_too_late, ON_VIRTUAL },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (is_met(pair, cases[i].condition))
			report_case(pair, cases[i].run(pair), cases[i].name);
}
