/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What FreeFlow keeps for each network namespace: its quotas, its limit, and what
 * its devices counted. A device keeps its namespace's ff_net alive, which may so
 * outlive the namespace itself.
 */
#ifndef FF_NETNS_H
#define FF_NETNS_H

#include <linux/kref.h>

#include "limit.h"
#include "meter.h"
#include "quota.h"

struct net;

struct ff_net {
	struct kref ref;
	u32 serial;		/* of all namespaces ever made */
	struct ff_quota quota;
	struct ff_meter meter;
	struct ff_limit limit;
	unsigned int inode;
};

struct ff_net *ff_net_get(const struct net *net);
void ff_net_put(struct ff_net *ffnet);
struct ff_net *ff_net_peek(const struct net *net);
void ff_net_visit(u32 *from, int (*fn)(struct ff_net *ffnet, void *arg), void *arg);

int ff_netns_init(void);
void ff_netns_exit(void);

#endif /* FF_NETNS_H */
