/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to QPs outside of commands: a request failed, a completion told of an
 * error or made room for what a limit held up, or a route changed. A work looks at the
 * QP, and waits for no program.
 */
#ifndef FF_QP_LOOK_H
#define FF_QP_LOOK_H

struct ff_qp;

void ff_qp_look(struct ff_qp *qp);
void ff_qp_look_again(struct ff_qp *qp);
void ff_qp_look_init(struct ff_qp *qp);
void ff_qp_look_exit(struct ff_qp *qp);

#endif /* FF_QP_LOOK_H */
