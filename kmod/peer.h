/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The QPs that are connected through routes, by the virtual address of their
 * peer. When that address moves to another host they go to the error state, so
 * that programs reconnect at once rather than after all retries.
 */
#ifndef FF_PEER_H
#define FF_PEER_H

#include <linux/in6.h>
#include <linux/list.h>

struct ff_qp;
struct ff_route_key;

struct ff_peer {
	struct list_head node;		/* in the hash; empty: not connected */
	bool suspect;			/* a route changed that may be its */
	u32 table;
	struct in6_addr addr;		/* virtual */
	struct in6_addr host;		/* where its route led */
};

void ff_peer_init(struct ff_peer *peer);
void ff_peer_link(struct ff_peer *peer, u32 table, const struct in6_addr *addr,
		  const struct in6_addr *host);
void ff_peer_unlink(struct ff_peer *peer);
bool ff_peer_read(const struct ff_peer *peer, struct in6_addr *addr,
		  struct in6_addr *host);
bool ff_peer_has_moved(const struct ff_peer *peer);
void ff_peer_route_changed(const struct ff_route_key *key);
void ff_peers_init(void);

#endif /* FF_PEER_H */
