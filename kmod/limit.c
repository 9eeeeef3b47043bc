// SPDX-License-Identifier: GPL-2.0-only
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/mutex.h>

#include "compat/compat.h"
#include "limit.h"

/* Turns that are given before other softirqs get one. */
#define TURNS 64

/* So long several that wait are let gather, to go at once. */
#define GATHER_NS (100 * NSEC_PER_USEC)

/* protects the list and its members' nodes and ids; inside ff_qp.lock */
static DEFINE_MUTEX(set_lock);
static LIST_HEAD(set_limits);
static u32 last_id;

static u64 cost(u64 bytes, u64 rate)
{
	return mul_u64_u64_div_u64(bytes, NSEC_PER_SEC, rate);
}

static bool is_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ff_waiter, node)->tag <
	       rb_entry(b, struct ff_waiter, node)->tag;
}

static void arm_locked(struct ff_limit *limit, u64 at)
{
	lockdep_assert_held(&limit->lock);
	limit->armed = true;
	hrtimer_start(&limit->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_SOFT);
}

/* When the next may pass, and with it what gathers until then. */
static u64 next_turn(const struct ff_limit *limit, u64 now)
{
	s64 due = atomic64_read(&limit->due);
	u64 gather = min_t(u64, GATHER_NS, limit->slack / 2);

	return max_t(s64, due - (s64)limit->slack, now + gather);
}

static struct ff_waiter *take_locked(struct ff_limit *limit)
{
	struct ff_waiter *waiter;

	lockdep_assert_held(&limit->lock);
	if (!ff_limit_is_awaited(limit) ||
	    (limit->rate && ff_limit_is_used_up(limit, ktime_get_ns())))
		return NULL;
	waiter = rb_entry(rb_first_cached(&limit->waiters), struct ff_waiter,
			  node);
	rb_erase_cached(&waiter->node, &limit->waiters);
	RB_CLEAR_NODE(&waiter->node);
	limit->waiting--;
	WRITE_ONCE(limit->served, max(limit->served, waiter->tag));
	return waiter;
}

static enum hrtimer_restart give_turns(struct hrtimer *timer)
{
	struct ff_limit *limit = container_of(timer, struct ff_limit, timer);
	struct ff_waiter *waiter;
	int turns = TURNS;

	rcu_read_lock();
	spin_lock_bh(&limit->lock);
	while (turns-- && (waiter = take_locked(limit))) {
		spin_unlock_bh(&limit->lock);
		waiter->turn(waiter);
		spin_lock_bh(&limit->lock);
	}
	limit->armed = false;
	if (ff_limit_is_awaited(limit))
		arm_locked(limit, limit->rate ?
				  next_turn(limit, ktime_get_ns()) : 0);
	spin_unlock_bh(&limit->lock);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/**
 * ff_limit_pay() - something passes
 * @limit: a limit that is set
 * @tag: what the payer has had of it
 * @bytes: how much passes
 * @now: the time, in ns of ktime_get_ns()
 *
 * Context: any; those who pay at the same time may all have been let pass.
 */
void ff_limit_pay(struct ff_limit *limit, u64 *tag, u64 bytes, u64 now)
{
	u64 rate = READ_ONCE(limit->rate);
	s64 due = atomic64_read(&limit->due);
	u64 start = max(*tag, READ_ONCE(limit->served));
	u64 price;

	if (!rate)
		return;
	price = cost(bytes, rate);
	while (!atomic64_try_cmpxchg(&limit->due, &due,
				     max_t(s64, due, now) + price))
		;
	/* That another's is lost at times does no harm. */
	WRITE_ONCE(limit->served, start);
	*tag = start + bytes;
}

/**
 * ff_limit_wait() - wait for a turn
 * @limit: the limit that refused
 * @waiter: who waits; waits nowhere yet
 * @tag: what it has had of the limit
 *
 * Context: any but hardirq.
 * Return: false if the limit is none any more.
 */
bool ff_limit_wait(struct ff_limit *limit, struct ff_waiter *waiter, u64 *tag)
{
	bool waits;

	spin_lock_bh(&limit->lock);
	waits = limit->rate;
	if (waits) {
		*tag = max(*tag, limit->served);
		waiter->tag = *tag;
		rb_add_cached(&waiter->node, &limit->waiters, is_before);
		limit->waiting++;
		if (!limit->armed)
			arm_locked(limit, next_turn(limit, ktime_get_ns()));
	}
	spin_unlock_bh(&limit->lock);
	return waits;
}

/* Does not wait any more, if it still did. Context: any but hardirq. */
void ff_limit_call_off(struct ff_limit *limit, struct ff_waiter *waiter)
{
	spin_lock_bh(&limit->lock);
	if (!RB_EMPTY_NODE(&waiter->node)) {
		rb_erase_cached(&waiter->node, &limit->waiters);
		RB_CLEAR_NODE(&waiter->node);
		limit->waiting--;
	}
	spin_unlock_bh(&limit->lock);
}

/* Who waits tries again at once: what was waited for is past. */
static void change(struct ff_limit *limit, u64 rate, u64 burst)
{
	u64 slack = rate ? cost(burst, rate) : 0;

	spin_lock_bh(&limit->lock);
	WRITE_ONCE(limit->rate, rate);
	WRITE_ONCE(limit->slack, slack);
	limit->burst = burst;
	/* No debt, and no burst that was not saved up. */
	atomic64_set(&limit->due, ktime_get_ns() + slack);
	/* The timer is also set when those who waited have left. */
	if (limit->armed)
		arm_locked(limit, 0);
	spin_unlock_bh(&limit->lock);
}

/**
 * ff_limit_set() - limit, or limit anew
 * @limit: the limit
 * @rate: bytes a second, FREEFLOW_LIMIT_RATE_MIN to _MAX
 * @burst: bytes, up to FREEFLOW_LIMIT_BURST_MAX
 *
 * Context: may sleep.
 */
void ff_limit_set(struct ff_limit *limit, u64 rate, u64 burst)
{
	mutex_lock(&set_lock);
	change(limit, rate, burst);
	if (list_empty(&limit->node)) {
		limit->id = ++last_id;
		list_add_tail(&limit->node, &set_limits);
	}
	mutex_unlock(&set_lock);
}

/* Limits no more; what waits goes. Context: may sleep. */
void ff_limit_clear(struct ff_limit *limit)
{
	mutex_lock(&set_lock);
	change(limit, 0, 0);
	list_del_init(&limit->node);
	mutex_unlock(&set_lock);
}

/**
 * ff_limit_visit() - visit the limits that are set from an id on
 * @id: the last that was visited, or 0
 * @fn: what it returns but 0 ends the round; whose limit it is stays meanwhile
 * @arg: handed to @fn
 *
 * Context: may sleep.
 * Return: 0 at the end of the list, or what @fn returned.
 */
int ff_limit_visit(u32 *id, int (*fn)(const struct ff_limit *limit, void *arg),
		   void *arg)
{
	struct ff_limit *limit;
	int err = 0;

	mutex_lock(&set_lock);
	list_for_each_entry(limit, &set_limits, node) {
		if (limit->id <= *id)
			continue;
		err = fn(limit, arg);
		if (err)
			break;
		*id = limit->id;
	}
	mutex_unlock(&set_lock);
	return err;
}

void ff_limit_init(struct ff_limit *limit, enum ff_limit_scope scope)
{
	*limit = (struct ff_limit) {
		.scope = scope,
		.waiters = RB_ROOT_CACHED,
	};
	spin_lock_init(&limit->lock);
	INIT_LIST_HEAD(&limit->node);
	ff_hrtimer_setup(&limit->timer, give_turns, CLOCK_MONOTONIC,
			 HRTIMER_MODE_ABS_SOFT);
}

/* Nobody waits any more, nor will. Context: may sleep. */
void ff_limit_exit(struct ff_limit *limit)
{
	if (!list_empty(&limit->node))
		ff_limit_clear(limit);
	hrtimer_cancel(&limit->timer);
}
