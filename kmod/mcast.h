/* SPDX-License-Identifier: GPL-2.0-only */
/* The multicast groups that UD QPs are attached to. */
#ifndef FF_MCAST_H
#define FF_MCAST_H

#include <linux/in6.h>
#include <linux/types.h>

struct ff_cmd;
struct ff_qp;

bool ff_mcast_virtual(struct ff_qp *qp, const struct in6_addr *group,
		      struct in6_addr *virt);
void ff_mcast_detach_all(struct ff_qp *qp);

int ff_mcast_cmd_attach(struct ff_cmd *cmd);
int ff_mcast_cmd_detach(struct ff_cmd *cmd);

#endif /* FF_MCAST_H */
