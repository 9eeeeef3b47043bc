// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <rdma/ib_cache.h>

#include "compat/compat.h"
#include "kverbs.h"

/* ib_mad asks for one completion queue of at most twice 8192 entries. */
#define FF_KCQ_MAX 16384

struct ff_kcq {
	struct ib_cq ibcq;
	spinlock_t lock;	/* protects what follows; taken last */
	struct ib_wc *ring;
	u32 size;
	u32 head;		/* of the oldest entry */
	u32 count;
	bool armed;
};

static struct ff_kcq *to_ff_kcq(struct ib_cq *ibcq)
{
	return container_of(ibcq, struct ff_kcq, ibcq);
}

static int ff_alloc_kpd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	return 0;
}

static int ff_dealloc_kpd(struct ib_pd *ibpd, struct ib_udata *udata)
{
	return 0;
}

static struct ib_mr *ff_get_dma_mr(struct ib_pd *ibpd, int access)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static struct ib_mr *ff_reg_user_kmr(struct ib_pd *ibpd, u64 start, u64 length,
				     u64 addr, int access,
				     FF_REG_USER_MR_DMAH struct ib_udata *udata)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static int ff_dereg_kmr(struct ib_mr *ibmr, struct ib_udata *udata)
{
	return -EOPNOTSUPP;
}

static int ff_create_kcq(struct ib_cq *ibcq, const struct ib_cq_init_attr *attr,
			 ff_create_cq_attrs *attrs)
{
	struct ff_kcq *cq = to_ff_kcq(ibcq);

	if (!attr->cqe || attr->cqe > FF_KCQ_MAX || attr->flags)
		return -EINVAL;
	cq->ring = kvcalloc(attr->cqe, sizeof(*cq->ring), GFP_KERNEL);
	if (!cq->ring)
		return -ENOMEM;
	spin_lock_init(&cq->lock);
	cq->size = attr->cqe;
	ibcq->cqe = attr->cqe;
	return 0;
}

static int ff_destroy_kcq(struct ib_cq *ibcq, struct ib_udata *udata)
{
	kvfree(to_ff_kcq(ibcq)->ring);
	return 0;
}

static struct ib_wc *entry(struct ff_kcq *cq, u32 index)
{
	return &cq->ring[(cq->head + index) % cq->size];
}

static int ff_poll_kcq(struct ib_cq *ibcq, int max, struct ib_wc *wc)
{
	struct ff_kcq *cq = to_ff_kcq(ibcq);
	unsigned long flags;
	int polled = 0;

	spin_lock_irqsave(&cq->lock, flags);
	while (polled < max && cq->count) {
		wc[polled++] = *entry(cq, 0);
		cq->head = (cq->head + 1) % cq->size;
		cq->count--;
	}
	spin_unlock_irqrestore(&cq->lock, flags);
	return polled;
}

static int ff_req_notify_kcq(struct ib_cq *ibcq, enum ib_cq_notify_flags flags)
{
	struct ff_kcq *cq = to_ff_kcq(ibcq);
	unsigned long irq_flags;
	bool missed;

	spin_lock_irqsave(&cq->lock, irq_flags);
	cq->armed = true;
	missed = cq->count;
	spin_unlock_irqrestore(&cq->lock, irq_flags);
	return missed && flags & IB_CQ_REPORT_MISSED_EVENTS;
}

/**
 * ff_kcq_push() - add a completion
 * @ibcq: the completion queue
 * @wc: the completion; lost when its users posted more than the queue holds
 *
 * Context: any; calls the queue's completion handler if that is armed.
 */
void ff_kcq_push(struct ib_cq *ibcq, const struct ib_wc *wc)
{
	struct ff_kcq *cq = to_ff_kcq(ibcq);
	unsigned long flags;
	bool notify;

	spin_lock_irqsave(&cq->lock, flags);
	if (!WARN_ON_ONCE(cq->count == cq->size))
		*entry(cq, cq->count++) = *wc;
	notify = cq->armed;
	cq->armed = false;
	spin_unlock_irqrestore(&cq->lock, flags);
	if (notify)
		ibcq->comp_handler(ibcq, ibcq->cq_context);
}

/* Takes out the completions of a QP that is about to go. */
void ff_kcq_sweep(struct ib_cq *ibcq, const struct ib_qp *qp)
{
	struct ff_kcq *cq = to_ff_kcq(ibcq);
	unsigned long flags;
	u32 i, kept = 0;

	spin_lock_irqsave(&cq->lock, flags);
	for (i = 0; i < cq->count; i++)
		if (entry(cq, i)->qp != qp)
			*entry(cq, kept++) = *entry(cq, i);
	cq->count = kept;
	spin_unlock_irqrestore(&cq->lock, flags);
}

/* May be called in atomic context: the route is looked up at every send. */
static int ff_create_kah(struct ib_ah *ibah, struct rdma_ah_init_attr *init_attr,
			 struct ib_udata *udata)
{
	const struct rdma_ah_attr *attr = init_attr->ah_attr;
	struct ff_kah *ah = to_ff_kah(ibah);

	if (attr->type != RDMA_AH_ATTR_TYPE_ROCE || !attr->grh.sgid_attr)
		return -EINVAL;
	memcpy(&ah->src, &attr->grh.sgid_attr->gid, sizeof(ah->src));
	memcpy(&ah->dst, &attr->grh.dgid, sizeof(ah->dst));
	return 0;
}

static int ff_destroy_kah(struct ib_ah *ibah, u32 flags)
{
	return 0;
}

const struct ib_device_ops ff_kverbs_ops = {
	.alloc_pd = ff_alloc_kpd,
	.create_ah = ff_create_kah,
	.create_cq = ff_create_kcq,
	.dealloc_pd = ff_dealloc_kpd,
	.dereg_mr = ff_dereg_kmr,
	.destroy_ah = ff_destroy_kah,
	.destroy_cq = ff_destroy_kcq,
	.get_dma_mr = ff_get_dma_mr,
	.poll_cq = ff_poll_kcq,
	.reg_user_mr = ff_reg_user_kmr,
	.req_notify_cq = ff_req_notify_kcq,

	INIT_RDMA_OBJ_SIZE(ib_ah, ff_kah, ibah),
	INIT_RDMA_OBJ_SIZE(ib_cq, ff_kcq, ibcq),
	.size_ib_pd = sizeof(struct ib_pd),
};
