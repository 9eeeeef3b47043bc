/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between data paths: what a device announces, and so which provider
 * of libibverbs is loaded for it, and how posts and completions travel. Nothing
 * else knows which data path is in use.
 */
#ifndef FF_ABI_H
#define FF_ABI_H

#include <linux/types.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include <uapi/freeflow.h>

enum ib_qp_state;
struct ff_cmd;
struct ff_cq;
struct ff_qp;
struct ff_srq;
struct ib_device;

struct ff_abi {
	enum rdma_driver_id driver_id;
	u32 version;
	bool windows;	/* requests may bind memory windows */
	bool asks_for_more;	/* completions than the program did */

	/* Commands; NULL: EOPNOTSUPP, the provider does without. */
	int (*poll_cq)(struct ff_cmd *cmd);
	int (*post_recv)(struct ff_cmd *cmd);
	int (*post_send)(struct ff_cmd *cmd);
	int (*post_srq_recv)(struct ff_cmd *cmd);

	/*
	 * What the data path keeps for a CQ: made after the lower CQ, with an
	 * answer to the provider behind the core's, and destroyed before it.
	 * May sleep.
	 */
	int (*create_cq)(struct ff_cq *cq, struct ff_cmd *cmd);
	void (*destroy_cq)(struct ff_cq *cq);
	/*
	 * Gives the CQ another size, by ff_cq_resize_lower(), and an answer to
	 * the provider; -EINVAL if what waits does not fit in. May sleep; under
	 * cq->qps.
	 */
	int (*resize_cq)(struct ff_cq *cq, struct ff_cmd *cmd, u32 cqe);
	/* The program wants an event; may sleep. */
	void (*notify_cq)(struct ff_cq *cq, bool solicited_only);
	/* The lower CQ has completions that were asked for. Context: any. */
	void (*complete_cq)(struct ff_cq *cq);
	/* Takes all completions out of the lower CQ; may sleep, see cq.h. */
	void (*sweep_cq)(struct ff_cq *cq);
	/*
	 * Drops what was taken of a QP that is gone and the program has not polled.
	 * May sleep. NULL: that is in the program's own memory.
	 */
	void (*drop_qp)(struct ff_cq *cq, u32 qp_num);

	/*
	 * What the data path keeps for a QP, and for an SRQ: made after the lower
	 * one, with an answer to the provider. Closed before the lower one goes,
	 * and freed when it is gone. May sleep.
	 */
	int (*create_qp)(struct ff_qp *qp, struct ff_cmd *cmd);
	void (*close_qp)(struct ff_qp *qp);
	void (*free_qp)(struct ff_qp *qp);
	int (*create_srq)(struct ff_srq *srq, struct ff_cmd *cmd, u32 max_wr);
	void (*close_srq)(struct ff_srq *srq);
	void (*free_srq)(struct ff_srq *srq);
	/* What the program posted until now is to go down. May sleep. */
	void (*take_srq)(struct ff_srq *srq);
	/*
	 * A message to a QP of the same lower device is about to be sent, the QP's
	 * number to be told, or it came into another state: what its program posted
	 * until now is to go down. NULL: it has. Sleeps, but not for long.
	 */
	void (*take_receives)(const struct ib_device *lower, u32 qpn);
	/* The lower one takes another number of receives. May sleep; one at a time. */
	int (*resize_srq)(struct ff_srq *srq, struct ff_cmd *cmd, u32 max_wr);
	/*
	 * Whether sends that a limit refuses are held (hold.h), or stay where the
	 * program put them; and how they are taken up again. Under flow->lock.
	 */
	bool holds_sends;
	void (*resume_sends)(struct ff_qp *qp);
	/* Answers the provider to CREATE_AH. May sleep. */
	int (*answer_ah)(struct ff_cmd *cmd, u32 handle);
	/* The QP came into a state. May sleep; under qp->lock. */
	void (*modified_qp)(struct ff_qp *qp, enum ib_qp_state state);
};

const struct ff_abi *ff_abi_find(enum freeflow_datapath datapath);

#endif /* FF_ABI_H */
