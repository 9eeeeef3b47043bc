// SPDX-License-Identifier: GPL-2.0-only
#include "dev.h"
#include "gsi.h"
#include "mad.h"
#include "route.h"
#include "trace.h"
#include "tunnel.h"

/* The address of the sender may have gone since it made its address handle. */
static bool is_from(const struct ff_dev *dev, const struct ff_mad *mad)
{
	struct ff_dev *owner = ff_route_get_local(dev->table, &mad->src);
	bool is_owner = owner == dev;

	if (owner)
		ff_dev_put(owner);
	return is_owner;
}

/**
 * ff_mad_deliver() - hand a datagram to the device of this host that it is for
 * @table: route table in which its addresses are
 * @mad: the datagram
 *
 * Context: any.
 * Return: whether a device has the address and took it.
 */
bool ff_mad_deliver(u32 table, const struct ff_mad *mad)
{
	struct ff_dev *dev = ff_route_get_local(table, &mad->dst);
	bool delivered;

	if (!dev)
		return false;
	delivered = ff_gsi_receive(dev, mad);
	trace_ff_cm_receive(dev, mad, delivered ? 0 : -ENOBUFS);
	ff_count(dev->meter.counts, delivered ?
				    FREEFLOW_STAT_TALLY_CM_RECEIVED :
				    FREEFLOW_STAT_TALLY_CM_DROPPED);
	ff_dev_put(dev);
	return delivered;
}

static void send_to_host(struct ff_dev *dev, const struct in6_addr *host,
			 const struct ff_mad *mad)
{
	struct ff_tunnel_path path = {
		.table = dev->table,
		.src = mad->src,
		.dst = mad->dst,
		.peer = *host,
	};

	ff_tunnel_send(&path, FF_TUNNEL_MAD, mad->data);
}

static int find_way(struct ff_dev *dev, const struct ff_mad *mad,
		    struct ff_route_info *route)
{
	int err;

	if (!is_from(dev, mad) ||
	    ipv6_addr_v4mapped(&mad->src) != ipv6_addr_v4mapped(&mad->dst))
		return -EADDRNOTAVAIL;
	err = ff_route_lookup(dev->table, &mad->dst, route);
	if (err) {
		ff_count(dev->meter.counts, FREEFLOW_STAT_TALLY_ROUTE_MISSES);
		trace_ff_route_miss(dev->ibdev.name, dev->table, &mad->dst);
		return err;
	}
	return route->external ? -EHOSTUNREACH : 0;
}

/**
 * ff_mad_check() - whether a datagram of a device has a way at the moment
 * @dev: the device
 * @mad: the datagram
 *
 * Context: any.
 * Return: 0; -EADDRNOTAVAIL when the device no longer has the source address, or
 * it is not of the destination's family; -ENETUNREACH without a route;
 * -EHOSTUNREACH when nobody behind the route speaks for virtual addresses.
 */
int ff_mad_check(struct ff_dev *dev, const struct ff_mad *mad)
{
	struct ff_route_info route = {};
	int err = find_way(dev, mad, &route);

	if (err)
		trace_ff_cm_send(dev, mad, err);
	return err;
}

/**
 * ff_mad_send() - send a datagram of a device on its way
 * @dev: the device
 * @mad: the datagram
 *
 * Datagrams may get lost; ib_cm sends them again.
 *
 * Context: may sleep.
 * Return: 0, or what ff_mad_check() refuses a datagram with.
 */
int ff_mad_send(struct ff_dev *dev, const struct ff_mad *mad)
{
	struct ff_route_info route = {};
	int err = find_way(dev, mad, &route);

	trace_ff_cm_send(dev, mad, err);
	if (err)
		return err;
	if (route.key.len == FF_ROUTE_LOCAL)
		ff_mad_deliver(dev->table, mad);
	else
		send_to_host(dev, &route.host, mad);
	ff_count(dev->meter.counts, FREEFLOW_STAT_TALLY_CM_SENT);
	return 0;
}
