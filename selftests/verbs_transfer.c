// SPDX-License-Identifier: GPL-2.0
/*
 * Every opcode in every shape and size, every byte compared.
 *
 * A message is laid out as pieces (one per SGE) with guard bytes around them:
 *
 *   | guard | piece 0 | guard | piece 1 | guard | ...
 *
 * The sender draws a seeded pattern into its pieces. The receiver starts from
 * poison everywhere, and ends with exactly the picture that it draws for
 * comparison: the pattern in the pieces, poison elsewhere. The two sides cut a
 * message into different numbers of pieces. Inline data is overwritten as soon
 * as it is posted: the device must have taken it by then.
 */

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "verbs_case.h"
#include "verbs_peer.h"

#define GUARD		16u
#define POISON		0xa5
#define MAX_BATCH	16u
#define BATCH_MAX_SIZE	65536u
#define FIRST_WR_ID	0x1000u
#define FENCE_WR_ID	0x2000u
#define FIRST_IMM	0xcafe0000u

struct shape {
	const char *name;
	unsigned int sges;
	unsigned int batch;
	bool inlined;
	bool all_signalled;
};

static const struct shape shapes[] = {
	{ "one SGE",				1, 1, false, true },
	{ "4 SGEs",				4, 1, false, true },
	{ "inline",				2, 1, true, true },
	{ "16 in a list, last signalled",	2, MAX_BATCH, false, false },
	{ "16 in a list, all signalled",	1, MAX_BATCH, false, true },
};

struct opcode {
	const char *name;
	enum ibv_wr_opcode wr;
	enum ibv_wc_opcode sent;
	enum ibv_wc_opcode received;
	bool immediate;
	bool uc;
};

static const struct opcode opcodes[] = {
	{ "SEND", IBV_WR_SEND, IBV_WC_SEND, IBV_WC_RECV, false, true },
	{ "SEND_WITH_IMM", IBV_WR_SEND_WITH_IMM, IBV_WC_SEND, IBV_WC_RECV, true, true },
	{ "RDMA_WRITE", IBV_WR_RDMA_WRITE, IBV_WC_RDMA_WRITE, IBV_WC_RECV, false, true },
	{ "RDMA_WRITE_WITH_IMM", IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WC_RDMA_WRITE,
	  IBV_WC_RECV_RDMA_WITH_IMM, true, true },
	{ "RDMA_READ", IBV_WR_RDMA_READ, IBV_WC_RDMA_READ, IBV_WC_RECV, false, false },
};

/* One message of one opcode in one shape and size. */
struct transfer {
	const struct opcode *op;
	const struct shape *shape;
	uint32_t size;
	uint8_t seed;
};

/* A size and the number of pieces it is cut into. */
struct layout {
	uint32_t size;
	unsigned int pieces;
};

static uint32_t layout_stride(uint32_t size)
{
	return (size + (END_MAX_SGE + 1) * GUARD + 63) & ~63u;
}

static uint32_t piece_length(const struct layout *layout, unsigned int piece)
{
	uint32_t length = layout->size / layout->pieces;

	return piece + 1 < layout->pieces ? length : layout->size - piece * length;
}

static uint32_t piece_offset(const struct layout *layout, unsigned int slot, unsigned int piece)
{
	return slot * layout_stride(layout->size) + (piece + 1) * GUARD +
	       piece * (layout->size / layout->pieces);
}

static uint8_t pattern(uint8_t seed, unsigned int slot, uint32_t position)
{
	return position * 131 + (position >> 8) * 17 + slot * 59 + seed;
}

static uint32_t picture_size(const struct transfer *transfer)
{
	return transfer->shape->batch * layout_stride(transfer->size);
}

static void draw(uint8_t *to, const struct transfer *transfer, const struct layout *layout)
{
	unsigned int slot, piece;
	uint32_t i, length, position;

	memset(to, POISON, picture_size(transfer));
	for (slot = 0; slot < transfer->shape->batch; slot++) {
		for (piece = 0, position = 0; piece < layout->pieces; piece++) {
			uint8_t *at = to + piece_offset(layout, slot, piece);

			length = piece_length(layout, piece);
			for (i = 0; i < length; i++, position++)
				at[i] = pattern(transfer->seed, slot, position);
		}
	}
}

static const char *compare(const struct pair *pair, const struct transfer *transfer,
			   const struct layout *layout)
{
	static uint8_t expected[END_BUFFER_SIZE];
	uint32_t i;

	draw(expected, transfer, layout);
	for (i = 0; i < picture_size(transfer); i++) {
		if (pair->end.buffer[i] != expected[i])
			return because("size %u: byte %u is %#x instead of %#x", transfer->size,
				       i, pair->end.buffer[i], expected[i]);
	}
	return NULL;
}

/* SGEs of the pieces that hold something; returns how many. */
static int layout_sges(const struct end *end, const struct layout *layout, unsigned int slot,
		       struct ibv_sge *sge)
{
	unsigned int piece;
	int count = 0;

	for (piece = 0; piece < layout->pieces; piece++) {
		if (!piece_length(layout, piece))
			continue;
		sge[count++] = (struct ibv_sge){
			.addr = (uintptr_t)end->buffer + piece_offset(layout, slot, piece),
			.length = piece_length(layout, piece),
			.lkey = end->mr->lkey,
		};
	}
	return count;
}

static bool is_write(const struct transfer *transfer)
{
	return transfer->op->wr == IBV_WR_RDMA_WRITE;
}

static bool is_send(const struct transfer *transfer)
{
	return transfer->op->wr == IBV_WR_SEND || transfer->op->wr == IBV_WR_SEND_WITH_IMM;
}

static struct layout active_layout(const struct transfer *transfer)
{
	return (struct layout){ transfer->size, transfer->shape->sges };
}

/* The passive side of a WRITE or READ is one range; of a SEND, other pieces. */
static struct layout passive_layout(const struct transfer *transfer)
{
	if (is_send(transfer) && transfer->shape->sges > 1)
		return (struct layout){ transfer->size, transfer->shape->sges - 1 };
	return (struct layout){ transfer->size, 1 };
}

static unsigned int send_flags(const struct shape *shape, unsigned int slot)
{
	unsigned int flags = shape->inlined ? IBV_SEND_INLINE : 0;

	if (shape->all_signalled || slot + 1 == shape->batch)
		flags |= IBV_SEND_SIGNALED;
	return flags;
}

/*
 * Post the whole list in one call. Nothing tells the passive side of a plain
 * WRITE that the data is there, so an empty SEND follows it.
 */
static const char *post_requests(struct pair *pair, const struct transfer *transfer)
{
	const struct layout local = active_layout(transfer), remote = passive_layout(transfer);
	static struct ibv_sge sge[MAX_BATCH][END_MAX_SGE];
	struct ibv_send_wr wr[MAX_BATCH + 1] = {}, *bad;
	unsigned int i, count = transfer->shape->batch;
	int err;

	for (i = 0; i < count; i++) {
		wr[i] = (struct ibv_send_wr){
			.wr_id = FIRST_WR_ID + i,
			.next = &wr[i + 1],
			.sg_list = sge[i],
			.num_sge = layout_sges(&pair->end, &local, i, sge[i]),
			.opcode = transfer->op->wr,
			.send_flags = send_flags(transfer->shape, i),
			.imm_data = htobe32(FIRST_IMM + i),
			.wr.rdma.remote_addr = pair->remote.buffer + piece_offset(&remote, i, 0),
			.wr.rdma.rkey = pair->remote.rkey,
		};
	}
	if (is_write(transfer)) {
		wr[count].wr_id = FENCE_WR_ID;
		wr[count].opcode = IBV_WR_SEND;
		wr[count].send_flags = IBV_SEND_SIGNALED;
	} else {
		wr[count - 1].next = NULL;
	}
	err = ibv_post_send(pair->end.qp, wr, &bad);
	return err ? because("post_send: %s", strerror(err)) : NULL;
}

static const char *check_success(struct pair *pair, const struct ibv_wc *wc, uint64_t wr_id,
				 enum ibv_wc_opcode opcode)
{
	if (wc->status != IBV_WC_SUCCESS)
		return because("completion: %s", ibv_wc_status_str(wc->status));
	if (wc->wr_id != wr_id)
		return because("wr_id %#lx instead of %#lx", (unsigned long)wc->wr_id,
			       (unsigned long)wr_id);
	if (wc->opcode != opcode)
		return because("completion opcode %u instead of %u", wc->opcode, opcode);
	if (wc->qp_num != pair->end.qp->qp_num)
		return because("completion of QP %u", wc->qp_num);
	return NULL;
}

static unsigned int signalled_of(const struct transfer *transfer)
{
	unsigned int count = transfer->shape->all_signalled ? transfer->shape->batch : 1;

	return is_write(transfer) ? count + 1 : count;
}

static const char *collect_sent(struct pair *pair, const struct transfer *transfer)
{
	const unsigned int requests = transfer->shape->batch, count = signalled_of(transfer);
	const unsigned int first = transfer->shape->all_signalled ? 0 : requests - 1;
	struct ibv_wc wc[MAX_BATCH + 1];
	const char *why = NULL;
	unsigned int i;

	if (!end_wait_completions(pair->end.send_cq, wc, count))
		return because("size %u: too few completions of requests", transfer->size);
	for (i = 0; i < count && !why; i++) {
		if (first + i < requests)
			why = check_success(pair, &wc[i], FIRST_WR_ID + first + i,
					    transfer->op->sent);
		else
			why = check_success(pair, &wc[i], FENCE_WR_ID, IBV_WC_SEND);
	}
	if (!why && ibv_poll_cq(pair->end.send_cq, 1, wc))
		return "a completion too many on the active side";
	return why;
}

static unsigned int receives_of(const struct transfer *transfer)
{
	return is_write(transfer) ? 1 : transfer->shape->batch;
}

static const char *post_receives(struct pair *pair, const struct transfer *transfer)
{
	const struct layout layout = passive_layout(transfer);
	static struct ibv_sge sge[MAX_BATCH][END_MAX_SGE];
	struct ibv_recv_wr wr[MAX_BATCH] = {}, *bad;
	unsigned int i, count = receives_of(transfer);
	int err;

	for (i = 0; i < count; i++) {
		wr[i].wr_id = FIRST_WR_ID + i;
		wr[i].next = i + 1 < count ? &wr[i + 1] : NULL;
		wr[i].sg_list = sge[i];
		if (is_send(transfer))
			wr[i].num_sge = layout_sges(&pair->end, &layout, i, sge[i]);
	}
	err = ibv_post_recv(pair->end.qp, wr, &bad);
	return err ? because("post_recv: %s", strerror(err)) : NULL;
}

static const char *check_received(struct pair *pair, const struct transfer *transfer,
				  const struct ibv_wc *wc, unsigned int i)
{
	uint32_t length = is_write(transfer) ? 0 : transfer->size;
	const char *why;

	why = check_success(pair, wc, FIRST_WR_ID + i, transfer->op->received);
	if (why)
		return why;
	if (wc->byte_len != length)
		return because("byte_len %u instead of %u", wc->byte_len, length);
	if (!!(wc->wc_flags & IBV_WC_WITH_IMM) != transfer->op->immediate)
		return because("wc_flags %#x", wc->wc_flags);
	if (transfer->op->immediate && wc->imm_data != htobe32(FIRST_IMM + i))
		return because("immediate data %#x instead of %#x", be32toh(wc->imm_data),
			       FIRST_IMM + i);
	return NULL;
}

static const char *collect_received(struct pair *pair, const struct transfer *transfer)
{
	const unsigned int count = receives_of(transfer);
	struct ibv_wc wc[MAX_BATCH];
	const char *why = NULL;
	unsigned int i;

	if (!end_wait_completions(pair->end.recv_cq, wc, count))
		return because("size %u: too few messages arrived", transfer->size);
	for (i = 0; i < count && !why; i++)
		why = check_received(pair, transfer, &wc[i], i);
	return why;
}

static const char *request_side(struct pair *pair, const struct transfer *transfer)
{
	const struct layout layout = active_layout(transfer);
	bool reads = transfer->op->wr == IBV_WR_RDMA_READ;
	const char *why;

	if (reads)
		memset(pair->end.buffer, POISON, picture_size(transfer));
	else
		draw(pair->end.buffer, transfer, &layout);
	peer_meet(pair->line);
	why = post_requests(pair, transfer);
	if (transfer->shape->inlined)
		memset(pair->end.buffer, POISON, picture_size(transfer));
	if (!why)
		why = collect_sent(pair, transfer);
	if (!why && reads)
		why = compare(pair, transfer, &layout);
	return peer_agree(pair->line, why);
}

static const char *response_side(struct pair *pair, const struct transfer *transfer)
{
	const struct layout layout = passive_layout(transfer);
	const char *why = NULL;

	if (transfer->op->wr == IBV_WR_RDMA_READ) {
		draw(pair->end.buffer, transfer, &layout);
		peer_meet(pair->line);
		return peer_agree(pair->line, NULL);
	}
	memset(pair->end.buffer, POISON, picture_size(transfer));
	why = post_receives(pair, transfer);
	peer_meet(pair->line);
	if (!why)
		why = collect_received(pair, transfer);
	if (!why)
		why = compare(pair, transfer, &layout);
	return peer_agree(pair->line, why);
}

static bool size_fits(const struct shape *shape, uint32_t size)
{
	if (shape->inlined)
		return size <= END_MAX_INLINE;
	return shape->batch == 1 || size <= BATCH_MAX_SIZE;
}

static const char *run_sizes(struct pair *pair, const struct opcode *op, const struct shape *shape)
{
	const enum ibv_mtu path_mtu = pair->end.mtu < (enum ibv_mtu)pair->remote.mtu ?
				      pair->end.mtu : (enum ibv_mtu)pair->remote.mtu;
	const uint32_t mtu = 128u << path_mtu;
	const uint32_t sizes[] = {
		0, 1, 2, END_MAX_INLINE - 1, END_MAX_INLINE, mtu - 1, mtu, mtu + 1, 65536, 1u << 20,
	};
	struct transfer transfer = { .op = op, .shape = shape };
	const char *why = NULL;
	unsigned int i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && !why; i++) {
		if (!size_fits(shape, sizes[i]))
			continue;
		transfer.size = sizes[i];
		transfer.seed = i * 37 + 11;
		why = pair->active ? request_side(pair, &transfer) : response_side(pair, &transfer);
	}
	return why;
}

static void run_case(struct pair *pair, enum ibv_qp_type type, const struct opcode *op,
		     const struct shape *shape)
{
	const char *why;
	char name[128];

	if (!pair->connectable)
		return;
	snprintf(name, sizeof(name), "%s %s, %s", type == IBV_QPT_RC ? "RC" : "UC", op->name,
		 shape->name);
	why = pair_connect(pair, type);
	if (!why)
		why = run_sizes(pair, op, shape);
	report_case(pair, why, name);
	pair_disconnect(pair);
}

void run_transfers(struct pair *pair)
{
	const enum ibv_qp_type types[] = { IBV_QPT_RC, IBV_QPT_UC };
	const unsigned int count = pair->reliable_only ? 1 : 2;
	unsigned int t, o, s;

	for (t = 0; t < count; t++) {
		for (o = 0; o < sizeof(opcodes) / sizeof(opcodes[0]); o++) {
			if (types[t] == IBV_QPT_UC && !opcodes[o].uc)
				continue;
			for (s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
				if (opcodes[o].wr == IBV_WR_RDMA_READ && shapes[s].inlined)
					continue;
				run_case(pair, types[t], &opcodes[o], &shapes[s]);
			}
		}
	}
}
