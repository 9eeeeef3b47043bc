// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy.h"
#include "say.h"

/* Devices often come together: look once for all of them. */
#define SETTLE_MS	50

#define NETNS_DIR	"/run/netns"

/* @released: resources that were limited and are to be so no more */
struct quota {
	struct key_quota set;
	uint32_t released;
	unsigned int listed;
};

struct netns {
	uint32_t inode;
	uint32_t table;
};

struct netns_list {
	struct netns *all;
	size_t count;
};

static void free_entry(struct lh_entry *entry)
{
	free(lh_entry_k(entry));
	free(lh_entry_v(entry));
}

static struct quota *find_quota(const struct policy *policy,
				const struct key *key)
{
	char name[KEY_MAX_BYTES];
	void *quota = NULL;

	if (key_format(key, "", name, sizeof(name)))
		lh_table_lookup_ex(policy->quotas, name, &quota);
	return quota;
}

static struct quota *get_quota(struct policy *policy, const struct key *key)
{
	struct quota *quota = find_quota(policy, key);
	char name[KEY_MAX_BYTES], *copy;

	if (quota || !key_format(key, "", name, sizeof(name)))
		return quota;
	copy = strdup(name);
	quota = calloc(1, sizeof(*quota));
	if (copy && quota && !lh_table_insert(policy->quotas, copy, quota))
		return quota;
	free(copy);
	free(quota);
	return NULL;
}

void policy_put(struct policy *policy, const struct key *key,
		const struct key_quota *set, unsigned int listed)
{
	struct quota *quota = get_quota(policy, key);

	if (!quota)
		return;
	quota->released |= quota->set.named & ~set->named;
	quota->released &= ~set->named;
	quota->set = *set;
	quota->listed = listed;
	policy_look(policy);
}

void policy_keep(struct policy *policy, const struct key *key,
		 unsigned int listed)
{
	struct quota *quota = find_quota(policy, key);

	if (quota)
		quota->listed = listed;
}

static void release(struct policy *policy, struct quota *quota)
{
	quota->released |= quota->set.named;
	quota->set.named = 0;
	policy_look(policy);
}

void policy_del(struct policy *policy, const struct key *key)
{
	struct quota *quota = find_quota(policy, key);

	if (quota)
		release(policy, quota);
}

void policy_forget_unlisted(struct policy *policy, unsigned int listed)
{
	struct lh_entry *entry;

	lh_foreach(policy->quotas, entry) {
		struct quota *quota = lh_entry_v(entry);

		if (quota->listed != listed && quota->set.named)
			release(policy, quota);
	}
}

void policy_look(struct policy *policy)
{
	later_in_ms(&policy->later, SETTLE_MS);
}

static int note_netns(const struct ff_dev *dev, void *arg)
{
	struct netns_list *list = arg;
	struct netns *larger;
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->all[i].inode == dev->netns_inode)
			return 0;
	larger = reallocarray(list->all, list->count + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	list->all = larger;
	list->all[list->count++] = (struct netns){
		.inode = dev->netns_inode, .table = dev->table,
	};
	return 0;
}

/*
 * The limits of a namespace: those of its table, then those of its name on top.
 * Returns how many.
 */
static size_t collect(const struct policy *policy, const struct key *keys,
		      struct ff_quota_limit *limits)
{
	const struct quota *quotas[] = {
		find_quota(policy, &keys[0]), find_quota(policy, &keys[1]),
	};
	uint32_t type;
	size_t count = 0, i;

	for (type = 0; type <= FREEFLOW_RES_TYPE_MAX; type++) {
		struct ff_quota_limit limit = {
			.type = type, .limit = FREEFLOW_QUOTA_UNLIMITED,
		};
		bool said = false;

		for (i = 0; i < 2; i++) {
			if (!quotas[i])
				continue;
			said |= (quotas[i]->released | quotas[i]->set.named) >>
				type & 1;
			if (quotas[i]->set.named >> type & 1)
				limit.limit = quotas[i]->set.limits[type];
		}
		if (said)
			limits[count++] = limit;
	}
	return count;
}

static void apply(struct policy *policy, const char *name, int fd,
		  uint32_t table)
{
	struct ff_quota_limit limits[FREEFLOW_RES_TYPE_MAX + 1];
	struct key keys[] = {
		{ .kind = KEY_QUOTA_TABLE, .table = table },
		{ .kind = KEY_QUOTA_NETNS },
	};
	size_t count;
	int err;

	if (config_is_host_name(name))
		strcpy(keys[1].name, name);
	count = collect(policy, keys, limits);
	if (!count)
		return;
	err = ff_quota_set(policy->handle, fd, limits, count);
	if (err) {
		policy->refused += count;
		say(LOG_ERR, "The quotas of namespace %s could not be set: %s.",
		    name, ff_strerror(policy->handle, err));
		return;
	}
	policy->applied += count;
}

static void apply_if_listed(struct policy *policy, int dir, const char *name,
			    const struct netns_list *list)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat stat;
	size_t i;

	if (fd < 0)
		return;
	if (!fstat(fd, &stat))
		for (i = 0; i < list->count; i++)
			if (list->all[i].inode == stat.st_ino)
				apply(policy, name, fd, list->all[i].table);
	close(fd);
}

/* What was released has been, wherever it had been set. */
static void forget_released(struct policy *policy)
{
	struct lh_entry *entry, *next;

	lh_foreach_safe(policy->quotas, entry, next) {
		struct quota *quota = lh_entry_v(entry);

		quota->released = 0;
		if (!quota->set.named)
			lh_table_delete_entry(policy->quotas, entry);
	}
}

static void apply_all(void *arg)
{
	struct policy *policy = arg;
	struct netns_list list = { 0 };
	struct dirent *entry;
	DIR *dir;
	int err;

	if (!lh_table_length(policy->quotas))
		return;
	err = ff_dev_list(policy->handle, note_netns, &list);
	dir = err ? NULL : opendir(NETNS_DIR);
	if (err)
		say(LOG_ERR, "The devices could not be listed: %s.",
		    ff_strerror(policy->handle, err));
	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.')
			apply_if_listed(policy, dirfd(dir), entry->d_name,
					&list);
	if (dir)
		closedir(dir);
	free(list.all);
	if (!err)
		forget_released(policy);
}

int policy_init(struct policy *policy, sd_event *event,
		struct ff_handle *handle)
{
	memset(policy, 0, sizeof(*policy));
	policy->handle = handle;
	policy->quotas = lh_kchar_table_new(64, free_entry);
	if (!policy->quotas)
		return -ENOMEM;
	return later_init(&policy->later, event, apply_all, policy);
}

void policy_free(struct policy *policy)
{
	later_free(&policy->later);
	if (policy->quotas)
		lh_table_free(policy->quotas);
}
