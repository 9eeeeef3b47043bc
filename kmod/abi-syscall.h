/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The "syscall" data path: every post and every poll is a command of the
 * write() ABI, as the rdmavt ABI v1 has it.
 */
#ifndef FF_ABI_SYSCALL_H
#define FF_ABI_SYSCALL_H

struct ff_abi;
struct ff_cmd;

extern const struct ff_abi ff_abi_syscall;

int ff_syscall_cmd_poll_cq(struct ff_cmd *cmd);
int ff_syscall_cmd_post_send(struct ff_cmd *cmd);
int ff_syscall_cmd_post_recv(struct ff_cmd *cmd);
int ff_syscall_cmd_post_srq_recv(struct ff_cmd *cmd);

#endif /* FF_ABI_SYSCALL_H */
