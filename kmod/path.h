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
struct ff_file;
struct ff_lower;
struct net_device;

/* Where a virtual address is. */
struct ff_place {
	struct in6_addr host;	/* RDMA address */
	/* The lower device under the address, if it is one of this host. */
	char local_lower[IB_DEVICE_NAME_MAX];
};

/* What a program says of a path, in virtual addresses. */
struct ff_path {
	struct in6_addr dest;
	u32 flow_label;
	u8 traffic_class;
	u8 sgid_index;
	u8 sl;
	u8 static_rate;
};

void ff_path_ask(const struct ff_dev *dev, const struct ff_path *path,
		 struct rdma_ah_attr *ah);
int ff_path_source(struct ff_dev *dev, u8 sgid_index, struct in6_addr *source);
int ff_path_translate(struct ff_file *file, const struct ff_path *path,
		      struct rdma_ah_attr *ah, struct ff_place *place);

bool ff_place_is_on(const struct ff_place *place, const struct ff_dev *dev);
int ff_path_find(u32 table, const struct in6_addr *addr,
		 struct ff_place *place);
int ff_path_resolve(const struct ff_lower *lower, const struct in6_addr *host,
		    struct rdma_ah_attr *ah);

int ff_path_itself(const struct ff_lower *lower, struct rdma_ah_attr *ah);
int ff_path_multicast(const struct ff_lower *lower, const struct in6_addr *group,
		      struct rdma_ah_attr *ah);
struct net_device *ff_path_multicast_netdev(const struct ff_lower *lower);

#endif /* FF_PATH_H */
