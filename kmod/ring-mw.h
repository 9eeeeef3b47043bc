/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of a send queue's ring that bind memory windows or invalidate them. */
#ifndef FF_RING_MW_H
#define FF_RING_MW_H

#include <linux/bits.h>
#include <linux/types.h>

struct ff_ring_sq;
struct rxe_send_wqe;

/*
 * Set in the wr_id of what no entry asked for: a window that is bound anew is
 * unbound first.
 */
#define FF_RING_UNBIND BIT_ULL(62)

bool ff_ring_mw_is(const struct ff_ring_sq *sq,
		   const struct rxe_send_wqe *entry);
int ff_ring_mw_take(struct ff_ring_sq *sq);

#endif /* FF_RING_MW_H */
