/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quotas and limits that the store has for a table (tenant) or for a network
 * namespace by name, set on the namespaces that have a device here. One for the
 * name goes before one for the table.
 */
#ifndef FFD_POLICY_H
#define FFD_POLICY_H

#include <systemd/sd-event.h>

#include "key.h"
#include "later.h"

struct lh_table;

/*
 * @settings: by key, without the prefix
 * @applied: quotas of a resource and limits that the kernel took
 * @refused: and that it did not
 */
struct policy {
	struct ff_handle *handle;
	struct lh_table *settings;
	struct later later;
	uint64_t applied;
	uint64_t refused;
};

int policy_init(struct policy *policy, sd_event *event,
		struct ff_handle *handle);
void policy_free(struct policy *policy);

void policy_put(struct policy *policy, const struct key *key,
		const struct key_policy *set, unsigned int listed);
/* It was in the list, though without sense. */
void policy_keep(struct policy *policy, const struct key *key,
		 unsigned int listed);
/* What it limited is unlimited then. */
void policy_del(struct policy *policy, const struct key *key);
void policy_forget_unlisted(struct policy *policy, unsigned int listed);

/* A device came or moved. */
void policy_look(struct policy *policy);

#endif /* FFD_POLICY_H */
