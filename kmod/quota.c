// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/limits.h>

#include "quota.h"

void ff_quota_init(struct ff_quota *quota)
{
	int type;

	for (type = 0; type <= FREEFLOW_RES_TYPE_MAX; type++)
		quota->res[type].limit = FREEFLOW_QUOTA_UNLIMITED;
	quota->pinned.limit = FREEFLOW_QUOTA_PINNED_UNLIMITED;
}

/* True if any resource has a limit. */
bool ff_quota_is_set(const struct ff_quota *quota)
{
	int type;

	for (type = 0; type <= FREEFLOW_RES_TYPE_MAX; type++)
		if (READ_ONCE(quota->res[type].limit) != FREEFLOW_QUOTA_UNLIMITED)
			return true;
	return READ_ONCE(quota->pinned.limit) !=
	       FREEFLOW_QUOTA_PINNED_UNLIMITED;
}

/**
 * ff_quota_charge() - account for one more object
 * @quota: the namespace's quotas
 * @type: kind of object
 *
 * Context: any.
 * Return: 0, or -EAGAIN when the quota is used up, as the rdma cgroup answers.
 */
int ff_quota_charge(struct ff_quota *quota, enum freeflow_res_type type)
{
	u32 limit = READ_ONCE(quota->res[type].limit);
	int used = atomic_read(&quota->res[type].used);

	do {
		if (used >= limit) {
			atomic64_inc(&quota->res[type].refused);
			return -EAGAIN;
		}
	} while (!atomic_try_cmpxchg(&quota->res[type].used, &used, used + 1));
	return 0;
}

void ff_quota_uncharge(struct ff_quota *quota, enum freeflow_res_type type)
{
	atomic_dec(&quota->res[type].used);
}

/**
 * ff_quota_charge_pinned() - account for memory that is to be pinned
 * @quota: the namespace's quotas
 * @bytes: how much
 *
 * Context: any.
 * Return: 0, or -EAGAIN when the quota does not allow for it.
 */
int ff_quota_charge_pinned(struct ff_quota *quota, u64 bytes)
{
	u64 limit = READ_ONCE(quota->pinned.limit);
	s64 used = atomic64_read(&quota->pinned.used);

	do {
		if (used > limit || bytes > limit - used ||
		    bytes > S64_MAX - used) {
			atomic64_inc(&quota->pinned.refused);
			return -EAGAIN;
		}
	} while (!atomic64_try_cmpxchg(&quota->pinned.used, &used,
				       used + bytes));
	return 0;
}

void ff_quota_uncharge_pinned(struct ff_quota *quota, u64 bytes)
{
	atomic64_sub(bytes, &quota->pinned.used);
}
