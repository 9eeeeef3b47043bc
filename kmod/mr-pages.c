// SPDX-License-Identifier: GPL-2.0-only
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/ib_verbs.h>

#include "compat/compat.h"
#include "mr-pages.h"

/* Of a region that the calling process registers. Undone by drop. */
void ff_mr_pages_init(struct ff_mr_pages *mr,
		      const struct ib_uverbs_reg_mr *req)
{
	mr->mm = current->mm;
	mmgrab(mr->mm);
	mr->start = req->start;
	mr->iova = req->hca_va;
	mr->length = req->length;
	mr->writable = req->access_flags & IB_ACCESS_LOCAL_WRITE;
	mutex_init(&mr->lock);
	spin_lock_init(&mr->writing);
	xa_init(&mr->pages);
}

/* No look-up finds the region any more. Context: may sleep. */
void ff_mr_pages_drop(struct ff_mr_pages *mr)
{
	unsigned long index;
	struct page *page;

	mutex_lock(&mr->lock);
	spin_lock_irq(&mr->writing);
	mr->dead = true;
	spin_unlock_irq(&mr->writing);
	mutex_unlock(&mr->lock);
	xa_for_each(&mr->pages, index, page)
		unpin_user_pages_dirty_lock(&page, 1, mr->writable);
	xa_destroy(&mr->pages);
	mmdrop(mr->mm);
}

/* Whether the NIC might write there. */
bool ff_mr_pages_cover(const struct ff_mr_pages *mr, u64 addr, u32 len)
{
	u64 offset = addr - mr->iova;

	return mr->writable && addr >= mr->iova && offset <= mr->length &&
	       len <= mr->length - offset;
}

static u64 address_of(const struct ff_mr_pages *mr, u64 addr)
{
	return mr->start + (addr - mr->iova);
}

static unsigned long index_of(const struct ff_mr_pages *mr, u64 address)
{
	return (address >> PAGE_SHIFT) - (mr->start >> PAGE_SHIFT);
}

static int pin_page_locked(struct ff_mr_pages *mr, u64 address)
{
	unsigned long index = index_of(mr, address);
	struct page *page;
	long pinned;
	int err;

	lockdep_assert_held(&mr->lock);
	if (mr->dead)
		return -EFAULT;
	if (xa_load(&mr->pages, index))
		return 0;
	if (!mmget_not_zero(mr->mm))
		return -EFAULT;
	mmap_read_lock(mr->mm);
	pinned = ff_pin_page_remote(mr->mm, address & PAGE_MASK, mr->writable,
				    &page);
	mmap_read_unlock(mr->mm);
	mmput(mr->mm);
	if (pinned != 1)
		return pinned < 0 ? pinned : -EFAULT;
	err = xa_err(xa_store(&mr->pages, index, page, GFP_KERNEL_ACCOUNT));
	if (err)
		unpin_user_page(page);
	return err;
}

/* As ff_mr_pages_pin(), but only looks. Context: any. */
bool ff_mr_pages_are_pinned(const struct ff_mr_pages *mr, u64 addr, u32 len)
{
	u64 address = address_of(mr, addr);
	u64 last = address + len - 1;

	for (address &= PAGE_MASK; address <= last; address += PAGE_SIZE)
		if (!xa_load((struct xarray *)&mr->pages,
			     index_of(mr, address)))
			return false;
	return true;
}

/**
 * ff_mr_pages_pin() - prepare a place for ff_mr_pages_write()
 * @mr: the region, whose memory the caller holds
 * @addr: as an element names it; the region covers it
 * @len: bytes, more than none
 *
 * Context: may sleep; of any process.
 * Return: 0, or a negative error when the pages are not there any more.
 */
int ff_mr_pages_pin(struct ff_mr_pages *mr, u64 addr, u32 len)
{
	u64 address = address_of(mr, addr);
	u64 last = address + len - 1;
	int err = 0;

	for (address &= PAGE_MASK; address <= last && !err;
	     address += PAGE_SIZE) {
		if (xa_load(&mr->pages, index_of(mr, address)))
			continue;
		mutex_lock(&mr->lock);
		err = pin_page_locked(mr, address);
		mutex_unlock(&mr->lock);
	}
	return err;
}

/**
 * ff_mr_pages_list() - the pages of a part of a region
 * @mr: the region, which the caller keeps from going
 * @addr: as an element names it; in the region, up to its end
 * @len: bytes, more than none
 * @pages: are written here; they stay pinned until the region goes
 *
 * Context: may sleep; of any process.
 * Return: 0, or a negative error when the pages are not there any more.
 */
int ff_mr_pages_list(struct ff_mr_pages *mr, u64 addr, u32 len,
		     struct page **pages)
{
	unsigned long first = index_of(mr, address_of(mr, addr));
	unsigned long last = index_of(mr, address_of(mr, addr) + len - 1);
	unsigned long index;
	int err;

	err = ff_mr_pages_pin(mr, addr, len);
	for (index = first; index <= last && !err; index++)
		pages[index - first] = xa_load(&mr->pages, index);
	return err;
}

static void write_locked(struct ff_mr_pages *mr, u64 address, const void *data,
			 u32 len)
{
	lockdep_assert_held(&mr->writing);
	while (len) {
		u32 offset = offset_in_page(address);
		u32 here = min_t(u32, len, PAGE_SIZE - offset);
		struct page *page = xa_load(&mr->pages, index_of(mr, address));

		if (page)
			memcpy_to_page(page, offset, data, here);
		address += here;
		data += here;
		len -= here;
	}
}

/**
 * ff_mr_pages_write() - write to the program's memory
 * @mr: the region, found under the RCU that the caller holds
 * @addr: as an element names it; the region covers it
 * @data: what to write; pages that were not pinned are passed over
 * @len: bytes
 *
 * Context: any.
 */
void ff_mr_pages_write(struct ff_mr_pages *mr, u64 addr, const void *data,
		       u32 len)
{
	unsigned long flags;

	/* Who found it may be late. */
	spin_lock_irqsave(&mr->writing, flags);
	if (!mr->dead)
		write_locked(mr, address_of(mr, addr), data, len);
	spin_unlock_irqrestore(&mr->writing, flags);
}
