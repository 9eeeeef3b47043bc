/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared receive queues. */
#ifndef FF_SRQ_H
#define FF_SRQ_H

#include <linux/mutex.h>

#include "event.h"
#include "object.h"
#include "rq.h"

struct ff_cmd;
struct ff_pd;

struct ff_srq {
	struct ff_obj obj;
	struct ib_srq *lower;
	struct ff_pd *pd;
	struct mutex lock;	/* serialises changes of its size and headers */
	struct ff_rq rq;
	struct ff_event_source events;
};

extern const struct ff_obj_kind ff_srq_kind;

int ff_srq_use_headers(struct ff_srq *srq);

int ff_srq_cmd_create(struct ff_cmd *cmd);
int ff_srq_cmd_create_x(struct ff_cmd *cmd);
int ff_srq_cmd_modify(struct ff_cmd *cmd);
int ff_srq_cmd_query(struct ff_cmd *cmd);
int ff_srq_cmd_destroy(struct ff_cmd *cmd);

#endif /* FF_SRQ_H */
