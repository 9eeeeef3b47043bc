/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went through a virtual device, and its namespace: counters that only
 * ever grow.
 *
 * Each CPU counts for itself, so that counting is an addition without a lock or
 * a shared cache line. Meters are a tree: a namespace's has those of its devices
 * under it, and a device's those of its QPs of which each counts for itself. What
 * is under a meter is part of its sum, and stays so when it goes.
 *
 * A QP counts into ff_qp.counts: its device's counters, or its own.
 */
#ifndef FF_METER_H
#define FF_METER_H

#include <linux/percpu.h>
#include <linux/xarray.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/ib_verbs.h>

#include <uapi/freeflow.h>

struct ff_counts {
	struct {
		u64 messages;
		u64 bytes;
	} ops[FREEFLOW_STAT_OP_MAX + 1];
	u64 completions[FREEFLOW_STAT_STATUS_MAX + 1];
	u64 tallies[FREEFLOW_STAT_TALLY_MAX + 1];
};

struct ff_meter {
	struct ff_counts __percpu *counts;	/* NULL of a namespace */
	struct ff_meter *parent;	/* outlives it; NULL of a namespace */
	u32 id;				/* in the parent's */
	u32 number;			/* of the QP */
	struct xarray under;		/* id -> struct ff_meter */
	u32 next_id;
	struct ff_counts gone;		/* of those that were under it */
};

void ff_meter_init(struct ff_meter *meter);
int ff_meter_begin(struct ff_meter *meter, struct ff_meter *parent, u32 number);
void ff_meter_end(struct ff_meter *meter);
void ff_meter_read(struct ff_meter *meter, struct ff_counts *sum);
bool ff_meter_read_under(struct ff_meter *meter, u32 *id, u32 *number,
			 struct ff_counts *sum);

/* Whether anything is or was under it. */
static inline bool ff_meter_is_used(const struct ff_meter *meter)
{
	return READ_ONCE(meter->next_id);
}

/* Counting. Context: any. */

static inline void ff_count(struct ff_counts __percpu *counts,
			    enum freeflow_stat_tally tally)
{
	this_cpu_inc(counts->tallies[tally]);
}

static inline void ff_count_many(struct ff_counts __percpu *counts,
				 enum freeflow_stat_tally tally, u64 many)
{
	this_cpu_add(counts->tallies[tally], many);
}

static inline void ff_count_message(struct ff_counts __percpu *counts,
				    enum freeflow_stat_op op, u64 bytes)
{
	this_cpu_inc(counts->ops[op].messages);
	this_cpu_add(counts->ops[op].bytes, bytes);
}

u64 ff_count_send(struct ff_counts __percpu *counts,
		  const struct ib_send_wr *wr);
void ff_count_completion(struct ff_counts __percpu *counts,
			 const struct ib_uverbs_wc *wc, u32 header);

#endif /* FF_METER_H */
