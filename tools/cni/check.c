// SPDX-License-Identifier: GPL-2.0-only
/* CHECK and STATUS: whether all is as it should be. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "names.h"
#include "plugin.h"

static int check_device(struct plugin *plugin)
{
	struct ff_dev dev;
	int err;

	err = ff_dev_get(plugin->handle, plugin->name, &dev);
	if (err == -ENODEV)
		return problem_set(&plugin->problem, PROBLEM_STATE,
				   "device '%s' is missing", plugin->name);
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       plugin->name);
	if (plugin_compare(plugin, &dev))
		return -1;
	if (dev.state == FREEFLOW_DEV_STATE_DOWN ||
	    dev.state == FREEFLOW_DEV_STATE_NO_LOWER)
		return problem_set(&plugin->problem, PROBLEM_STATE,
				   "device '%s' is in state %s", plugin->name,
				   dev_state_names[dev.state]);
	return 0;
}

static int check_quotas(struct plugin *plugin)
{
	const struct config *config = &plugin->config;
	struct ff_quota quota;
	size_t i;
	int err;

	if (!config->nquotas)
		return 0;
	err = ff_quota_get(plugin->handle, plugin->netns_fd, &quota);
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       "quotas");
	for (i = 0; i < config->nquotas; i++) {
		const struct ff_quota_limit *wanted = &config->quotas[i];

		if (plugin_quota_of(&quota, wanted->type) != wanted->limit)
			return problem_set(&plugin->problem, PROBLEM_STATE,
					   "the quota of '%s' is another than the configuration says",
					   quota_name(wanted->type));
	}
	return 0;
}

/* The limit of the device, with a rate of 0 if there is none. */
static int take_limit(const struct ff_limit *limit, void *arg)
{
	struct ff_limit *found = arg;

	if (!strcmp(limit->dev, found->dev) && !limit->has_qpn)
		*found = *limit;
	return 0;
}

static int check_limit(struct plugin *plugin)
{
	const struct config *config = &plugin->config;
	struct ff_limit limit = { 0 };
	int err;

	if (!config->rate)
		return 0;
	strcpy(limit.dev, plugin->name);
	err = ff_limit_list(plugin->handle, take_limit, &limit);
	/* The list changed, but this one was in it. */
	if (err && err != -EINTR)
		return problem_library(&plugin->problem, plugin->handle, err,
				       "limits");
	if (limit.rate != config->rate ||
	    (config->burst && limit.burst != config->burst))
		return problem_set(&plugin->problem, PROBLEM_STATE,
				   "the limit of device '%s' is another than the configuration says",
				   plugin->name);
	return 0;
}

/*
 * Whether an entry of "ips" is of the container's interface: it says so by its
 * index, or does not say of which it is.
 */
static bool is_ours(struct plugin *plugin, struct json_object *ip)
{
	struct json_object *interfaces, *index, *interface, *name, *sandbox;

	if (!json_object_object_get_ex(ip, "interface", &index) ||
	    !json_object_object_get_ex(plugin->config.prev_result, "interfaces",
				       &interfaces) ||
	    !json_object_is_type(interfaces, json_type_array))
		return true;
	interface = json_object_array_get_idx(interfaces,
					      json_object_get_int(index));
	return json_object_object_get_ex(interface, "name", &name) &&
	       json_object_is_type(name, json_type_string) &&
	       json_object_object_get_ex(interface, "sandbox", &sandbox) &&
	       !strcmp(json_object_get_string(name), plugin->env.ifname);
}

static int check_route(struct plugin *plugin, const char *text,
		       const struct ff_addr *addr)
{
	struct ff_route route;
	int err;

	err = ff_route_get(plugin->handle, plugin->config.table, addr, &route);
	if (err && err != -ENETUNREACH)
		return problem_library(&plugin->problem, plugin->handle, err,
				       text);
	if (err || strcmp(route.local_dev, plugin->name))
		return problem_set(&plugin->problem, PROBLEM_STATE,
				   "address '%s' is not one of device '%s'",
				   text, plugin->name);
	return 0;
}

static int check_address(struct plugin *plugin, struct json_object *ip)
{
	struct json_object *address;
	char text[INET6_ADDRSTRLEN];
	struct ff_addr addr;

	if (!is_ours(plugin, ip))
		return 0;
	if (json_object_object_get_ex(ip, "address", &address)) {
		snprintf(text, sizeof(text), "%s",
			 json_object_get_string(address));
		text[strcspn(text, "/")] = '\0';
		if (!ff_addr_parse(text, &addr))
			return check_route(plugin, text, &addr);
	}
	return problem_set(&plugin->problem, PROBLEM_CONFIG,
			   "an entry of 'prevResult.ips' has no address");
}

static int check_addresses(struct plugin *plugin)
{
	struct json_object *ips;
	size_t i;

	if (!json_object_object_get_ex(plugin->config.prev_result, "ips", &ips))
		return 0;
	if (!json_object_is_type(ips, json_type_array))
		return problem_set(&plugin->problem, PROBLEM_CONFIG,
				   "'prevResult.ips' is no array");
	for (i = 0; i < json_object_array_length(ips); i++) {
		if (check_address(plugin, json_object_array_get_idx(ips, i)))
			return -1;
	}
	return 0;
}

int plugin_check(struct plugin *plugin)
{
	if (!plugin->config.prev_result)
		return problem_set(&plugin->problem, PROBLEM_CONFIG,
				   "'prevResult' is missing");
	if (plugin_open_netns(plugin) || check_device(plugin) ||
	    check_quotas(plugin) || check_limit(plugin))
		return -1;
	return check_addresses(plugin);
}

/* The lower devices that an ADD could choose from. */
struct choice {
	unsigned int count;
	bool has_default;
};

static int take_lower(const struct ff_lower *lower, void *arg)
{
	struct choice *choice = arg;

	choice->count++;
	if (lower->is_default)
		choice->has_default = true;
	return 0;
}

static int check_choice(struct plugin *plugin)
{
	struct choice choice = { 0 };
	int err;

	err = ff_lower_list(plugin->handle, take_lower, &choice);
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       "list of lower devices");
	if (!choice.count)
		return problem_set(&plugin->problem, PROBLEM_NOT_READY,
				   "there is no lower device");
	if (choice.count > 1 && !choice.has_default)
		return problem_set(&plugin->problem, PROBLEM_NOT_READY,
				   "there are several lower devices and none is the default");
	return 0;
}

int plugin_status(struct plugin *plugin)
{
	const char *name = plugin->config.lower;
	struct ff_lower lower;
	int err;

	err = ff_open(&plugin->handle);
	if (err)
		return problem_set(&plugin->problem, PROBLEM_NOT_READY, "%s",
				   ff_strerror(NULL, err));
	if (!name)
		return check_choice(plugin);
	err = ff_lower_get(plugin->handle, name, &lower);
	if (err)
		return problem_set(&plugin->problem, PROBLEM_NOT_READY,
				   "lower '%s': %s", name,
				   ff_strerror(plugin->handle, err));
	return 0;
}
