// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>

#include "quota.h"

void ff_quota_init(struct ff_quota *quota)
{
	int type;

	for (type = 0; type <= FREEFLOW_RES_TYPE_MAX; type++)
		quota->res[type].limit = FREEFLOW_QUOTA_UNLIMITED;
}

/* True if any resource has a limit. */
bool ff_quota_is_set(const struct ff_quota *quota)
{
	int type;

	for (type = 0; type <= FREEFLOW_RES_TYPE_MAX; type++)
		if (READ_ONCE(quota->res[type].limit) != FREEFLOW_QUOTA_UNLIMITED)
			return true;
	return false;
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
