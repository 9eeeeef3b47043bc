/* SPDX-License-Identifier: GPL-2.0-only */
/* Completions on the syscall data path: the program polls by a command. */
#ifndef FF_SYSCALL_CQ_H
#define FF_SYSCALL_CQ_H

#include <linux/types.h>

struct ff_cmd;
struct ff_cq;

int ff_syscall_create_cq(struct ff_cq *cq, struct ff_cmd *cmd);
void ff_syscall_destroy_cq(struct ff_cq *cq);
int ff_syscall_resize_cq(struct ff_cq *cq, struct ff_cmd *cmd, u32 cqe);
void ff_syscall_notify_cq(struct ff_cq *cq, bool solicited_only);
void ff_syscall_sweep_cq(struct ff_cq *cq);
void ff_syscall_drop_qp(struct ff_cq *cq, u32 qp_num);
int ff_syscall_poll_cq(struct ff_cmd *cmd);

#endif /* FF_SYSCALL_CQ_H */
