/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protection domains, and the lkey guard: the lower PD is a kernel one, whose
 * local_dma_lkey reaches all of the host's memory. A program's lkey goes down
 * only if it is that of a memory region which was registered in this PD.
 */
#ifndef FF_PD_H
#define FF_PD_H

#include <linux/xarray.h>

#include "object.h"

struct ff_cmd;

struct ff_pd {
	struct ff_obj obj;
	struct ib_pd *lower;
	struct xarray mrs;	/* lkey -> struct ff_mr_reg */
	struct xarray mws;	/* rkey without its low byte -> struct ff_mw */
	u32 dead_lkey;
};

extern const struct ff_obj_kind ff_pd_kind;

/**
 * ff_pd_guard() - replace the lkeys that are not this PD's
 * @pd: the PD of the queue that the elements are posted to
 * @sge: the elements; a foreign lkey becomes one that is valid in no PD of a
 *       program, so that the request fails as on the bare device
 * @count: how many
 *
 * That the range and the access fit is checked by the lower device, whose
 * memory region it is.
 *
 * Context: any.
 */
static inline void ff_pd_guard(const struct ff_pd *pd, struct ib_sge *sge,
			       u32 count)
{
	for (; count; count--, sge++)
		if (!xa_load((struct xarray *)&pd->mrs, sge->lkey))
			sge->lkey = pd->dead_lkey;
}

int ff_pd_cmd_alloc(struct ff_cmd *cmd);
int ff_pd_cmd_dealloc(struct ff_cmd *cmd);

#endif /* FF_PD_H */
