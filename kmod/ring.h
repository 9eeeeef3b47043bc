/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings: queues in memory that a program shares with the module, in the layout
 * of the rxe ABI (rdma/rdma_user_rxe.h). The program may write anything at any
 * time: an index is masked whenever it is read, an entry is copied out once, and
 * what the module must rely on it keeps to itself.
 *
 * A ring can be hidden: the page with the indices is taken from the program, and
 * when it touches that page again it gets it back and the ring's owner hears of
 * it. So the owner need not look at an idle ring again and again.
 */
#ifndef FF_RING_H
#define FF_RING_H

#include <linux/kref.h>
#include <linux/spinlock.h>
#include <rdma/rdma_user_rxe.h>

struct ff_file;
struct vm_area_struct;

struct ff_ring {
	struct kref ref;		/* the queue, and every mapping */
	struct rxe_queue_buf *buf;
	struct ff_file *file;		/* that it can be mapped through */
	u32 mask;			/* of indices; one entry stays unused */
	u32 shift;			/* of an entry's size */
	unsigned long pgoff;		/* where in the file it is mapped */
	unsigned long pages;
	spinlock_t lock;		/* protects what follows */
	void (*touched)(void *owner);	/* NULL once the owner is gone */
	void *owner;
};

struct ff_ring *ff_ring_create(struct ff_file *file, u32 entries,
			       size_t entry_size);
void ff_ring_destroy(struct ff_ring *ring);
void ff_ring_watch(struct ff_ring *ring, void (*touched)(void *owner),
		   void *owner);
void ff_ring_hide(struct ff_ring *ring);
void ff_ring_describe(const struct ff_ring *ring, struct mminfo *info);
int ff_ring_mmap(struct ff_file *file, struct vm_area_struct *vma);

static inline u32 ff_ring_next(const struct ff_ring *ring, u32 index)
{
	return (index + 1) & ring->mask;
}

/* The program's memory: what it points at is copied before it is looked at. */
static inline void *ff_ring_entry(const struct ff_ring *ring, u32 index)
{
	return ring->buf->data + ((size_t)index << ring->shift);
}

/* The index that the program moves: of the producer of work requests. */
static inline u32 ff_ring_producer(const struct ff_ring *ring)
{
	/* The program fills an entry before it moves the index. */
	return smp_load_acquire(&ring->buf->producer_index) & ring->mask;
}

/* The index that the program moves: of the consumer of completions. */
static inline u32 ff_ring_consumer(const struct ff_ring *ring)
{
	/* The program reads an entry before it moves the index. */
	return smp_load_acquire(&ring->buf->consumer_index) & ring->mask;
}

/* Shows the program that the entries before @index are done with. */
static inline void ff_ring_set_consumer(struct ff_ring *ring, u32 index)
{
	/* After the entries were read. */
	smp_store_release(&ring->buf->consumer_index, index);
}

/* Shows the program the entries before @index. */
static inline void ff_ring_set_producer(struct ff_ring *ring, u32 index)
{
	/* After the entries were written. */
	smp_store_release(&ring->buf->producer_index, index);
}

#endif /* FF_RING_H */
