/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of a memory region, which only the lower device knows: for writing to a
 * program's memory where the NIC would have, the few bytes of a message that
 * must not reach the program as the NIC got them, and for memory windows. They
 * are pinned when a receive or a window first names them, in the process of
 * whoever registered the region, and stay until it goes: at most once those that
 * it covers, which are pinned already.
 */
#ifndef FF_MR_PAGES_H
#define FF_MR_PAGES_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

struct ib_uverbs_reg_mr;
struct mm_struct;

struct ff_mr_pages {
	struct mm_struct *mm;	/* counted: where the region was registered */
	u64 start;		/* its address there */
	u64 iova;		/* the address that elements name it by */
	u64 length;
	bool writable;
	struct mutex lock;	/* protects dead, and pages against it */
	spinlock_t writing;	/* protects dead, too: no page goes meanwhile */
	bool dead;
	struct xarray pages;	/* index in the region -> page; read under RCU */
};

void ff_mr_pages_init(struct ff_mr_pages *mr,
		      const struct ib_uverbs_reg_mr *req);
void ff_mr_pages_drop(struct ff_mr_pages *mr);
bool ff_mr_pages_cover(const struct ff_mr_pages *mr, u64 addr, u32 len);
bool ff_mr_pages_are_pinned(const struct ff_mr_pages *mr, u64 addr, u32 len);
int ff_mr_pages_pin(struct ff_mr_pages *mr, u64 addr, u32 len);
int ff_mr_pages_list(struct ff_mr_pages *mr, u64 addr, u32 len,
		     struct page **pages);
void ff_mr_pages_write(struct ff_mr_pages *mr, u64 addr, const void *data,
		       u32 len);

#endif /* FF_MR_PAGES_H */
