/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sent a UD message: from the address and QP number that the physical
 * header has to the virtual addresses that the sender meant.
 *
 * Each route table that has UD QPs on this host has such sources of its own, of
 * a fixed size: no tenant can write another's, and none can fill memory. What
 * is driven out by others is learnt anew with the next message sent.
 */
#ifndef FF_SOURCE_H
#define FF_SOURCE_H

#include <linux/in6.h>
#include <linux/types.h>

struct ff_sources;

struct ff_source_key {
	struct in6_addr host;	/* physical source address */
	u32 qpn;		/* of the sender's QP there */
	u32 scope;		/* ff_dev.serial of the device that it goes to */
};

/* Scope of what goes to a multicast group. */
#define FF_SOURCE_MULTICAST 0

struct ff_sources *ff_sources_get(u32 table);
struct ff_sources *ff_sources_find(u32 table);
void ff_sources_put(struct ff_sources *sources);

void ff_source_learn(struct ff_sources *sources,
		     const struct ff_source_key *key,
		     const struct in6_addr *source,
		     const struct in6_addr *dest);
bool ff_source_find(struct ff_sources *sources, const struct ff_source_key *key,
		    struct in6_addr *source, struct in6_addr *dest);

#endif /* FF_SOURCE_H */
