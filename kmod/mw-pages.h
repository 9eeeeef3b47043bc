/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages that a memory window is over, held and mapped for the lower device.
 *
 * They may outlive the region that they are of: a window that a peer invalidated
 * does not keep it from going, but the lower device may reach them by the key
 * that the window had, for all that the module knows, until it did the same
 * itself. Meanwhile they are nobody else's.
 *
 * Nor for a while thereafter where the lower device is a soft one: it looks whether a
 * key is valid and then copies, and may be held up between the two, while it carries
 * out the request by which the key becomes invalid elsewhere.
 */
#ifndef FF_MW_PAGES_H
#define FF_MW_PAGES_H

#include <linux/rcupdate.h>
#include <linux/scatterlist.h>

struct ff_mr;
struct ff_mr_reg;
struct ib_device;

struct ff_mw_pages {
	struct sg_table table;		/* mapped for the lower device */
	struct ib_device *lower;
	u32 count;
	struct ff_mr_reg *reg;		/* held: where they are charged */
	struct rcu_head rcu;
};

struct ff_mw_pages *ff_mw_pages_make(struct ff_mr *mr, u64 addr, u64 length,
				     struct ib_device *lower);
void ff_mw_pages_drop(struct ff_mw_pages *pages);
void ff_mw_pages_retire(struct ff_mw_pages *pages);
void ff_mw_pages_exit(void);

#endif /* FF_MW_PAGES_H */
