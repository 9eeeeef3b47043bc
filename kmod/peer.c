// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jhash.h>
#include <linux/mutex.h>
#include <net/ipv6.h>

#include "path.h"
#include "peer.h"
#include "qp.h"
#include "route.h"

#define FF_PEER_BITS 10

/* protects the buckets; taken inside ff_qp.lock */
static DEFINE_MUTEX(peers_lock);
static struct list_head buckets[1 << FF_PEER_BITS];

static struct list_head *bucket(u32 table, const struct in6_addr *addr)
{
	u32 hash = jhash2((const u32 *)addr, sizeof(*addr) / sizeof(u32), table);

	return &buckets[hash & (ARRAY_SIZE(buckets) - 1)];
}

void ff_peer_init(struct ff_peer *peer)
{
	INIT_LIST_HEAD(&peer->node);
	INIT_LIST_HEAD(&peer->fail_node);
}

/**
 * ff_peer_link() - a QP gets connected
 * @peer: of the QP
 * @table: route table of its device
 * @addr: virtual address of the peer
 * @host: address of the host that the route led to
 *
 * Context: may sleep; under the QP's lock.
 */
void ff_peer_link(struct ff_peer *peer, u32 table, const struct in6_addr *addr,
		  const struct in6_addr *host)
{
	mutex_lock(&peers_lock);
	list_del_init(&peer->node);
	peer->table = table;
	peer->addr = *addr;
	peer->host = *host;
	list_add_tail(&peer->node, bucket(table, addr));
	mutex_unlock(&peers_lock);
}

void ff_peer_unlink(struct ff_peer *peer)
{
	mutex_lock(&peers_lock);
	list_del_init(&peer->node);
	mutex_unlock(&peers_lock);
}

/**
 * ff_peer_has_moved() - does the route now lead to another host?
 * @peer: of a connected QP
 *
 * Without a route the connection stays as it is: that is for the next one.
 *
 * Context: may sleep.
 */
bool ff_peer_has_moved(const struct ff_peer *peer)
{
	struct in6_addr host;

	return !ff_path_find_host(peer->table, &peer->addr, &host) &&
	       !ipv6_addr_equal(&host, &peer->host);
}

/* Collects the QPs of a bucket that a change of this prefix concerns. */
static void collect(struct list_head *head, const struct ff_route_key *key,
		    struct list_head *moved)
{
	u32 len = min(key->len, 128U);
	struct ff_peer *peer;

	lockdep_assert_held(&peers_lock);
	list_for_each_entry(peer, head, node) {
		if (peer->table != key->table ||
		    !ipv6_prefix_equal(&peer->addr, &key->prefix, len) ||
		    !list_empty(&peer->fail_node) || !ff_peer_has_moved(peer))
			continue;
		if (ff_qp_hold(to_ff_qp(peer)))
			list_add_tail(&peer->fail_node, moved);
	}
}

/**
 * ff_peer_route_changed() - a route or a local address is new or changed
 * @key: table and prefix
 *
 * Context: may sleep.
 */
void ff_peer_route_changed(const struct ff_route_key *key)
{
	struct ff_peer *peer, *tmp;
	LIST_HEAD(moved);
	int i;

	mutex_lock(&peers_lock);
	if (key->len >= 128)
		collect(bucket(key->table, &key->prefix), key, &moved);
	else
		for (i = 0; i < ARRAY_SIZE(buckets); i++)
			collect(&buckets[i], key, &moved);
	mutex_unlock(&peers_lock);

	list_for_each_entry_safe(peer, tmp, &moved, fail_node) {
		struct ff_qp *qp = to_ff_qp(peer);

		mutex_lock(&peers_lock);
		list_del_init(&peer->fail_node);
		mutex_unlock(&peers_lock);
		ff_qp_fail(qp);
		ff_qp_release(qp);
	}
}

void ff_peers_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		INIT_LIST_HEAD(&buckets[i]);
}
