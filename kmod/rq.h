/* SPDX-License-Identifier: GPL-2.0-only */
/* Receive queues: that of a QP, and SRQs, to which programs post alike. */
#ifndef FF_RQ_H
#define FF_RQ_H

#include <rdma/ib_verbs.h>

#include "post.h"

struct ff_pd;

struct ff_rq {
	struct ff_pd *pd;
	struct ib_qp *qp;	/* the lower queue: one of the two */
	struct ib_srq *srq;
	u32 max_sge;		/* that a program's request may have */
	struct ff_post_buffer buffer;
};

void ff_rq_init_qp(struct ff_rq *rq, struct ff_pd *pd, struct ib_qp *lower,
		   u32 max_sge);
void ff_rq_init_srq(struct ff_rq *rq, struct ff_pd *pd, struct ib_srq *lower,
		    u32 max_sge);
void ff_rq_free(struct ff_rq *rq);
int ff_rq_post(struct ff_rq *rq, const struct ib_recv_wr *wr,
	       const struct ib_recv_wr **bad);

#endif /* FF_RQ_H */
