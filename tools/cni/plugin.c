// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cdi-spec.h"
#include "netns.h"
#include "plugin.h"

#define LIST_TRIES	16

/* Far more than any configuration has. */
#define CONFIG_MAX	(4 << 20)

static int print_versions(struct plugin *plugin);

/*
 * @since: first version of the specification that has it
 * @on_container: is about a container and an interface
 * @in_netns: and about its namespace, which may be gone for the others
 * @done_without_module: there can be nothing to do when it is not loaded
 */
static const struct command {
	const char *name;
	int (*run)(struct plugin *plugin);
	enum version since;
	bool on_container;
	bool in_netns;
	bool needs_module;
	bool done_without_module;
} commands[] = {
	{ .name = "ADD", .run = plugin_add, .on_container = true,
	  .in_netns = true, .needs_module = true },
	{ .name = "CHECK", .run = plugin_check, .since = VERSION_0_4_0,
	  .on_container = true, .in_netns = true, .needs_module = true },
	{ .name = "DEL", .run = plugin_del, .on_container = true,
	  .needs_module = true, .done_without_module = true },
	{ .name = "GC", .run = plugin_gc, .since = VERSION_1_1_0,
	  .needs_module = true, .done_without_module = true },
	{ .name = "STATUS", .run = plugin_status, .since = VERSION_1_1_0 },
	{ .name = "VERSION", .run = print_versions },
	{ 0 }
};

static int print_json(struct plugin *plugin, struct json_object *json)
{
	fputs(json_object_to_json_string_ext(json,
			JSON_C_TO_STRING_NOSLASHESCAPE), plugin->out);
	fputc('\n', plugin->out);
	if (fflush(plugin->out) || ferror(plugin->out))
		return problem_set(&plugin->problem, PROBLEM_IO,
				   "the result could not be written");
	return 0;
}

static int print_versions(struct plugin *plugin)
{
	struct json_object *json = json_object_new_object();
	struct json_object *supported = json_object_new_array();
	int err, i;

	for (i = 0; i < VERSIONS; i++)
		json_object_array_add(supported,
				      json_object_new_string(version_names[i]));
	json_object_object_add(json, "cniVersion",
		json_object_new_string(version_names[plugin->config.version]));
	json_object_object_add(json, "supportedVersions", supported);
	err = print_json(plugin, json);
	json_object_put(json);
	return err;
}

int plugin_print_result(struct plugin *plugin)
{
	struct json_object *result = plugin->config.prev_result;

	if (!json_object_object_get_ex(result, "cniVersion", NULL))
		json_object_object_add(result, "cniVersion",
			json_object_new_string(version_names[plugin->config.version]));
	return print_json(plugin, result);
}

static void print_problem(struct plugin *plugin)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "cniVersion",
		json_object_new_string(version_names[plugin->config.version]));
	json_object_object_add(json, "code",
			       json_object_new_int(plugin->problem.code));
	json_object_object_add(json, "msg",
			       json_object_new_string(plugin->problem.text));
	print_json(plugin, json);
	json_object_put(json);
}

static int bad_variable(struct plugin *plugin, const char *variable,
			const char *value, const char *what)
{
	if (!value)
		return problem_set(&plugin->problem, PROBLEM_ENVIRONMENT,
				   "%s is not set", variable);
	return problem_set(&plugin->problem, PROBLEM_ENVIRONMENT,
			   "%s is '%s', which is no %s", variable, value, what);
}

static int check_environment(struct plugin *plugin,
			     const struct command *command)
{
	const struct environment *env = &plugin->env;

	if (!command->on_container)
		return 0;
	if (!env->container_id || !is_cni_id(env->container_id))
		return bad_variable(plugin, "CNI_CONTAINERID",
				    env->container_id, "id of a container");
	if (!env->ifname || !is_ifname(env->ifname))
		return bad_variable(plugin, "CNI_IFNAME", env->ifname,
				    "name of an interface");
	if (command->in_netns && (!env->netns || !*env->netns))
		return bad_variable(plugin, "CNI_NETNS", env->netns,
				    "network namespace");
	return 0;
}

static const struct command *find_command(struct plugin *plugin)
{
	const struct command *command;

	for (command = commands; plugin->env.command && command->name;
	     command++) {
		if (!strcmp(plugin->env.command, command->name))
			return command;
	}
	bad_variable(plugin, "CNI_COMMAND", plugin->env.command, "command");
	return NULL;
}

static int check_version(struct plugin *plugin, const struct command *command)
{
	if (plugin->config.version >= command->since)
		return 0;
	return problem_set(&plugin->problem, PROBLEM_VERSION,
			   "there is no %s in version %s of CNI", command->name,
			   version_names[plugin->config.version]);
}

static int run_command(struct plugin *plugin, const struct command *command)
{
	const struct attachment attachment = {
		.container_id = plugin->env.container_id,
		.ifname = plugin->env.ifname,
	};
	int err;

	if (command->on_container)
		name_make(plugin->name, plugin->config.network, &attachment);
	if (!command->needs_module)
		return command->run(plugin);
	err = ff_open(&plugin->handle);
	if (err == -ENOENT && command->done_without_module)
		return 0;
	if (err)
		return problem_library(&plugin->problem, NULL, err,
				       command->name);
	return command->run(plugin);
}

static int run(struct plugin *plugin, const char *config, size_t len)
{
	const struct command *command = find_command(plugin);

	if (!command || check_environment(plugin, command))
		return -1;
	if (command->run == print_versions) {
		/* Whoever asks for the versions need not know any of them. */
		config_parse(&plugin->config, config, len, &plugin->problem);
		plugin->problem.code = 0;
		return print_versions(plugin);
	}
	if (config_parse(&plugin->config, config, len, &plugin->problem) ||
	    check_version(plugin, command))
		return -1;
	return run_command(plugin, command);
}

static int read_and_run(struct plugin *plugin, FILE *in)
{
	char *config = malloc(CONFIG_MAX);
	size_t len;
	int err;

	if (!config)
		return problem_set(&plugin->problem, PROBLEM_AGAIN, "%s",
				   strerror(ENOMEM));
	len = fread(config, 1, CONFIG_MAX, in);
	if (ferror(in))
		err = problem_set(&plugin->problem, PROBLEM_IO,
				  "the configuration could not be read");
	else if (len == CONFIG_MAX)
		err = problem_set(&plugin->problem, PROBLEM_IO,
				  "the configuration has %d bytes or more",
				  CONFIG_MAX);
	else
		err = run(plugin, config, len);
	free(config);
	return err;
}

int plugin_run(const struct environment *env, FILE *in, FILE *out)
{
	struct plugin plugin = {
		.env = *env,
		.config.version = VERSIONS - 1,
		.netns_fd = -1,
		.out = out,
	};
	int err;

	err = read_and_run(&plugin, in);
	if (err)
		print_problem(&plugin);
	if (plugin.netns_fd >= 0)
		close(plugin.netns_fd);
	ff_close(plugin.handle);
	config_clear(&plugin.config);
	return err ? 1 : 0;
}

int plugin_open_netns(struct plugin *plugin)
{
	struct stat st;
	int fd;

	fd = netns_open(NETNS_DIR, plugin->env.netns);
	if (fd < 0)
		return problem_set(&plugin->problem, PROBLEM_ENVIRONMENT,
				   "CNI_NETNS '%s': %s", plugin->env.netns,
				   fd == -EINVAL ? "no network namespace" :
						   strerror(-fd));
	plugin->netns_fd = fd;
	if (fstat(fd, &st))
		return problem_set(&plugin->problem, PROBLEM_IO,
				   "CNI_NETNS '%s': %s", plugin->env.netns,
				   strerror(errno));
	plugin->netns_inode = st.st_ino;
	return 0;
}

int plugin_compare(struct plugin *plugin, const struct ff_dev *dev)
{
	const struct config *config = &plugin->config;
	const char *what = NULL;

	if (dev->netns_inode != plugin->netns_inode)
		what = "is in another network namespace";
	else if (strcmp(dev->ifname, plugin->env.ifname))
		what = "is on another interface";
	else if (dev->table != config->table)
		what = "is in another table";
	else if (dev->datapath != config->datapath)
		what = "has another datapath";
	else if (config->lower && *dev->lower &&
		 strcmp(dev->lower, config->lower))
		what = "is on another lower device";
	if (!what)
		return 0;
	return problem_set(&plugin->problem, PROBLEM_STATE,
			   "device '%s' %s than the configuration says",
			   plugin->name, what);
}

uint64_t plugin_quota_of(const struct ff_quota *quota, uint32_t type)
{
	unsigned int i;

	if (type == LIBFREEFLOW_PINNED)
		return quota->pinned_limit;
	for (i = 0; i < quota->nres; i++) {
		if (quota->res[i].type == type)
			return quota->res[i].limit;
	}
	return FREEFLOW_QUOTA_UNLIMITED;
}

int plugin_update_cdi(struct plugin *plugin)
{
	const char *what;
	int err;

	if (!plugin->config.cdi)
		return 0;
	err = cdi_spec_write(plugin->handle, plugin->config.cdi, NULL, NULL,
			     &what);
	if (err && what)
		return problem_set(&plugin->problem, PROBLEM_IO, "cdi '%s': %s",
				   what, strerror(-err));
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       "list of devices");
	return 0;
}

int plugin_list(struct plugin *plugin, ff_dev_cb cb,
		void (*restart)(void *arg), void *arg)
{
	int tries = LIST_TRIES;
	int err;

	do {
		restart(arg);
		err = ff_dev_list(plugin->handle, cb, arg);
	} while (err == -EINTR && --tries);
	if (err)
		return problem_library(&plugin->problem, plugin->handle, err,
				       "list of devices");
	return 0;
}
