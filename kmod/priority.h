/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By what the physical network tells a virtual device's packets from those of
 * others: the operator's traffic class and service levels, in place of what its
 * programs ask for. For QPs that are connected and address handles that are made
 * from then on; programs read back what they asked for.
 */
#ifndef FF_PRIORITY_H
#define FF_PRIORITY_H

#include <rdma/ib_verbs.h>

#include <uapi/freeflow.h>

#define FF_TCLASS_NONE (-1)

/* Read and written a member at a time, each by itself. */
struct ff_priority {
	s16 tclass;			/* or FF_TCLASS_NONE */
	u8 sls[FREEFLOW_SL_COUNT];	/* in place of each */
};

#define FF_PRIORITY_NONE {			\
	.tclass = FF_TCLASS_NONE,		\
	.sls = { 0, 1, 2, 3, 4, 5, 6, 7 },	\
}

void ff_priority_apply(const struct ff_priority *priority,
		       struct rdma_ah_attr *ah);

#endif /* FF_PRIORITY_H */
