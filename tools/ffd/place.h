/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where virtual addresses are: for each (table, prefix), what the store says of
 * it, what the kernel has, and whether it is an address of this host. Who
 * changes one of these has the place looked at again, by those who keep the
 * kernel and the store as they should be, or tell of conflicts.
 */
#ifndef FFD_PLACE_H
#define FFD_PLACE_H

#include <libfreeflow.h>
#include <stdint.h>
#include <sys/queue.h>

#include "config.h"

struct lh_table;

/* Says when the place is to be looked at again. */
enum place_queue {
	PLACE_ROUTE,		/* by route.c: the kernel may have to change */
	PLACE_PUBLISH,		/* by publish.c: the store may have to change */
	PLACE_CONFLICT,		/* by conflict.c: it may have to be told */
	PLACE_QUEUES,
};

/*
 * That a host has an address. Of several the one that was made first holds:
 * they are sorted by @created, the store's revision.
 *
 * @listed: number of the list of the store that had it last
 */
struct claim {
	TAILQ_ENTRY(claim) node;
	char host_name[HOST_NAME_LEN + 1];
	struct ff_addr host;
	int64_t created;
	unsigned int listed;
};

/*
 * @has: host of ffd's route in the kernel; AF_UNSPEC: there is none
 * @is_local: the address is one of this host's devices
 * @blocked: the kernel has somebody else's route for it
 * @in_conflict: more than one host claims it
 * @told_conflict: the last that was said of it is that more than one does
 * @lease: that the store has our claim under, or 0
 * @publishing: a transaction that is under way is about it
 * @queued: it is to be looked at
 * @held_until: not before then, in microseconds; 0: at once
 * @queue_node: in the queue, or in the hold if it is held
 */
struct place {
	TAILQ_HEAD(claims, claim) claims;
	TAILQ_ENTRY(place) queue_node[PLACE_QUEUES];
	uint32_t table;
	struct ff_prefix prefix;
	struct ff_addr has;
	bool is_local;
	bool blocked;
	bool in_conflict;
	bool told_conflict;
	bool publishing;
	bool queued[PLACE_QUEUES];
	int64_t lease;
	uint64_t held_until[PLACE_QUEUES];
};

TAILQ_HEAD(place_list, place);

struct place_waker {
	void (*fn)(void *arg);
	void *arg;
};

/*
 * @by_name: all places, by "TABLE/PREFIX"
 * @wake: called when a place is queued, to have the queue worked off later
 */
struct places {
	struct lh_table *by_name;
	struct place_list queues[PLACE_QUEUES];
	unsigned int conflicts;
	struct place_waker wake[PLACE_QUEUES];
};

int places_init(struct places *places);
void places_free(struct places *places);

/* The place; made if it is not there, and NULL if that cannot be. */
struct place *place_get(struct places *places, uint32_t table,
			const struct ff_prefix *prefix);
/* The place if it is there. */
struct place *place_find(struct places *places, uint32_t table,
			 const struct ff_prefix *prefix);
/* The place of an address. */
struct ff_prefix place_prefix(const struct ff_addr *addr);

void place_queue(struct places *places, struct place *place,
		 enum place_queue queue);
struct place *place_dequeue(struct places *places, enum place_queue queue);
/* Something is known of it; else it only waits for a queue or a hold. */
bool place_is_known(const struct place *place);
/* Forget a place of which nothing is known any more; say so of no other. */
void place_settle(struct places *places, struct place *place);

/*
 * A host claims the address; or claims it no more.
 * @listed: as in struct claim
 */
void place_claim(struct places *places, struct place *place,
		 const char *host_name, const struct ff_addr *host,
		 int64_t created, unsigned int listed);
void place_disclaim(struct places *places, struct place *place,
		    const char *host_name);

/* The claim that holds, or NULL. */
struct claim *place_holder(const struct place *place);
/* The claim of a host, or NULL. */
struct claim *place_claim_of(const struct place *place, const char *host_name);

/* "10.88.0.2 in table 7" */
const char *place_text(const struct place *place, char *text, size_t size);
#define PLACE_TEXT_BYTES	(LIBFREEFLOW_PREFIX_STRLEN + 24)

#endif /* FFD_PLACE_H */
