/* SPDX-License-Identifier: GPL-2.0-only */
/* One run of the plugin: what it was asked, and what its commands share. */
#ifndef CNI_PLUGIN_H
#define CNI_PLUGIN_H

#include <stdio.h>

#include "config.h"
#include "name.h"
#include "problem.h"

/* The variables CNI_...; NULL where one is not set. */
struct environment {
	const char *command;
	const char *container_id;
	const char *netns;
	const char *ifname;
};

/*
 * @name: of the container's device, for the commands that are about one
 * @handle: open for the commands that need the module
 * @netns_fd, @netns_inode: the container's namespace; -1 while not open
 * @out: where results go
 */
struct plugin {
	struct environment env;
	struct config config;
	struct problem problem;
	struct ff_handle *handle;
	char name[NAME_SIZE];
	int netns_fd;
	uint32_t netns_inode;
	FILE *out;
};

/* Do what @env and the configuration in @in ask for; the exit status. */
int plugin_run(const struct environment *env, FILE *in, FILE *out);

/* The commands: 0, or -1 with plugin->problem set. */
int plugin_add(struct plugin *plugin);
int plugin_check(struct plugin *plugin);
int plugin_del(struct plugin *plugin);
int plugin_gc(struct plugin *plugin);
int plugin_status(struct plugin *plugin);

/* prevResult is the result. */
int plugin_print_result(struct plugin *plugin);
/* Open the container's namespace. */
int plugin_open_netns(struct plugin *plugin);
/* Whether @dev is the device that the configuration describes. */
int plugin_compare(struct plugin *plugin, const struct ff_dev *dev);
/* The limit of a type that a namespace has. */
uint64_t plugin_quota_of(const struct ff_quota *quota, uint32_t type);
/* Have the file of CDI, if there is to be one, show the devices of now. */
int plugin_update_cdi(struct plugin *plugin);
/* Call ff_dev_list() until it is not disturbed; @restart makes @arg new. */
int plugin_list(struct plugin *plugin, ff_dev_cb cb,
		void (*restart)(void *arg), void *arg);

#endif /* CNI_PLUGIN_H */
