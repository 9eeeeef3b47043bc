/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address handles: a virtual destination, translated when the handle is made.
 * Who sends through one holds it until the lower device has taken the request.
 */
#ifndef FF_AH_H
#define FF_AH_H

#include <linux/in6.h>

#include "announce.h"
#include "object.h"
#include "path.h"

struct ff_cmd;
struct ff_pd;
struct ff_qp;

struct ff_ah {
	struct ff_obj obj;
	struct ib_ah *lower;
	struct ff_pd *pd;
	struct in6_addr source;		/* virtual */
	struct in6_addr dest;		/* virtual */
	struct in6_addr host_source;	/* physical */
	struct ff_place place;		/* of dest; none of a group */
	u8 tclass;			/* of the lower one */
	u8 sl;				/* of the lower one */
	struct ff_announced announced;	/* to another host */
};

extern const struct ff_obj_kind ff_ah_kind;

u32 ff_ah_aim(struct ff_ah *ah, const struct ff_qp *qp, u32 qpn,
	      unsigned long until);

int ff_ah_cmd_create(struct ff_cmd *cmd);
int ff_ah_cmd_destroy(struct ff_cmd *cmd);

#endif /* FF_AH_H */
