// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jhash.h>
#include <linux/mutex.h>
#include <net/ipv6.h>

#include "path.h"
#include "peer.h"
#include "qp.h"
#include "qp-look.h"
#include "route.h"

#define FF_PEER_BITS 10

/* protects the buckets and what is in them; taken inside ff_qp.lock */
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

/* Context: may sleep; under the QP's lock. */
void ff_peer_unlink(struct ff_peer *peer)
{
	mutex_lock(&peers_lock);
	list_del_init(&peer->node);
	mutex_unlock(&peers_lock);
}

/**
 * ff_peer_read() - where a QP is connected to
 * @peer: of the QP
 * @addr: the peer's virtual address is written here
 * @host: and of the host that its route led to
 *
 * Context: may sleep.
 * Return: false when it is not connected; then nothing is written.
 */
bool ff_peer_read(const struct ff_peer *peer, struct in6_addr *addr,
		  struct in6_addr *host)
{
	bool connected;

	mutex_lock(&peers_lock);
	connected = !list_empty(&peer->node);
	if (connected) {
		*addr = peer->addr;
		*host = peer->host;
	}
	mutex_unlock(&peers_lock);
	return connected;
}

/**
 * ff_peer_has_moved() - does the route now lead to another host?
 * @peer: of a QP
 *
 * Without a route the connection stays as it is: that is for the next one.
 *
 * Context: may sleep; under the QP's lock.
 */
bool ff_peer_has_moved(const struct ff_peer *peer)
{
	struct ff_place place;

	return !list_empty(&peer->node) &&
	       !ff_path_find(peer->table, &peer->addr, &place) &&
	       !ipv6_addr_equal(&place.host, &peer->host);
}

/* Has the QPs of a bucket looked at that a change of this prefix concerns. */
static void look_at(struct list_head *head, const struct ff_route_key *key)
{
	u32 len = min(key->len, 128U);
	struct ff_peer *peer;

	lockdep_assert_held(&peers_lock);
	list_for_each_entry(peer, head, node) {
		if (peer->table != key->table ||
		    !ipv6_prefix_equal(&peer->addr, &key->prefix, len))
			continue;
		WRITE_ONCE(peer->suspect, true);
		ff_qp_look(to_ff_qp(peer));
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
	int i;

	mutex_lock(&peers_lock);
	if (key->len >= 128)
		look_at(bucket(key->table, &key->prefix), key);
	else
		for (i = 0; i < ARRAY_SIZE(buckets); i++)
			look_at(&buckets[i], key);
	mutex_unlock(&peers_lock);
}

void ff_peers_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		INIT_LIST_HEAD(&buckets[i]);
}
