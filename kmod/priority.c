// SPDX-License-Identifier: GPL-2.0-only
#include "priority.h"

static_assert(FREEFLOW_SL_COUNT == 8);	/* FF_PRIORITY_NONE */

/**
 * ff_priority_apply() - what the operator wants, in place of what a program does
 * @priority: of the program's device
 * @ah: address vector with the program's traffic class and service level
 *
 * Context: any.
 */
void ff_priority_apply(const struct ff_priority *priority,
		       struct rdma_ah_attr *ah)
{
	s16 tclass = READ_ONCE(priority->tclass);

	if (tclass != FF_TCLASS_NONE)
		ah->grh.traffic_class = tclass;
	/* Another level is the lower device's to refuse. */
	if (ah->sl < FREEFLOW_SL_COUNT)
		ah->sl = READ_ONCE(priority->sls[ah->sl]);
}
