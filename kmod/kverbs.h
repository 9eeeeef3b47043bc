/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel verbs that ib_mad needs of a virtual device, in software: PDs,
 * completion queues, address handles. With them goes the only QP that a kernel
 * user can make, see gsi.h. Programs come by the character device and reach
 * none of this.
 */
#ifndef FF_KVERBS_H
#define FF_KVERBS_H

#include <linux/in6.h>
#include <rdma/ib_verbs.h>

/* Both addresses are virtual. */
struct ff_kah {
	struct ib_ah ibah;
	struct in6_addr src;
	struct in6_addr dst;
	bool stuck;	/* a datagram of it has found no way */
};

static inline struct ff_kah *to_ff_kah(struct ib_ah *ibah)
{
	return container_of(ibah, struct ff_kah, ibah);
}

extern const struct ib_device_ops ff_kverbs_ops;

void ff_kcq_push(struct ib_cq *ibcq, const struct ib_wc *wc);
void ff_kcq_sweep(struct ib_cq *ibcq, const struct ib_qp *qp);

#endif /* FF_KVERBS_H */
