/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps the store's claims of this host as its devices have addresses: holds a
 * lease, so that they vanish with the host, and puts and deletes keys under it,
 * a few at a time in one transaction. A key that is there already is put again
 * under a new lease, which leaves it as old as it is. What has been put or deleted
 * is left alone for a second, so that an address that comes and goes all the time
 * is no load for the store and the other hosts.
 */
#ifndef FFD_PUBLISH_H
#define FFD_PUBLISH_H

#include "etcd.h"
#include "hold.h"
#include "later.h"
#include "place.h"
#include "view.h"

#define CLAIMS_AT_ONCE	64

/*
 * @lease: the store's number of it; 0: none
 * @sent: what the transaction that is under way would do; one that @puts, or
 *	else deletes
 * @hold: places of which the store has taken a change a moment ago
 * @named_twice: another host has the name, so that nothing is done
 * @host_put: the host itself is in the store
 * @answer_lease: number of the lease in an answer that is not judged yet
 * @heard: told of each answer
 * @failed: told of a store that is away; nothing is under way then
 */
struct publish {
	const struct config *config;
	struct places *places;
	const struct view *view;
	struct etcd *etcd;
	struct etcd_call *call;
	struct etcd_call *keepalive;
	struct later later;
	struct later renew;
	struct hold hold;
	bool running;
	bool named_twice;
	bool host_put;
	int64_t lease;
	int64_t answer_lease;
	struct {
		struct place *place;
		bool puts;
	} sent[CLAIMS_AT_ONCE];
	unsigned int nsent;
	uint64_t puts;
	uint64_t deletes;
	void (*heard)(void *arg);
	void (*failed)(void *arg, const char *why);
	void *arg;
};

int publish_init(struct publish *publish, sd_event *event,
		 const struct config *config, struct places *places,
		 const struct view *view, struct etcd *etcd);
void publish_free(struct publish *publish);

/* The store is there, and has been listed; and it is not. */
void publish_start(struct publish *publish);
void publish_stop(struct publish *publish);

#endif /* FFD_PUBLISH_H */
