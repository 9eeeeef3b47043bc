/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Being connected with the store: authenticate, list at a revision, watch from
 * there on, and list again when that revision has been compacted. When
 * anything fails all of it begins anew at the next endpoint, after a while, and
 * from the revision that it had come to.
 */
#ifndef FFD_SESSION_H
#define FFD_SESSION_H

#include "etcd.h"
#include "later.h"
#include "publish.h"
#include "route.h"
#include "view.h"

/*
 * @call: the one call or stream that is under way
 * @deadline: by when the stream must have begun
 * @revision: up to which the view knows all; 0: it must be listed
 * @known: the highest that it ever came to
 * @page: keys that a list asks for at once
 * @list_revision, @list_from: of a list that is under way, its next key
 * @cluster: number of the store's cluster, as last listed
 * @doubtful: the store is not the one that was listed before: what it lacks is
 *	taken for gone only once it has been so for the time of a lease
 * @stale: the watch ended because it cannot go on from that revision
 * @heard_usec: when the store last answered
 * @attempts: that failed one after the other
 */
struct session {
	const struct config *config;
	struct etcd *etcd;
	struct view *view;
	struct routes *routes;
	struct publish *publish;
	sd_event *event;
	struct etcd_call *call;
	struct later again;
	struct later deadline;
	struct later relist;
	bool is_watching;
	bool has_listed;
	bool doubtful;
	bool stale;
	int64_t revision;
	int64_t known;
	int64_t page;
	int64_t list_revision;
	char *list_from;
	int64_t cluster;
	uint64_t heard_usec;
	unsigned int attempts;
	uint64_t lists;
	uint64_t changes;
	uint64_t reconnects;
};

int session_init(struct session *session, sd_event *event,
		 const struct config *config, struct etcd *etcd,
		 struct view *view, struct routes *routes,
		 struct publish *publish);
void session_free(struct session *session);
void session_start(struct session *session);

/* Milliseconds since the store last answered; -1: it never has. */
int64_t session_silence_ms(const struct session *session);
/* The phrase that says what is amiss, or NULL. */
const char *session_trouble(const struct session *session);

#endif /* FFD_SESSION_H */
