// SPDX-License-Identifier: GPL-2.0
/* What fuzz_ring does to queues. Threads race on all that lies in memory. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_ring.h"

#define ENTRIES		32
#define INLINE_BYTES	64
#define RECV_SGES	2
#define QKEY		0x11111111

enum { FLAG_SIGNALED = 1 << 1, FLAG_INLINE = 1 << 3 };

const struct ring_op_info ring_ops[RING_OPS] = {
	[RING_SEND]        = { "send",        30, true },
	[RING_RECV]        = { "receive",     20, true },
	[RING_DOORBELL]    = { "doorbell",    30, true },
	[RING_CONSUME]     = { "consume",     15, true },
	[RING_NOTIFY]      = { "notify",       5, true },
	[RING_RESET_QP]    = { "reset QP",     2, true },
	[RING_RECREATE_QP] = { "recreate QP",  1, true },
	[RING_RESIZE_CQ]   = { "resize CQ",    1, true },
	[RING_RECREATE_MW] = { "recreate MW",  3, true },
	[RING_SCRIBBLE]    = { "scribble",    12, false },
	[RING_INDEX]       = { "set index",    8, false },
	[RING_SHAPE]       = { "set shape",    2, false },
	[RING_REMAP]       = { "remap",        2, false },
};

/* The entry at an index, within the room even while another thread maps anew. */
static void *entry_at(const struct raw_ring *ring, uint32_t index)
{
	size_t offset = sizeof(struct rxe_queue_buf) +
			(size_t)(index & ring->mask) * ring->element;

	return ring->room + offset % (RAW_RING_ROOM - 4096);
}

static struct raw_ring *any_ring(struct ring_world *world, struct fuzz_random *random)
{
	switch (fuzz_below(random, 4)) {
	case 0:
		return &world->cq_rings[fuzz_below(random, RING_CQS)];
	case 1:
		return &world->recv_rings[fuzz_below(random, RING_QPS)];
	case 2:
		return &world->srq_ring;
	default:
		return &world->send_rings[fuzz_below(random, RING_QPS)];
	}
}

static uint32_t nasty_word(struct fuzz_random *random, const struct raw_ring *ring)
{
	switch (fuzz_below(random, 6)) {
	case 0:
		return fuzz_next(random);
	case 1:
		return -1u << fuzz_below(random, 32);
	case 2:
		return ring->mask + fuzz_below(random, 3);
	case 3:
		return 1u << fuzz_below(random, 32);
	case 4:
		return fuzz_below(random, 256);
	default:
		return 0;
	}
}

/* Bytes of an entry that has just been written. */
static void spoil(struct ring_world *world, struct fuzz_random *random,
		  const struct raw_ring *ring, uint8_t *entry)
{
	unsigned int changes = fuzz_below(random, 4);
	uint32_t word;

	if (world->sound || !fuzz_one_in(random, 3))
		return;
	while (changes--) {
		word = nasty_word(random, ring);
		memcpy(entry + (fuzz_below(random, 256) & ~3u), &word, sizeof(word));
	}
}

static struct rxe_sge own_memory(struct ring_world *world, struct fuzz_random *random,
				 uint32_t length)
{
	return (struct rxe_sge){
		.addr = (uintptr_t)world->arena + (fuzz_below(random, RING_ARENA / 2) & ~7u),
		.length = length,
		.lkey = world->lkey,
	};
}

static bool is_full(const struct raw_ring *ring)
{
	const struct rxe_queue_buf *queue = raw_ring_queue(ring);

	return ((queue->producer_index + 1) & ring->mask) == (queue->consumer_index & ring->mask);
}

static void advance(const struct raw_ring *ring)
{
	struct rxe_queue_buf *queue = raw_ring_queue(ring);

	__atomic_store_n(&queue->producer_index, (queue->producer_index + 1) & ring->mask,
			 __ATOMIC_RELEASE);
}

static void fill_data(struct ring_world *world, struct fuzz_random *random,
		      struct rxe_send_wqe *wqe, bool by_value)
{
	uint32_t length = fuzz_below(random, by_value ? INLINE_BYTES : 4096);

	if (wqe->wr.opcode == IB_UVERBS_WR_ATOMIC_CMP_AND_SWP ||
	    wqe->wr.opcode == IB_UVERBS_WR_ATOMIC_FETCH_AND_ADD)
		length = 8;
	wqe->dma.length = length;
	wqe->dma.resid = length;
	if (by_value) {
		wqe->wr.send_flags |= FLAG_INLINE;
		memset(wqe->dma.inline_data, 0x5a, length);
	} else {
		wqe->dma.num_sge = 1;
		wqe->dma.sge[0] = own_memory(world, random, length);
	}
}

static void fill_remote(struct ring_world *world, struct fuzz_random *random, unsigned int qp,
			struct rxe_send_wqe *wqe)
{
	uint64_t address = (uintptr_t)world->arena + RING_ARENA / 2 +
			   (fuzz_below(random, RING_ARENA / 4) & ~7u);

	if (qp == RING_QP_UD) {
		wqe->wr.wr.ud.remote_qpn = atomic_load(&world->qpns[RING_QP_UD]);
		wqe->wr.wr.ud.remote_qkey = QKEY;
		wqe->wr.wr.ud.ah_num = world->ah_num;
	} else if (wqe->wr.opcode == IB_UVERBS_WR_ATOMIC_CMP_AND_SWP ||
		   wqe->wr.opcode == IB_UVERBS_WR_ATOMIC_FETCH_AND_ADD) {
		wqe->wr.wr.atomic.remote_addr = address;
		wqe->wr.wr.atomic.rkey = world->rkey;
		wqe->iova = address;
	} else {
		if (wqe->wr.opcode == IB_UVERBS_WR_SEND_WITH_INV)
			wqe->wr.ex.invalidate_rkey =
				atomic_load(&world->mws[fuzz_below(random, RING_MWS)].rkey);
		wqe->wr.wr.rdma.remote_addr = address;
		wqe->wr.wr.rdma.rkey = world->rkey;
		wqe->iova = address;
	}
}

/* UC knows no reads and atomics: they are rare, as they end with an error. */
static uint32_t connected_opcode(struct fuzz_random *random)
{
	if (fuzz_one_in(random, 64))
		return fuzz_below(random, IB_UVERBS_WR_SEND_WITH_INV + 1);
	return fuzz_below(random, IB_UVERBS_WR_SEND_WITH_IMM + 1);
}

static int post_send(struct ring_world *world, struct fuzz_random *random)
{
	unsigned int qp = fuzz_below(random, RING_QPS);
	const struct raw_ring *ring = &world->send_rings[qp];
	struct rxe_send_wqe *wqe;
	bool by_value;

	if (is_full(ring))
		return ENOSPC;
	wqe = entry_at(ring, raw_ring_queue(ring)->producer_index);
	memset(wqe, 0, sizeof(*wqe));
	wqe->wr.wr_id = fuzz_next(random);
	wqe->wr.opcode = qp == RING_QP_UD ? IB_UVERBS_WR_SEND : connected_opcode(random);
	wqe->wr.send_flags = FLAG_SIGNALED;
	by_value = wqe->wr.opcode <= IB_UVERBS_WR_SEND_WITH_IMM && fuzz_one_in(random, 3);
	if (qp == RING_QP_RC) {
		ring_fill_window(world, random, wqe);
	} else {
		fill_data(world, random, wqe, by_value);
		fill_remote(world, random, qp, wqe);
	}
	spoil(world, random, ring, (uint8_t *)wqe);
	advance(ring);
	return 0;
}

static int post_recv(struct ring_world *world, struct fuzz_random *random)
{
	unsigned int qp = fuzz_below(random, RING_QPS);
	const struct raw_ring *ring = qp == RING_QP_UC_SRQ ? &world->srq_ring :
		&world->recv_rings[qp];
	struct rxe_recv_wqe *wqe;

	if (is_full(ring))
		return ENOSPC;
	wqe = entry_at(ring, raw_ring_queue(ring)->producer_index);
	*wqe = (struct rxe_recv_wqe){
		.wr_id = fuzz_next(random),
		.dma = { .length = 8192, .resid = 8192, .num_sge = 1 },
	};
	wqe->dma.sge[0] = own_memory(world, random, 8192);
	spoil(world, random, ring, (uint8_t *)wqe);
	advance(ring);
	return 0;
}

static int doorbell(struct ring_world *world, struct fuzz_random *random)
{
	return raw_ring_doorbell(world->fd,
				 atomic_load(&world->qps[fuzz_below(random, RING_QPS)]));
}

static int consume(struct ring_world *world, struct fuzz_random *random)
{
	const struct raw_ring *ring = &world->cq_rings[fuzz_below(random, RING_CQS)];
	struct rxe_queue_buf *queue = raw_ring_queue(ring);
	uint32_t producer = __atomic_load_n(&queue->producer_index, __ATOMIC_ACQUIRE);
	uint32_t index = queue->consumer_index;
	const struct ib_uverbs_wc *wc;
	unsigned int limit;

	for (limit = 0; index != producer && limit <= ring->mask; limit++) {
		wc = entry_at(ring, index);
		if (wc->opcode == IB_UVERBS_WC_BIND_MW && !wc->status)
			atomic_fetch_add(&world->tally->binds, 1);
		atomic_fetch_add(wc->status ? &world->tally->bad_completions :
				 &world->tally->good_completions, 1);
		index = (index + 1) & ring->mask;
	}
	__atomic_store_n(&queue->consumer_index, producer, __ATOMIC_RELEASE);
	return 0;
}

static int notify(struct ring_world *world, struct fuzz_random *random)
{
	struct ib_uverbs_req_notify_cq cmd = {
		.cq_handle = world->cqs[fuzz_below(random, RING_CQS)],
		.solicited_only = fuzz_below(random, 2),
	};

	return raw_write(world->fd, &(struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_req_notify_cq cmd;
	}){ { IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, 4, 0 }, cmd }, 16);
}

static int start_datagrams(struct ring_world *world)
{
	uint32_t qp = atomic_load(&world->qps[RING_QP_UD]);
	struct ib_uverbs_modify_qp request = raw_to_init(qp);
	int err;

	request.attr_mask = RAW_QP_STATE | RAW_QP_PKEY_INDEX | RAW_QP_PORT | RAW_QP_QKEY;
	request.qkey = QKEY;
	err = raw_modify_qp(world->fd, request);
	if (err)
		return err;
	err = raw_modify_qp(world->fd, raw_to_state(qp, RAW_QPS_RTR));
	if (err)
		return err;
	request = raw_to_state(qp, RAW_QPS_RTS);
	request.attr_mask |= RAW_QP_SQ_PSN;
	return raw_modify_qp(world->fd, request);
}

static int start_connected(struct ring_world *world, unsigned int qp)
{
	uint32_t handle = atomic_load(&world->qps[qp]);
	struct ib_uverbs_modify_qp request = raw_to_init(handle);
	int err;

	request.qp_access_flags = RAW_ACCESS_REMOTE_WRITE;
	err = raw_modify_qp(world->fd, request);
	if (err)
		return err;
	request = raw_to_rtr(handle, atomic_load(&world->qpns[RING_QP_UC_SRQ - qp]),
			     world->options->gid, world->options->gid_index);
	request.attr_mask &= ~(RAW_QP_MAX_DEST_RD_ATOMIC | RAW_QP_MIN_RNR_TIMER);
	err = raw_modify_qp(world->fd, request);
	if (err)
		return err;
	request = raw_to_state(handle, RAW_QPS_RTS);
	request.attr_mask |= RAW_QP_SQ_PSN;
	return raw_modify_qp(world->fd, request);
}

/* To a QP that drops what comes from it. */
static int start_unanswered(struct ring_world *world)
{
	return raw_connect(world->fd, atomic_load(&world->qps[RING_QP_RC]),
			   atomic_load(&world->qpns[RING_QP_UD]), world->options->gid,
			   world->options->gid_index);
}

static int start(struct ring_world *world, unsigned int qp)
{
	if (qp == RING_QP_RC)
		return start_unanswered(world);
	return qp == RING_QP_UD ? start_datagrams(world) : start_connected(world, qp);
}

/* Both of a connected pair, so that they agree on sequence numbers again. */
static int reset_qp(struct ring_world *world, struct fuzz_random *random)
{
	unsigned int qp = fuzz_below(random, RING_QPS), first, last, i;
	int err = 0;

	first = qp >= RING_QP_UD ? qp : RING_QP_UC;
	last = qp >= RING_QP_UD ? qp : RING_QP_UC_SRQ;
	if (fuzz_one_in(random, 4))
		raw_modify_qp(world->fd, raw_to_state(atomic_load(&world->qps[qp]), RAW_QPS_ERR));
	for (i = first; i <= last && !err; i++)
		err = raw_modify_qp(world->fd,
				    raw_to_state(atomic_load(&world->qps[i]), RAW_QPS_RESET));
	for (i = first; i <= last && !err; i++)
		err = start(world, i);
	return err;
}

static int create_qp(struct ring_world *world, unsigned int qp, uint32_t max_recv_sge)
{
	struct ib_uverbs_create_qp request = raw_qp_request(world->pd, world->cqs[0]);
	struct ib_uverbs_create_qp_resp resp;
	int err;

	request.recv_cq_handle = world->cqs[1];
	request.max_recv_sge = max_recv_sge;
	request.max_inline_data = INLINE_BYTES;
	request.qp_type = qp == RING_QP_UD ? RAW_QPT_UD :
			  qp == RING_QP_RC ? RAW_QPT_RC : RAW_QPT_UC;
	request.is_srq = qp == RING_QP_UC_SRQ;
	request.srq_handle = world->srq;
	err = raw_ring_create_qp(world->fd, &request, &resp, &world->send_rings[qp],
				 &world->recv_rings[qp]);
	if (err)
		return err;
	atomic_store(&world->qps[qp], resp.qp_handle);
	atomic_store(&world->qpns[qp], resp.qpn);
	return 0;
}

static int recreate_qp(struct ring_world *world, struct fuzz_random *random)
{
	unsigned int qp = fuzz_below(random, RING_QPS);
	int err = raw_destroy_qp(world->fd, atomic_load(&world->qps[qp]));

	if (!err)
		err = create_qp(world, qp, world->sound ? RECV_SGES :
				fuzz_below(random, RECV_SGES + 1));
	return err ? err : reset_qp(world, random);
}

static int resize_cq(struct ring_world *world, struct fuzz_random *random)
{
	unsigned int cq = fuzz_below(random, RING_CQS);

	return raw_ring_resize_cq(world->fd, world->cqs[cq],
				  ENTRIES + fuzz_below(random, 16 * ENTRIES), &world->cq_rings[cq]);
}

static int scribble(struct ring_world *world, struct fuzz_random *random)
{
	struct raw_ring *ring = any_ring(world, random);
	uint32_t size = ring->size ? ring->size : RAW_RING_ROOM;
	uint32_t start = fuzz_below(random, size);
	uint32_t length = fuzz_below(random, fuzz_one_in(random, 8) ? 4096 : 64);

	fuzz_fill(random, ring->room + start, length < size - start ? length : size - start);
	return 0;
}

static int set_index(struct ring_world *world, struct fuzz_random *random)
{
	struct raw_ring *ring = any_ring(world, random);
	struct rxe_queue_buf *queue = raw_ring_queue(ring);

	*(volatile __u32 *)(fuzz_below(random, 2) ? &queue->producer_index :
			    &queue->consumer_index) = nasty_word(random, ring);
	return 0;
}

static int set_shape(struct ring_world *world, struct fuzz_random *random)
{
	struct raw_ring *ring = any_ring(world, random);
	struct rxe_queue_buf *queue = raw_ring_queue(ring);

	*(volatile __u32 *)(fuzz_below(random, 2) ? &queue->log2_elem_size :
			    &queue->index_mask) = nasty_word(random, ring);
	return 0;
}

/* Where the queue is, in its neighbourhood, or anywhere. */
static off_t some_offset(const struct raw_ring *ring, struct fuzz_random *random)
{
	switch (fuzz_below(random, 8)) {
	case 0:
		return (off_t)fuzz_below(random, 64) << (fuzz_one_in(random, 2) ? 30 : 12);
	case 1:
		return ring->offset + ((off_t)fuzz_below(random, 8) << 12);
	default:
		return ring->offset;
	}
}

static size_t some_size(const struct raw_ring *ring, struct fuzz_random *random)
{
	if (!ring->size || fuzz_one_in(random, 4))
		return (size_t)(1 + fuzz_below(random, 64)) << (fuzz_one_in(random, 8) ? 20 : 12);
	return ring->size;
}

/* Mappings of what is there and what is not, in other ways than providers ask. */
static int remap(struct ring_world *world, struct fuzz_random *random)
{
	static const int protections[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
	};
	const struct raw_ring *ring = any_ring(world, random);
	size_t size = some_size(ring, random), half;
	uint8_t *map;

	map = mmap(NULL, size, protections[fuzz_below(random, 5)],
		   fuzz_one_in(random, 4) ? MAP_PRIVATE : MAP_SHARED, world->fd,
		   some_offset(ring, random));
	if (map == MAP_FAILED)
		return errno;
	madvise(map, size, fuzz_one_in(random, 2) ? MADV_DONTNEED : MADV_DOFORK);
	mprotect(map, 4096, PROT_READ | PROT_WRITE);
	half = size / 2 & ~4095ul;
	if (munmap(map + half, size - half) || (half && munmap(map, half)))
		return errno;
	return 0;
}

static int (*const functions[RING_OPS])(struct ring_world *world, struct fuzz_random *random) = {
	[RING_SEND] = post_send,
	[RING_RECV] = post_recv,
	[RING_DOORBELL] = doorbell,
	[RING_CONSUME] = consume,
	[RING_NOTIFY] = notify,
	[RING_RESET_QP] = reset_qp,
	[RING_RECREATE_QP] = recreate_qp,
	[RING_RESIZE_CQ] = resize_cq,
	[RING_RECREATE_MW] = ring_recreate_mw,
	[RING_SCRIBBLE] = scribble,
	[RING_INDEX] = set_index,
	[RING_SHAPE] = set_shape,
	[RING_REMAP] = remap,
};

void ring_step(void *context, struct fuzz_random *random)
{
	struct ring_world *world = context;
	enum ring_op ops = world->sound ? RING_SCRIBBLE : RING_OPS, op;
	unsigned int total = 0, pick;
	int err;

	for (op = 0; op < ops; op++)
		total += ring_ops[op].weight;
	pick = fuzz_below(random, total);
	for (op = 0; pick >= ring_ops[op].weight; op++)
		pick -= ring_ops[op].weight;
	if (op == RING_RESET_QP || op == RING_RECREATE_QP)
		pthread_mutex_lock(&world->starting);
	err = functions[op](world, random);
	if (op == RING_RESET_QP || op == RING_RECREATE_QP)
		pthread_mutex_unlock(&world->starting);
	atomic_fetch_add(&world->tally->results[op][err < FUZZ_ERRNOS ? err : EIO], 1);
	atomic_fetch_add(&world->tally->operations, 1);
}

static int init_rings(struct ring_world *world)
{
	unsigned int i;
	int err;

	err = raw_ring_init(&world->srq_ring);
	for (i = 0; i < RING_CQS && !err; i++)
		err = raw_ring_init(&world->cq_rings[i]);
	for (i = 0; i < RING_QPS && !err; i++) {
		err = raw_ring_init(&world->send_rings[i]);
		if (!err)
			err = raw_ring_init(&world->recv_rings[i]);
	}
	return err;
}

static int create_all(struct ring_world *world)
{
	struct ib_uverbs_reg_mr_resp mr;
	unsigned int i;
	uint32_t channel;
	int err;

	err = raw_alloc_pd(world->fd, &world->pd);
	if (err)
		return err;
	err = raw_reg_mr(world->fd, world->pd, world->arena, RING_ARENA, 0x1f, &mr);
	if (err)
		return err;
	world->lkey = mr.lkey;
	world->rkey = mr.rkey;
	err = raw_ring_create_ah(world->fd, world->pd, world->options->gid,
				 world->options->gid_index, &world->ah_num);
	if (!err)
		err = raw_create_channel(world->fd, &channel);
	for (i = 0; i < RING_CQS && !err; i++)
		err = raw_ring_create_cq(world->fd, 4 * ENTRIES, channel, &world->cqs[i],
					 &world->cq_rings[i]);
	if (!err)
		err = raw_ring_create_srq(world->fd, world->pd, ENTRIES, &world->srq,
					  &world->srq_ring);
	for (i = 0; i < RING_QPS && !err; i++)
		err = create_qp(world, i, RECV_SGES);
	for (i = 0; i < RING_MWS && !err; i++)
		err = ring_create_mw(world, i);
	for (i = 0; i < RING_QPS && !err; i++)
		err = start(world, i);
	return err;
}

int ring_world_init(struct ring_world *world)
{
	int err = init_rings(world);

	world->starting = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	if (err)
		return err;
	world->fd = raw_session(world->options->node);
	return create_all(world);
}

void ring_world_exit(struct ring_world *world)
{
	unsigned int i;

	raw_ring_exit(&world->srq_ring);
	for (i = 0; i < RING_CQS; i++)
		raw_ring_exit(&world->cq_rings[i]);
	for (i = 0; i < RING_QPS; i++) {
		raw_ring_exit(&world->send_rings[i]);
		raw_ring_exit(&world->recv_rings[i]);
	}
	close(world->fd);
}
