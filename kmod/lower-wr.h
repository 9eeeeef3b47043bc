/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests as they are handed to the lower device; their SGEs lie behind them. */
#ifndef FF_LOWER_WR_H
#define FF_LOWER_WR_H

#include <rdma/ib_verbs.h>

struct ff_ah;
struct ff_qp;

union ff_lower_wr {
	struct ib_send_wr send;
	struct ib_rdma_wr rdma;
	struct ib_atomic_wr atomic;
	struct ff_ud_wr {
		struct ib_ud_wr wr;
		struct ff_ah *ah;	/* held until it is posted; or NULL */
	} ud;
	struct ib_recv_wr recv;
};

#define FF_WR_SIZE ALIGN(sizeof(union ff_lower_wr), 16)

int ff_lower_send(struct ff_qp *qp, const struct ib_send_wr *wr, u32 *posted);

#endif /* FF_LOWER_WR_H */
