// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "file.h"
#include "ring.h"

/* Places are handed out once, so that hiding one ring hides no other. */
static atomic_long_t next_pgoff = ATOMIC_LONG_INIT(1);

static void ring_free(struct kref *ref)
{
	struct ff_ring *ring = container_of(ref, struct ff_ring, ref);

	vfree(ring->buf);
	kfree(ring);
}

static void ring_put(struct ff_ring *ring)
{
	kref_put(&ring->ref, ring_free);
}

static int alloc_buffer(struct ff_ring *ring)
{
	size_t bytes = size_mul((size_t)ring->mask + 1, 1UL << ring->shift);

	bytes = size_add(bytes, sizeof(*ring->buf));
	ring->pages = PAGE_ALIGN(bytes) >> PAGE_SHIFT;
	ring->buf = __vmalloc(ring->pages << PAGE_SHIFT,
			      GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!ring->buf)
		return -ENOMEM;
	ring->buf->log2_elem_size = ring->shift;
	ring->buf->index_mask = ring->mask;
	return 0;
}

/**
 * ff_ring_create() - make a ring that a program can map
 * @file: the open file to map it through
 * @entries: how many must fit, at most 2^24; more may do
 * @entry_size: bytes of an entry, at most a page
 *
 * Context: may sleep.
 * Return: the ring, empty and zeroed, to be destroyed; or an error pointer.
 */
struct ff_ring *ff_ring_create(struct ff_file *file, u32 entries,
			       size_t entry_size)
{
	struct ff_ring *ring;
	int err;

	ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return ERR_PTR(-ENOMEM);
	kref_init(&ring->ref);
	spin_lock_init(&ring->lock);
	ring->file = file;
	ring->mask = roundup_pow_of_two(entries + 1) - 1;
	ring->shift = order_base_2(max_t(size_t, entry_size, SMP_CACHE_BYTES));
	err = alloc_buffer(ring);
	if (err)
		goto err_free;
	ring->pgoff = atomic_long_fetch_add(ring->pages, &next_pgoff);
	err = xa_insert(&file->rings, ring->pgoff, ring, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_free;
	return ring;

err_free:
	ring_put(ring);
	return ERR_PTR(err);
}

/**
 * ff_ring_destroy() - the queue behind a ring goes
 * @ring: the ring; a program that has it mapped keeps the memory, no more
 *
 * Context: may sleep.
 */
void ff_ring_destroy(struct ff_ring *ring)
{
	xa_erase(&ring->file->rings, ring->pgoff);
	ff_ring_watch(ring, NULL, NULL);
	ring_put(ring);
}

/**
 * ff_ring_watch() - who hears that a program touched a hidden ring
 * @ring: the ring
 * @touched: called in process context under a spinlock, right before the
 *           program's access takes place
 * @owner: handed to @touched
 */
void ff_ring_watch(struct ff_ring *ring, void (*touched)(void *owner),
		   void *owner)
{
	spin_lock(&ring->lock);
	ring->touched = touched;
	ring->owner = owner;
	spin_unlock(&ring->lock);
}

/**
 * ff_ring_hide() - hear of the program's next access
 * @ring: the ring. What the program wrote before is there to be read when this
 *        returns
 *
 * Context: may sleep.
 */
void ff_ring_hide(struct ff_ring *ring)
{
	unmap_mapping_range(ring->file->mapping,
			    (loff_t)ring->pgoff << PAGE_SHIFT, PAGE_SIZE, 1);
}

/* Where and how long the ring is, as the rxe ABI tells a program. */
void ff_ring_describe(const struct ff_ring *ring, struct mminfo *info)
{
	info->offset = (u64)ring->pgoff << PAGE_SHIFT;
	info->size = ring->pages << PAGE_SHIFT;
	info->pad = 0;
}

static void ring_vm_open(struct vm_area_struct *vma)
{
	struct ff_ring *ring = vma->vm_private_data;

	kref_get(&ring->ref);
}

static void ring_vm_close(struct vm_area_struct *vma)
{
	ring_put(vma->vm_private_data);
}

static vm_fault_t ring_vm_fault(struct vm_fault *vmf)
{
	struct ff_ring *ring = vmf->vma->vm_private_data;
	unsigned long index = vmf->pgoff - ring->pgoff;
	struct page *page;
	vm_fault_t ret;

	if (index >= ring->pages)
		return VM_FAULT_SIGBUS;
	page = vmalloc_to_page((u8 *)ring->buf + (index << PAGE_SHIFT));
	ret = vmf_insert_page(vmf->vma, vmf->address, page);
	/* Thereafter: a ring that is hidden now is so only until the owner hears. */
	if (!index) {
		spin_lock(&ring->lock);
		if (ring->touched)
			ring->touched(ring->owner);
		spin_unlock(&ring->lock);
	}
	return ret;
}

static const struct vm_operations_struct ring_vm_ops = {
	.open	= ring_vm_open,
	.close	= ring_vm_close,
	.fault	= ring_vm_fault,
};

static struct ff_ring *get_ring(struct ff_file *file, unsigned long pgoff)
{
	struct ff_ring *ring;

	xa_lock(&file->rings);
	ring = xa_load(&file->rings, pgoff);
	if (ring)
		kref_get(&ring->ref);
	xa_unlock(&file->rings);
	return ring;
}

/**
 * ff_ring_mmap() - map a ring into a program
 * @file: the open file
 * @vma: what is to be mapped: a ring from its beginning, not beyond its end
 *
 * Context: may sleep.
 * Return: 0, or -EINVAL when there is no such ring.
 */
int ff_ring_mmap(struct ff_file *file, struct vm_area_struct *vma)
{
	struct ff_ring *ring = get_ring(file, vma->vm_pgoff);

	if (!ring)
		return -EINVAL;
	if (vma_pages(vma) > ring->pages || !(vma->vm_flags & VM_SHARED)) {
		ring_put(ring);
		return -EINVAL;
	}
	ff_vma_set_flags(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_MIXEDMAP);
	vma->vm_private_data = ring;
	vma->vm_ops = &ring_vm_ops;
	return 0;
}
