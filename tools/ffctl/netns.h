/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces as people name them. */
#ifndef FFCTL_NETNS_H
#define FFCTL_NETNS_H

#include <stddef.h>
#include <stdint.h>

#define NETNS_DIR	"/run/netns"

struct netns_name {
	uint32_t inode;
	char *name;
};

/* The names under NETNS_DIR, read when first asked for. */
struct netns_names {
	struct netns_name *entries;
	size_t count;
	int loaded;
};

/*
 * Open a namespace: a path if @word has a slash, else a name in @dir, else a
 * process id. The descriptor, or -errno; -EINVAL for what is no network
 * namespace.
 */
int netns_open(const char *dir, const char *word);

/* Name in @dir of the namespace, or NULL. */
const char *netns_lookup(struct netns_names *names, const char *dir,
			 uint32_t inode);
/* Forget the names, which may have changed. */
void netns_forget(struct netns_names *names);

#endif /* FFCTL_NETNS_H */
