// SPDX-License-Identifier: GPL-2.0-only
#include <linux/uaccess.h>

#include "cmd.h"
#include "compat/compat.h"
#include "cq.h"
#include "dev.h"
#include "file.h"
#include "syscall-cq.h"

int ff_syscall_create_cq(struct ff_cq *cq, struct ff_cmd *cmd)
{
	ff_backlog_init(&cq->backlog);
	cq->cqe = cq->lower->cqe;
	return 0;
}

void ff_syscall_destroy_cq(struct ff_cq *cq)
{
	ff_backlog_free(&cq->backlog);
}

void ff_syscall_notify_cq(struct ff_cq *cq, bool solicited_only)
{
	ib_req_notify_cq(cq->lower, solicited_only ? IB_CQ_SOLICITED :
						     IB_CQ_NEXT_COMP);
}

/* What the lower CQ gives, less the completions of a QP that goes. */
static int poll_lower(struct ff_cq *cq, struct ib_uverbs_wc *out, u32 count,
		      u32 *taken)
{
	struct ib_wc *wc = cq->polled;
	int polled, i;

	lockdep_assert_held(&cq->lock);
	polled = ib_poll_cq(cq->lower, count, wc);
	for (i = 0; i < polled; i++) {
		if (ff_cq_is_gone(cq, &wc[i])) {
			ff_cq_forget(cq, &wc[i]);
			continue;
		}
		ff_cq_translate(&out[*taken], &wc[i]);
		ff_cq_account(wc[i].qp->qp_context, &out[(*taken)++]);
	}
	return polled;
}

static u32 poll(struct ff_cq *cq, struct ib_uverbs_wc *out, u32 count)
{
	u32 taken = 0;
	int polled;

	/* Held over the translation: the QPs that completions name stay. */
	spin_lock_irq(&cq->lock);
	if (unlikely(cq->backlog.len))
		taken = ff_backlog_take(&cq->backlog, out, count);
	do {
		polled = poll_lower(cq, out, count - taken, &taken);
		/* Fewer than wanted means that there are no more. */
	} while (unlikely(cq->gone) && polled > 0 && taken < count);
	spin_unlock_irq(&cq->lock);
	return taken;
}

/*
 * Takes some completions out of the lower CQ. What exceeds the room that the
 * program asked for overruns, as it would have in the lower CQ.
 */
static bool sweep_some(struct ff_cq *cq, bool *overrun)
{
	struct ff_backlog_page *page = ff_backlog_alloc();
	struct ib_uverbs_wc wc[FF_CQ_BATCH];
	u32 taken = 0;
	int polled;

	spin_lock_irq(&cq->lock);
	polled = poll_lower(cq, wc, FF_CQ_BATCH, &taken);
	if (cq->backlog.len + taken > cq->cqe) {
		*overrun = true;
		taken = 0;
	}
	ff_backlog_add(&cq->backlog, page, wc, taken);
	spin_unlock_irq(&cq->lock);
	return polled > 0;
}

/* Takes out what is in the lower CQ now. */
void ff_syscall_sweep_cq(struct ff_cq *cq)
{
	int rounds = cq->lower->cqe / FF_CQ_BATCH + 1;
	bool overrun = false;

	while (rounds-- && sweep_some(cq, &overrun))
		;
	if (overrun)
		ff_cq_overrun(cq);
}

void ff_syscall_drop_qp(struct ff_cq *cq, u32 qp_num)
{
	spin_lock_irq(&cq->lock);
	ff_backlog_forget(&cq->backlog, qp_num);
	spin_unlock_irq(&cq->lock);
}

int ff_syscall_resize_cq(struct ff_cq *cq, struct ff_cmd *cmd, u32 cqe)
{
	int err;

	/* What waits must fit in, wherever it waits. */
	ff_syscall_sweep_cq(cq);
	if (READ_ONCE(cq->backlog.len) > cqe)
		return -EINVAL;
	err = ff_cq_resize_lower(cq, cqe);
	if (!err)
		cq->cqe = cq->lower->cqe;
	return err;
}

/* struct ib_uverbs_poll_cq_resp, of one batch. */
struct answer {
	u32 count;
	u32 reserved;
	struct ib_uverbs_wc wc[FF_CQ_BATCH];
};

static size_t size_of(u32 count)
{
	static_assert(offsetof(struct answer, wc) ==
		      offsetof(struct ib_uverbs_poll_cq_resp, wc));
	return offsetof(struct answer, wc) + count * sizeof(struct ib_uverbs_wc);
}

/* Most often there is but one batch, and it goes out in one go. */
static int poll_to_user(struct ff_cq *cq, void __user *out, u32 wanted)
{
	struct answer answer __ff_uninitialized;
	u32 count, taken;

	answer.reserved = 0;
	answer.count = poll(cq, answer.wc, min_t(u32, wanted, FF_CQ_BATCH));
	if (ff_cmd_copy_out(out, &answer, size_of(answer.count)))
		return -EFAULT;
	count = answer.count;
	for (taken = count; taken == FF_CQ_BATCH && count < wanted; count += taken) {
		taken = poll(cq, answer.wc, min_t(u32, wanted - count, FF_CQ_BATCH));
		if (ff_cmd_copy_out(out + size_of(count),
				    answer.wc, taken * sizeof(*answer.wc)))
			return -EFAULT;
	}
	return likely(count == answer.count) ? 0 :
	       put_user(count, (u32 __user *)out);
}

int ff_syscall_poll_cq(struct ff_cmd *cmd)
{
	struct ib_uverbs_poll_cq req;
	struct ff_cq *cq;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	cq = ff_obj_get(cmd->file, &ff_cq_kind, req.cq_handle);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	ff_count(cmd->file->dev->meter.counts, FREEFLOW_STAT_TALLY_POLLS);
	err = poll_to_user(cq, cmd->out, req.ne);
	ff_obj_put(&cq->obj);
	return err;
}
