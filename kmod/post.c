// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bottom_half.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <rdma/ib_mad.h>

#include "abi.h"
#include "ah.h"
#include "file.h"
#include "header.h"
#include "hold.h"
#include "lower-wr.h"
#include "meter.h"
#include "pd.h"
#include "post.h"
#include "qp.h"
#include "rq.h"

#define FF_SCRATCH_MIN 2048

#define FF_SEND_FLAGS (IB_SEND_FENCE | IB_SEND_SIGNALED | IB_SEND_SOLICITED | \
		       IB_SEND_INLINE)

/**
 * ff_post_buffer_init() - prepare for posting to a queue
 * @buffer: of the queue
 * @max_sge: elements that a lower request has at most
 * @max_inline: bytes of inline data that a request carries at most
 *
 * There is room for one request of the largest kind, and at least for several
 * of the usual ones.
 */
void ff_post_buffer_init(struct ff_post_buffer *buffer, u32 max_sge,
			 u32 max_inline)
{
	u32 sges = max_sge + FF_HEADER_SGES;
	u32 largest = FF_WR_SIZE + sges * sizeof(struct ib_sge) +
		      ALIGN(max_inline, 16);

	buffer->spare = NULL;
	buffer->size = max_t(u32, largest, FF_SCRATCH_MIN);
}

void ff_post_buffer_free(struct ff_post_buffer *buffer)
{
	kfree(buffer->spare);
}

static bool is_ud(const struct ff_qp *qp)
{
	return qp->lower->qp_type == IB_QPT_UD;
}

static void release_ahs(const struct ib_send_wr *wr)
{
	for (; wr; wr = wr->next) {
		struct ff_ah *ah = container_of(wr, struct ff_ud_wr, wr.wr)->ah;

		if (ah)
			ff_obj_put(&ah->obj);
	}
}

/**
 * ff_post_buffer_fill() - see that there is a spare buffer
 * @buffer: of a queue
 *
 * Who alone posts to the queue, one post after the other, can then do so in any
 * context.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ff_post_buffer_fill(struct ff_post_buffer *buffer)
{
	buffer->spare = kmalloc(buffer->size, GFP_KERNEL_ACCOUNT);
	return buffer->spare ? 0 : -ENOMEM;
}

static int submit_send(struct ff_post *post)
{
	struct ff_qp *qp = post->qp;
	int err;

	/* Lets a soft device do the send work here rather than in a tasklet. */
	local_bh_disable();
	if (likely(!post->limited))
		err = ff_lower_send(qp, post->first, &post->posted);
	else
		err = ff_hold_send(qp, post->first, &post->posted);
	local_bh_enable();
	if (is_ud(qp))
		release_ahs(post->first);
	return err;
}

static int submit_recv(struct ff_post *post)
{
	const struct ib_recv_wr *wr = post->first, *bad = NULL;
	u32 before = post->posted;
	int err;

	err = ff_rq_post(post->rq, wr, &bad);
	for (; wr && wr != bad; wr = wr->next)
		post->posted++;
	ff_count_many(post->rq->counts, FREEFLOW_STAT_TALLY_RECV_POSTS,
		      post->posted - before);
	for (; post->headers && wr; wr = wr->next)
		ff_headers_drop(post->headers, wr->wr_id);
	return err;
}

static void reset(struct ff_post *post)
{
	post->used = 0;
	post->first = NULL;
	post->tail = &post->first;
}

static int begin(struct ff_post *post, struct ff_post_buffer *buffer)
{
	post->buffer = buffer;
	post->posted = 0;
	reset(post);
	post->scratch = xchg(&buffer->spare, NULL);
	if (!post->scratch)
		post->scratch = kmalloc(buffer->size, GFP_KERNEL_ACCOUNT);
	return post->scratch ? 0 : -ENOMEM;
}

/**
 * ff_post_begin_send() - begin to post to a QP's send queue
 * @post: to be handed to the other functions, until ff_post_end()
 * @qp: the QP, which the caller holds
 * @until: how long the requests of a UD QP may wait for other hosts, in
 *         jiffies; messages that had to wait longer are lost
 *
 * Context: process; may sleep.
 * Return: 0, or -ENOMEM; then ff_post_end() is not to be called.
 */
int ff_post_begin_send(struct ff_post *post, struct ff_qp *qp,
		       unsigned long until)
{
	post->limited = !ff_flow_is_free(&qp->flow);
	if (unlikely(post->limited) && qp->obj.file->abi->holds_sends) {
		int err = ff_hold_reserve(qp);

		if (err)
			return err;
	}
	post->qp = qp;
	post->headers = NULL;
	post->until = until;
	post->submit = submit_send;
	return begin(post, &qp->send_buffer);
}

/* The queue is not reset meanwhile. Who may not sleep is kept away from it. */
static void begin_filling(struct ff_post *post)
{
	if (post->headers && post->may_sleep)
		down_read(&post->headers->posting);
}

static void end_filling(struct ff_post *post)
{
	if (post->headers && post->may_sleep)
		up_read(&post->headers->posting);
}

/**
 * ff_post_begin_recv() - begin to post to a receive queue
 * @post: to be handed to the other functions, until ff_post_end()
 * @rq: the queue, of a QP or an SRQ that the caller holds
 * @may_sleep: whether the caller may; else ff_post_buffer_fill() was called and
 *             one at a time posts, none while the queue is reset
 *
 * Return: 0, or -ENOMEM; then ff_post_end() is not to be called.
 */
int ff_post_begin_recv(struct ff_post *post, struct ff_rq *rq, bool may_sleep)
{
	int err;

	post->rq = rq;
	post->may_sleep = may_sleep;
	post->submit = submit_recv;
	ff_rq_settle(rq);
	post->headers = ff_rq_headers(rq);
	begin_filling(post);
	err = begin(post, &rq->buffer);
	if (err)
		end_filling(post);
	return err;
}

static int flush(struct ff_post *post)
{
	int err = 0;

	if (post->first)
		err = post->submit(post);
	reset(post);
	return err;
}

/**
 * ff_post_room() - make room for one more request
 * @post: the post at work; what waits is posted if it must give way
 * @num_sge: scatter/gather elements that the request has
 *
 * Return: where the elements are to be written, or an error pointer: -EINVAL
 * when they are too many, or the lower device's error.
 */
struct ib_sge *ff_post_room(struct ff_post *post, u32 num_sge)
{
	u32 size = post->buffer->size;
	u32 need;

	if (num_sge > size / sizeof(struct ib_sge))
		return ERR_PTR(-EINVAL);
	need = FF_WR_SIZE + (num_sge + FF_HEADER_SGES) * sizeof(struct ib_sge);
	if (need > size)
		return ERR_PTR(-EINVAL);
	if (post->used + need > size) {
		int err = flush(post);

		if (err)
			return ERR_PTR(err);
	}
	return (void *)(post->scratch + post->used + FF_WR_SIZE);
}

/* Where the request goes whose elements were written to ff_post_room(). */
static union ff_lower_wr *wr_of(struct ib_sge *sge)
{
	return (void *)((u8 *)sge - FF_WR_SIZE);
}

/* @bytes: of elements or inline data behind the request */
static void chain(struct ff_post *post, void *wr, void **next, u32 bytes)
{
	*next = NULL;
	*post->tail = wr;
	post->tail = next;
	post->used += FF_WR_SIZE + ALIGN(bytes, 16);
}

/*
 * Copies inline data behind the elements. For a kernel QP "inline" means a
 * kernel address: the one element that goes down names the copy.
 */
static int copy_inline(struct ff_post *post, struct ib_sge *sge, int *num_sge,
		       u32 *bytes)
{
	u32 max = post->qp->cap.max_inline_data;
	u8 *data = (u8 *)(sge + *num_sge);
	u32 length = 0;
	int i;

	for (i = 0; i < *num_sge; i++) {
		if (sge[i].length > max - length)
			return -EINVAL;
		length += sge[i].length;
	}
	if (data + length > post->scratch + post->buffer->size)
		return -ENOSPC;
	length = 0;
	for (i = 0; i < *num_sge; i++) {
		if (copy_from_user(data + length, u64_to_user_ptr(sge[i].addr),
				   sge[i].length))
			return -EFAULT;
		length += sge[i].length;
	}
	*bytes += length;
	sge->addr = (uintptr_t)data;
	sge->length = length;
	sge->lkey = 0;
	*num_sge = length ? 1 : 0;
	return 0;
}

/* Where to, of a UD QP; opcodes are those that ib_uverbs lets pass. */
static int set_destination(struct ff_ud_wr *lower, const struct ff_post *post,
			   const struct ib_uverbs_send_wr *wr)
{
	const struct ff_qp *qp = post->qp;
	u32 qkey = wr->wr.ud.remote_qkey;
	struct ff_ah *ah;

	if (wr->opcode != IB_UVERBS_WR_SEND &&
	    wr->opcode != IB_UVERBS_WR_SEND_WITH_IMM)
		return -EINVAL;
	ah = ff_obj_get(qp->obj.file, &ff_ah_kind, wr->wr.ud.ah);
	if (IS_ERR(ah))
		return PTR_ERR(ah);
	/* Rule: a Q_Key with the top bit set stands for the QP's own. */
	if (qkey & IB_QP_SET_QKEY)
		qkey = READ_ONCE(qp->qkey);
	lower->ah = ah;
	lower->wr.ah = ah->lower;
	lower->wr.remote_qpn = ff_ah_aim(ah, qp, wr->wr.ud.remote_qpn &
						 IB_QPN_MASK, post->until);
	lower->wr.remote_qkey = qkey;
	lower->wr.wr.ex.imm_data = (__force __be32)wr->ex.imm_data;
	return 0;
}

/* Fills in what depends on the opcode, of those that ib_uverbs lets pass. */
static int set_operation(union ff_lower_wr *lower,
			 const struct ib_uverbs_send_wr *wr)
{
	switch (wr->opcode) {
	case IB_UVERBS_WR_RDMA_WRITE_WITH_IMM:
		lower->send.ex.imm_data = (__force __be32)wr->ex.imm_data;
		fallthrough;
	case IB_UVERBS_WR_RDMA_WRITE:
	case IB_UVERBS_WR_RDMA_READ:
		lower->rdma.remote_addr = wr->wr.rdma.remote_addr;
		lower->rdma.rkey = wr->wr.rdma.rkey;
		return 0;
	case IB_UVERBS_WR_ATOMIC_CMP_AND_SWP:
	case IB_UVERBS_WR_ATOMIC_FETCH_AND_ADD:
		lower->atomic.remote_addr = wr->wr.atomic.remote_addr;
		lower->atomic.compare_add = wr->wr.atomic.compare_add;
		lower->atomic.swap = wr->wr.atomic.swap;
		lower->atomic.rkey = wr->wr.atomic.rkey;
		return 0;
	case IB_UVERBS_WR_SEND_WITH_IMM:
		lower->send.ex.imm_data = (__force __be32)wr->ex.imm_data;
		return 0;
	case IB_UVERBS_WR_SEND_WITH_INV:
		lower->send.ex.invalidate_rkey = wr->ex.invalidate_rkey;
		return 0;
	case IB_UVERBS_WR_SEND:
		return 0;
	default:
		return -EINVAL;
	}
}

/* Of a UD QP the AH is held from here on. */
static int prepare_send(struct ff_post *post, union ff_lower_wr *lower,
			const struct ib_uverbs_send_wr *wr)
{
	memset(lower, 0, sizeof(*lower));
	return is_ud(post->qp) ? set_destination(&lower->ud, post, wr) :
				 set_operation(lower, wr);
}

static bool carries_data(u32 opcode)
{
	return opcode != IB_UVERBS_WR_RDMA_READ &&
	       opcode != IB_UVERBS_WR_ATOMIC_CMP_AND_SWP &&
	       opcode != IB_UVERBS_WR_ATOMIC_FETCH_AND_ADD;
}

/* @bytes: of elements and inline data behind the request */
static void finish_send(struct ff_post *post,
			const struct ib_uverbs_send_wr *wr, struct ib_sge *sge,
			int num_sge, u32 bytes)
{
	union ff_lower_wr *lower = wr_of(sge);

	lower->send.wr_id = wr->wr_id;
	lower->send.sg_list = sge;
	lower->send.num_sge = num_sge;
	lower->send.opcode = wr->opcode;
	lower->send.send_flags = wr->send_flags & FF_SEND_FLAGS;
	chain(post, lower, (void **)&lower->send.next, bytes);
}

static int add_send(struct ff_post *post, const struct ib_uverbs_send_wr *wr,
		    struct ib_sge *sge)
{
	u32 bytes = wr->num_sge * sizeof(*sge);
	union ff_lower_wr *lower = wr_of(sge);
	int num_sge = wr->num_sge;
	int err;

	err = prepare_send(post, lower, wr);
	if (err)
		return err;
	if (wr->send_flags & IB_SEND_INLINE) {
		err = carries_data(wr->opcode) ?
		      copy_inline(post, sge, &num_sge, &bytes) : -EINVAL;
		if (err)
			goto err_ah;
	} else {
		ff_pd_guard(post->qp->pd, sge, num_sge);
	}
	finish_send(post, wr, sge, num_sge, bytes);
	return 0;

err_ah:
	if (is_ud(post->qp))
		ff_obj_put(&lower->ud.ah->obj);
	return err;
}

/**
 * ff_post_add_send() - add a request to a send queue
 * @post: the post at work
 * @wr: the request, already copied from the program
 * @sge: its elements, in the place that ff_post_room() gave
 *
 * Context: process; copies inline data from the program's memory.
 * Return: 0; -EINVAL for an opcode or inline length that cannot be; -EFAULT;
 * or the error of the lower device when waiting requests had to give way.
 */
int ff_post_add_send(struct ff_post *post, const struct ib_uverbs_send_wr *wr,
		     struct ib_sge *sge)
{
	u32 bytes = wr->num_sge * sizeof(*sge);
	int err = add_send(post, wr, sge);

	if (err != -ENOSPC)
		return err;
	/* No room for the inline data behind what waits: let that go first. */
	err = flush(post);
	if (err)
		return err;
	memmove(post->scratch + FF_WR_SIZE, sge, bytes);
	return add_send(post, wr, (void *)(post->scratch + FF_WR_SIZE));
}

/**
 * ff_post_add_inline() - add a request whose data is at hand
 * @post: the post at work
 * @wr: the request, already copied from the program; its flags say inline
 * @data: the data, in memory that the program may be writing to
 * @length: bytes, up to what the QP takes
 *
 * Context: process; may sleep.
 * Return: 0; -EINVAL for an opcode that carries no data or cannot be; or the
 * error of the lower device when waiting requests had to give way.
 */
int ff_post_add_inline(struct ff_post *post, const struct ib_uverbs_send_wr *wr,
		       const void *data, u32 length)
{
	u32 bytes = sizeof(struct ib_sge) + length;
	struct ib_sge *sge;
	int err;

	if (!carries_data(wr->opcode))
		return -EINVAL;
	/* Elements that would take as much room as one and the data. */
	sge = ff_post_room(post, DIV_ROUND_UP(bytes, sizeof(*sge)));
	if (IS_ERR(sge))
		return PTR_ERR(sge);
	err = prepare_send(post, wr_of(sge), wr);
	if (err)
		return err;
	memcpy(sge + 1, data, length);
	*sge = (struct ib_sge) { .addr = (uintptr_t)(sge + 1), .length = length };
	finish_send(post, wr, sge, length ? 1 : 0, bytes);
	return 0;
}

/**
 * ff_post_add_failing() - add a request that fails in its turn
 * @post: the post at work
 * @wr_id: it completes as this, with IB_WC_LOC_PROT_ERR, and the QP fails
 * @ah: of a UD QP, a lower one, of its PD; stays the caller's
 *
 * For a data path that holds no sends: what holds them counts on handles.
 *
 * Return: 0, or the error of the lower device when waiting requests had to give way.
 */
int ff_post_add_failing(struct ff_post *post, u64 wr_id, struct ib_ah *ah)
{
	const struct ib_uverbs_send_wr wr = {
		.wr_id = wr_id,
		.opcode = IB_UVERBS_WR_SEND,
		.send_flags = IB_SEND_SIGNALED,
	};
	struct ib_sge *sge = ff_post_room(post, 1);
	union ff_lower_wr *lower;

	if (IS_ERR(sge))
		return PTR_ERR(sge);
	*sge = (struct ib_sge) { .length = 1, .lkey = post->qp->pd->dead_lkey };
	lower = wr_of(sge);
	memset(lower, 0, sizeof(*lower));
	if (is_ud(post->qp))
		lower->ud.wr.ah = ah;
	finish_send(post, &wr, sge, 1, sizeof(*sge));
	return 0;
}

/**
 * ff_post_add_recv() - add a request to a receive queue
 * @post: the post at work
 * @wr: the request, already copied from the program
 * @sge: its elements, in the place that ff_post_room() gave
 *
 * Context: of any process, or as ff_post_begin_recv() was told.
 * Return: 0; of a queue with headers (ff_rq_headers()) -ENOMEM when it has no
 * room for more, and -EWOULDBLOCK when it had to sleep.
 */
int ff_post_add_recv(struct ff_post *post, const struct ib_uverbs_recv_wr *wr,
		     struct ib_sge *sge)
{
	union ff_lower_wr *lower = wr_of(sge);
	int err;

	lower->recv.wr_id = wr->wr_id;
	lower->recv.sg_list = sge;
	lower->recv.num_sge = wr->num_sge;
	if (post->headers) {
		err = ff_headers_take(post->headers, &lower->recv,
				      post->may_sleep);
		if (err)
			return err;
	} else {
		ff_pd_guard(post->rq->pd, sge, wr->num_sge);
	}
	chain(post, lower, (void **)&lower->recv.next,
	      lower->recv.num_sge * sizeof(*sge));
	return 0;
}

/**
 * ff_post_end() - post what still waits and give the buffer back
 * @post: the post at work; @post->posted then counts what was taken
 *
 * Return: 0 or the lower device's error.
 */
int ff_post_end(struct ff_post *post)
{
	int err = flush(post);

	end_filling(post);
	if (cmpxchg(&post->buffer->spare, NULL, post->scratch))
		kfree(post->scratch);
	return err;
}
