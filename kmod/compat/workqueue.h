/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system's workqueues, of whose older names the newer kernels warn.
 */
#ifndef FF_COMPAT_WORKQUEUE_H
#define FF_COMPAT_WORKQUEUE_H

#include <linux/version.h>
#include <linux/workqueue.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define ff_system_wq		system_percpu_wq
#define ff_system_unbound_wq	system_dfl_wq
#else
#define ff_system_wq		system_wq
#define ff_system_unbound_wq	system_unbound_wq
#endif

#endif /* FF_COMPAT_WORKQUEUE_H */
