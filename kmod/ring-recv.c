// SPDX-License-Identifier: GPL-2.0-only
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "ring-recv.h"

#define FF_COPIED_AT_ONCE 1024

#define FF_GFP (GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN)

/* @mask: for as many as that and one more; of 2^n - 1. Context: may sleep. */
struct ff_ring_recvs *ff_ring_recvs_create(u32 mask)
{
	struct ff_ring_recvs *recvs;

	recvs = kvzalloc(struct_size(recvs, slots, (size_t)mask + 1),
			 GFP_KERNEL_ACCOUNT);
	if (!recvs)
		return NULL;
	recvs->mask = mask;
	recvs->first = 1;
	xa_init_flags(&recvs->apart, XA_FLAGS_LOCK_IRQ);
	return recvs;
}

static bool is_under_way(const struct ff_ring_recvs *recvs,
			 const struct ff_ring_recv *slot)
{
	return slot->seq >= recvs->first;
}

static void forget_apart(struct ff_ring_recvs *recvs)
{
	struct ff_ring_recv *apart;
	unsigned long seq;

	xa_for_each(&recvs->apart, seq, apart)
		kfree(apart);
	xa_destroy(&recvs->apart);
}

void ff_ring_recvs_destroy(struct ff_ring_recvs *recvs)
{
	forget_apart(recvs);
	kvfree(recvs);
}

static int set_apart(struct ff_ring_recvs *recvs,
		     const struct ff_ring_recv *slot)
{
	struct ff_ring_recv *apart;
	int err;

	apart = kmemdup(slot, sizeof(*slot), FF_GFP);
	if (!apart)
		return -ENOMEM;
	err = xa_insert(&recvs->apart, slot->seq, apart, FF_GFP);
	if (err)
		kfree(apart);
	return err;
}

/**
 * ff_ring_recvs_claim() - a receive is about to go down
 * @recvs: those of its queue
 * @seq: its number, not 0; may be claimed again as long as it did not go
 *
 * Return: its slot, in which all but the number is to be filled in; or NULL when
 * there is no memory for the one that had it.
 */
struct ff_ring_recv *ff_ring_recvs_claim(struct ff_ring_recvs *recvs, u64 seq)
{
	struct ff_ring_recv *slot = &recvs->slots[seq & recvs->mask];

	if (is_under_way(recvs, slot) && slot->seq != seq &&
	    set_apart(recvs, slot))
		return NULL;
	slot->seq = seq;
	return slot;
}

/**
 * ff_ring_recvs_complete() - a receive is not under way any more
 * @recvs: those of its queue
 * @seq: its number
 * @recv: what was known of it is written here
 *
 * Return: whether anything was.
 */
bool ff_ring_recvs_complete(struct ff_ring_recvs *recvs, u64 seq,
			    struct ff_ring_recv *recv)
{
	struct ff_ring_recv *slot = &recvs->slots[seq & recvs->mask], *apart;

	if (likely(slot->seq == seq && is_under_way(recvs, slot))) {
		*recv = *slot;
		slot->seq = 0;
		return true;
	}
	apart = xa_erase(&recvs->apart, seq);
	if (!apart)
		return false;
	*recv = *apart;
	kfree(apart);
	return true;
}

/* The lower queue was emptied; @first is the number of the next that goes down. */
void ff_ring_recvs_forget(struct ff_ring_recvs *recvs, u64 first)
{
	forget_apart(recvs);
	recvs->first = first;
}

static int copy_one(struct ff_ring_recvs *to, const struct ff_ring_recv *recv)
{
	struct ff_ring_recv *slot = ff_ring_recvs_claim(to, recv->seq);

	if (!slot)
		return -ENOMEM;
	*slot = *recv;
	return 0;
}

static int copy_apart(struct ff_ring_recvs *to,
		      const struct ff_ring_recvs *from)
{
	const struct ff_ring_recv *recv;
	unsigned long seq;
	int err = 0;

	xa_for_each((struct xarray *)&from->apart, seq, recv)
		err = err ?: copy_one(to, recv);
	return err;
}

/**
 * ff_ring_recvs_copy() - for a queue that gets another size
 * @to: fresh ones, or what this began to fill
 * @from: those that there are; none is claimed meanwhile
 * @end: number of the first that did not go down
 * @pos: how far it came, 0 at first; is moved on by some
 *
 * What completes between two calls is to be completed in both.
 *
 * Return: 1 when there is more; 0 when all are copied; or -ENOMEM.
 */
int ff_ring_recvs_copy(struct ff_ring_recvs *to,
		       const struct ff_ring_recvs *from, u64 end, u32 *pos)
{
	u32 limit = min(from->mask, *pos + FF_COPIED_AT_ONCE - 1);
	int err = *pos ? 0 : copy_apart(to, from);

	for (; *pos <= limit && !err; ++*pos) {
		const struct ff_ring_recv *slot = &from->slots[*pos];

		if (is_under_way(from, slot) && slot->seq < end)
			err = copy_one(to, slot);
	}
	return err ?: *pos <= from->mask;
}
