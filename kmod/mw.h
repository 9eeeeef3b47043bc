/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory windows: keys that a program opens over a part of a memory region, and
 * closes again, by requests in a send queue.
 *
 * Kernel verbs have none. A window is a fast registration MR of the lower device
 * over the pages of the region: binding is its registration, which names the
 * key, and unbinding its invalidation. Its pages may change only while the
 * lower device surely knows it as invalid, so one request at a time is at work
 * on a window, from ff_mw_begin_bind() or ff_mw_begin_invalidate() to
 * ff_mw_settle(). A bound one keeps its region from going. One that a peer
 * invalidated does not, but keeps its pages until a request of the module's has
 * invalidated it, too.
 *
 * Locks: that of the CQ, of the window, of the QP's list.
 */
#ifndef FF_MW_H
#define FF_MW_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <rdma/ib_verbs.h>

#include "object.h"

struct ff_cmd;
struct ff_mr;
struct ff_mw_pages;
struct ff_pd;
struct ff_qp;

/* Pages that a window is over at most; the memory that each one takes. */
#define FF_MW_PAGES 512

/* Accesses that a window gives. */
#define FF_MW_WRITES (IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_ATOMIC)
#define FF_MW_ACCESS (FF_MW_WRITES | IB_ACCESS_REMOTE_READ)

enum ff_mw_state {
	FF_MW_FREE,
	FF_MW_BINDING,
	FF_MW_BOUND,
	FF_MW_UNBINDING,
	FF_MW_LOST,	/* whether it was bound is not known, and it ends so */
};

struct ff_mw {
	struct ff_obj obj;
	struct ff_pd *pd;	/* counted as dependent */
	enum ib_mw_type type;
	struct ib_mr *lower;
	u32 max_pages;

	spinlock_t lock;	/* protects what follows */
	enum ff_mw_state state;
	u32 rkey;		/* by which the program names it */
	u32 next_rkey;		/* when the request at work is done */
	u32 last_key;		/* the lower key before the last bind */
	struct ff_qp *qp;	/* whose request is or was last at work on it */
	u64 id;			/* of the request */
	bool overtaken;		/* a peer has invalidated already what it binds */
	struct list_head at_work;	/* of the QP, while it is */
	struct ff_mr *mr;	/* counted as dependent: what it is bound to, or NULL */
	struct ff_mw_pages *pages;	/* that its lower key may open, or NULL */
};

/* What a bind request asks for. */
struct ff_mw_bind {
	u64 addr;
	u64 length;
	u32 lkey;
	u32 mw_rkey;	/* the window, by the key that it has */
	u32 rkey;	/* the key that it gets */
	u32 access;
};

extern const struct ff_obj_kind ff_mw_kind;

struct ff_mw *ff_mw_get(struct ff_pd *pd, u32 rkey);
int ff_mw_begin_bind(struct ff_mw *mw, struct ff_qp *qp, u64 id,
		     const struct ff_mw_bind *bind);
int ff_mw_begin_invalidate(struct ff_mw *mw, struct ff_qp *qp, u64 id,
			   u32 rkey);
void ff_mw_cancel(struct ff_mw *mw);
void ff_mw_settle(struct ff_qp *qp, u32 rkey, u64 id, bool done);
void ff_mw_forget(struct ff_qp *qp);
void ff_mw_invalidated(struct ff_qp *qp, u32 rkey);

int ff_mw_cmd_alloc(struct ff_cmd *cmd);
int ff_mw_cmd_dealloc(struct ff_cmd *cmd);

#endif /* FF_MW_H */
