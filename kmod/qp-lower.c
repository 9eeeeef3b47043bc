// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rcupdate.h>

#include "compat/compat.h"
#include "cq.h"
#include "file.h"
#include "pd.h"
#include "qp.h"
#include "qp-lower.h"
#include "tenant.h"

/* One lower QP at a time comes or goes on a CQ, see cq.h. */
static void lock_cqs(struct ff_qp *qp)
{
	struct ff_cq *first = min(qp->send_cq, qp->recv_cq);
	struct ff_cq *second = max(qp->send_cq, qp->recv_cq);

	mutex_lock(&first->qps);
	if (second != first)
		mutex_lock_nested(&second->qps, SINGLE_DEPTH_NESTING);
}

static void unlock_cqs(struct ff_qp *qp)
{
	mutex_unlock(&qp->send_cq->qps);
	if (qp->recv_cq != qp->send_cq)
		mutex_unlock(&qp->recv_cq->qps);
}

/* No completion of the QP is shown from here on. */
static void begin_removal(struct ff_qp *qp)
{
	ff_cq_begin_removal(qp->send_cq, qp);
	if (qp->recv_cq != qp->send_cq)
		ff_cq_begin_removal(qp->recv_cq, qp);
}

/* And none of those is left in the lower CQs. */
static void end_removal(struct ff_qp *qp)
{
	ff_cq_end_removal(qp->send_cq);
	if (qp->recv_cq != qp->send_cq)
		ff_cq_end_removal(qp->recv_cq);
}

/* Of an SRQ, none but one goes with the QP. */
static u32 recvs_of(const struct ff_qp *qp)
{
	return qp->srq ? 1 : qp->cap.max_recv_wr;
}

/**
 * ff_qp_lower_create() - make the lower QP
 * @qp: the QP, whose PD and CQs are known; its limits are, too, when this returns
 * @attr: what it is to be; is told what it has become
 *
 * Context: may sleep.
 * Return: 0, or the lower device's error; qp->lower is an error pointer then.
 */
int ff_qp_lower_create(struct ff_qp *qp, struct ib_qp_init_attr *attr)
{
	lock_cqs(qp);
	qp->lower = ib_create_qp(qp->pd->lower, attr);
	if (!IS_ERR(qp->lower)) {
		qp->cap = attr->cap;
		qp->send_cq->requests += qp->cap.max_send_wr;
		qp->recv_cq->requests += recvs_of(qp);
	}
	unlock_cqs(qp);
	return PTR_ERR_OR_ZERO(qp->lower);
}

/*
 * In ERR it takes no packets, and those that it took before are done with after a
 * grace period. Before RTR it has none. That is expedited, as a process may leave
 * thousands of QPs; it is no more to other processors than the memory that is unmapped.
 */
static int quiet_down(struct ff_qp *qp)
{
	u32 count = qp->cap.max_send_wr + recvs_of(qp);
	struct ib_qp_init_attr init_attr;
	struct ib_qp_attr attr;
	int err;

	err = ib_query_qp(qp->lower, &attr, IB_QP_STATE, &init_attr);
	if (err || attr.qp_state == IB_QPS_RESET || attr.qp_state == IB_QPS_INIT)
		return err;
	ff_cq_make_room(qp->send_cq, count);
	ff_cq_make_room(qp->recv_cq, count);
	attr.qp_state = IB_QPS_ERR;
	err = ib_modify_qp(qp->lower, &attr, IB_QP_STATE);
	if (!err)
		synchronize_rcu_expedited();
	return err;
}

/* What it completes by the way to ERR is not shown. */
static int reset_quiet(struct ff_qp *qp, struct ib_qp_attr *attr, int mask)
{
	int err;

	begin_removal(qp);
	err = quiet_down(qp) ?: ib_modify_qp(qp->lower, attr, mask);
	end_removal(qp);
	return err;
}

/* What the lower QP has completed is taken out of its CQs, for the program. */
static void sweep(struct ff_qp *qp)
{
	ff_cq_sweep(qp->send_cq);
	if (qp->recv_cq != qp->send_cq)
		ff_cq_sweep(qp->recv_cq);
}

/**
 * ff_qp_lower_reset() - move the lower QP to RESET
 * @qp: the QP, which may go there
 * @attr: as for ib_modify_qp()
 * @mask: as for ib_modify_qp()
 *
 * It is empty then, and so are its lower CQs of what it completed before.
 *
 * Context: may sleep; under qp->lock.
 * Return: 0, or the lower device's error.
 */
int ff_qp_lower_reset(struct ff_qp *qp, struct ib_qp_attr *attr, int mask)
{
	int err;

	lockdep_assert_held(&qp->lock);
	lock_cqs(qp);
	if (ff_wants_quiet_qps(qp->lower->device)) {
		sweep(qp);
		err = reset_quiet(qp, attr, mask);
	} else {
		err = ib_modify_qp(qp->lower, attr, mask);
		sweep(qp);
	}
	unlock_cqs(qp);
	return err;
}

/**
 * ff_qp_lower_destroy() - destroy the lower QP
 * @qp: the QP
 *
 * Rule: no completion of the QP may be left in its CQs when it is gone.
 *
 * Context: may sleep.
 */
void ff_qp_lower_destroy(struct ff_qp *qp)
{
	u32 qp_num = qp->lower->qp_num;

	ff_tenant_disown(qp->obj.file->dev, qp_num);
	lock_cqs(qp);
	begin_removal(qp);
	if (ff_wants_quiet_qps(qp->lower->device))
		quiet_down(qp);
	ib_destroy_qp(qp->lower);
	end_removal(qp);
	ff_cq_drop_qp(qp->send_cq, qp_num);
	ff_cq_drop_qp(qp->recv_cq, qp_num);
	qp->send_cq->requests -= qp->cap.max_send_wr;
	qp->recv_cq->requests -= recvs_of(qp);
	unlock_cqs(qp);
}
