/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receive queues of the ring data path by the QPs whose receives they have, for who is
 * about to send to one of the same lower device or to tell its number.
 */
#ifndef FF_RING_NAME_H
#define FF_RING_NAME_H

#include <linux/types.h>

struct ff_ring_rq;
struct ib_device;
struct ib_qp;

int ff_ring_name_add(struct ff_ring_rq *rq, const struct ib_qp *lower);
void ff_ring_name_del(const struct ib_qp *lower);
void ff_ring_name_take(const struct ib_device *ibdev, u32 qpn);

#endif /* FF_RING_NAME_H */
