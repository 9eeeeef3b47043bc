// SPDX-License-Identifier: GPL-2.0-only
#include <linux/overflow.h>
#include <linux/slab.h>

#include "ring-recv.h"

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
	xa_init_flags(&recvs->apart, XA_FLAGS_LOCK_IRQ);
	return recvs;
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

	if (slot->seq && slot->seq != seq && set_apart(recvs, slot))
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

	if (likely(slot->seq == seq)) {
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

/* The lower queue was emptied. */
void ff_ring_recvs_forget(struct ff_ring_recvs *recvs)
{
	u32 i;

	forget_apart(recvs);
	for (i = 0; i <= recvs->mask; i++)
		recvs->slots[i].seq = 0;
}

static int copy_one(struct ff_ring_recvs *to, const struct ff_ring_recv *recv)
{
	struct ff_ring_recv *slot = ff_ring_recvs_claim(to, recv->seq);

	if (!slot)
		return -ENOMEM;
	*slot = *recv;
	return 0;
}

/**
 * ff_ring_recvs_copy() - for a queue that gets another size
 * @to: fresh ones
 * @from: those that there are
 * @end: number of the first that did not go down
 *
 * Return: 0 or -ENOMEM; then @to is to be destroyed.
 */
int ff_ring_recvs_copy(struct ff_ring_recvs *to,
		       const struct ff_ring_recvs *from, u64 end)
{
	const struct ff_ring_recv *recv;
	unsigned long seq;
	int err = 0;
	u32 i;

	xa_for_each((struct xarray *)&from->apart, seq, recv)
		err = err ?: copy_one(to, recv);
	for (i = 0; i <= from->mask && !err; i++)
		if (from->slots[i].seq && from->slots[i].seq < end)
			err = copy_one(to, &from->slots[i]);
	return err;
}
