// SPDX-License-Identifier: GPL-2.0-only
/*
 * ADD: quotas first, so that no program has the device without them; then the
 * device, its limit, the file of CDI, and the result. What fails takes back all
 * before it.
 */
#include <errno.h>
#include <string.h>

#include "plugin.h"

/* What an ADD has changed: the quotas that were there, and the device. */
struct changes {
	struct ff_quota_limit before[QUOTAS_MAX];
	size_t nbefore;
	bool made;
};

static int set_quotas(struct plugin *plugin, struct changes *changes)
{
	const struct config *config = &plugin->config;
	struct ff_quota quota;
	size_t i;
	int err;

	if (!config->nquotas)
		return 0;
	err = ff_quota_get(plugin->handle, plugin->netns_fd, &quota);
	if (!err)
		err = ff_quota_set(plugin->handle, plugin->netns_fd,
				   config->quotas, config->nquotas);
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       "quotas");
	for (i = 0; i < config->nquotas; i++) {
		const uint32_t type = config->quotas[i].type;

		changes->before[changes->nbefore++] = (struct ff_quota_limit){
			type, plugin_quota_of(&quota, type),
		};
	}
	return 0;
}

static int make(struct plugin *plugin, struct changes *changes)
{
	const struct ff_dev_config config = {
		.name = plugin->name,
		.lower = plugin->config.lower,
		.ifname = plugin->env.ifname,
		.netns_fd = plugin->netns_fd,
		.table = plugin->config.table,
		.datapath = plugin->config.datapath,
	};
	char what[64];
	int err;

	err = ff_dev_new(plugin->handle, &config);
	if (err) {
		snprintf(what, sizeof(what), "device on '%s'", config.ifname);
		return problem_library(&plugin->problem, plugin->handle, err,
				       what);
	}
	changes->made = true;
	return 0;
}

/* It ends with the device. */
static int limit(struct plugin *plugin)
{
	const struct ff_limit_target target = {
		.dev = plugin->name, .netns_fd = -1,
	};
	const struct ff_limit_terms terms = {
		.rate = plugin->config.rate, .burst = plugin->config.burst,
	};
	int err;

	if (!terms.rate)
		return 0;
	err = ff_limit_set(plugin->handle, &target, &terms);
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       "limit");
	return 0;
}

/* 1: it is there and as it should be, from an earlier ADD. */
static int find(struct plugin *plugin)
{
	struct ff_dev dev;
	int err;

	err = ff_dev_get(plugin->handle, plugin->name, &dev);
	if (err == -ENODEV)
		return 0;
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       plugin->name);
	return plugin_compare(plugin, &dev) ? -1 : 1;
}

/* The problem is there already; this cannot make it worse. */
static void take_back(struct plugin *plugin, const struct changes *changes)
{
	if (changes->made) {
		ff_dev_del(plugin->handle, plugin->name);
		plugin_update_cdi(plugin);
	}
	if (changes->nbefore)
		ff_quota_set(plugin->handle, plugin->netns_fd, changes->before,
			     changes->nbefore);
}

static int add(struct plugin *plugin, struct changes *changes)
{
	int found;

	found = find(plugin);
	if (found < 0 || set_quotas(plugin, changes))
		return -1;
	if (!found && make(plugin, changes))
		return -1;
	if (limit(plugin) || plugin_update_cdi(plugin))
		return -1;
	return plugin_print_result(plugin);
}

int plugin_add(struct plugin *plugin)
{
	struct changes changes = { 0 };
	int err;

	if (!plugin->config.prev_result)
		return problem_set(&plugin->problem, PROBLEM_CONFIG,
				   "'prevResult' is missing: this plugin comes after the one that makes the interface");
	err = plugin_open_netns(plugin);
	if (!err)
		err = add(plugin, &changes);
	if (err)
		take_back(plugin, &changes);
	return err;
}
