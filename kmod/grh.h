/* SPDX-License-Identifier: GPL-2.0-only */
/* The header in front of a UD message: from physical addresses to virtual. */
#ifndef FF_GRH_H
#define FF_GRH_H

#include <rdma/ib_verbs.h>

struct ff_qp;

void ff_grh_translate(struct ff_qp *qp, const struct ib_wc *wc,
		      union rdma_network_hdr *header);

#endif /* FF_GRH_H */
