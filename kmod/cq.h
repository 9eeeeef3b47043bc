/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completion queues.
 *
 * A completion names its lower QP by pointer, so none may be left in the lower
 * CQ when that QP goes: ff_cq_sweep() then takes all out into a backlog, from
 * which polls are served first.
 */
#ifndef FF_CQ_H
#define FF_CQ_H

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
	spinlock_t lock;		/* protects polling and the backlog */
	struct list_head backlog;	/* struct ff_cq_page */
	u32 backlog_len;
	struct ff_event_queue *channel;	/* counted, or NULL */
	struct ff_event_source completions;
	struct ff_event_source errors;
};

extern const struct ff_obj_kind ff_cq_kind;

u32 ff_cq_poll(struct ff_cq *cq, struct ib_uverbs_wc *wc, u32 count);
void ff_cq_sweep(struct ff_cq *cq, const struct ib_qp *gone);

int ff_cq_cmd_create(struct ff_cmd *cmd);
int ff_cq_cmd_destroy(struct ff_cmd *cmd);
int ff_cq_cmd_req_notify(struct ff_cmd *cmd);

#endif /* FF_CQ_H */
