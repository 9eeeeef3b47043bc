/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual-IP route table: (table, prefix) -> host.
 *
 * All addresses are IPv6; an IPv4 one is the mapped address, its prefix
 * lengths 96 to 128. The addresses of this host's virtual devices are routes
 * by themselves and win over every other; then the longest prefix does.
 */
#ifndef FF_ROUTE_H
#define FF_ROUTE_H

#include <linux/in6.h>
#include <linux/rhashtable.h>
#include <rdma/ib_verbs.h>

struct ff_dev;

/* Length of a local address: longer, and so better, than any prefix. */
#define FF_ROUTE_LOCAL 129

struct ff_route_key {
	u32 table;
	u32 len;	/* of the prefix, in bits, or FF_ROUTE_LOCAL */
	struct in6_addr prefix;
};

/* What a look-up answers, and a dump shows. */
struct ff_route_info {
	struct ff_route_key key;
	struct in6_addr host;
	bool external;
	u8 proto;	/* enum freeflow_route_proto */
	char local_dev[IB_DEVICE_NAME_MAX];	/* of a local route */
	char local_lower[IB_DEVICE_NAME_MAX];	/* and the lower device there */
};

bool ff_route_may_lead_to(const struct in6_addr *host);
int ff_route_new(const struct ff_route_info *info, bool replace);
int ff_route_del(const struct ff_route_key *key, u8 proto);
void ff_route_flush(const u32 *table, u8 proto);
int ff_route_lookup(u32 table, const struct in6_addr *addr,
		    struct ff_route_info *info);

struct ff_dev *ff_route_get_local(u32 table, const struct in6_addr *addr);
struct ff_dev *ff_route_local_rcu(u32 table, const struct in6_addr *addr);
int ff_route_local_add(struct ff_dev *dev, const struct in6_addr *addr);
void ff_route_local_del(struct ff_dev *dev, const struct in6_addr *addr);
int ff_route_local_move(struct ff_dev *dev, u32 table);

void ff_route_walk_enter(struct rhashtable_iter *iter);
int ff_route_walk(struct rhashtable_iter *iter,
		  int (*fn)(const struct ff_route_info *info, void *arg),
		  void *arg);

int ff_route_init(void);
void ff_route_exit(void);

#endif /* FF_ROUTE_H */
