// SPDX-License-Identifier: GPL-2.0-only
/* DEL and GC: what is already gone is as good as deleted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

static int delete(struct plugin *plugin, const char *name)
{
	int err = ff_dev_del(plugin->handle, name);

	if (err && err != -ENODEV)
		return problem_library(&plugin->problem, plugin->handle, err,
				       name);
	return 0;
}

/* Whether the container has another device. */
struct search {
	uint32_t netns_inode;
	bool found;
};

static void search_again(void *arg)
{
	((struct search *)arg)->found = false;
}

static int take_found(const struct ff_dev *dev, void *arg)
{
	struct search *search = arg;

	if (dev->netns_inode == search->netns_inode)
		search->found = true;
	return 0;
}

/*
 * Quotas end with their namespace; but it may outlive the device. They stay
 * while it has a device of another network.
 */
static int lift_quotas(struct plugin *plugin)
{
	struct config *config = &plugin->config;
	struct search search = { 0 };
	size_t i;
	int err;

	if (!config->nquotas || !plugin->env.netns || !*plugin->env.netns)
		return 0;
	if (plugin_open_netns(plugin)) {
		plugin->problem.code = 0;
		return 0;
	}
	search.netns_inode = plugin->netns_inode;
	if (plugin_list(plugin, take_found, search_again, &search))
		return -1;
	if (search.found)
		return 0;
	for (i = 0; i < config->nquotas; i++)
		config->quotas[i].limit =
			quota_unlimited(config->quotas[i].type);
	err = ff_quota_set(plugin->handle, plugin->netns_fd, config->quotas,
			   config->nquotas);
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       "quotas");
	return 0;
}

int plugin_del(struct plugin *plugin)
{
	if (delete(plugin, plugin->name) || lift_quotas(plugin))
		return -1;
	return plugin_update_cdi(plugin);
}

/* Devices of the network whose attachment is none of the valid ones. */
struct garbage {
	const struct plugin *plugin;
	char (*names)[NAME_SIZE];
	size_t count;
};

static void collect_again(void *arg)
{
	((struct garbage *)arg)->count = 0;
}

static bool is_valid(const struct config *config, const char *name)
{
	char valid[NAME_SIZE];
	size_t i;

	for (i = 0; i < config->nvalid; i++) {
		name_make(valid, config->network, &config->valid[i]);
		if (!strcmp(name, valid))
			return true;
	}
	return false;
}

static int take_garbage(const struct ff_dev *dev, void *arg)
{
	struct garbage *garbage = arg;
	const struct config *config = &garbage->plugin->config;
	char (*names)[NAME_SIZE];

	if (!name_is_of(dev->name, config->network) ||
	    is_valid(config, dev->name))
		return 0;
	names = reallocarray(garbage->names, garbage->count + 1,
			     sizeof(*names));
	if (!names)
		return -ENOMEM;
	garbage->names = names;
	memcpy(names[garbage->count++], dev->name, NAME_SIZE);
	return 0;
}

/* As many as can be; the first problem stays. */
static int delete_all(struct plugin *plugin, const struct garbage *garbage)
{
	size_t i;

	for (i = 0; i < garbage->count; i++)
		delete(plugin, garbage->names[i]);
	plugin_update_cdi(plugin);
	return plugin->problem.code ? -1 : 0;
}

int plugin_gc(struct plugin *plugin)
{
	struct garbage garbage = { .plugin = plugin };
	int err;

	if (!plugin->config.valid)
		return problem_set(&plugin->problem, PROBLEM_CONFIG,
				   "'cni.dev/valid-attachments' is missing");
	err = plugin_list(plugin, take_garbage, collect_again, &garbage);
	if (!err)
		err = delete_all(plugin, &garbage);
	free(garbage.names);
	return err;
}
