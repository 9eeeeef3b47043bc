/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits: token buckets, of a QP, a virtual device, a network namespace or a lower
 * device. A limit lets bytes pass at its rate, and after a pause its burst at once.
 * What passes may be more than there are tokens for; then they are paid for before
 * the next passes, so that the rate holds for messages of any size.
 *
 * Who is refused waits in the limit, which gives turns by start-time fair queueing:
 * to the share that has had the least by its weight, and of that to whom has had
 * the least of it. A lower device's limit has a share for each network namespace,
 * and any other limit is one whole.
 */
#ifndef FF_LIMIT_H
#define FF_LIMIT_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>

#include <uapi/freeflow.h>

/* As much as a request can be about: some devices send messages beyond 2^31 bytes. */
#define FF_LIMIT_MESSAGE_MAX U32_MAX

enum ff_limit_scope {
	FF_LIMIT_OF_QP,
	FF_LIMIT_OF_DEV,
	FF_LIMIT_OF_NETNS,
	FF_LIMIT_OF_LOWER,
};

struct ff_limit;

/* Protected by the limit's lock, but for the first two and served. */
struct ff_share {
	struct ff_limit *limit;
	const u32 *weight;
	u64 served;		/* tag of the last of it that passed */
	u64 tag;		/* what it has had of the limit, by its weight */
	u32 rest;		/* bytes that are too few for the tag */
	struct rb_node node;	/* in limit->shares while somebody waits */
	struct rb_root_cached waiters;	/* by tag */
};

struct ff_limit {
	u64 rate;		/* bytes a second; 0: none is set */
	u64 burst;		/* bytes */
	u64 slack;		/* the time that the burst takes, in ns */
	u64 turn;		/* bytes that one may send though others wait */
	atomic64_t due;		/* when all that passed is paid for, in ns */
	u32 weight;		/* of a namespace, where it shares a limit */

	spinlock_t lock;	/* protects what follows; a BH one */
	struct rb_root_cached shares;	/* in which somebody waits, by tag */
	u64 served;		/* tag of the last whose turn came */
	u32 waiting;		/* how many wait */
	bool armed;		/* the timer is, or its handler will see to it */
	struct hrtimer timer;

	enum ff_limit_scope scope;
	struct list_head node;	/* in the list of those that are set */
	u32 id;			/* by which that is ordered */
	struct ff_share whole;	/* all of it, where it has no others */
};

/* What one has in a limit. */
struct ff_stake {
	struct ff_share *share;
	u64 tag;		/* what it has had of the share */
	s64 turn;		/* bytes that are left of its turn */
};

/* Who waits in a limit, once at most. */
struct ff_waiter {
	struct rb_node node;
	struct ff_share *share;
	u64 tag;
	/*
	 * Its turn has come, of so many bytes, and it waits no more. In a softirq,
	 * under RCU; it may have been called off in the same moment.
	 */
	void (*turn)(struct ff_waiter *waiter, u64 bytes);
};

/* What is to be of a limit; what is 0 stays. */
struct ff_limit_terms {
	u64 rate;
	u64 burst;	/* with a rate */
	u32 weight;
};

void ff_limit_init(struct ff_limit *limit, enum ff_limit_scope scope);
void ff_limit_exit(struct ff_limit *limit);
void ff_limit_set(struct ff_limit *limit, const struct ff_limit_terms *terms);
int ff_limit_clear(struct ff_limit *limit);
int ff_limit_visit(u32 *id, int (*fn)(const struct ff_limit *limit, void *arg),
		   void *arg);

static inline bool ff_limit_is_set(const struct ff_limit *limit)
{
	return READ_ONCE(limit->rate);
}

/* Another one than all have. */
static inline bool ff_limit_has_weight(const struct ff_limit *limit)
{
	return READ_ONCE(limit->weight) != FREEFLOW_LIMIT_WEIGHT_DEFAULT;
}

/* Whether nothing may pass at a time, in ns of ktime_get_ns(). */
static inline bool ff_limit_is_used_up(const struct ff_limit *limit, u64 now)
{
	return atomic64_read(&limit->due) > now + READ_ONCE(limit->slack);
}

static inline bool ff_limit_is_awaited(const struct ff_limit *limit)
{
	return !RB_EMPTY_ROOT(&limit->shares.rb_root);
}

void ff_share_init(struct ff_share *share, struct ff_limit *limit,
		   const u32 *weight);
void ff_stake_init(struct ff_stake *stake, struct ff_share *share);
void ff_limit_pay(struct ff_stake *stake, u64 bytes, u64 now);
bool ff_limit_wait(struct ff_stake *stake, struct ff_waiter *waiter);
void ff_limit_call_off(struct ff_waiter *waiter);

#endif /* FF_LIMIT_H */
