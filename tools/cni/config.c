// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "names.h"
#include "unit.h"

/* Of objects and arrays in each other. */
#define DEPTH_MAX	32

#define VALID_KEY	"cni.dev/valid-attachments"

const char *const version_names[] = {
	[VERSION_0_3_1]	= "0.3.1",
	[VERSION_0_4_0]	= "0.4.0",
	[VERSION_1_0_0]	= "1.0.0",
	[VERSION_1_1_0]	= "1.1.0",
};

int version_find(const char *name)
{
	int i;

	for (i = 0; i < VERSIONS; i++) {
		if (!strcmp(name, version_names[i]))
			return i;
	}
	return -1;
}

bool is_cni_id(const char *id)
{
	if (!isalnum((unsigned char)*id))
		return false;
	for (; *id; id++) {
		if (!isalnum((unsigned char)*id) && !strchr("_.-", *id))
			return false;
	}
	return true;
}

bool is_ifname(const char *name)
{
	if (!*name || strlen(name) >= IF_NAMESIZE || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return false;
	for (; *name; name++) {
		if (*name == '/' || *name == ':' ||
		    !isgraph((unsigned char)*name))
			return false;
	}
	return true;
}

/* A string without NUL bytes in it, of 1 to @max bytes; NULL and a problem. */
static const char *take_string(const char *key, struct json_object *value,
			       size_t max, struct problem *problem)
{
	const char *text;
	size_t len;

	if (!json_object_is_type(value, json_type_string)) {
		problem_set(problem, PROBLEM_CONFIG, "'%s' is no string", key);
		return NULL;
	}
	text = json_object_get_string(value);
	len = json_object_get_string_len(value);
	if (!len || len > max || strlen(text) != len) {
		problem_set(problem, PROBLEM_CONFIG,
			    "'%s' is not of 1 to %zu characters", key, max);
		return NULL;
	}
	return text;
}

static int take_u32(const char *key, struct json_object *value,
		    const char *also, uint32_t *number,
		    struct problem *problem)
{
	int64_t wide;

	wide = json_object_get_int64(value);
	if (!json_object_is_type(value, json_type_int) || wide < 0 ||
	    wide > UINT32_MAX)
		return problem_set(problem, PROBLEM_CONFIG,
				   "'%s' is no number from 0 to %u%s", key,
				   UINT32_MAX, also);
	*number = wide;
	return 0;
}

static int take_version(struct config *config, struct json_object *value,
			struct problem *problem)
{
	const char *name = take_string("cniVersion", value, 64, problem);
	int version;

	if (!name)
		return -1;
	version = version_find(name);
	if (version < 0)
		return problem_set(problem, PROBLEM_VERSION,
				   "cniVersion '%s' is none of 0.3.1, 0.4.0, 1.0.0 and 1.1.0",
				   name);
	config->version = version;
	return 0;
}

static int take_network(struct config *config, struct json_object *value,
			struct problem *problem)
{
	config->network = take_string("name", value, 4096, problem);
	if (!config->network)
		return -1;
	if (!is_cni_id(config->network))
		return problem_set(problem, PROBLEM_CONFIG,
				   "'name' does not start with a letter or digit and go on with those, '_', '.' and '-'");
	return 0;
}

static int take_type(struct config *config, struct json_object *value,
		     struct problem *problem)
{
	(void)config;
	return take_string("type", value, 4096, problem) ? 0 : -1;
}

static int take_prev_result(struct config *config, struct json_object *value,
			    struct problem *problem)
{
	if (!json_object_is_type(value, json_type_object))
		return problem_set(problem, PROBLEM_CONFIG,
				   "'prevResult' is no object");
	config->prev_result = value;
	return 0;
}

static int take_lower(struct config *config, struct json_object *value,
		      struct problem *problem)
{
	config->lower = take_string("lower", value, FREEFLOW_NAME_MAX - 1,
				    problem);
	return config->lower ? 0 : -1;
}

static int take_table(struct config *config, struct json_object *value,
		      struct problem *problem)
{
	return take_u32("table", value, "", &config->table, problem);
}

static int take_datapath(struct config *config, struct json_object *value,
			 struct problem *problem)
{
	const char *name = take_string("datapath", value, 64, problem);
	uint32_t i;

	if (!name)
		return -1;
	for (i = 0; i < DATAPATH_NAMES; i++) {
		if (!strcmp(name, datapath_names[i])) {
			config->datapath = i;
			return 0;
		}
	}
	return problem_set(problem, PROBLEM_CONFIG,
			   "'datapath' is neither \"syscall\" nor \"ring\"");
}

uint64_t quota_unlimited(uint32_t type)
{
	return type == LIBFREEFLOW_PINNED ? FREEFLOW_QUOTA_PINNED_UNLIMITED :
					    FREEFLOW_QUOTA_UNLIMITED;
}

const char *quota_name(uint32_t type)
{
	return type == LIBFREEFLOW_PINNED ? "pinned" : res_names[type];
}

static bool is_unlimited(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
	       !strcmp(json_object_get_string(value), "unlimited");
}

static int take_count(uint32_t type, struct json_object *value,
		      uint64_t *limit, struct problem *problem)
{
	uint32_t count = 0;
	char key[64];
	int err;

	snprintf(key, sizeof(key), "quotas.%s", quota_name(type));
	err = take_u32(key, value, ", nor \"unlimited\"", &count, problem);
	*limit = count;
	return err;
}

static int take_pinned(struct json_object *value, uint64_t *limit,
		       struct problem *problem)
{
	const char *text = take_string("quotas.pinned", value, 64, problem);

	if (!text)
		return -1;
	if (!unit_size(text, limit))
		return problem_set(problem, PROBLEM_CONFIG,
				   "'quotas.pinned' is no size, as \"1g\" is, nor \"unlimited\"");
	return 0;
}

static int take_quota(struct config *config, const char *name,
		      struct json_object *value, struct problem *problem)
{
	uint64_t limit = 0;
	uint32_t type = 0;
	int err = 0;

	while (type < RES_NAMES && strcmp(name, res_names[type]))
		type++;
	if (!strcmp(name, "pinned"))
		type = LIBFREEFLOW_PINNED;
	else if (type == RES_NAMES)
		return problem_set(problem, PROBLEM_FIELD,
				   "unknown field 'quotas.%s' with value %s",
				   name, json_object_to_json_string(value));
	if (is_unlimited(value))
		limit = quota_unlimited(type);
	else if (type == LIBFREEFLOW_PINNED)
		err = take_pinned(value, &limit, problem);
	else
		err = take_count(type, value, &limit, problem);
	if (err)
		return err;
	/* Names are unique: there is an entry for each. */
	config->quotas[config->nquotas++] =
		(struct ff_quota_limit){ type, limit };
	return 0;
}

static int take_quotas(struct config *config, struct json_object *value,
		       struct problem *problem)
{
	if (!json_object_is_type(value, json_type_object))
		return problem_set(problem, PROBLEM_CONFIG,
				   "'quotas' is no object");
	json_object_object_foreach(value, name, limit) {
		if (take_quota(config, name, limit, problem))
			return -1;
	}
	return 0;
}

static int take_rate(struct config *config, struct json_object *value,
		     struct problem *problem)
{
	const char *text = take_string("limit.rate", value, 64, problem);

	if (!text)
		return -1;
	if (!unit_rate(text, &config->rate) ||
	    config->rate < FREEFLOW_LIMIT_RATE_MIN ||
	    config->rate > FREEFLOW_LIMIT_RATE_MAX)
		return problem_set(problem, PROBLEM_CONFIG,
				   "'limit.rate' is not from \"8kbit\" to \"8tbit\"");
	return 0;
}

static int take_burst(struct config *config, struct json_object *value,
		      struct problem *problem)
{
	const char *text = take_string("limit.burst", value, 64, problem);

	if (!text)
		return -1;
	if (!unit_size(text, &config->burst) || !config->burst ||
	    config->burst > FREEFLOW_LIMIT_BURST_MAX)
		return problem_set(problem, PROBLEM_CONFIG,
				   "'limit.burst' is not from \"1\" to \"64g\"");
	return 0;
}

static int take_limit(struct config *config, struct json_object *value,
		      struct problem *problem)
{
	if (!json_object_is_type(value, json_type_object))
		return problem_set(problem, PROBLEM_CONFIG,
				   "'limit' is no object");
	json_object_object_foreach(value, name, part) {
		int err;

		if (!strcmp(name, "rate"))
			err = take_rate(config, part, problem);
		else if (!strcmp(name, "burst"))
			err = take_burst(config, part, problem);
		else
			err = problem_set(problem, PROBLEM_FIELD,
					  "unknown field 'limit.%s' with value %s",
					  name,
					  json_object_to_json_string(part));
		if (err)
			return err;
	}
	if (!config->rate)
		return problem_set(problem, PROBLEM_CONFIG,
				   "'limit.rate' is missing");
	return 0;
}

static int take_cdi(struct config *config, struct json_object *value,
		    struct problem *problem)
{
	config->cdi = take_string("cdi", value, 4000, problem);
	if (!config->cdi)
		return -1;
	if (*config->cdi != '/')
		return problem_set(problem, PROBLEM_CONFIG,
				   "'cdi' is no path that starts with '/'");
	return 0;
}

static int take_attachment(struct attachment *attachment,
			   struct json_object *value, struct problem *problem)
{
	struct json_object *id, *ifname;

	if (!json_object_object_get_ex(value, "containerID", &id) ||
	    !json_object_object_get_ex(value, "ifname", &ifname))
		return problem_set(problem, PROBLEM_CONFIG,
				   "an entry of '" VALID_KEY "' has no 'containerID' or no 'ifname'");
	attachment->container_id = take_string(VALID_KEY ".containerID", id,
					       4096, problem);
	attachment->ifname = take_string(VALID_KEY ".ifname", ifname,
					 IF_NAMESIZE - 1, problem);
	return problem->code ? -1 : 0;
}

static int take_valid(struct config *config, struct json_object *value,
		      struct problem *problem)
{
	size_t count, i;

	if (!json_object_is_type(value, json_type_array))
		return problem_set(problem, PROBLEM_CONFIG,
				   "'" VALID_KEY "' is no array");
	count = json_object_array_length(value);
	config->valid = calloc(count + 1, sizeof(*config->valid));
	if (!config->valid)
		return problem_set(problem, PROBLEM_AGAIN, "%s",
				   strerror(ENOMEM));
	for (i = 0; i < count; i++) {
		if (take_attachment(&config->valid[i],
				    json_object_array_get_idx(value, i),
				    problem))
			return -1;
	}
	config->nvalid = count;
	return 0;
}

/* Fields without @take are for others, or for all plugins. */
static const struct field {
	const char *key;
	int (*take)(struct config *config, struct json_object *value,
		    struct problem *problem);
} fields[] = {
	{ "cniVersion", take_version },
	{ "name", take_network },
	{ "type", take_type },
	{ "prevResult", take_prev_result },
	{ "lower", take_lower },
	{ "table", take_table },
	{ "datapath", take_datapath },
	{ "quotas", take_quotas },
	{ "limit", take_limit },
	{ "cdi", take_cdi },
	{ VALID_KEY, take_valid },
	{ "args" },
	{ "capabilities" },
	{ "dns" },
	{ "ipam" },
	{ "ipMasq" },
	{ "runtimeConfig" },
	{ 0 }
};

static int take_field(struct config *config, const char *key,
		      struct json_object *value, struct problem *problem)
{
	const struct field *field;

	for (field = fields; field->key; field++) {
		if (!strcmp(key, field->key))
			return field->take ? field->take(config, value,
							 problem) : 0;
	}
	if (!strncmp(key, "cni.dev/", strlen("cni.dev/")))
		return 0;
	return problem_set(problem, PROBLEM_FIELD,
			   "unknown field '%s' with value %s", key,
			   json_object_to_json_string(value));
}

/* The version goes first: errors are written in it. */
static int take_fields(struct config *config, struct problem *problem)
{
	static const char *const required[] = { "cniVersion", "name", "type" };
	struct json_object *value;
	size_t i;

	for (i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (!json_object_object_get_ex(config->json, required[i],
					       &value))
			return problem_set(problem, PROBLEM_CONFIG,
					   "'%s' is missing", required[i]);
		if (!i && take_version(config, value, problem))
			return -1;
	}
	json_object_object_foreach(config->json, key, field) {
		if (take_field(config, key, field, problem))
			return -1;
	}
	return 0;
}

static struct json_object *parse(const char *text, size_t len,
				 struct problem *problem)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *json;
	enum json_tokener_error err;

	if (!tokener) {
		problem_set(problem, PROBLEM_AGAIN, "%s", strerror(ENOMEM));
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
					JSON_TOKENER_VALIDATE_UTF8);
	json = json_tokener_parse_ex(tokener, text, len);
	err = json_tokener_get_error(tokener);
	if (err != json_tokener_success)
		problem_set(problem, PROBLEM_JSON,
			    "the configuration is no JSON at byte %zu: %s",
			    json_tokener_get_parse_end(tokener),
			    err == json_tokener_continue ?
				    "it ends too early" :
				    json_tokener_error_desc(err));
	json_tokener_free(tokener);
	return json;
}

int config_parse(struct config *config, const char *text, size_t len,
		 struct problem *problem)
{
	memset(config, 0, sizeof(*config));
	config->version = VERSIONS - 1;
	config->json = parse(text, len, problem);
	if (problem->code)
		return -1;
	if (!json_object_is_type(config->json, json_type_object))
		return problem_set(problem, PROBLEM_JSON,
				   "the configuration is no object");
	return take_fields(config, problem);
}

void config_clear(struct config *config)
{
	json_object_put(config->json);
	free(config->valid);
	config->json = NULL;
	config->valid = NULL;
}
