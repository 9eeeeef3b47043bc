/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between data paths: what a device announces, and so which provider
 * of libibverbs is loaded for it.
 */
#ifndef FF_ABI_H
#define FF_ABI_H

#include <linux/types.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include <uapi/freeflow.h>

struct ff_abi {
	enum rdma_driver_id driver_id;
	u32 version;
};

const struct ff_abi *ff_abi_find(enum freeflow_datapath datapath);

#endif /* FF_ABI_H */
