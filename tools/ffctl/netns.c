// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns.h"

static int open_path(const char *path)
{
	/* O_NONBLOCK: whatever the path leads to, never wait for it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

int netns_open(const char *dir, const char *word)
{
	char path[PATH_MAX];
	int fd;

	if (strchr(word, '/'))
		return open_path(word);
	snprintf(path, sizeof(path), "%s/%s", dir, word);
	fd = open_path(path);
	if (fd != -ENOENT || strspn(word, "0123456789") != strlen(word))
		return fd;
	snprintf(path, sizeof(path), "/proc/%s/ns/net", word);
	return open_path(path);
}

static void add_name(struct netns_names *names, uint32_t inode,
		     const char *name)
{
	struct netns_name *entries;
	char *copy;

	entries = reallocarray(names->entries, names->count + 1,
			       sizeof(*entries));
	if (!entries)
		return;
	names->entries = entries;
	copy = strdup(name);
	if (!copy)
		return;
	entries[names->count++] = (struct netns_name){ inode, copy };
}

static void load_names(struct netns_names *names, const char *dirname)
{
	struct dirent *entry;
	struct stat own, st;
	DIR *dir;

	names->loaded = 1;
	/* All namespaces are on one file system; the rest are plain files. */
	if (stat("/proc/self/ns/net", &own))
		return;
	dir = opendir(dirname);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!fstatat(dirfd(dir), entry->d_name, &st, 0) &&
		    st.st_dev == own.st_dev)
			add_name(names, st.st_ino, entry->d_name);
	}
	closedir(dir);
}

const char *netns_lookup(struct netns_names *names, const char *dir,
			 uint32_t inode)
{
	size_t i;

	if (!names->loaded)
		load_names(names, dir);
	for (i = 0; i < names->count; i++) {
		if (names->entries[i].inode == inode)
			return names->entries[i].name;
	}
	return NULL;
}

void netns_forget(struct netns_names *names)
{
	while (names->count)
		free(names->entries[--names->count].name);
	free(names->entries);
	names->entries = NULL;
	names->loaded = 0;
}
