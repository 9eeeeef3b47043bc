/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queue pairs. The program is given the lower QP's number; the addresses it
 * sets and reads back are virtual ones.
 */
#ifndef FF_QP_H
#define FF_QP_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <rdma/ib_user_verbs.h>

#include "event.h"
#include "flow.h"
#include "hold.h"
#include "object.h"
#include "peer.h"
#include "rq.h"

struct ff_cmd;
struct ff_counts;
struct ff_cq;
struct ff_meter;
struct ff_pd;
struct ff_ring_sq;
struct ff_sources;
struct ff_srq;

struct ff_qp {
	struct ff_obj obj;
	struct ib_qp *lower;	/* NULL under lock once destroyed; see facts_lock */
	u32 qpn;		/* its number */
	struct ff_pd *pd;
	struct ff_cq *send_cq;
	struct ff_cq *recv_cq;
	struct ff_srq *srq;	/* or NULL */
	struct ib_qp_cap cap;
	struct ff_post_buffer send_buffer;
	struct ff_flow flow;
	struct ff_hold hold;
	bool signal_all;	/* also requests that do not ask for it */
	struct ff_ring_sq *ring_sq;	/* of the ring data path */
	struct ff_rq *rq;	/* where its receives are: own_rq, or of its SRQ */
	struct ff_rq own_rq;
	struct ff_sources *sources;	/* counted: of a UD QP */
	struct ff_counts __percpu *counts;	/* its device's, or its own */
	struct ff_meter *meter;		/* see qp-meter.h */
	u32 qkey;			/* as the program set it */

	spinlock_t mws_lock;	/* protects it */
	struct list_head mws;	/* windows that its requests are at work on */

	struct mutex mcast_lock;	/* protects both; never under the rtnl lock */
	struct list_head mcasts;	/* struct ff_mcast */
	u32 mcast_count;

	struct delayed_work look;	/* see qp-look.h */

	/*
	 * Serialises changes. Who has it may wait for another host or, without end,
	 * for memory of the program: it is for commands of the program.
	 */
	struct mutex lock;
	struct ff_peer peer;
	struct ib_uverbs_qp_dest dest;	/* as the program set it */
	u32 dest_qpn;
	bool is_beside;		/* the peer is at the same lower device */
	struct ff_event_source events;

	/* Inside lock, for moments; what follows changes under both. */
	struct mutex facts_lock;
	bool leaving;		/* the lower QP is, and so may the device be */
	u8 tclass;		/* of the lower QP */
	u8 sl;
};

struct ff_qp_info {
	u32 qpn;
	enum ib_qp_type type;
	enum ib_qp_state state;
	bool connected;		/* then what follows is set */
	u32 dest_qpn;
	struct in6_addr addr;	/* of the peer, virtual */
	struct in6_addr host;	/* where its route led */
	u8 tclass;
	u8 sl;
};

extern const struct ff_obj_kind ff_qp_kind;

static inline struct ff_qp *to_ff_qp(struct ff_peer *peer)
{
	return container_of(peer, struct ff_qp, peer);
}

bool ff_qp_hold(struct ff_qp *qp);
void ff_qp_release(struct ff_qp *qp);
int ff_qp_to_error(struct ff_qp *qp);
void ff_qp_fail_if_moved(struct ff_qp *qp);
void ff_qp_modified(struct ff_qp *qp, const struct ib_uverbs_modify_qp *req);
int ff_qp_has_failed(const struct ff_qp *qp);
int ff_qp_describe(struct ff_qp *qp, struct ff_qp_info *info);

int ff_qp_cmd_create(struct ff_cmd *cmd);
int ff_qp_cmd_create_ex(struct ff_cmd *cmd);
int ff_qp_cmd_modify(struct ff_cmd *cmd);
int ff_qp_cmd_modify_ex(struct ff_cmd *cmd);
int ff_qp_cmd_query(struct ff_cmd *cmd);
int ff_qp_cmd_destroy(struct ff_cmd *cmd);

#endif /* FF_QP_H */
