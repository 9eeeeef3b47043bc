/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many objects of each kind a network namespace may hold, and how much memory
 * its memory regions may pin; and what they do.
 */
#ifndef FF_QUOTA_H
#define FF_QUOTA_H

#include <linux/atomic.h>
#include <linux/types.h>

#include <uapi/freeflow.h>

struct ff_quota {
	struct {
		u32 limit;
		atomic_t used;
		atomic64_t refused;
	} res[FREEFLOW_RES_TYPE_MAX + 1];
	struct {
		u64 limit;		/* bytes, as the others */
		atomic64_t used;
		atomic64_t refused;
	} pinned;
};

void ff_quota_init(struct ff_quota *quota);
bool ff_quota_is_set(const struct ff_quota *quota);
int ff_quota_charge(struct ff_quota *quota, enum freeflow_res_type type);
void ff_quota_uncharge(struct ff_quota *quota, enum freeflow_res_type type);
int ff_quota_charge_pinned(struct ff_quota *quota, u64 bytes);
void ff_quota_uncharge_pinned(struct ff_quota *quota, u64 bytes);

#endif /* FF_QUOTA_H */
