// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <rdma/ib_verbs.h>

#include "compat/compat.h"
#include "mr.h"
#include "mw-pages.h"

static void put(struct page **list, u32 count)
{
	while (count)
		put_page(list[--count]);
}

/* A page may be there many times; not so often that its count overflows. */
static int get(struct page **list, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (!try_get_page(list[i])) {
			put(list, i);
			return -ENOMEM;
		}
	return 0;
}

/* Holds the pages, which the region keeps pinned meanwhile, and lists them. */
static int hold(struct ff_mw_pages *pages, struct ff_mr *mr, u64 addr,
		u64 length)
{
	struct page **list;
	int err;

	list = kvmalloc_array(pages->count, sizeof(*list), GFP_KERNEL_ACCOUNT);
	if (!list)
		return -ENOMEM;
	err = ff_mr_list_pages(mr, addr, length, list);
	if (!err)
		err = get(list, pages->count);
	if (err)
		goto out_free;
	err = sg_alloc_table_from_pages(&pages->table, list, pages->count,
					offset_in_page(addr), length,
					GFP_KERNEL_ACCOUNT);
	if (err)
		put(list, pages->count);
out_free:
	kvfree(list);
	return err;
}

static void release(struct ff_mw_pages *pages)
{
	struct sg_page_iter iter;

	for_each_sgtable_page(&pages->table, &iter, 0)
		put_page(sg_page_iter_page(&iter));
	sg_free_table(&pages->table);
}

/**
 * ff_mw_pages_make() - the pages of a part of a region
 * @mr: the region, which the caller has by ff_obj_get()
 * @addr: as an element names it; in the region, up to its end
 * @length: bytes, more than none
 * @lower: the device that is to reach them
 *
 * Context: may sleep; of any process.
 * Return: the pages, for ff_mw_pages_drop(), or an error pointer.
 */
struct ff_mw_pages *ff_mw_pages_make(struct ff_mr *mr, u64 addr, u64 length,
				     struct ib_device *lower)
{
	struct ff_mw_pages *pages;
	int err;

	pages = kzalloc(sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return ERR_PTR(-ENOMEM);
	pages->lower = lower;
	pages->count = DIV_ROUND_UP(offset_in_page(addr) + length, PAGE_SIZE);
	err = hold(pages, mr, addr, length);
	if (err)
		goto err_free;
	err = ib_dma_map_sgtable_attrs(lower, &pages->table, DMA_BIDIRECTIONAL,
				       0);
	if (err)
		goto err_hold;
	pages->reg = ff_mr_hold(mr, pages->count * PAGE_SIZE);
	return pages;

err_hold:
	release(pages);
err_free:
	kfree(pages);
	return ERR_PTR(err);
}

static void unmap_and_uncharge(struct ff_mw_pages *pages)
{
	ib_dma_unmap_sgtable_attrs(pages->lower, &pages->table,
				   DMA_BIDIRECTIONAL, 0);
	ff_mr_release(pages->reg, pages->count * PAGE_SIZE);
}

static void release_and_free(struct ff_mw_pages *pages)
{
	release(pages);
	kfree(pages);
}

/* The lower device does not reach them any more. Context: any. */
void ff_mw_pages_drop(struct ff_mw_pages *pages)
{
	unmap_and_uncharge(pages);
	release_and_free(pages);
}

static void free_rcu(struct rcu_head *rcu)
{
	release_and_free(container_of(rcu, struct ff_mw_pages, rcu));
}

/*
 * As ff_mw_pages_drop(), when the lower device has carried out a request to forget
 * them. A soft one may still be copying, in softirqs or in tasks that sleep only in
 * between. Context: any.
 */
void ff_mw_pages_retire(struct ff_mw_pages *pages)
{
	bool is_soft = ib_uses_virt_dma(pages->lower);

	unmap_and_uncharge(pages);
	if (is_soft)
		call_rcu_tasks(&pages->rcu, free_rcu);
	else
		release_and_free(pages);
}

/* No window is left. Waits for those that retired. Context: may sleep. */
void ff_mw_pages_exit(void)
{
	ff_rcu_barrier_tasks();
}
