/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completions of the syscall data path that were taken out of a lower CQ ahead
 * of the program's polls, which are served from here first.
 */
#ifndef FF_BACKLOG_H
#define FF_BACKLOG_H

#include <linux/list.h>
#include <linux/types.h>

struct ib_uverbs_wc;

/* Protected by the lock of its CQ. */
struct ff_backlog {
	struct list_head pages;
	u32 len;
};

/* Completions that are added at once at most. */
#define FF_BACKLOG_BATCH 8

struct ff_backlog_page;

void ff_backlog_init(struct ff_backlog *backlog);
void ff_backlog_free(struct ff_backlog *backlog);
u32 ff_backlog_take(struct ff_backlog *backlog, struct ib_uverbs_wc *out,
		    u32 count);
void ff_backlog_forget(struct ff_backlog *backlog, u32 qp_num);

struct ff_backlog_page *ff_backlog_alloc(void);
void ff_backlog_add(struct ff_backlog *backlog, struct ff_backlog_page *page,
		    const struct ib_uverbs_wc *wc, u32 count);

#endif /* FF_BACKLOG_H */
