/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends under limits. What a limit lets pass goes down at once. The rest waits
 * where the program put it, in its ring, or, of the syscall data path, is held
 * here: complete, with its inline data and its address handle, in memory that is
 * had once for as many as the send queue takes.
 */
#ifndef FF_HOLD_H
#define FF_HOLD_H

#include <linux/types.h>

struct ff_qp;
struct ib_send_wr;

/* Under flow->lock. */
struct ff_hold {
	u8 *slots;		/* NULL until a limit was met */
	u32 slot_size;
	u32 first;		/* the oldest; there are flow->held */
};

int ff_hold_reserve(struct ff_qp *qp);
int ff_hold_send(struct ff_qp *qp, struct ib_send_wr *first, u32 *posted);
void ff_hold_resume(struct ff_qp *qp);
void ff_hold_drop(struct ff_qp *qp);
void ff_hold_free(struct ff_hold *hold);

#endif /* FF_HOLD_H */
