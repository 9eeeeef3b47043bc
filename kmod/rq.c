// SPDX-License-Identifier: GPL-2.0-only
#include "rq.h"

static void init(struct ff_rq *rq, struct ff_pd *pd, u32 max_sge)
{
	rq->pd = pd;
	rq->max_sge = max_sge;
	ff_post_buffer_init(&rq->buffer, max_sge, 0);
}

/* @max_sge: elements that the lower queue takes */
void ff_rq_init_qp(struct ff_rq *rq, struct ff_pd *pd, struct ib_qp *lower,
		   u32 max_sge)
{
	init(rq, pd, max_sge);
	rq->qp = lower;
}

void ff_rq_init_srq(struct ff_rq *rq, struct ff_pd *pd, struct ib_srq *lower,
		    u32 max_sge)
{
	init(rq, pd, max_sge);
	rq->srq = lower;
}

void ff_rq_free(struct ff_rq *rq)
{
	ff_post_buffer_free(&rq->buffer);
}

/* Hands a chain to the lower queue. Context: any. */
int ff_rq_post(struct ff_rq *rq, const struct ib_recv_wr *wr,
	       const struct ib_recv_wr **bad)
{
	return rq->srq ? ib_post_srq_recv(rq->srq, wr, bad) :
			 ib_post_recv(rq->qp, wr, bad);
}
