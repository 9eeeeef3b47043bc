/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels in what they know of a process.
 */
#ifndef FF_COMPAT_TASK_H
#define FF_COMPAT_TASK_H

#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/version.h>

/* Whether who has the same ids may trace the current process. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
#include <linux/sched/exec_state.h>

static inline bool ff_is_dumpable(void)
{
	bool dumpable;

	rcu_read_lock();
	dumpable = READ_ONCE(rcu_dereference(current->exec_state)->dumpable) ==
		   TASK_DUMPABLE_OWNER;
	rcu_read_unlock();
	return dumpable;
}
#else
static inline bool ff_is_dumpable(void)
{
	return get_dumpable(current->mm) == SUID_DUMP_USER;
}
#endif

#endif /* FF_COMPAT_TASK_H */
