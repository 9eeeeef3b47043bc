// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cdi-spec.h"

/* The first version; but in those before 0.5.0 a name starts with a letter. */
#define VERSION_FIRST		"0.3.0"
#define VERSION_DIGITS		"0.5.0"

#define NODE_DIR		"/dev/infiniband/"
/* Programs of rdma_cm need it with whatever device. */
#define NODE_CM			NODE_DIR "rdma_cm"

/* How often a list is read again that changed while it was read. */
#define LIST_TRIES		16

/*
 * The devices as they are listed.
 *
 * @devices: array of CDI devices
 * @all: nodes of all of them
 * @digits: the name of one starts with a digit
 * @has_all: one has the name of CDI_ALL itself
 */
struct spec {
	struct json_object *devices;
	struct json_object *all;
	bool digits;
	bool has_all;
	cdi_unnamed_cb unnamed;
	void *arg;
};

static struct json_object *node_new(const char *path)
{
	struct json_object *node = json_object_new_object();

	json_object_object_add(node, "path", json_object_new_string(path));
	json_object_object_add(node, "permissions",
			       json_object_new_string("rw"));
	return node;
}

/* containerEdits with @nodes, which it takes. */
static struct json_object *edits_new(struct json_object *nodes)
{
	struct json_object *edits = json_object_new_object();

	json_object_object_add(edits, "deviceNodes", nodes);
	return edits;
}

static struct json_object *edits_of_one(const char *path)
{
	struct json_object *nodes = json_object_new_array();

	json_object_array_add(nodes, node_new(path));
	return edits_new(nodes);
}

/* Takes @edits. */
static void add_device(struct spec *spec, const char *name,
		       struct json_object *edits)
{
	struct json_object *device = json_object_new_object();

	json_object_object_add(device, "name", json_object_new_string(name));
	json_object_object_add(device, "containerEdits", edits);
	json_object_array_add(spec->devices, device);
}

/* What else a name may hold, names of devices hold in any case. */
static bool is_cdi_name(const char *name)
{
	return isalnum((unsigned char)name[0]) &&
	       isalnum((unsigned char)name[strlen(name) - 1]);
}

static int take_dev(const struct ff_dev *dev, void *arg)
{
	char path[sizeof(NODE_DIR) + sizeof(dev->node)];
	struct spec *spec = arg;

	snprintf(path, sizeof(path), NODE_DIR "%s", dev->node);
	json_object_array_add(spec->all, node_new(path));
	if (!is_cdi_name(dev->name)) {
		if (spec->unnamed)
			spec->unnamed(dev->name, spec->arg);
		return 0;
	}
	if (isdigit((unsigned char)dev->name[0]))
		spec->digits = true;
	if (!strcmp(dev->name, CDI_ALL))
		spec->has_all = true;
	add_device(spec, dev->name, edits_of_one(path));
	return 0;
}

static void spec_clear(struct spec *spec)
{
	json_object_put(spec->devices);
	json_object_put(spec->all);
	spec->devices = NULL;
	spec->all = NULL;
}

static int spec_list(struct ff_handle *handle, struct spec *spec)
{
	int tries = LIST_TRIES;
	int err;

	do {
		spec_clear(spec);
		spec->devices = json_object_new_array();
		spec->all = json_object_new_array();
		spec->digits = false;
		spec->has_all = false;
		err = ff_dev_list(handle, take_dev, spec);
	} while (err == -EINTR && --tries);
	return err;
}

static struct json_object *spec_to_json(struct spec *spec)
{
	struct json_object *file = json_object_new_object();

	if (!spec->has_all)
		add_device(spec, CDI_ALL,
			   edits_new(json_object_get(spec->all)));
	json_object_object_add(file, "cdiVersion",
			       json_object_new_string(spec->digits ?
							      VERSION_DIGITS :
							      VERSION_FIRST));
	json_object_object_add(file, "kind", json_object_new_string(CDI_KIND));
	json_object_object_add(file, "devices", json_object_get(spec->devices));
	json_object_object_add(file, "containerEdits", edits_of_one(NODE_CM));
	return file;
}

static int fill(int fd, struct json_object *json)
{
	errno = 0;
	if (json_object_to_fd(fd, json, JSON_C_TO_STRING_PRETTY |
					JSON_C_TO_STRING_SPACED |
					JSON_C_TO_STRING_NOSLASHESCAPE) ||
	    write(fd, "\n", 1) != 1 || fchmod(fd, 0644) || fsync(fd))
		return errno ? -errno : -EIO;
	return 0;
}

/* Runtimes pass over files that do not end in .json or .yaml. */
static int replace_file(const char *path, struct json_object *json)
{
	char temporary[PATH_MAX];
	int err, fd;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
	    (int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fill(fd, json);
	close(fd);
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}

static int remove_file(const char *path)
{
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

static int list_and_replace(struct ff_handle *handle, const char *path,
			    struct spec *spec, const char **what)
{
	struct json_object *json;
	int err;

	*what = NULL;
	err = spec_list(handle, spec);
	if (err)
		return err;
	*what = path;
	if (!json_object_array_length(spec->all))
		return remove_file(path);
	json = spec_to_json(spec);
	err = replace_file(path, json);
	json_object_put(json);
	return err;
}

/* The folder that @path is in, made if its own one is there, and locked. */
static int lock_dir(const char *path)
{
	char copy[PATH_MAX];
	const char *dir;
	int err, fd;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	dir = dirname(copy);
	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int cdi_spec_write(struct ff_handle *handle, const char *path,
		   cdi_unnamed_cb unnamed, void *arg, const char **what)
{
	struct spec spec = { .unnamed = unnamed, .arg = arg };
	int err, lock;

	*what = path;
	lock = lock_dir(path);
	if (lock < 0)
		return lock;
	err = list_and_replace(handle, path, &spec, what);
	spec_clear(&spec);
	close(lock);
	return err;
}
