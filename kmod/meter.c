// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mutex.h>
#include <linux/string.h>

#include "meter.h"

/*
 * Meters go from the tree under it, and are read under it. Who counts never
 * takes it, so that a long look at many meters holds nobody's data up.
 */
static DEFINE_MUTEX(tree);

static_assert(sizeof(struct ff_counts) % sizeof(u64) == 0);
static_assert((int)FREEFLOW_STAT_STATUS_MAX == (int)IB_WC_GENERAL_ERR);

/* Each of them only grows, and so does the sum of what is read one by one. */
static void add(struct ff_counts *sum, const struct ff_counts *some)
{
	const u64 *from = (const u64 *)some;
	u64 *to = (u64 *)sum;
	size_t i;

	for (i = 0; i < sizeof(*sum) / sizeof(u64); i++)
		to[i] += READ_ONCE(from[i]);
}

static void add_own(struct ff_counts *sum, const struct ff_meter *meter)
{
	int cpu;

	for_each_possible_cpu(cpu)
		add(sum, per_cpu_ptr(meter->counts, cpu));
}

/* Begins with a meter that has no parent and counts nothing itself. */
void ff_meter_init(struct ff_meter *meter)
{
	xa_init_flags(&meter->under, XA_FLAGS_ALLOC);
	meter->next_id = 0;
}

/**
 * ff_meter_begin() - begin with a meter that counts
 * @meter: zeroed
 * @parent: of whose sum it is to be a part
 * @number: told by ff_meter_read_under()
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ff_meter_begin(struct ff_meter *meter, struct ff_meter *parent, u32 number)
{
	int err;

	ff_meter_init(meter);
	meter->counts = alloc_percpu_gfp(struct ff_counts, GFP_KERNEL_ACCOUNT);
	if (!meter->counts)
		return -ENOMEM;
	meter->parent = parent;
	meter->number = number;
	err = xa_alloc_cyclic(&parent->under, &meter->id, meter, xa_limit_32b,
			      &parent->next_id, GFP_KERNEL_ACCOUNT);
	if (err >= 0)
		return 0;
	free_percpu(meter->counts);
	return err;
}

static void add_leaves_locked(struct ff_counts *sum, struct ff_meter *meter)
{
	struct ff_meter *leaf;
	unsigned long id;

	lockdep_assert_held(&tree);
	add_own(sum, meter);
	add(sum, &meter->gone);
	xa_for_each(&meter->under, id, leaf)
		add_own(sum, leaf);
}

/* Of a namespace, of a device or of a QP. */
static void read_locked(struct ff_meter *meter, struct ff_counts *sum)
{
	struct ff_meter *below;
	unsigned long id;

	lockdep_assert_held(&tree);
	if (meter->counts) {
		add_leaves_locked(sum, meter);
		return;
	}
	add(sum, &meter->gone);
	xa_for_each(&meter->under, id, below)
		add_leaves_locked(sum, below);
}

/**
 * ff_meter_end() - what was counted becomes the parent's
 * @meter: nobody counts into it any more, and nothing is under it
 *
 * Context: may sleep.
 */
void ff_meter_end(struct ff_meter *meter)
{
	mutex_lock(&tree);
	read_locked(meter, &meter->parent->gone);
	xa_erase(&meter->parent->under, meter->id);
	mutex_unlock(&tree);
	free_percpu(meter->counts);
}

/**
 * ff_meter_read() - what was counted until now
 * @meter: a meter that stays meanwhile
 * @sum: is filled in
 *
 * Context: may sleep. Holds nobody up who counts.
 */
void ff_meter_read(struct ff_meter *meter, struct ff_counts *sum)
{
	memset(sum, 0, sizeof(*sum));
	mutex_lock(&tree);
	read_locked(meter, sum);
	mutex_unlock(&tree);
}

/**
 * ff_meter_read_under() - what was counted by one of those under a meter
 * @meter: a meter that stays meanwhile
 * @id: the first with this or a higher id is meant; its id is written here
 * @number: its number is written here
 * @sum: is filled in
 *
 * Context: may sleep.
 * Return: whether there is one.
 */
bool ff_meter_read_under(struct ff_meter *meter, u32 *id, u32 *number,
			 struct ff_counts *sum)
{
	unsigned long index = *id;
	struct ff_meter *below;

	memset(sum, 0, sizeof(*sum));
	mutex_lock(&tree);
	below = xa_find(&meter->under, &index, U32_MAX, XA_PRESENT);
	if (below) {
		read_locked(below, sum);
		*id = index;
		*number = below->number;
	}
	mutex_unlock(&tree);
	return below;
}

/* Those that programs may post; the kernel's have the same numbers. */
static const u8 ops[] = {
	[IB_WR_RDMA_WRITE]		= FREEFLOW_STAT_OP_WRITE,
	[IB_WR_RDMA_WRITE_WITH_IMM]	= FREEFLOW_STAT_OP_WRITE,
	[IB_WR_SEND]			= FREEFLOW_STAT_OP_SEND,
	[IB_WR_SEND_WITH_IMM]		= FREEFLOW_STAT_OP_SEND,
	[IB_WR_RDMA_READ]		= FREEFLOW_STAT_OP_READ,
	[IB_WR_ATOMIC_CMP_AND_SWP]	= FREEFLOW_STAT_OP_ATOMIC,
	[IB_WR_ATOMIC_FETCH_AND_ADD]	= FREEFLOW_STAT_OP_ATOMIC,
	[IB_WR_LOCAL_INV]		= FREEFLOW_STAT_OP_BIND,
	[IB_WR_BIND_MW]			= FREEFLOW_STAT_OP_BIND,
	[IB_WR_SEND_WITH_INV]		= FREEFLOW_STAT_OP_SEND,
};

/**
 * ff_count_send() - the lower queue took a request
 * @counts: of its QP
 * @wr: the request as it was posted; those that are no program's opcode concern
 *      memory windows
 *
 * Context: any.
 * Return: the bytes that were counted.
 */
u64 ff_count_send(struct ff_counts __percpu *counts,
		  const struct ib_send_wr *wr)
{
	u64 bytes = 0;
	int i;

	for (i = 0; i < wr->num_sge; i++)
		bytes += wr->sg_list[i].length;
	ff_count_message(counts, wr->opcode < ARRAY_SIZE(ops) ?
			 ops[wr->opcode] : FREEFLOW_STAT_OP_BIND, bytes);
	return bytes;
}

/**
 * ff_count_completion() - a completion goes to the program
 * @counts: of its QP
 * @wc: the completion, as the program knows it
 * @header: bytes that a receive has in front of the message
 *
 * Context: any.
 */
void ff_count_completion(struct ff_counts __percpu *counts,
			 const struct ib_uverbs_wc *wc, u32 header)
{
	if (unlikely(wc->status)) {
		this_cpu_inc(counts->completions[min_t(u32, wc->status,
						       FREEFLOW_STAT_STATUS_MAX)]);
		return;
	}
	this_cpu_inc(counts->completions[IB_WC_SUCCESS]);
	if (!(wc->opcode & IB_WC_RECV))
		return;
	ff_count_message(counts, wc->opcode == IB_WC_RECV_RDMA_WITH_IMM ?
			 FREEFLOW_STAT_OP_RECV_WRITE : FREEFLOW_STAT_OP_RECV,
			 wc->byte_len - header);
}
