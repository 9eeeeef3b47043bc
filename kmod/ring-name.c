// SPDX-License-Identifier: GPL-2.0-only
#include <linux/xarray.h>
#include <rdma/ib_mad.h>

#include "ring-name.h"
#include "ring-rq.h"

/* By number of the lower device and of the QP. */
static DEFINE_XARRAY(by_name);

static unsigned long name_of(const struct ib_device *ibdev, u32 qpn)
{
	return (unsigned long)ibdev->index << 24 | qpn;
}

/* The queue is that of this QP's receives, until ff_ring_name_del(). */
int ff_ring_name_add(struct ff_ring_rq *rq, const struct ib_qp *lower)
{
	return xa_err(xa_store(&by_name, name_of(lower->device, lower->qp_num),
			       rq, GFP_KERNEL_ACCOUNT));
}

void ff_ring_name_del(const struct ib_qp *lower)
{
	xa_erase(&by_name, name_of(lower->device, lower->qp_num));
}

/**
 * ff_ring_name_take() - a message is about to be sent to a QP
 * @ibdev: the lower device that it is sent from, and to
 * @qpn: the QP's number
 *
 * A program that posted a receive and told the sender by other means may have
 * been faster than the timer.
 *
 * Context: may sleep.
 */
void ff_ring_name_take(const struct ib_device *ibdev, u32 qpn)
{
	struct ff_ring_rq *rq;
	bool late;

	rcu_read_lock();
	rq = xa_load(&by_name, name_of(ibdev, qpn & IB_QPN_MASK));
	late = rq && ff_ring_rq_hold_late(rq);
	rcu_read_unlock();
	if (late)
		ff_ring_rq_await(rq);
}
