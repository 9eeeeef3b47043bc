// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as what the agent reads of others: its configuration, a key, a
 * value, a pair as the store tells it. The first byte says which.
 */
#include <assert.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base64.h"
#include "key.h"
#include "policy.h"
#include "view.h"

/* A configuration that is refused is refused with a sentence. */
static void read_config(const char *text, size_t size)
{
	char said[2048] = "", name[32];
	struct config config;
	FILE *errors = fmemopen(said, sizeof(said), "w");
	int fd = memfd_create("config", MFD_CLOEXEC);

	assert(errors && fd >= 0 && write(fd, text, size) == (ssize_t)size);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (config_read(&config, name, errors)) {
		fclose(errors);
		assert(strchr(said, ':'));
	} else {
		fclose(errors);
		assert(!*said && config.nendpoints && config.prefix);
	}
	config_free(&config);
	close(fd);
}

/* A key that has a sense is spelt as we spell it. */
static void read_key(const char *text)
{
	char again[KEY_MAX_BYTES];
	struct key key;

	if (!key_parse(text, &key))
		assert(key_format(&key, "", again, sizeof(again)) &&
		       !strcmp(text, again));
}

static void read_value(const char *text)
{
	struct key_policy policy;
	struct ff_addr host;
	char again[128];

	if (!key_parse_host(text, &host)) {
		key_format_host(&host, again, sizeof(again));
		assert(!key_parse_host(again, &host));
	}
	key_parse_quota(text, &policy);
	key_parse_limit(text, &policy);
	free(base64_decode(text));
}

static void read_pair(const char *text)
{
	const struct config config = { .prefix = "/", .host_name = "h1" };
	struct json_object *kv = json_tokener_parse(text);
	struct places places;
	struct policy policy;
	struct view view;
	sd_event *event;

	assert(sd_event_default(&event) >= 0 && !places_init(&places));
	assert(policy_init(&policy, event, NULL) >= 0);
	assert(!view_init(&view, &config, &places, &policy));
	view_put(&view, kv);
	view_list_begin(&view);
	view_put(&view, kv);
	view_list_end(&view);
	view_del(&view, kv);
	json_object_put(kv);
	view_free(&view);
	policy_free(&policy);
	places_free(&places);
	sd_event_unref(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size ? strndup((const char *)data + 1, size - 1) : NULL;

	if (!text)
		return 0;
	switch (*data % 4) {
	case 0:
		read_config((const char *)data + 1, size - 1);
		break;
	case 1:
		read_key(text);
		break;
	case 2:
		read_value(text);
		break;
	case 3:
		read_pair(text);
		break;
	}
	free(text);
	return 0;
}
