/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Management datagrams on their way from one virtual QP1 to another: by route,
 * to a device of this host or through the tunnel to that of another one.
 */
#ifndef FF_MAD_H
#define FF_MAD_H

#include <linux/in6.h>
#include <rdma/ib_mad.h>

struct ff_dev;

/* Both addresses are virtual, and both are IPv4 or both IPv6. */
struct ff_mad {
	struct in6_addr src;
	struct in6_addr dst;
	u8 data[IB_MGMT_MAD_SIZE];
};

int ff_mad_check(struct ff_dev *dev, const struct ff_mad *mad);
int ff_mad_send(struct ff_dev *dev, const struct ff_mad *mad);
bool ff_mad_deliver(u32 table, const struct ff_mad *mad);

#endif /* FF_MAD_H */
