// SPDX-License-Identifier: GPL-2.0-only
#include "dev.h"
#include "file.h"
#include "header.h"
#include "pd.h"
#include "rq.h"

static void init(struct ff_rq *rq, struct ff_pd *pd, u32 max_sge)
{
	rq->pd = pd;
	rq->max_sge = max_sge;
	rq->counts = pd->obj.file->dev->meter.counts;
	ff_post_buffer_init(&rq->buffer, max_sge, 0);
}

/**
 * ff_rq_init_qp() - begin with the receive queue of a QP
 * @rq: zeroed
 * @pd: of the QP
 * @lower: the lower QP
 * @max_sge: elements that a program's request has at most
 * @headers: receives with headers that it takes, or 0 for a plain queue
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM, also then to be given back with ff_rq_free().
 */
int ff_rq_init_qp(struct ff_rq *rq, struct ff_pd *pd, struct ib_qp *lower,
		  u32 max_sge, u32 headers)
{
	init(rq, pd, max_sge);
	rq->qp = lower;
	if (headers)
		return ff_rq_use_headers(rq, headers);
	rq->headers = FF_RQ_PLAIN;
	return 0;
}

/* Of an SRQ, whose lower one takes FF_HEADER_SGES elements more. */
void ff_rq_init_srq(struct ff_rq *rq, struct ff_pd *pd, struct ib_srq *lower,
		    u32 max_sge)
{
	init(rq, pd, max_sge);
	rq->srq = lower;
}

/* The lower queue is gone. */
void ff_rq_free(struct ff_rq *rq)
{
	if (!IS_ERR_OR_NULL(rq->headers))
		ff_headers_destroy(rq->headers);
	ff_post_buffer_free(&rq->buffer);
}

/**
 * ff_rq_use_headers() - have headers in front of messages pass through us
 * @rq: the queue
 * @count: receives that the lower queue holds
 *
 * Context: may sleep.
 * Return: 0; -EBUSY when receives without were posted already; -ENOMEM.
 */
int ff_rq_use_headers(struct ff_rq *rq, u32 count)
{
	struct ff_headers *headers, *before = READ_ONCE(rq->headers);

	if (before)
		return PTR_ERR_OR_ZERO(before);
	headers = ff_headers_create(rq->pd, rq->max_sge, count);
	if (IS_ERR(headers))
		return PTR_ERR(headers);
	before = cmpxchg(&rq->headers, NULL, headers);
	if (!before)
		return 0;
	ff_headers_destroy(headers);
	return PTR_ERR_OR_ZERO(before);
}

/* A receive is about to be posted. Context: any. */
void ff_rq_settle(struct ff_rq *rq)
{
	if (unlikely(!READ_ONCE(rq->headers)))
		cmpxchg(&rq->headers, NULL, FF_RQ_PLAIN);
}

/* Hands a chain to the lower queue. Context: any. */
int ff_rq_post(struct ff_rq *rq, const struct ib_recv_wr *wr,
	       const struct ib_recv_wr **bad)
{
	return rq->srq ? ib_post_srq_recv(rq->srq, wr, bad) :
			 ib_post_recv(rq->qp, wr, bad);
}
