/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a virtual address to the address vector that the lower device needs:
 * route -> host address -> source GID, destination MAC and hop limit.
 */
#ifndef FF_PATH_H
#define FF_PATH_H

#include <linux/in6.h>
#include <rdma/ib_verbs.h>

struct ff_dev;
struct ff_lower;

int ff_path_find_host(u32 table, const struct in6_addr *addr,
		      struct in6_addr *host);
int ff_path_resolve(const struct ff_lower *lower, const struct in6_addr *host,
		    struct rdma_ah_attr *ah);

#endif /* FF_PATH_H */
