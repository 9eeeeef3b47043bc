/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completion queues.
 *
 * A completion names its lower QP by pointer, which dangles once that QP is
 * gone. While a QP goes, from ff_cq_begin_removal() to ff_cq_end_removal(), its
 * completions are dropped by that pointer, which no new QP of the CQ can get
 * meanwhile. At the end the data path takes all completions out of the lower CQ
 * and keeps those of others for the program. So it may be when a QP is emptied.
 */
#ifndef FF_CQ_H
#define FF_CQ_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <rdma/ib_verbs.h>

#include "backlog.h"
#include "event.h"
#include "object.h"
#include "ring-cq.h"

struct ff_cmd;
struct ff_qp;
struct ib_uverbs_wc;

/* Completions that are taken from the lower CQ at once. */
#define FF_CQ_BATCH FF_BACKLOG_BATCH

struct ff_cq {
	struct ff_obj obj;
	struct ib_cq *lower;
	u32 cqe;
	/* Held while a lower QP is made or unmade on it, and to resize it. */
	struct mutex qps;
	u64 requests;		/* that those hold at most; under qps */
	spinlock_t lock;		/* protects polling and what follows */
	struct ff_qp *gone;	/* the QP that goes, or NULL */
	/*
	 * Where the lower CQ puts them. What a driver leaves out is of an earlier
	 * one of this CQ, and nobody else's.
	 */
	struct ib_wc polled[FF_CQ_BATCH];
	union {
		struct ff_backlog backlog;	/* of the syscall data path */
		struct ff_ring_cq ring;		/* of the ring data path */
	};
	struct ff_event_queue *channel;	/* counted, or NULL */
	struct ff_event_source completions;
	struct ff_event_source errors;
};

extern const struct ff_obj_kind ff_cq_kind;

void ff_cq_translate(struct ib_uverbs_wc *out, const struct ib_wc *wc);
void ff_cq_account(struct ff_qp *qp, const struct ib_uverbs_wc *wc);
bool ff_cq_is_gone(const struct ff_cq *cq, const struct ib_wc *wc);
u64 ff_cq_forget(const struct ff_cq *cq, const struct ib_wc *wc);
void ff_cq_raise(struct ff_cq *cq);
void ff_cq_overrun(struct ff_cq *cq);
void ff_cq_begin_removal(struct ff_cq *cq, struct ff_qp *gone);
void ff_cq_end_removal(struct ff_cq *cq);
u32 ff_cq_lower_cqe(const struct ff_cq *cq, u32 cqe);
void ff_cq_sweep(struct ff_cq *cq);
void ff_cq_drop_qp(struct ff_cq *cq, u32 qp_num);
void ff_cq_make_room(struct ff_cq *cq, u32 count);
int ff_cq_resize_lower(struct ff_cq *cq, u32 cqe);

int ff_cq_cmd_create(struct ff_cmd *cmd);
int ff_cq_cmd_create_ex(struct ff_cmd *cmd);
int ff_cq_cmd_resize(struct ff_cmd *cmd);
int ff_cq_cmd_destroy(struct ff_cmd *cmd);
int ff_cq_cmd_req_notify(struct ff_cmd *cmd);

#endif /* FF_CQ_H */
