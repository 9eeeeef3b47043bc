// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>

#include "abi.h"
#include "abi-ring.h"
#include "abi-syscall.h"

static const struct ff_abi *const abis[] = {
	[FREEFLOW_DATAPATH_SYSCALL] = &ff_abi_syscall,
	[FREEFLOW_DATAPATH_RING] = &ff_abi_ring,
};

/* What a device of a data path announces, or NULL for an unknown one. */
const struct ff_abi *ff_abi_find(enum freeflow_datapath datapath)
{
	return datapath < ARRAY_SIZE(abis) ? abis[datapath] : NULL;
}
