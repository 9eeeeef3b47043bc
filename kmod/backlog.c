// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <rdma/ib_user_verbs.h>

#include "backlog.h"

/* Completions from @next up to @count wait. */
struct ff_backlog_page {
	struct list_head node;
	u32 next;
	u32 count;
	struct ib_uverbs_wc wc[FF_BACKLOG_BATCH];
};

void ff_backlog_init(struct ff_backlog *backlog)
{
	INIT_LIST_HEAD(&backlog->pages);
	backlog->len = 0;
}

void ff_backlog_free(struct ff_backlog *backlog)
{
	struct ff_backlog_page *page, *tmp;

	list_for_each_entry_safe(page, tmp, &backlog->pages, node)
		kfree(page);
}

/* Takes up to @count completions, the oldest first; returns how many. */
u32 ff_backlog_take(struct ff_backlog *backlog, struct ib_uverbs_wc *out,
		    u32 count)
{
	struct ff_backlog_page *page, *tmp;
	u32 taken = 0;

	list_for_each_entry_safe(page, tmp, &backlog->pages, node) {
		while (page->next < page->count && taken < count)
			out[taken++] = page->wc[page->next++];
		if (page->next < page->count)
			break;
		list_del(&page->node);
		kfree(page);
	}
	backlog->len -= taken;
	return taken;
}

/* Drops the completions of a QP and closes the gaps. */
void ff_backlog_forget(struct ff_backlog *backlog, u32 qp_num)
{
	struct ff_backlog_page *page, *tmp;

	list_for_each_entry_safe(page, tmp, &backlog->pages, node) {
		u32 from, to = 0;

		for (from = page->next; from < page->count; from++)
			if (page->wc[from].qp_num != qp_num)
				page->wc[to++] = page->wc[from];
		backlog->len -= page->count - page->next - to;
		page->next = 0;
		page->count = to;
		if (!to) {
			list_del(&page->node);
			kfree(page);
		}
	}
}

/* Room for ff_backlog_add(), which comes under a lock. Context: may sleep. */
struct ff_backlog_page *ff_backlog_alloc(void)
{
	return kmalloc(sizeof(struct ff_backlog_page),
		       GFP_KERNEL_ACCOUNT | __GFP_NOFAIL);
}

/**
 * ff_backlog_add() - keep completions for later
 * @backlog: where to
 * @page: from ff_backlog_alloc(); is the backlog's from now on
 * @wc: the completions
 * @count: how many, up to FF_BACKLOG_BATCH, or none
 */
void ff_backlog_add(struct ff_backlog *backlog, struct ff_backlog_page *page,
		    const struct ib_uverbs_wc *wc, u32 count)
{
	if (!count) {
		kfree(page);
		return;
	}
	memcpy(page->wc, wc, count * sizeof(*wc));
	page->next = 0;
	page->count = count;
	backlog->len += count;
	list_add_tail(&page->node, &backlog->pages);
}
