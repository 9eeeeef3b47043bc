// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "abi.h"
#include "dev.h"
#include "file.h"
#include "flow.h"
#include "hold.h"
#include "meter.h"
#include "netns.h"
#include "qp.h"
#include "qp-look.h"

static struct ff_qp *to_qp(struct ff_flow *flow)
{
	return container_of(flow, struct ff_qp, flow);
}

static void resume_locked(struct ff_flow *flow)
{
	struct ff_qp *qp = to_qp(flow);

	lockdep_assert_held(&flow->lock);
	qp->obj.file->abi->resume_sends(qp);
}

/* Waits no more. */
static void leave_locked(struct ff_flow *flow)
{
	lockdep_assert_held(&flow->lock);
	if (!flow->waits_in)
		return;
	ff_limit_call_off(&flow->waiter);
	WRITE_ONCE(flow->waits_in, NULL);
	ff_count_many(READ_ONCE(to_qp(flow)->counts),
		      FREEFLOW_STAT_TALLY_THROTTLED_NS,
		      ktime_get_ns() - flow->since);
}

/* What all of them give in a turn. */
static u64 turn_bytes(const struct ff_flow *flow)
{
	u64 bytes = FF_LIMIT_MESSAGE_MAX;
	int i;

	for (i = 0; i < FF_FLOW_LIMITS; i++) {
		u64 given = flow->stakes[i].turn;

		if (ff_limit_is_set(flow->limits[i]))
			bytes = min(bytes, given ?:
					   READ_ONCE(flow->limits[i]->turn));
	}
	return bytes;
}

static void turn(struct ff_waiter *waiter, u64 bytes)
{
	struct ff_flow *flow = container_of(waiter, struct ff_flow, waiter);
	struct ff_stake *stake;

	spin_lock_bh(&flow->lock);
	stake = flow->waits_in;
	/* It may wait again, or no more. */
	if (stake) {
		leave_locked(flow);
		stake->turn = bytes;
		resume_locked(flow);
	}
	spin_unlock_bh(&flow->lock);
}

/* What is left of its turns is not used. Under flow->lock. */
void ff_flow_rest(struct ff_flow *flow)
{
	int i;

	lockdep_assert_held(&flow->lock);
	for (i = 0; i < FF_FLOW_LIMITS; i++)
		flow->stakes[i].turn = 0;
}

/* In the first limit that lets nothing pass, or NULL. */
static struct ff_stake *refuser(struct ff_flow *flow, u64 now)
{
	int i;

	for (i = 0; i < FF_FLOW_LIMITS; i++) {
		const struct ff_limit *limit = flow->limits[i];
		struct ff_stake *stake = &flow->stakes[i];

		if (ff_limit_is_set(limit) &&
		    (ff_limit_is_used_up(limit, now) ||
		     (!stake->turn && ff_limit_is_awaited(limit))))
			return stake;
	}
	return NULL;
}

/* Returns the bytes that were paid for: none where there is no limit. */
static u64 pay_locked(struct ff_flow *flow, u64 bytes, u64 now)
{
	u64 paid = 0;
	int i;

	lockdep_assert_held(&flow->lock);
	for (i = 0; i < FF_FLOW_LIMITS; i++)
		if (ff_limit_is_set(flow->limits[i])) {
			ff_limit_pay(&flow->stakes[i], bytes, now);
			paid = bytes;
		}
	return paid;
}

static bool wait_locked(struct ff_flow *flow, struct ff_stake *stake, u64 bytes,
			u64 now)
{
	struct ff_qp *qp = to_qp(flow);

	lockdep_assert_held(&flow->lock);
	flow->refused = bytes;
	flow->since = now;
	/* Before its turn can come. */
	WRITE_ONCE(flow->waits_in, stake);
	if (ff_limit_wait(stake, &flow->waiter)) {
		ff_alert_raise(qp->obj.file->dev, FF_ALERT_LIMIT, qp->qpn, 0);
		smp_mb();	/* pairs with ff_flow_completed() */
		if (READ_ONCE(flow->suspect))
			ff_qp_look(qp);
		return true;
	}
	WRITE_ONCE(flow->waits_in, NULL);
	return false;
}

/* Returns whether the bytes may pass, and how many of them are paid for. */
static bool take_locked(struct ff_flow *flow, u64 bytes, u64 *paid)
{
	struct ff_stake *stake;
	u64 now;

	lockdep_assert_held(&flow->lock);
	*paid = 0;
	if (!flow->paced)
		return true;
	if (flow->paid) {
		*paid = min(flow->paid, bytes);
		flow->paid -= *paid;
		if (bytes > *paid)
			*paid += pay_locked(flow, bytes - *paid, ktime_get_ns());
		return true;
	}
	do {
		now = ktime_get_ns();
		stake = refuser(flow, now);
		if (!stake) {
			*paid = pay_locked(flow, bytes, now);
			return true;
		}
	} while (!wait_locked(flow, stake, bytes, now));
	return false;
}

/**
 * ff_flow_take() - may a request go down?
 * @flow: of its QP, which waits in no limit
 * @bytes: that it is about
 *
 * If it may not, the QP waits, and ff_abi.resume_sends is called when it is
 * worth trying again.
 *
 * Context: any but hardirq; under flow->lock.
 * Return: true when it may; it is paid for then.
 */
bool ff_flow_take(struct ff_flow *flow, u64 bytes)
{
	u64 paid;

	return take_locked(flow, min_t(u64, bytes, FF_LIMIT_MESSAGE_MAX), &paid);
}

/**
 * ff_flow_grant() - take for who will come later
 * @flow: of a QP whose turn has come
 *
 * What a turn is worth is paid for now, so that others of the same limit find out
 * at once, and passes when ff_flow_take() is called later.
 *
 * Context: any but hardirq; under flow->lock.
 * Return: false when the QP has to wait again.
 */
bool ff_flow_grant(struct ff_flow *flow)
{
	u64 paid, bytes = max(flow->refused, turn_bytes(flow));

	lockdep_assert_held(&flow->lock);
	if (!take_locked(flow, bytes, &paid))
		return false;
	flow->paid += paid;
	return true;
}

/**
 * ff_flow_stall() - what is held is to be tried again
 * @flow: of its QP
 * @has_room: whether there is more to do now; else the lower queue has no room,
 *            and a completion will tell of it, but requests that complete without a
 *            word do not
 *
 * Context: any but hardirq; under flow->lock.
 */
void ff_flow_stall(struct ff_flow *flow, bool has_room)
{
	lockdep_assert_held(&flow->lock);
	WRITE_ONCE(flow->stalled, true);
	if (has_room)
		ff_qp_look(to_qp(flow));
	else
		ff_qp_look_again(to_qp(flow));
}

/**
 * ff_flow_modified() - the QP came into a state
 * @qp: the QP
 * @state: the state
 *
 * In ERR what waits goes down to be flushed, in RESET it is forgotten.
 *
 * Context: may sleep; under qp->lock.
 */
void ff_flow_modified(struct ff_qp *qp, enum ib_qp_state state)
{
	struct ff_flow *flow = &qp->flow;

	spin_lock_bh(&flow->lock);
	flow->paced = state == IB_QPS_RTS || state == IB_QPS_SQD;
	flow->open = flow->paced || state == IB_QPS_SQE || state == IB_QPS_ERR;
	if (!flow->paced) {
		leave_locked(flow);
		flow->paid = 0;
	}
	if (state == IB_QPS_RESET) {
		WRITE_ONCE(flow->suspect, false);
		ff_hold_drop(qp);
	}
	if (state != IB_QPS_RESET && !flow->paced)
		resume_locked(flow);
	spin_unlock_bh(&flow->lock);
}

/**
 * ff_flow_look() - a completion told of an error, or makes room for what stalled
 * @qp: the QP
 *
 * Context: may sleep; under qp->lock.
 */
void ff_flow_look(struct ff_qp *qp)
{
	struct ff_flow *flow = &qp->flow;
	int failed;

	lockdep_assert_held(&qp->lock);
	WRITE_ONCE(flow->suspect, false);
	smp_mb();	/* before the state is asked for */
	failed = ff_qp_has_failed(qp);
	if (failed < 0) {
		WRITE_ONCE(flow->suspect, true);
		ff_qp_look_again(qp);
	} else if (failed) {
		ff_flow_modified(qp, IB_QPS_ERR);
	} else {
		spin_lock_bh(&flow->lock);
		if (flow->stalled)
			resume_locked(flow);
		spin_unlock_bh(&flow->lock);
	}
}

/* The QP sends no more; what waits is forgotten. Context: may sleep. */
void ff_flow_close(struct ff_qp *qp)
{
	spin_lock_bh(&qp->flow.lock);
	leave_locked(&qp->flow);
	ff_hold_drop(qp);
	spin_unlock_bh(&qp->flow.lock);
	ff_limit_exit(&qp->flow.own);
}

/* @file: of the QP; bound to its lower device */
void ff_flow_init(struct ff_flow *flow, struct ff_file *file)
{
	struct ff_dev *dev = file->dev;
	struct ff_share *shares[FF_FLOW_LIMITS] = {
		[FF_LIMIT_OF_QP] = &flow->own.whole,
		[FF_LIMIT_OF_DEV] = &dev->limit.whole,
		[FF_LIMIT_OF_NETNS] = &dev->net->limit.whole,
		[FF_LIMIT_OF_LOWER] = file->lower_share,
	};
	int i;

	ff_limit_init(&flow->own, FF_LIMIT_OF_QP);
	for (i = 0; i < FF_FLOW_LIMITS; i++) {
		flow->limits[i] = shares[i]->limit;
		ff_stake_init(&flow->stakes[i], shares[i]);
	}
	spin_lock_init(&flow->lock);
	flow->waiter.turn = turn;
	RB_CLEAR_NODE(&flow->waiter.node);
}
