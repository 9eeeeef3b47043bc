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

/* @released: bits of what was set and is to be so no more */
struct setting {
	struct key_policy set;
	uint32_t released;
	unsigned int listed;
};

/* @has: its limit, and its weight; 0: none */
struct netns {
	uint32_t inode;
	uint32_t table;
	struct ff_limit_terms has;
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

static struct setting *find_setting(const struct policy *policy,
				    const struct key *key)
{
	char name[KEY_MAX_BYTES];
	void *setting = NULL;

	if (key_format(key, "", name, sizeof(name)))
		lh_table_lookup_ex(policy->settings, name, &setting);
	return setting;
}

static struct setting *get_setting(struct policy *policy,
				   const struct key *key)
{
	struct setting *setting = find_setting(policy, key);
	char name[KEY_MAX_BYTES], *copy;

	if (setting || !key_format(key, "", name, sizeof(name)))
		return setting;
	copy = strdup(name);
	setting = calloc(1, sizeof(*setting));
	if (copy && setting &&
	    !lh_table_insert(policy->settings, copy, setting))
		return setting;
	free(copy);
	free(setting);
	return NULL;
}

void policy_put(struct policy *policy, const struct key *key,
		const struct key_policy *set, unsigned int listed)
{
	struct setting *setting = get_setting(policy, key);

	if (!setting)
		return;
	setting->released |= setting->set.named & ~set->named;
	setting->released &= ~set->named;
	setting->set = *set;
	setting->listed = listed;
	policy_look(policy);
}

void policy_keep(struct policy *policy, const struct key *key,
		 unsigned int listed)
{
	struct setting *setting = find_setting(policy, key);

	if (setting)
		setting->listed = listed;
}

static void release(struct policy *policy, struct setting *setting)
{
	setting->released |= setting->set.named;
	setting->set.named = 0;
	policy_look(policy);
}

void policy_del(struct policy *policy, const struct key *key)
{
	struct setting *setting = find_setting(policy, key);

	if (setting)
		release(policy, setting);
}

void policy_forget_unlisted(struct policy *policy, unsigned int listed)
{
	struct lh_entry *entry;

	lh_foreach(policy->settings, entry) {
		struct setting *setting = lh_entry_v(entry);

		if (setting->listed != listed && setting->set.named)
			release(policy, setting);
	}
}

void policy_look(struct policy *policy)
{
	later_in_ms(&policy->later, SETTLE_MS);
}

static struct netns *find_netns(const struct netns_list *list, uint32_t inode)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->all[i].inode == inode)
			return &list->all[i];
	return NULL;
}

static int note_netns(const struct ff_dev *dev, void *arg)
{
	struct netns_list *list = arg;
	struct netns *larger;

	if (find_netns(list, dev->netns_inode))
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

static int note_limit(const struct ff_limit *limit, void *arg)
{
	struct netns *netns = limit->netns_inode ?
			      find_netns(arg, limit->netns_inode) : NULL;

	if (netns)
		netns->has = (struct ff_limit_terms){
			limit->rate, limit->burst, limit->weight,
		};
	return 0;
}

/*
 * What the two keys together set: the first, of the table, and over it the
 * second, of the name. Returns the bits of what they say anything of: what was
 * released and is not set is unlimited, with a rate of 0.
 */
static uint32_t collect(const struct policy *policy, const struct key *keys,
			struct key_policy *set)
{
	uint32_t said = 0;
	int i, quota;

	memset(set, 0, sizeof(*set));
	for (quota = 0; quota < KEY_QUOTAS; quota++)
		set->quotas[quota] = key_unlimited(quota);
	for (i = 0; i < 2; i++) {
		const struct setting *setting = find_setting(policy, &keys[i]);

		if (!setting)
			continue;
		said |= setting->released | setting->set.named;
		for (quota = 0; quota < KEY_QUOTAS; quota++)
			if (setting->set.named >> quota & 1)
				set->quotas[quota] = setting->set.quotas[quota];
		if (setting->set.named >> KEY_RATE & 1) {
			set->rate = setting->set.rate;
			set->burst = setting->set.burst;
		}
	}
	return said;
}

static void count(struct policy *policy, const char *name, const char *what,
		  size_t settings, int err)
{
	if (!err) {
		policy->applied += settings;
		return;
	}
	policy->refused += settings;
	say(LOG_ERR, "The %s of namespace %s could not be set: %s.", what, name,
	    ff_strerror(policy->handle, err));
}

/* The two keys about a namespace. */
static void make_keys(struct key keys[2], const char *name,
		      const struct netns *netns, enum key_kind of_table,
		      enum key_kind of_netns)
{
	memset(keys, 0, 2 * sizeof(*keys));
	keys[0].kind = of_table;
	keys[0].table = netns->table;
	keys[1].kind = of_netns;
	if (config_is_host_name(name))
		strcpy(keys[1].name, name);
}

static void apply_quotas(struct policy *policy, const char *name, int fd,
			 const struct netns *netns)
{
	struct ff_quota_limit limits[KEY_QUOTAS];
	struct key_policy set;
	struct key keys[2];
	size_t nlimits = 0;
	uint32_t said;
	int quota;

	make_keys(keys, name, netns, KEY_QUOTA_TABLE, KEY_QUOTA_NETNS);
	said = collect(policy, keys, &set);
	for (quota = 0; quota < KEY_QUOTAS; quota++)
		if (said >> quota & 1)
			limits[nlimits++] = (struct ff_quota_limit){
				quota == KEY_PINNED ? LIBFREEFLOW_PINNED :
						      (uint32_t)quota,
				set.quotas[quota],
			};
	if (nlimits)
		count(policy, name, "quotas", nlimits,
		      ff_quota_set(policy->handle, fd, limits, nlimits));
}

/* The weight is not the store's: it goes with the limit, and is given back. */
static int lift_limit(struct policy *policy,
		      const struct ff_limit_target *target, uint32_t weight)
{
	const struct ff_limit_terms terms = { .weight = weight };
	int err = ff_limit_del(policy->handle, target);

	return err || !weight ? err :
	       ff_limit_set(policy->handle, target, &terms);
}

/* One that is there is not set again: that would forgive what it is owed. */
static void apply_limit(struct policy *policy, const char *name, int fd,
			const struct netns *netns)
{
	const struct ff_limit_target target = { .netns_fd = fd };
	struct ff_limit_terms terms = { 0 };
	struct key_policy set;
	struct key keys[2];

	make_keys(keys, name, netns, KEY_LIMIT_TABLE, KEY_LIMIT_NETNS);
	if (!collect(policy, keys, &set) ||
	    (set.rate == netns->has.rate && set.burst == netns->has.burst))
		return;
	terms.rate = set.rate;
	terms.burst = set.burst;
	count(policy, name, "limit", 1, set.rate ?
	      ff_limit_set(policy->handle, &target, &terms) :
	      lift_limit(policy, &target, netns->has.weight));
}

static void apply_if_listed(struct policy *policy, int dir, const char *name,
			    const struct netns_list *list)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const struct netns *netns = NULL;
	struct stat stat;

	if (fd < 0)
		return;
	if (!fstat(fd, &stat))
		netns = find_netns(list, stat.st_ino);
	if (netns) {
		apply_quotas(policy, name, fd, netns);
		apply_limit(policy, name, fd, netns);
	}
	close(fd);
}

/* What was released has been, wherever it had been set. */
static void forget_released(struct policy *policy)
{
	struct lh_entry *entry, *next;

	lh_foreach_safe(policy->settings, entry, next) {
		struct setting *setting = lh_entry_v(entry);

		setting->released = 0;
		if (!setting->set.named)
			lh_table_delete_entry(policy->settings, entry);
	}
}

static void apply_to_listed(struct policy *policy,
			    const struct netns_list *list)
{
	DIR *dir = opendir(NETNS_DIR);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (*entry->d_name != '.')
			apply_if_listed(policy, dirfd(dir), entry->d_name,
					list);
	closedir(dir);
}

static void apply_all(void *arg)
{
	struct policy *policy = arg;
	struct netns_list list = { 0 };
	int err;

	if (!lh_table_length(policy->settings))
		return;
	err = ff_dev_list(policy->handle, note_netns, &list);
	if (!err)
		err = ff_limit_list(policy->handle, note_limit, &list);
	if (!err) {
		apply_to_listed(policy, &list);
		forget_released(policy);
	} else if (err == -EINTR) {
		/* They changed meanwhile. */
		policy_look(policy);
	} else {
		say(LOG_ERR, "The devices and their limits could not be listed: %s.",
		    ff_strerror(policy->handle, err));
	}
	free(list.all);
}

int policy_init(struct policy *policy, sd_event *event,
		struct ff_handle *handle)
{
	memset(policy, 0, sizeof(*policy));
	policy->handle = handle;
	policy->settings = lh_kchar_table_new(64, free_entry);
	if (!policy->settings)
		return -ENOMEM;
	return later_init(&policy->later, event, apply_all, policy);
}

void policy_free(struct policy *policy)
{
	later_free(&policy->later);
	if (policy->settings)
		lh_table_free(policy->settings);
}
