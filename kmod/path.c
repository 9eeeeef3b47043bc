// SPDX-License-Identifier: GPL-2.0-only
#include <linux/completion.h>
#include <linux/etherdevice.h>
#include <net/if_inet6.h>
#include <net/ipv6.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>

#include "dev.h"
#include "file.h"
#include "lower.h"
#include "path.h"
#include "route.h"
#include "trace.h"

/* How long the neighbour of a host may take to answer, as for user QPs. */
#define FF_RESOLVE_TIMEOUT_MS 1000

/**
 * ff_path_find() - where a virtual address is
 * @table: route table
 * @addr: virtual address
 * @place: is written; the host of an address of this one is that of the lower
 *         device under it
 *
 * Context: may sleep.
 * Return: 0; -ENETUNREACH without a route; for an address of this host
 * -ENODEV or -EADDRNOTAVAIL when its lower device cannot be reached.
 */
int ff_path_find(u32 table, const struct in6_addr *addr, struct ff_place *place)
{
	struct ff_route_info info = {};
	int err = ff_route_lookup(table, addr, &info);

	if (err)
		return err;
	strscpy(place->local_lower, info.local_lower, sizeof(place->local_lower));
	if (info.key.len == FF_ROUTE_LOCAL)
		return ff_lower_address(info.local_lower, &place->host);
	place->host = info.host;
	return 0;
}

/* Whether the way to a place leads to the lower device of a device. Context: any. */
bool ff_place_is_on(const struct ff_place *place, const struct ff_dev *dev)
{
	return !strcmp(place->local_lower, dev->lower_name);
}

union ff_sockaddr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct ff_resolve {
	struct completion done;
	struct rdma_dev_addr dev_addr;
	union ib_gid source;
	int status;
};

static void resolve_done(int status, struct sockaddr *src,
			 struct rdma_dev_addr *dev_addr, void *context)
{
	struct ff_resolve *resolve = context;

	if (!status)
		rdma_ip2gid(src, &resolve->source);
	resolve->status = status;
	complete(&resolve->done);
}

/* Any GID of the host's of the address family: it names the network to ask on. */
static const struct ib_gid_attr *get_gid_like(const struct ff_lower *lower,
					      const struct in6_addr *host)
{
	bool v4 = ipv6_addr_v4mapped(host);
	const struct ib_gid_attr *attr;
	u32 i = 0;

	while ((attr = ff_lower_next_gid(lower->ibdev, lower->port, &i))) {
		if (ipv6_addr_v4mapped((struct in6_addr *)&attr->gid) == v4)
			break;
		rdma_put_gid_attr(attr);
	}
	return attr;
}

/* Asks the host's network for source address, MAC and hop limit. */
static int resolve_host(struct ff_resolve *resolve,
			const struct ib_gid_attr *gid_attr,
			const struct in6_addr *host)
{
	union ff_sockaddr dst = {};
	int err;

	rdma_gid2ip((struct sockaddr *)&dst, (const union ib_gid *)host);
	init_completion(&resolve->done);
	resolve->dev_addr.net = &init_net;
	resolve->dev_addr.sgid_attr = gid_attr;
	err = rdma_resolve_ip(NULL, &dst.sa, &resolve->dev_addr,
			      FF_RESOLVE_TIMEOUT_MS, resolve_done, true,
			      resolve);
	if (err)
		return err;
	if (wait_for_completion_killable(&resolve->done)) {
		rdma_addr_cancel(&resolve->dev_addr);
		return -EINTR;
	}
	return resolve->status;
}

/* The GID of the source address that the host's routing chose. */
static int set_source(const struct ff_lower *lower, const union ib_gid *source,
		      struct rdma_ah_attr *ah)
{
	const struct ib_gid_attr *attr;

	attr = ff_lower_get_gid(lower->ibdev, lower->port,
				(const struct in6_addr *)source);
	if (!attr)
		return -EADDRNOTAVAIL;
	ah->grh.sgid_index = attr->index;
	rdma_put_gid_attr(attr);
	return 0;
}

/**
 * ff_path_resolve() - complete an address vector for the lower device
 * @lower: the lower device
 * @host: address of the peer's host
 * @ah: traffic class, flow label and the like are kept; GIDs, port, MAC and
 *      hop limit are set
 *
 * The MAC is that of the neighbour on the host's own network. ib_core would
 * look it up for user QPs only.
 *
 * Context: sleeps until the neighbour answers, at most one second.
 * Return: 0; -EADDRNOTAVAIL when the lower device has no address of the
 * family; -ETIMEDOUT when the neighbour does not answer; -EINTR; or the error
 * of the host's routing.
 */
int ff_path_resolve(const struct ff_lower *lower, const struct in6_addr *host,
		    struct rdma_ah_attr *ah)
{
	const struct ib_gid_attr *gid_attr = get_gid_like(lower, host);
	struct ff_resolve resolve = {};
	int err;

	if (!gid_attr)
		return -EADDRNOTAVAIL;
	err = resolve_host(&resolve, gid_attr, host);
	rdma_put_gid_attr(gid_attr);
	if (err)
		return err;
	err = set_source(lower, &resolve.source, ah);
	if (err)
		return err;

	ah->type = RDMA_AH_ATTR_TYPE_ROCE;
	ah->port_num = lower->port;
	ah->ah_flags = IB_AH_GRH;
	memcpy(&ah->grh.dgid, host, sizeof(*host));
	ah->grh.hop_limit = resolve.dev_addr.hoplimit;
	ether_addr_copy(ah->roce.dmac, resolve.dev_addr.dst_dev_addr);
	return 0;
}

/**
 * ff_path_source() - a source address that a program chose
 * @dev: its device
 * @sgid_index: index of the address in the device's GID table
 * @source: the address is written here
 *
 * Context: any.
 * Return: 0, or ib_core's error for an index without an address.
 */
int ff_path_source(struct ff_dev *dev, u8 sgid_index, struct in6_addr *source)
{
	const struct ib_gid_attr *attr;

	attr = rdma_get_gid_attr(&dev->ibdev, FF_PORT, sgid_index);
	if (IS_ERR(attr))
		return PTR_ERR(attr);
	memcpy(source, &attr->gid, sizeof(*source));
	rdma_put_gid_attr(attr);
	return 0;
}

/**
 * ff_path_ask() - what a program asks for along a path, in an address vector
 * @dev: its device, whose priority has the last word
 * @path: the path
 * @ah: traffic class, service level, flow label and rate are set
 *
 * Context: any.
 */
void ff_path_ask(const struct ff_dev *dev, const struct ff_path *path,
		 struct rdma_ah_attr *ah)
{
	ah->grh.flow_label = path->flow_label;
	ah->grh.traffic_class = path->traffic_class;
	ah->sl = path->sl;
	ah->static_rate = path->static_rate;
	ff_priority_apply(&dev->priority, ah);
}

/**
 * ff_path_translate() - a program's path, for the lower device
 * @file: the program's; bound to the lower device
 * @path: the path in virtual addresses
 * @ah: zeroed; the address vector is written here
 * @place: where the path leads is written here
 *
 * A destination without a route is counted and traced.
 *
 * Context: sleeps until the neighbour answers, at most one second.
 * Return: 0; -ENETUNREACH without a route; the errors of ff_path_source() and
 * ff_path_resolve().
 */
int ff_path_translate(struct ff_file *file, const struct ff_path *path,
		      struct rdma_ah_attr *ah, struct ff_place *place)
{
	struct ff_dev *dev = file->dev;
	struct in6_addr source;
	int err;

	err = ff_path_source(dev, path->sgid_index, &source);
	if (err)
		return err;
	err = ff_path_find(dev->table, &path->dest, place);
	if (err == -ENETUNREACH) {
		ff_count(dev->meter.counts, FREEFLOW_STAT_TALLY_ROUTE_MISSES);
		trace_ff_route_miss(dev->ibdev.name, dev->table, &path->dest);
	}
	if (err)
		return err;

	ff_path_ask(dev, path, ah);
	return ff_path_resolve(file->lower, &place->host, ah);
}

/* The GID that multicast is sent from; groups are IPv6 ones. */
static const struct ib_gid_attr *get_multicast_gid(const struct ff_lower *lower)
{
	return get_gid_like(lower, &in6addr_any);
}

static void set_own(const struct ib_gid_attr *source, u32 port,
		    struct rdma_ah_attr *ah)
{
	ah->type = RDMA_AH_ATTR_TYPE_ROCE;
	ah->port_num = port;
	ah->ah_flags = IB_AH_GRH;
	ah->grh.sgid_index = source->index;
	ah->grh.hop_limit = 1;
}

/**
 * ff_path_itself() - an address vector that leads back to the lower device
 * @lower: the lower device
 * @ah: zeroed; the address vector is written here
 *
 * Context: any.
 * Return: 0, or -EADDRNOTAVAIL when the lower device has no address.
 */
int ff_path_itself(const struct ff_lower *lower, struct rdma_ah_attr *ah)
{
	const struct ib_gid_attr *gid_attr;
	u32 i = 0;

	gid_attr = ff_lower_next_gid(lower->ibdev, lower->port, &i);
	if (!gid_attr)
		return -EADDRNOTAVAIL;
	set_own(gid_attr, lower->port, ah);
	ah->grh.dgid = gid_attr->gid;
	rdma_read_gid_l2_fields(gid_attr, NULL, ah->roce.dmac);
	rdma_put_gid_attr(gid_attr);
	return 0;
}

/**
 * ff_path_multicast() - an address vector of a multicast group
 * @lower: the lower device
 * @group: the physical group
 * @ah: traffic class, flow label and the like are kept; GIDs, port, MAC and
 *      hop limit are set
 *
 * Context: any.
 * Return: 0, or -EADDRNOTAVAIL when the lower device has no IPv6 address.
 */
int ff_path_multicast(const struct ff_lower *lower, const struct in6_addr *group,
		      struct rdma_ah_attr *ah)
{
	const struct ib_gid_attr *gid_attr = get_multicast_gid(lower);

	if (!gid_attr)
		return -EADDRNOTAVAIL;
	set_own(gid_attr, lower->port, ah);
	memcpy(&ah->grh.dgid, group, sizeof(*group));
	ipv6_eth_mc_map(group, ah->roce.dmac);
	rdma_put_gid_attr(gid_attr);
	return 0;
}

/**
 * ff_path_multicast_netdev() - the interface that multicast goes through
 * @lower: the lower device
 *
 * Context: any.
 * Return: the interface, to be put, or NULL.
 */
struct net_device *ff_path_multicast_netdev(const struct ff_lower *lower)
{
	const struct ib_gid_attr *gid_attr = get_multicast_gid(lower);
	struct net_device *netdev;

	if (!gid_attr)
		return NULL;
	rcu_read_lock();
	netdev = rdma_read_gid_attr_ndev_rcu(gid_attr);
	if (IS_ERR(netdev))
		netdev = NULL;
	dev_hold(netdev);
	rcu_read_unlock();
	rdma_put_gid_attr(gid_attr);
	return netdev;
}
