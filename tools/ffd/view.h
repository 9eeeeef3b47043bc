/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store as it is believed to be: takes pairs of key and value, from a list
 * or a stream of changes, and hands each on to whom it concerns. A value that
 * makes no sense changes nothing but a count and a sentence.
 */
#ifndef FFD_VIEW_H
#define FFD_VIEW_H

#include <json-c/json.h>

#include "config.h"
#include "place.h"

struct policy;

/* A host that says that it is there. */
struct view_host {
	char name[HOST_NAME_LEN + 1];
	struct ff_addr host;
	unsigned int listed;
};

/*
 * @hosts, @bad: by name, and keys that make no sense
 * @listed: number of the list that is being taken or was taken last
 */
struct view {
	const struct config *config;
	struct places *places;
	struct policy *policy;
	struct lh_table *hosts;
	struct lh_table *bad;
	unsigned int listed;
};

int view_init(struct view *view, const struct config *config,
	      struct places *places, struct policy *policy);
void view_free(struct view *view);

/* A KeyValue of the store's, and one that is gone. */
void view_put(struct view *view, struct json_object *kv);
void view_del(struct view *view, struct json_object *kv);

/* All that is put in between is what there is: the rest is forgotten. */
void view_list_begin(struct view *view);
void view_list_end(struct view *view);

/* Where the host of this name is, if it has said so. */
const struct view_host *view_host(const struct view *view, const char *name);

#endif /* FFD_VIEW_H */
