// SPDX-License-Identifier: GPL-2.0
/*
 * UD messages: the header in front of them, byte by byte, and the data behind
 * it, in receives that cut header and data into pieces in every way.
 *
 *   | guard | piece 0 | guard | piece 1 | guard | ...
 */

#include <endian.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdint.h>
#include <string.h>

#include "verbs_case.h"
#include "verbs_peer.h"

#define HEADER		40u
#define GUARD		16u
#define POISON		0xa5
#define QKEY		0x11111111
#define IMM		0xcafe1234u
#define MAX_MESSAGE	1024u
#define BATCH		16u
#define REST		0xffffffffu
#define FIRST_WR_ID	0xfeedface00000000ull
#define SEND_AT		(END_BUFFER_SIZE / 2)

struct message {
	uint32_t size;
	const uint32_t *cut;	/* lengths of the pieces; REST for what is left */
	bool immediate;
	bool inlined;
};

static const uint32_t cuts[][END_MAX_SGE] = {
	{ REST },
	{ HEADER, REST },
	{ 16, 24, REST },
	{ 1, 38, 1, REST },
	{ 39, REST },
	{ 41, REST },
	{ 7, 60, REST },
	{ 0, 20, 0, REST },
};

static uint8_t pattern(uint32_t size, uint32_t i)
{
	return size * 7 + i * 131 + (i >> 8) + 3;
}

static uint32_t piece_length(const struct message *message, unsigned int piece, uint32_t taken)
{
	uint32_t left = HEADER + message->size - taken;

	return message->cut[piece] < left ? message->cut[piece] : left;
}

/* Pieces of the receive buffer; returns how many. */
static int lay_out(const struct pair *pair, const struct message *message, struct ibv_sge *sge)
{
	uint64_t at = (uintptr_t)pair->end.buffer + GUARD;
	uint32_t taken = 0;
	unsigned int i;

	for (i = 0; i < END_MAX_SGE && taken < HEADER + message->size; i++) {
		sge[i].addr = at;
		sge[i].length = piece_length(message, i, taken);
		sge[i].lkey = pair->end.mr->lkey;
		at += sge[i].length + GUARD;
		taken += sge[i].length;
	}
	return i;
}

/* Takes a message out of the pieces, which are poisoned anew. */
static const char *gather(struct pair *pair, const struct message *message, uint8_t *got)
{
	struct ibv_sge sge[END_MAX_SGE];
	int i, count = lay_out(pair, message, sge);

	for (i = 0; i < count; i++) {
		uint8_t *piece = (uint8_t *)(uintptr_t)sge[i].addr;

		memcpy(got, piece, sge[i].length);
		got += sge[i].length;
		memset(piece, POISON, sge[i].length);
	}
	for (i = 0; i < (int)(2 * (HEADER + MAX_MESSAGE)); i++) {
		if (pair->end.buffer[i] != POISON)
			return because("size %u: byte %d beside the pieces is written",
				       message->size, i);
	}
	return NULL;
}

static bool is_v4(const union ibv_gid *gid)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(gid->raw, mapped, sizeof(mapped));
}

static uint16_t checksum(const uint8_t *header)
{
	uint32_t i, sum = 0;

	for (i = 0; i < 20; i += 2)
		sum += header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static const char *check_v4(const struct pair *pair, const uint8_t *header, const uint8_t *source,
			    const uint8_t *dest)
{
	static const uint8_t zeroes[20];

	if (memcmp(header, zeroes, sizeof(zeroes)))
		return "something stands before the IPv4 header";
	header += sizeof(zeroes);
	if (header[0] != 0x45 || header[9] != IPPROTO_UDP)
		return because("header begins with %#x, protocol %u", header[0], header[9]);
	/* rxe itself leaves that out of what does not go over the wire. */
	if (pair->is_virtual && checksum(header))
		return "wrong checksum in the header";
	if (memcmp(header + 12, source + 12, 4))
		return because("source address %u.%u.%u.%u", header[12], header[13], header[14],
			       header[15]);
	if (memcmp(header + 16, dest + 12, 4))
		return because("destination address %u.%u.%u.%u", header[16], header[17],
			       header[18], header[19]);
	return NULL;
}

static const char *check_v6(const uint8_t *header, const uint8_t *source, const uint8_t *dest)
{
	if (header[0] >> 4 != 6 || header[6] != IPPROTO_UDP)
		return because("header begins with %#x, next is %u", header[0], header[6]);
	if (memcmp(header + 8, source, 16))
		return "wrong source address";
	if (memcmp(header + 24, dest, 16))
		return "wrong destination address";
	return NULL;
}

static const char *check_header(const struct pair *pair, const uint8_t *header)
{
	const union ibv_gid *source = &pair->remote.gid, *dest = &pair->end.gid;

	return is_v4(&pair->end.gid) ? check_v4(pair, header, source->raw, dest->raw) :
				       check_v6(header, source->raw, dest->raw);
}

const char *pair_connect_ud(struct pair *pair)
{
	struct end_address mine = {};
	const char *why;

	why = end_create_qp(&pair->end, IBV_QPT_UD);
	if (!why)
		end_get_address(&pair->end, &mine);
	peer_swap(pair->line, &mine, &pair->remote, sizeof(mine));
	if (!why && end_ud_to_rts(pair->end.qp, QKEY))
		why = "modify_qp to RTS failed";
	return peer_agree(pair->line, why);
}

static struct ibv_ah *create_ah(struct pair *pair)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = 1,
		.grh = {
			.dgid = pair->remote.gid,
			.sgid_index = pair->end.gid_index,
			.hop_limit = 64,
		},
	};

	return ibv_create_ah(pair->end.pd, &attr);
}

/* The handle goes before the request is known to be done with. */
static const char *send_all(struct pair *pair, const struct message *messages, unsigned int count)
{
	struct ibv_ah *ah = create_ah(pair);
	struct ibv_wc wc[BATCH];
	const char *why = NULL;
	unsigned int i;
	uint32_t j;

	if (!ah)
		return "create_ah failed";
	for (i = 0; i < count && !why; i++) {
		uint8_t *data = pair->end.buffer + SEND_AT + i * MAX_MESSAGE;
		struct ibv_sge sge = { (uintptr_t)data, messages[i].size, pair->end.mr->lkey };
		struct ibv_send_wr *bad, wr = {
			.wr_id = FIRST_WR_ID + i,
			.sg_list = &sge,
			.num_sge = 1,
			.opcode = messages[i].immediate ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND,
			.send_flags = IBV_SEND_SIGNALED |
				      (messages[i].inlined ? IBV_SEND_INLINE : 0),
			.imm_data = htobe32(IMM),
			.wr.ud = { ah, pair->remote.qpn, QKEY },
		};

		for (j = 0; j < messages[i].size; j++)
			data[j] = pattern(messages[i].size, j);
		if (ibv_post_send(pair->end.qp, &wr, &bad))
			why = "post_send failed";
		if (messages[i].inlined)
			memset(data, POISON, messages[i].size);
	}
	if (!why && !end_wait_completions(pair->end.send_cq, wc, count))
		why = "too few completions of requests";
	for (i = 0; i < count && !why; i++)
		if (wc[i].status != IBV_WC_SUCCESS || wc[i].wr_id != FIRST_WR_ID + i)
			why = because("request %u: %s", i, ibv_wc_status_str(wc[i].status));
	return ibv_destroy_ah(ah) ? "destroy_ah failed" : why;
}

static const char *check_message(struct pair *pair, const struct message *message,
				 const struct ibv_wc *wc)
{
	uint8_t got[HEADER + MAX_MESSAGE];
	const char *why;
	uint32_t i;

	if (wc->status != IBV_WC_SUCCESS)
		return because("receive: %s", ibv_wc_status_str(wc->status));
	if (wc->opcode != IBV_WC_RECV || wc->byte_len != HEADER + message->size)
		return because("opcode %u, byte_len %u", wc->opcode, wc->byte_len);
	if (wc->src_qp != pair->remote.qpn || wc->slid || wc->qp_num != pair->end.qp->qp_num)
		return because("src_qp %u, slid %u", wc->src_qp, wc->slid);
	if (!(wc->wc_flags & IBV_WC_GRH) ||
	    !!(wc->wc_flags & IBV_WC_WITH_IMM) != message->immediate ||
	    (message->immediate && wc->imm_data != htobe32(IMM)))
		return because("wc_flags %#x, immediate %#x", wc->wc_flags, wc->imm_data);
	why = gather(pair, message, got);
	if (!why)
		why = check_header(pair, got);
	for (i = 0; i < message->size && !why; i++)
		if (got[HEADER + i] != pattern(message->size, i))
			why = because("size %u: byte %u is %#x", message->size, i, got[HEADER + i]);
	return why;
}

static const char *post_receive(struct pair *pair, const struct message *message, uint64_t wr_id)
{
	struct ibv_sge sge[END_MAX_SGE];
	struct ibv_recv_wr *bad, wr = { .wr_id = wr_id, .sg_list = sge };

	wr.num_sge = lay_out(pair, message, sge);
	if (pair->end.srq)
		return ibv_post_srq_recv(pair->end.srq, &wr, &bad) ? "post_srq_recv failed" : NULL;
	return ibv_post_recv(pair->end.qp, &wr, &bad) ? "post_recv failed" : NULL;
}

static const char *receive(struct pair *pair, const struct message *message)
{
	struct ibv_wc wc;

	if (!end_wait_completion(pair->end.recv_cq, &wc))
		return because("size %u: no message", message->size);
	if (wc.wr_id != FIRST_WR_ID)
		return because("wr_id %#lx", (unsigned long)wc.wr_id);
	return check_message(pair, message, &wc);
}

static const char *exchange(struct pair *pair, const struct message *message)
{
	const char *why = NULL;

	if (!pair->active) {
		memset(pair->end.buffer, POISON, 2 * (HEADER + MAX_MESSAGE));
		why = post_receive(pair, message, FIRST_WR_ID);
	}
	why = peer_agree(pair->line, why);
	if (!why)
		why = pair->active ? send_all(pair, message, 1) : receive(pair, message);
	return peer_agree(pair->line, why);
}

const char *pair_exchange_datagrams(struct pair *pair)
{
	static const uint32_t sizes[] = { 0, 1, 23, 64, MAX_MESSAGE };
	struct message message = {};
	const char *why = NULL;
	unsigned int c, s;

	for (c = 0; c < sizeof(cuts) / sizeof(cuts[0]) && !why; c++) {
		for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]) && !why; s++) {
			message.size = sizes[s];
			message.cut = cuts[c];
			message.immediate = s % 2;
			message.inlined = sizes[s] <= END_MAX_INLINE && c % 2;
			why = exchange(pair, &message);
		}
	}
	return why;
}

/* As many as the queue holds, several times: slots are used anew. */
static const char *many(struct pair *pair)
{
	struct message messages[BATCH];
	const char *why = NULL;
	unsigned int i, round;

	for (i = 0; i < BATCH; i++)
		messages[i] = (struct message){ .size = 0, .cut = cuts[0] };
	for (round = 0; round < 3 * END_QUEUE_DEPTH / BATCH && !why; round++) {
		struct ibv_wc wc[BATCH];

		for (i = 0; i < BATCH && !why && !pair->active; i++)
			why = post_receive(pair, &messages[i], FIRST_WR_ID + i);
		why = peer_agree(pair->line, why);
		if (!why && pair->active)
			why = send_all(pair, messages, BATCH);
		if (!why && !pair->active && !end_wait_completions(pair->end.recv_cq, wc, BATCH))
			why = "too few messages";
		for (i = 0; i < BATCH && !why && !pair->active; i++)
			if (wc[i].status != IBV_WC_SUCCESS || wc[i].wr_id != FIRST_WR_ID + i)
				why = because("message %u: %s", i, ibv_wc_status_str(wc[i].status));
		why = peer_agree(pair->line, why);
	}
	return why;
}

/* A queue that is full is empty after a reset, and takes as many again. */
static const char *reset(struct pair *pair)
{
	const struct message message = { .size = 8, .cut = cuts[0] };
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };
	const char *why = NULL;
	unsigned int i;

	for (i = 0; i < END_QUEUE_DEPTH && !why; i++)
		why = post_receive(pair, &message, 1);
	if (!why && ibv_modify_qp(pair->end.qp, &attr, IBV_QP_STATE))
		why = "modify_qp to RESET failed";
	if (!why && end_ud_to_rts(pair->end.qp, QKEY))
		why = "modify_qp to RTS failed";
	why = peer_agree(pair->line, why);
	if (!why)
		why = exchange(pair, &message);
	for (i = 0; i < END_QUEUE_DEPTH && !why; i++)
		why = post_receive(pair, &message, 1);
	return peer_agree(pair->line, why);
}

/* Receives that are out when the QP goes to the error state. */
static const char *flushed(struct pair *pair)
{
	const struct message message = { .size = 8, .cut = cuts[0] };
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	struct ibv_wc wc;
	const char *why;

	why = post_receive(pair, &message, FIRST_WR_ID);
	if (!why && ibv_modify_qp(pair->end.qp, &attr, IBV_QP_STATE))
		why = "modify_qp to ERR failed";
	if (!why && !end_wait_completion(pair->end.recv_cq, &wc))
		why = "no completion of a flushed receive";
	if (!why && (wc.status != IBV_WC_WR_FLUSH_ERR || wc.wr_id != FIRST_WR_ID))
		why = because("flushed: %s, wr_id %#lx", ibv_wc_status_str(wc.status),
			      (unsigned long)wc.wr_id);
	return peer_agree(pair->line, why);
}

/* Memory that the program may not write to gets no header either. */
static const char *forbidden(struct pair *pair)
{
	struct message message = { .size = 8, .cut = cuts[0] };
	struct ibv_mr *read_only = ibv_reg_mr(pair->end.pd, pair->end.buffer, 4096, 0);
	struct ibv_sge sge = { (uintptr_t)pair->end.buffer, HEADER + 8, 0 };
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };
	const char *why = read_only ? NULL : "reg_mr failed";
	struct ibv_wc wc;

	if (!why && !pair->active) {
		sge.lkey = read_only->lkey;
		memset(pair->end.buffer, POISON, 4096);
		if (ibv_post_recv(pair->end.qp, &wr, &bad))
			why = "post_recv failed";
	}
	why = peer_agree(pair->line, why);
	if (!why && pair->active)
		why = send_all(pair, &message, 1);
	if (!why && !pair->active) {
		if (!end_wait_completion(pair->end.recv_cq, &wc))
			why = "no completion";
		else if (wc.status == IBV_WC_SUCCESS || wc.status == IBV_WC_WR_FLUSH_ERR)
			why = because("completion: %s", ibv_wc_status_str(wc.status));
		else if (pair->end.buffer[0] != POISON)
			why = "memory was written";
	}
	why = peer_agree(pair->line, why);
	if (read_only)
		ibv_dereg_mr(read_only);
	return why;
}

void run_datagrams(struct pair *pair)
{
	static const struct {
		const char *name;
		const char *(*run)(struct pair *pair);
	} cases[] = {
		{ "UD, header and data in every cut", pair_exchange_datagrams },
		{ "UD, as many as the queue holds", many },
		{ "UD, reset", reset },
		{ "UD, flushed receives", flushed },
		{ "UD, no header into memory that may not be written", forbidden },
	};
	const char *why;
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		why = pair_connect_ud(pair);
		if (!why)
			why = cases[i].run(pair);
		report_case(pair, why, cases[i].name);
		pair_disconnect(pair);
	}
}
