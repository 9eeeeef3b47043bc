// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any configuration, as a runtime would pass it with any command. An ADD that
 * failed leaves no device, one that went well is undone by DEL, and whatever is
 * answered is JSON.
 */
#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdi-spec.h"
#include "fake_freeflow.h"
#include "plugin.h"

static const char *const commands[] = {
	"ADD", "CHECK", "DEL", "GC", "STATUS", "VERSION",
};

/* In the place of the one that writes wherever the configuration says. */
int cdi_spec_write(struct ff_handle *handle, const char *path,
		   cdi_unnamed_cb unnamed, void *arg, const char **what)
{
	(void)handle;
	(void)unnamed;
	(void)arg;
	*what = path;
	return strlen(path) % 2 ? -EIO : 0;
}

static int run(const char *command, const uint8_t *config, size_t len)
{
	const struct environment env = {
		command, "c1", "/proc/self/ns/net", "eth0",
	};
	FILE *in = fmemopen((void *)config, len, "r");
	struct json_object *json;
	size_t answer_len;
	char *answer;
	FILE *out;
	int status;

	out = open_memstream(&answer, &answer_len);
	assert(in && out);
	status = plugin_run(&env, in, out);
	fclose(in);
	fclose(out);
	json = json_tokener_parse(answer);
	assert(answer_len ? json != NULL : !status);
	json_object_put(json);
	free(answer);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *command;

	if (size < 2)
		return 0;
	command = commands[data[0] % (sizeof(commands) / sizeof(commands[0]))];
	data++;
	size--;

	fake_freeflow_reset();
	if (strcmp(command, "ADD") && strcmp(command, "VERSION"))
		run("ADD", data, size);
	if (!run(command, data, size) && !strcmp(command, "ADD")) {
		assert(fake_count_devs() == 1);
		run("DEL", data, size);
	}
	assert(strcmp(command, "ADD") || !fake_count_devs());
	return 0;
}
