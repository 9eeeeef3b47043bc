// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/seqlock.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "source.h"

#define FF_SOURCE_SETS 1024
#define FF_SOURCE_WAYS 4

struct ff_source {
	struct ff_source_key key;	/* all zero: free */
	struct in6_addr source;
	struct in6_addr dest;
};

struct ff_sources {
	struct list_head node;	/* in the list of tables */
	u32 table;
	u32 users;		/* UD QPs, and who looks at it */
	siphash_key_t hash_key;
	seqlock_t lock;		/* protects what follows */
	u32 victim;		/* way to give up next */
	struct ff_source sets[FF_SOURCE_SETS][FF_SOURCE_WAYS];
};

/* protects the list and its members' users */
static DEFINE_MUTEX(sources_lock);
static LIST_HEAD(sources_list);

static struct ff_sources *find_table(u32 table)
{
	struct ff_sources *sources;

	lockdep_assert_held(&sources_lock);
	list_for_each_entry(sources, &sources_list, node)
		if (sources->table == table)
			return sources;
	return NULL;
}

static struct ff_sources *add_table(u32 table)
{
	struct ff_sources *sources;

	lockdep_assert_held(&sources_lock);
	sources = kvzalloc(sizeof(*sources), GFP_KERNEL_ACCOUNT);
	if (!sources)
		return NULL;
	sources->table = table;
	seqlock_init(&sources->lock);
	get_random_bytes(&sources->hash_key, sizeof(sources->hash_key));
	list_add_tail(&sources->node, &sources_list);
	return sources;
}

/**
 * ff_sources_get() - the sources of a route table
 * @table: the table; must have a UD QP for each time that this is called
 *
 * Context: may sleep.
 * Return: the sources, to be given back with ff_sources_put(); NULL without
 * memory.
 */
struct ff_sources *ff_sources_get(u32 table)
{
	struct ff_sources *sources;

	mutex_lock(&sources_lock);
	sources = find_table(table) ?: add_table(table);
	if (sources)
		sources->users++;
	mutex_unlock(&sources_lock);
	return sources;
}

/* As ff_sources_get(), but NULL for a table that has no UD QP. */
struct ff_sources *ff_sources_find(u32 table)
{
	struct ff_sources *sources;

	mutex_lock(&sources_lock);
	sources = find_table(table);
	if (sources)
		sources->users++;
	mutex_unlock(&sources_lock);
	return sources;
}

void ff_sources_put(struct ff_sources *sources)
{
	bool last;

	mutex_lock(&sources_lock);
	last = !--sources->users;
	if (last)
		list_del(&sources->node);
	mutex_unlock(&sources_lock);
	if (last)
		kvfree(sources);
}

static struct ff_source *set_of(struct ff_sources *sources,
				const struct ff_source_key *key)
{
	u64 hash = siphash(key, sizeof(*key), &sources->hash_key);

	return sources->sets[hash % FF_SOURCE_SETS];
}

static struct ff_source *find(struct ff_source *set,
			      const struct ff_source_key *key)
{
	u32 i;

	for (i = 0; i < FF_SOURCE_WAYS; i++)
		if (!memcmp(&set[i].key, key, sizeof(*key)))
			return &set[i];
	return NULL;
}

/**
 * ff_source_find() - the virtual addresses of a message
 * @sources: of the table of the device that got it
 * @key: where it came from and went to
 * @source: written only if found
 * @dest: written only if found
 *
 * Context: any.
 * Return: whether the sender is known.
 */
bool ff_source_find(struct ff_sources *sources, const struct ff_source_key *key,
		    struct in6_addr *source, struct in6_addr *dest)
{
	struct ff_source *set = set_of(sources, key);
	struct ff_source *found, copy;
	unsigned int seq;

	do {
		seq = read_seqbegin(&sources->lock);
		found = find(set, key);
		if (found)
			copy = *found;
	} while (read_seqretry(&sources->lock, seq));
	if (!found)
		return false;
	*source = copy.source;
	*dest = copy.dest;
	return true;
}

static struct ff_source *choose_locked(struct ff_sources *sources,
				       const struct ff_source_key *key)
{
	static const struct ff_source_key unused;
	struct ff_source *set = set_of(sources, key);
	struct ff_source *chosen = find(set, key) ?: find(set, &unused);

	return chosen ?: &set[sources->victim++ % FF_SOURCE_WAYS];
}

/**
 * ff_source_learn() - a message is about to be sent
 * @sources: of the table of the device that it goes to
 * @key: what it can be told by there
 * @source: virtual source address
 * @dest: virtual destination address
 *
 * Context: any.
 */
void ff_source_learn(struct ff_sources *sources,
		     const struct ff_source_key *key,
		     const struct in6_addr *source,
		     const struct in6_addr *dest)
{
	struct in6_addr known_source, known_dest;
	struct ff_source *entry;
	unsigned long flags;

	if (ff_source_find(sources, key, &known_source, &known_dest) &&
	    ipv6_addr_equal(&known_source, source) &&
	    ipv6_addr_equal(&known_dest, dest))
		return;
	write_seqlock_irqsave(&sources->lock, flags);
	entry = choose_locked(sources, key);
	entry->key = *key;
	entry->source = *source;
	entry->dest = *dest;
	write_sequnlock_irqrestore(&sources->lock, flags);
}
