// SPDX-License-Identifier: GPL-2.0-only
#include "compat/workqueue.h"
#include "qp.h"
#include "qp-look.h"

/* After so long, in jiffies. */
#define LOOK_AGAIN (HZ / 100 ?: 1)

static void look_after(struct ff_qp *qp, unsigned long delay)
{
	mod_delayed_work(ff_system_unbound_wq, &qp->look, delay);
}

/* Context: any; not once ff_qp_look_exit() was called. */
void ff_qp_look(struct ff_qp *qp)
{
	look_after(qp, 0);
}

/* As ff_qp_look(), in a moment. */
void ff_qp_look_again(struct ff_qp *qp)
{
	look_after(qp, LOOK_AGAIN);
}

static void look_locked(struct ff_qp *qp)
{
	lockdep_assert_held(&qp->lock);
	if (ff_flow_is_suspect(&qp->flow))
		ff_flow_look(qp);
	if (xchg(&qp->peer.suspect, false))
		ff_qp_fail_if_moved(qp);
}

static void look(struct work_struct *work)
{
	struct ff_qp *qp = container_of(to_delayed_work(work), struct ff_qp,
					look);

	/* Who has it may wait for another host, or for a program's memory. */
	if (!mutex_trylock(&qp->lock)) {
		ff_qp_look_again(qp);
		return;
	}
	if (qp->lower)
		look_locked(qp);
	mutex_unlock(&qp->lock);
}

void ff_qp_look_init(struct ff_qp *qp)
{
	INIT_DELAYED_WORK(&qp->look, look);
}

/* No completion names the QP any more, and no route its peer; may sleep. */
void ff_qp_look_exit(struct ff_qp *qp)
{
	cancel_delayed_work_sync(&qp->look);
}
