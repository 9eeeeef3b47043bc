/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receive queues of the ring data path, a QP's own or an SRQ.
 *
 * The program puts receives into the ring and tells nobody. They are taken to
 * the lower queue at every doorbell, completion and change of state; where that
 * may be too late, as ring-look.h has it. A sender on the same host has its peer's
 * queue looked at first, and waits a moment for receives that cannot be taken
 * without sleeping.
 *
 * Lower queues hand out receives in the order in which they were posted. So a
 * completion tells how far the queue has been emptied, also when a QP of an SRQ
 * went with a receive that it had begun to fill.
 */
#ifndef FF_RING_RQ_H
#define FF_RING_RQ_H

#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct ff_file;
struct ff_ring;
struct ff_ring_recvs;
struct ff_rq;
struct ib_uverbs_wc;

/* Tells a receive from a send in the wr_id of a lower request. */
#define FF_RING_RECV BIT_ULL(63)

enum ff_ring_watch {
	FF_RING_UNWATCHED,
	FF_RING_LOOKED_AT,	/* by the timer */
	FF_RING_HIDDEN,
};

struct ff_ring_rq {
	struct kref ref;		/* the memory */
	struct ff_ring *ring;
	struct ff_rq *rq;
	u32 max_wr;			/* that the program asked for */

	spinlock_t lock;		/* protects what follows, in any context */
	bool open;			/* the lower queue takes receives */
	bool sleeper;			/* one who may sleep takes, no other may */
	u32 late;			/* those who do or will, with work to do */
	bool too_late;			/* a sender has waited for them in vain */
	u64 posted;			/* entries taken: the next one's number */
	u64 reached;			/* entries that the lower queue handed out */
	u64 base;			/* number of the entry at index 0 */
	struct ff_ring_recvs *recvs;	/* those that the lower queue has */
	struct ff_ring_recvs *copy;	/* of another size, while it is made */

	u32 touches;			/* of the ring by the program */
	u32 fruitful_touches;		/* those until entries were last taken */
	enum ff_ring_watch watch;
	unsigned int looks;		/* of the timer, in vain */
	struct hrtimer timer;
	struct work_struct hide;

	struct mutex taking;		/* who may sleep over it takes */
	struct delayed_work take_later;
	wait_queue_head_t in_time;	/* senders wait till none is late */
	struct rcu_head rcu;
};

struct ff_ring *ff_ring_rq_alloc_ring(struct ff_file *file,
				      const struct ff_rq *lower, u32 max_wr);
struct ff_ring_rq *ff_ring_rq_create(struct ff_file *file, struct ff_rq *lower,
				     u32 max_wr);
int ff_ring_rq_resize(struct ff_ring_rq *rq, struct ff_ring *ring, u32 max_wr);
void ff_ring_rq_close(struct ff_ring_rq *rq);
void ff_ring_rq_free(struct ff_ring_rq *rq);
void ff_ring_rq_open(struct ff_ring_rq *rq);
void ff_ring_rq_reset(struct ff_ring_rq *rq);
void ff_ring_rq_take(struct ff_ring_rq *rq);
void ff_ring_rq_take_now(struct ff_ring_rq *rq);

bool ff_ring_rq_hold_late(struct ff_ring_rq *rq);
void ff_ring_rq_await(struct ff_ring_rq *rq);
void ff_ring_rq_complete(struct ff_ring_rq *rq, struct ib_uverbs_wc *wc);

#endif /* FF_RING_RQ_H */
