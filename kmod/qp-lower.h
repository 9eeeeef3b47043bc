/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lower QP comes, is emptied and goes, and its CQs see to it that no completion is
 * left behind.
 */
#ifndef FF_QP_LOWER_H
#define FF_QP_LOWER_H

#include <rdma/ib_verbs.h>

struct ff_qp;

int ff_qp_lower_create(struct ff_qp *qp, struct ib_qp_init_attr *attr);
int ff_qp_lower_reset(struct ff_qp *qp, struct ib_qp_attr *attr, int mask);
void ff_qp_lower_destroy(struct ff_qp *qp);

#endif /* FF_QP_LOWER_H */
