// SPDX-License-Identifier: GPL-2.0-only
#include "lower-wr.h"
#include "meter.h"
#include "qp.h"
#include "trace.h"

/**
 * ff_lower_send() - post sends to a QP's lower one
 * @qp: the QP
 * @wr: the first of a chain
 * @posted: adds how many were taken, which are counted
 *
 * Context: any, BHs disabled.
 * Return: 0 or the lower device's error.
 */
int ff_lower_send(struct ff_qp *qp, const struct ib_send_wr *wr, u32 *posted)
{
	struct ff_counts __percpu *counts = READ_ONCE(qp->counts);
	const struct ib_send_wr *bad = NULL;
	int err = ib_post_send(qp->lower, wr, &bad);

	for (; wr && wr != bad; wr = wr->next) {
		++*posted;
		trace_ff_post(qp, wr, ff_count_send(counts, wr));
	}
	return err;
}
