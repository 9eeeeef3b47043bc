/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The "syscall" data path: every post and every poll is a command of the
 * write() ABI, as the rdmavt ABI v1 has it.
 */
#ifndef FF_ABI_SYSCALL_H
#define FF_ABI_SYSCALL_H

struct ff_abi;

extern const struct ff_abi ff_abi_syscall;

#endif /* FF_ABI_SYSCALL_H */
