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

/*
 * Bytes that one gets in its turn, if the burst is as much and the rate lets as
 * much pass in 10 ms: but what passes while others gather.
 */
#define TURN_BYTES 16384

/* What a share missed while others had so many turns it gets when it waits again. */
#define GRACE_TURNS 4

/* protects the list and its members' nodes and ids; inside ff_qp.lock */
static DEFINE_MUTEX(set_lock);
static LIST_HEAD(set_limits);
static u32 last_id;

static const u32 whole_weight = FREEFLOW_LIMIT_WEIGHT_DEFAULT;

static u64 cost(u64 bytes, u64 rate)
{
	return mul_u64_u64_div_u64(bytes, NSEC_PER_SEC, rate);
}

static u64 turn_of(u64 rate, u64 burst)
{
	u64 bytes = max_t(u64, TURN_BYTES,
			  div_u64(rate, NSEC_PER_SEC / GATHER_NS));

	return min3(bytes, burst, div_u64(rate, 100));
}

static bool is_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ff_waiter, node)->tag <
	       rb_entry(b, struct ff_waiter, node)->tag;
}

static bool share_is_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct ff_share, node)->tag <
	       rb_entry(b, struct ff_share, node)->tag;
}

/* What it has missed long ago does not count. */
static void catch_up_locked(struct ff_share *share, u32 weight)
{
	struct ff_limit *limit = share->limit;
	u64 grace = div_u64(GRACE_TURNS * limit->turn, weight);

	lockdep_assert_held(&limit->lock);
	if (limit->served > grace)
		share->tag = max(share->tag, limit->served - grace);
}

static void add_locked(struct ff_waiter *waiter)
{
	struct ff_share *share = waiter->share;
	struct ff_limit *limit = share->limit;

	lockdep_assert_held(&limit->lock);
	rb_add_cached(&waiter->node, &share->waiters, is_before);
	limit->waiting++;
	if (RB_EMPTY_NODE(&share->node)) {
		catch_up_locked(share, READ_ONCE(*share->weight));
		rb_add_cached(&share->node, &limit->shares, share_is_before);
	}
}

static void remove_locked(struct ff_waiter *waiter)
{
	struct ff_share *share = waiter->share;
	struct ff_limit *limit = share->limit;

	lockdep_assert_held(&limit->lock);
	rb_erase_cached(&waiter->node, &share->waiters);
	RB_CLEAR_NODE(&waiter->node);
	limit->waiting--;
	if (RB_EMPTY_ROOT(&share->waiters.rb_root)) {
		rb_erase_cached(&share->node, &limit->shares);
		RB_CLEAR_NODE(&share->node);
	}
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

/* A turn, and what brings the share to where the next one is. */
static u64 turn_of_share_locked(const struct ff_share *share)
{
	const struct ff_limit *limit = share->limit;
	u32 weight = READ_ONCE(*share->weight);
	u64 most = div_u64(GRACE_TURNS * limit->turn, weight);
	struct rb_node *node = rb_next(&share->node);
	u64 behind = 0;

	lockdep_assert_held(&limit->lock);
	if (node)
		behind = rb_entry(node, struct ff_share, node)->tag - share->tag;
	return limit->turn + min(behind, most) * weight;
}

static struct ff_waiter *take_locked(struct ff_limit *limit, u64 *bytes)
{
	struct ff_waiter *waiter;
	struct ff_share *share;

	lockdep_assert_held(&limit->lock);
	if (!ff_limit_is_awaited(limit) ||
	    (limit->rate && ff_limit_is_used_up(limit, ktime_get_ns())))
		return NULL;
	share = rb_entry(rb_first_cached(&limit->shares), struct ff_share, node);
	waiter = rb_entry(rb_first_cached(&share->waiters), struct ff_waiter,
			  node);
	*bytes = turn_of_share_locked(share);
	remove_locked(waiter);
	limit->served = max(limit->served, share->tag);
	WRITE_ONCE(share->served, max(share->served, waiter->tag));
	return waiter;
}

static enum hrtimer_restart give_turns(struct hrtimer *timer)
{
	struct ff_limit *limit = container_of(timer, struct ff_limit, timer);
	struct ff_waiter *waiter;
	int turns = TURNS;
	u64 bytes;

	rcu_read_lock();
	spin_lock_bh(&limit->lock);
	while (turns-- && (waiter = take_locked(limit, &bytes))) {
		spin_unlock_bh(&limit->lock);
		waiter->turn(waiter, bytes);
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

/* Of the share that something passes of. */
static void charge(struct ff_share *share, u64 bytes)
{
	struct ff_limit *limit = share->limit;
	u32 weight = READ_ONCE(*share->weight);
	bool waits;

	spin_lock_bh(&limit->lock);
	waits = !RB_EMPTY_NODE(&share->node);
	if (waits)
		rb_erase_cached(&share->node, &limit->shares);
	else
		catch_up_locked(share, weight);
	if (!waits && !ff_limit_is_awaited(limit))
		limit->served = max(limit->served, share->tag);
	share->tag += div_u64_rem(share->rest + bytes, weight, &share->rest);
	if (waits)
		rb_add_cached(&share->node, &limit->shares, share_is_before);
	spin_unlock_bh(&limit->lock);
}

/**
 * ff_limit_pay() - something passes
 * @stake: the payer's, in a limit that is set
 * @bytes: how much passes, FF_LIMIT_MESSAGE_MAX at most
 * @now: the time, in ns of ktime_get_ns()
 *
 * Context: any but hardirq; those who pay at the same time may all have been let
 * pass.
 */
void ff_limit_pay(struct ff_stake *stake, u64 bytes, u64 now)
{
	struct ff_share *share = stake->share;
	struct ff_limit *limit = share->limit;
	u64 rate = READ_ONCE(limit->rate);
	s64 due = atomic64_read(&limit->due);
	u64 start = max(stake->tag, READ_ONCE(share->served));
	u64 price;

	if (!rate)
		return;
	price = cost(bytes, rate);
	while (!atomic64_try_cmpxchg(&limit->due, &due,
				     max_t(s64, due, now) + price))
		;
	/* That another's is lost at times does no harm. */
	WRITE_ONCE(share->served, start);
	stake->tag = start + bytes;
	stake->turn = max_t(s64, stake->turn - (s64)bytes, 0);
	if (share != &limit->whole)
		charge(share, bytes);
}

/**
 * ff_limit_wait() - wait for a turn
 * @stake: in the limit that refused
 * @waiter: who waits; waits nowhere yet
 *
 * Context: any but hardirq.
 * Return: false if the limit is none any more.
 */
bool ff_limit_wait(struct ff_stake *stake, struct ff_waiter *waiter)
{
	struct ff_share *share = stake->share;
	struct ff_limit *limit = share->limit;
	bool waits;

	spin_lock_bh(&limit->lock);
	waits = limit->rate;
	if (waits) {
		stake->turn = 0;
		stake->tag = max(stake->tag, share->served);
		waiter->share = share;
		waiter->tag = stake->tag;
		add_locked(waiter);
		if (!limit->armed)
			arm_locked(limit, next_turn(limit, ktime_get_ns()));
	}
	spin_unlock_bh(&limit->lock);
	return waits;
}

/* Who has waited does not any more, if it still did. Context: any but hardirq. */
void ff_limit_call_off(struct ff_waiter *waiter)
{
	struct ff_limit *limit = waiter->share->limit;

	spin_lock_bh(&limit->lock);
	if (!RB_EMPTY_NODE(&waiter->node))
		remove_locked(waiter);
	spin_unlock_bh(&limit->lock);
}

/* Who waits tries again at once: what was waited for is past. */
static void change(struct ff_limit *limit, u64 rate, u64 burst)
{
	u64 slack = rate ? cost(burst, rate) : 0;

	spin_lock_bh(&limit->lock);
	WRITE_ONCE(limit->rate, rate);
	WRITE_ONCE(limit->slack, slack);
	WRITE_ONCE(limit->turn, turn_of(rate, burst));
	limit->burst = burst;
	/* No debt, and no burst that was not saved up. */
	atomic64_set(&limit->due, ktime_get_ns() + slack);
	/* The timer is also set when those who waited have left. */
	if (limit->armed)
		arm_locked(limit, 0);
	spin_unlock_bh(&limit->lock);
}

static void enlist_locked(struct ff_limit *limit)
{
	lockdep_assert_held(&set_lock);
	if (!ff_limit_is_set(limit) && !ff_limit_has_weight(limit)) {
		list_del_init(&limit->node);
	} else if (list_empty(&limit->node)) {
		limit->id = ++last_id;
		list_add_tail(&limit->node, &set_limits);
	}
}

/**
 * ff_limit_set() - limit, limit anew, or give a weight
 * @limit: the limit
 * @terms: rate in bytes a second, FREEFLOW_LIMIT_RATE_MIN to _MAX; burst in bytes,
 *         up to FREEFLOW_LIMIT_BURST_MAX; weight up to FREEFLOW_LIMIT_WEIGHT_MAX
 *
 * Context: may sleep.
 */
void ff_limit_set(struct ff_limit *limit, const struct ff_limit_terms *terms)
{
	mutex_lock(&set_lock);
	if (terms->rate)
		change(limit, terms->rate, terms->burst);
	if (terms->weight)
		WRITE_ONCE(limit->weight, terms->weight);
	enlist_locked(limit);
	mutex_unlock(&set_lock);
}

/**
 * ff_limit_clear() - limit no more, and forget a weight; what waits goes
 * @limit: the limit
 *
 * Context: may sleep.
 * Return: 0, or -ENOENT when nothing was set.
 */
int ff_limit_clear(struct ff_limit *limit)
{
	int err = -ENOENT;

	mutex_lock(&set_lock);
	if (!list_empty(&limit->node)) {
		change(limit, 0, 0);
		WRITE_ONCE(limit->weight, FREEFLOW_LIMIT_WEIGHT_DEFAULT);
		enlist_locked(limit);
		err = 0;
	}
	mutex_unlock(&set_lock);
	return err;
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

/* @weight: of whose share it is, which stays as long; 1 or more */
void ff_share_init(struct ff_share *share, struct ff_limit *limit,
		   const u32 *weight)
{
	*share = (struct ff_share) {
		.limit = limit,
		.weight = weight,
		.waiters = RB_ROOT_CACHED,
	};
	RB_CLEAR_NODE(&share->node);
}

void ff_stake_init(struct ff_stake *stake, struct ff_share *share)
{
	*stake = (struct ff_stake) { .share = share };
}

void ff_limit_init(struct ff_limit *limit, enum ff_limit_scope scope)
{
	*limit = (struct ff_limit) {
		.scope = scope,
		.shares = RB_ROOT_CACHED,
		.weight = FREEFLOW_LIMIT_WEIGHT_DEFAULT,
	};
	ff_share_init(&limit->whole, limit, &whole_weight);
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
