// SPDX-License-Identifier: GPL-2.0-only
#include <linux/random.h>
#include <linux/slab.h>

#include "grh.h"
#include "header.h"
#include "mr.h"
#include "pd.h"
#include "qp.h"

/* So that no header lies across pages. */
#define FF_HEADER_STRIDE 64
#define FF_CHUNK_SLOTS (PAGE_SIZE / FF_HEADER_STRIDE)

/* A receive that is at the lower queue, or none. */
struct ff_header_slot {
	struct list_head node;	/* in the free list; empty: in use */
	u32 number;
	u32 num_sge;
	u64 wr_id;		/* the program's */
	struct ib_sge sge[];	/* the program's, for the bytes of the header */
};

/* As many slots as headers fit a page. */
struct ff_header_chunk {
	void *headers;		/* a page, mapped for the NIC at @dma */
	u64 dma;
	u8 slots[];
};

static struct ff_header_slot *slot_at(const struct ff_headers *headers,
				      struct ff_header_chunk *chunk, u32 i)
{
	return (void *)(chunk->slots + (size_t)i * headers->slot_size);
}

static struct ff_header_chunk *chunk_of(const struct ff_headers *headers,
					u32 number)
{
	return xa_load((struct xarray *)&headers->chunks,
		       number / FF_CHUNK_SLOTS);
}

static struct ib_device *device_of(const struct ff_headers *headers)
{
	return headers->pd->lower->device;
}

static void free_chunk(struct ff_headers *headers,
		       struct ff_header_chunk *chunk)
{
	ib_dma_unmap_single(device_of(headers), chunk->dma, PAGE_SIZE,
			    DMA_FROM_DEVICE);
	free_page((unsigned long)chunk->headers);
	kvfree(chunk);
}

static struct ff_header_chunk *alloc_chunk(struct ff_headers *headers)
{
	struct ff_header_chunk *chunk;

	chunk = kvzalloc(sizeof(*chunk) +
			 FF_CHUNK_SLOTS * (size_t)headers->slot_size,
			 GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return NULL;
	chunk->headers = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!chunk->headers)
		goto err_chunk;
	chunk->dma = ib_dma_map_single(device_of(headers), chunk->headers,
				       PAGE_SIZE, DMA_FROM_DEVICE);
	if (ib_dma_mapping_error(device_of(headers), chunk->dma))
		goto err_page;
	return chunk;

err_page:
	free_page((unsigned long)chunk->headers);
err_chunk:
	kvfree(chunk);
	return NULL;
}

static int add_chunk(struct ff_headers *headers)
{
	struct ff_header_chunk *chunk = alloc_chunk(headers);
	u32 i, first = headers->count;
	int err;

	if (!chunk)
		return -ENOMEM;
	err = xa_err(xa_store(&headers->chunks, first / FF_CHUNK_SLOTS, chunk,
			      GFP_KERNEL_ACCOUNT));
	if (err) {
		free_chunk(headers, chunk);
		return err;
	}
	spin_lock_irq(&headers->lock);
	for (i = 0; i < FF_CHUNK_SLOTS; i++) {
		struct ff_header_slot *slot = slot_at(headers, chunk, i);

		slot->number = first + i;
		list_add_tail(&slot->node, &headers->free_list);
	}
	WRITE_ONCE(headers->count, first + FF_CHUNK_SLOTS);
	spin_unlock_irq(&headers->lock);
	return 0;
}

/**
 * ff_headers_grow() - make room for more receives
 * @headers: those of a queue; one at a time grows them
 * @count: receives that the lower queue holds from now on
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; what came until then stays.
 */
int ff_headers_grow(struct ff_headers *headers, u32 count)
{
	int err = 0;

	while (headers->count < count && !err)
		err = add_chunk(headers);
	return err;
}

/**
 * ff_headers_create() - prepare a queue for receives with headers
 * @pd: the queue's PD, which outlives them
 * @max_sge: elements that a program's request has at most; the lower queue
 *           takes FF_HEADER_SGES more
 * @count: receives that the lower queue holds
 *
 * Context: may sleep.
 * Return: the slots, or an error pointer.
 */
struct ff_headers *ff_headers_create(struct ff_pd *pd, u32 max_sge, u32 count)
{
	struct ff_headers *headers;
	int err;

	headers = kzalloc(sizeof(*headers), GFP_KERNEL_ACCOUNT);
	if (!headers)
		return ERR_PTR(-ENOMEM);
	headers->pd = pd;
	/*
	 * Of a completion with an error, wr_id is all that tells a receive from
	 * a send: a send is taken for a receive if its wr_id is guessed from
	 * among all 64-bit numbers.
	 */
	headers->base = get_random_u64();
	/* A data path may have an element of its own where none was asked for. */
	headers->slot_size = sizeof(struct ff_header_slot) +
			     clamp_t(u32, max_sge, 1, FF_HEADER_LEN) *
			     sizeof(struct ib_sge);
	xa_init(&headers->chunks);
	init_rwsem(&headers->posting);
	spin_lock_init(&headers->lock);
	INIT_LIST_HEAD(&headers->free_list);
	err = ff_headers_grow(headers, count);
	if (err) {
		ff_headers_destroy(headers);
		return ERR_PTR(err);
	}
	return headers;
}

/* The lower queue is gone. Context: may sleep. */
void ff_headers_destroy(struct ff_headers *headers)
{
	struct ff_header_chunk *chunk;
	unsigned long index;

	xa_for_each(&headers->chunks, index, chunk)
		free_chunk(headers, chunk);
	xa_destroy(&headers->chunks);
	kfree(headers);
}

static struct ff_header_slot *take_slot(struct ff_headers *headers)
{
	struct ff_header_slot *slot;
	unsigned long flags;

	spin_lock_irqsave(&headers->lock, flags);
	slot = list_first_entry_or_null(&headers->free_list,
					struct ff_header_slot, node);
	if (slot)
		list_del_init(&slot->node);
	spin_unlock_irqrestore(&headers->lock, flags);
	return slot;
}

static void release_slot(struct ff_headers *headers,
			 struct ff_header_slot *slot)
{
	unsigned long flags;

	spin_lock_irqsave(&headers->lock, flags);
	if (list_empty(&slot->node))
		list_add(&slot->node, &headers->free_list);
	spin_unlock_irqrestore(&headers->lock, flags);
}

/* The slot that is in use under this number, or NULL. */
static struct ff_header_slot *find_slot(struct ff_headers *headers,
					u64 lower_wr_id)
{
	u64 number = lower_wr_id - headers->base;
	struct ff_header_slot *slot;

	if (number >= READ_ONCE(headers->count))
		return NULL;
	slot = slot_at(headers, chunk_of(headers, number),
		       number % FF_CHUNK_SLOTS);
	return list_empty_careful(&slot->node) ? slot : NULL;
}

/*
 * Moves the elements for the first bytes from the request to the slot. Returns
 * how many bytes those are, and in @rest which element comes after them.
 */
static u32 split(struct ff_header_slot *slot, struct ib_recv_wr *wr, int *rest)
{
	u32 len = 0, moved = 0;
	int i;

	for (i = 0; i < wr->num_sge && len < FF_HEADER_LEN; i++) {
		struct ib_sge *sge = &wr->sg_list[i];
		u32 here = min(sge->length, FF_HEADER_LEN - len);

		if (!here)
			continue;
		slot->sge[moved] = *sge;
		slot->sge[moved++].length = here;
		len += here;
		if (here < sge->length) {
			sge->addr += here;
			sge->length -= here;
			break;
		}
	}
	slot->num_sge = moved;
	*rest = i;
	return len;
}

/*
 * Chooses the key for a slot's header: a dead one if the program's were not good.
 */
static int choose_lkey(struct ff_headers *headers,
		       const struct ff_header_slot *slot, bool may_sleep,
		       u32 *lkey)
{
	u32 i;

	*lkey = headers->pd->lower->local_dma_lkey;
	for (i = 0; i < slot->num_sge; i++) {
		int err = ff_mr_prepare_write(headers->pd, &slot->sge[i],
					      may_sleep);

		if (err == -EWOULDBLOCK || err == -ENOMEM)
			return err;
		if (err)
			*lkey = headers->pd->dead_lkey;
	}
	return 0;
}

/**
 * ff_headers_take() - have the first bytes of a receive pass through here
 * @headers: those of the queue
 * @wr: the request, in which wr_id and elements are replaced; behind those must
 *      be room for FF_HEADER_SGES more
 *
 * What the program may not write to gets a dead key, so that the lower device
 * fails the request when its turn comes, as the bare device would.
 *
 * @may_sleep: whether the caller may
 *
 * Context: of any process, or none if it may not sleep; not at the same time as
 * ff_headers_reset().
 * Return: 0; -ENOMEM when more receives are outstanding than fit the queue, or there
 * is no memory to pin the program's with; -EWOULDBLOCK when it had to sleep.
 */
int ff_headers_take(struct ff_headers *headers, struct ib_recv_wr *wr,
		    bool may_sleep)
{
	struct ff_header_slot *slot = take_slot(headers);
	struct ff_header_chunk *chunk;
	int rest, err;
	u32 len, lkey;

	if (!slot)
		return -ENOMEM;
	slot->wr_id = wr->wr_id;
	wr->wr_id = headers->base + slot->number;
	len = split(slot, wr, &rest);
	err = choose_lkey(headers, slot, may_sleep, &lkey);
	if (err) {
		release_slot(headers, slot);
		return err;
	}
	ff_pd_guard(headers->pd, wr->sg_list + rest, wr->num_sge - rest);
	if (!len) {
		wr->num_sge = 0;
		return 0;
	}
	chunk = chunk_of(headers, slot->number);
	memmove(wr->sg_list + FF_HEADER_SGES, wr->sg_list + rest,
		(wr->num_sge - rest) * sizeof(*wr->sg_list));
	wr->num_sge += FF_HEADER_SGES - rest;
	wr->sg_list->addr = chunk->dma + slot->number % FF_CHUNK_SLOTS *
					 FF_HEADER_STRIDE;
	wr->sg_list->length = len;
	wr->sg_list->lkey = lkey;
	ib_dma_sync_single_for_device(device_of(headers), wr->sg_list->addr,
				      len, DMA_FROM_DEVICE);
	return 0;
}

/*
 * No completion of this receive will be shown. Context: any. Returns the wr_id that
 * the program gave.
 */
u64 ff_headers_drop(struct ff_headers *headers, u64 lower_wr_id)
{
	struct ff_header_slot *slot = find_slot(headers, lower_wr_id);
	u64 wr_id = lower_wr_id;

	if (slot) {
		wr_id = slot->wr_id;
		release_slot(headers, slot);
	}
	return wr_id;
}

/* The lower queue was emptied, without completions. Context: may sleep. */
void ff_headers_reset(struct ff_headers *headers)
{
	u32 number;

	down_write(&headers->posting);
	for (number = 0; number < headers->count; number++) {
		ff_headers_drop(headers, headers->base + number);
		cond_resched();
	}
	up_write(&headers->posting);
}

/* wr_id of a send that went well is the program's, of whatever value. */
static bool may_be_receive(const struct ib_wc *wc)
{
	return wc->status != IB_WC_SUCCESS || wc->opcode & IB_WC_RECV;
}

/*
 * Drops a completion, also of a send, that is not shown. Context: any. Returns the
 * wr_id that the program gave.
 */
u64 ff_headers_forget(struct ff_headers *headers, const struct ib_wc *wc)
{
	return may_be_receive(wc) ? ff_headers_drop(headers, wc->wr_id) :
				    wc->wr_id;
}

/* Writes the first bytes of a message to where the program wanted them. */
static void deliver(struct ff_headers *headers,
		    const struct ff_header_slot *slot, struct ff_qp *qp,
		    const struct ib_wc *wc)
{
	struct ff_header_chunk *chunk = chunk_of(headers, slot->number);
	u32 offset = slot->number % FF_CHUNK_SLOTS * FF_HEADER_STRIDE;
	union rdma_network_hdr header;
	u32 i, here, done = 0, len = min_t(u32, wc->byte_len, FF_HEADER_LEN);

	ib_dma_sync_single_for_cpu(device_of(headers), chunk->dma + offset,
				   FF_HEADER_LEN, DMA_FROM_DEVICE);
	memcpy(&header, chunk->headers + offset, sizeof(header));
	if (qp->lower->qp_type == IB_QPT_UD)
		ff_grh_translate(qp, wc, &header);
	for (i = 0; i < slot->num_sge && done < len; i++, done += here) {
		here = min(slot->sge[i].length, len - done);
		ff_mr_write(headers->pd, &slot->sge[i], (u8 *)&header + done,
			    here);
	}
}

/**
 * ff_headers_finish() - complete what may be a receive of this queue
 * @headers: those of the queue
 * @qp: the QP that the completion is of
 * @wc: the completion; also of a send
 *
 * Context: any; the QP is not destroyed meanwhile.
 * Return: the wr_id that the program gave.
 */
u64 ff_headers_finish(struct ff_headers *headers, struct ff_qp *qp,
		      const struct ib_wc *wc)
{
	struct ff_header_slot *slot;
	u64 wr_id;

	if (!may_be_receive(wc))
		return wc->wr_id;
	slot = find_slot(headers, wc->wr_id);
	if (!slot)
		return wc->wr_id;
	if (wc->status == IB_WC_SUCCESS && wc->opcode == IB_WC_RECV)
		deliver(headers, slot, qp, wc);
	wr_id = slot->wr_id;
	release_slot(headers, slot);
	return wr_id;
}
