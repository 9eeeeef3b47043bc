/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits: token buckets, of a QP, a virtual device or a network namespace. A
 * limit lets bytes pass at its rate, and after a pause its burst at once. What
 * passes may be more than there are tokens for; then they are paid for before
 * the next passes, so that the rate holds for messages of any size.
 *
 * Who is refused waits in the limit, which gives turns: to whom has had the
 * least first (start-time fair queueing), so that equal ones have equal shares.
 */
#ifndef FF_LIMIT_H
#define FF_LIMIT_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>

/* More than a message can be; who says more is charged for as much. */
#define FF_LIMIT_MESSAGE_MAX (1U << 31)

enum ff_limit_scope {
	FF_LIMIT_OF_QP,
	FF_LIMIT_OF_DEV,
	FF_LIMIT_OF_NETNS,
};

struct ff_limit {
	u64 rate;		/* bytes a second; 0: none is set */
	u64 burst;		/* bytes */
	u64 slack;		/* the time that the burst takes, in ns */
	atomic64_t due;		/* when all that passed is paid for, in ns */
	u64 served;		/* tag of the last that passed */

	spinlock_t lock;	/* protects what follows; a BH one */
	struct rb_root_cached waiters;	/* by tag */
	u32 waiting;		/* how many they are */
	bool armed;		/* the timer is, or its handler will see to it */
	struct hrtimer timer;

	enum ff_limit_scope scope;
	struct list_head node;	/* in the list of those that are set */
	u32 id;			/* by which that is ordered */
};

/* Who waits in a limit, once at most. */
struct ff_waiter {
	struct rb_node node;
	u64 tag;
	/*
	 * Its turn has come, and it waits no more. In a softirq, under RCU; it
	 * may have been called off in the same moment.
	 */
	void (*turn)(struct ff_waiter *waiter);
};

void ff_limit_init(struct ff_limit *limit, enum ff_limit_scope scope);
void ff_limit_exit(struct ff_limit *limit);
void ff_limit_set(struct ff_limit *limit, u64 rate, u64 burst);
void ff_limit_clear(struct ff_limit *limit);
int ff_limit_visit(u32 *id, int (*fn)(const struct ff_limit *limit, void *arg),
		   void *arg);

static inline bool ff_limit_is_set(const struct ff_limit *limit)
{
	return READ_ONCE(limit->rate);
}

/* Whether nothing may pass at a time, in ns of ktime_get_ns(). */
static inline bool ff_limit_is_used_up(const struct ff_limit *limit, u64 now)
{
	return atomic64_read(&limit->due) > now + READ_ONCE(limit->slack);
}

static inline bool ff_limit_is_awaited(const struct ff_limit *limit)
{
	return !RB_EMPTY_ROOT(&limit->waiters.rb_root);
}

void ff_limit_pay(struct ff_limit *limit, u64 *tag, u64 bytes, u64 now);
bool ff_limit_wait(struct ff_limit *limit, struct ff_waiter *waiter, u64 *tag);
void ff_limit_call_off(struct ff_limit *limit, struct ff_waiter *waiter);

#endif /* FF_LIMIT_H */
