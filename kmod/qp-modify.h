/* SPDX-License-Identifier: GPL-2.0-only */
/* Changing a QP's attributes: where virtual addresses become physical ones. */
#ifndef FF_QP_MODIFY_H
#define FF_QP_MODIFY_H

struct ff_qp;
struct ib_uverbs_modify_qp;

int ff_qp_modify(struct ff_qp *qp, struct ib_uverbs_modify_qp *req);

#endif /* FF_QP_MODIFY_H */
