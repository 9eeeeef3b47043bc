/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multicast groups on the physical network. A virtual group of a route table
 * is an IPv6 group of its own there, by a hash that no two share, so that
 * tenants do not get each other's messages. The host is a member while a QP is
 * attached, once for each network namespace, in whose quota that is: the lower
 * device alone does not tell the host's IP layer or the network's switches.
 */
#ifndef FF_GROUP_H
#define FF_GROUP_H

#include <linux/in6.h>

struct ff_file;

void ff_group_address(u32 table, const struct in6_addr *virt,
		      struct in6_addr *group);
int ff_group_join(const struct ff_file *file, const struct in6_addr *group);
void ff_group_leave(const struct ff_file *file, const struct in6_addr *group);

#endif /* FF_GROUP_H */
