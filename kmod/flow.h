/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a QP sends, under the limits of the QP, its device, its network namespace
 * and its lower device: all must let it pass. Without one that is set, and with
 * nothing that waits, sends do not come here (ff_flow_is_free()).
 */
#ifndef FF_FLOW_H
#define FF_FLOW_H

#include <linux/spinlock.h>
#include <rdma/ib_verbs.h>

#include "limit.h"

struct ff_file;
struct ff_qp;

#define FF_FLOW_LIMITS 4

struct ff_flow {
	struct ff_limit own;		/* of the QP */
	struct ff_limit *limits[FF_FLOW_LIMITS];	/* by enum ff_limit_scope */

	spinlock_t lock;	/* protects what follows, and posting; a BH one */
	bool open;		/* the QP is in a state in which it may be posted to */
	bool paced;		/* and in which it sends */
	struct ff_stake *waits_in;	/* one of those below, or NULL */
	struct ff_waiter waiter;
	struct ff_stake stakes[FF_FLOW_LIMITS];
	u64 since;		/* it waits, in ns */
	u64 refused;		/* bytes that were refused last */
	u64 paid;		/* bytes that may pass, as they are paid for */
	u32 held;		/* requests that wait in our memory, see hold.h */
	bool stalled;		/* they are to be tried again, see ff_flow_stall() */
	bool suspect;		/* a completion told of an error */
};

/* Whether sends go straight down. */
static inline bool ff_flow_is_free(const struct ff_flow *flow)
{
	/* Those that were held are with the lower QP then, before these. */
	u32 held = smp_load_acquire(&flow->held);

	return !(READ_ONCE(flow->limits[FF_LIMIT_OF_QP]->rate) |
		 READ_ONCE(flow->limits[FF_LIMIT_OF_DEV]->rate) |
		 READ_ONCE(flow->limits[FF_LIMIT_OF_NETNS]->rate) |
		 READ_ONCE(flow->limits[FF_LIMIT_OF_LOWER]->rate) | held);
}

static inline bool ff_flow_waits(const struct ff_flow *flow)
{
	return READ_ONCE(flow->waits_in);
}

/* Whether ff_flow_look() has something to look at. */
static inline bool ff_flow_is_suspect(const struct ff_flow *flow)
{
	return READ_ONCE(flow->suspect) || READ_ONCE(flow->stalled);
}

/*
 * A completion of the QP came. When it tells of an error, what waits, now or
 * later, is to be flushed. Context: any.
 *
 * Return: whether the flow needs a look.
 */
static inline bool ff_flow_completed(struct ff_flow *flow,
				     enum ib_wc_status status)
{
	if (unlikely(status != IB_WC_SUCCESS)) {
		WRITE_ONCE(flow->suspect, true);
		smp_mb();	/* who waits from here on finds it */
	}
	return (status != IB_WC_SUCCESS && ff_flow_waits(flow)) ||
	       READ_ONCE(flow->stalled);
}

void ff_flow_init(struct ff_flow *flow, struct ff_file *file);
bool ff_flow_take(struct ff_flow *flow, u64 bytes);
bool ff_flow_grant(struct ff_flow *flow);
void ff_flow_rest(struct ff_flow *flow);
void ff_flow_stall(struct ff_flow *flow, bool has_room);
void ff_flow_modified(struct ff_qp *qp, enum ib_qp_state state);
void ff_flow_look(struct ff_qp *qp);
void ff_flow_close(struct ff_qp *qp);

#endif /* FF_FLOW_H */
