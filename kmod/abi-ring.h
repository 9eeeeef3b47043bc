/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The "ring" data path: posts and completions travel in memory that program and
 * module share, as the rxe ABI v2 has it (rdma/rdma_user_rxe.h).
 */
#ifndef FF_ABI_RING_H
#define FF_ABI_RING_H

struct ff_abi;

extern const struct ff_abi ff_abi_ring;

#endif /* FF_ABI_RING_H */
