/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completion queues.
 *
 * A completion names its lower QP by pointer, which dangles once that QP is
 * gone. While a QP goes, from ff_cq_begin_removal() to ff_cq_end_removal(), its
 * completions are dropped by that pointer, which no new QP of the CQ can get
 * meanwhile. The end sweeps the lower CQ: what others have there goes into a
 * backlog, from which polls are served first.
 */
#ifndef FF_CQ_H
#define FF_CQ_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "event.h"
#include "object.h"

struct ff_cmd;
struct ib_uverbs_wc;

/* Completions that one call of ff_cq_poll() takes at most. */
#define FF_CQ_BATCH 8

struct ff_cq {
	struct ff_obj obj;
	struct ib_cq *lower;
	u32 cqe;
	struct mutex qps;	/* held while a lower QP is made or unmade on it */
	spinlock_t lock;		/* protects polling, gone and the backlog */
	const struct ib_qp *gone;	/* the QP that goes, or NULL */
	struct list_head backlog;	/* struct ff_cq_page */
	u32 backlog_len;
	struct ff_event_queue *channel;	/* counted, or NULL */
	struct ff_event_source completions;
	struct ff_event_source errors;
};

extern const struct ff_obj_kind ff_cq_kind;

u32 ff_cq_poll(struct ff_cq *cq, struct ib_uverbs_wc *wc, u32 count);
void ff_cq_begin_removal(struct ff_cq *cq, const struct ib_qp *gone);
void ff_cq_end_removal(struct ff_cq *cq);

int ff_cq_cmd_create(struct ff_cmd *cmd);
int ff_cq_cmd_create_ex(struct ff_cmd *cmd);
int ff_cq_cmd_destroy(struct ff_cmd *cmd);
int ff_cq_cmd_req_notify(struct ff_cmd *cmd);

#endif /* FF_CQ_H */
