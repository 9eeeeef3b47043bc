/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receive queues: that of a QP, and SRQs, to which programs post alike.
 *
 * Those of UD QPs have headers (header.h) from the start, those of other QPs
 * never. An SRQ is settled with its first use: by a receive that is posted it
 * stays without, by a UD QP that is made on it, it has them for good.
 */
#ifndef FF_RQ_H
#define FF_RQ_H

#include <linux/err.h>
#include <rdma/ib_verbs.h>

#include "post.h"

struct ff_counts;
struct ff_headers;
struct ff_pd;
struct ff_ring_rq;

struct ff_rq {
	struct ff_pd *pd;
	struct ib_qp *qp;	/* the lower queue: one of the two */
	struct ib_srq *srq;
	u32 max_sge;		/* that a program's request may have */
	struct ff_counts __percpu *counts;	/* of the device */
	struct ff_headers *headers;	/* NULL: not settled, FF_RQ_PLAIN: none */
	struct ff_post_buffer buffer;
	struct ff_ring_rq *ring;	/* of the ring data path */
};

#define FF_RQ_PLAIN ((struct ff_headers *)ERR_PTR(-EBUSY))

static inline struct ff_headers *ff_rq_headers(const struct ff_rq *rq)
{
	struct ff_headers *headers = READ_ONCE(rq->headers);

	return IS_ERR(headers) ? NULL : headers;
}

int ff_rq_init_qp(struct ff_rq *rq, struct ff_pd *pd, struct ib_qp *lower,
		  u32 max_sge, u32 headers);
void ff_rq_init_srq(struct ff_rq *rq, struct ff_pd *pd, struct ib_srq *lower,
		    u32 max_sge);
void ff_rq_free(struct ff_rq *rq);
int ff_rq_use_headers(struct ff_rq *rq, u32 count);
void ff_rq_settle(struct ff_rq *rq);
int ff_rq_post(struct ff_rq *rq, const struct ib_recv_wr *wr,
	       const struct ib_recv_wr **bad);

#endif /* FF_RQ_H */
