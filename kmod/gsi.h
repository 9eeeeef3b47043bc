/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual QP1, by which ib_cm of one virtual device talks to that of
 * another, so that rdma_cm connects by virtual addresses. It is software: a
 * send goes to mad.c from a workqueue, a datagram that arrives fills a posted
 * receive, its header built from the virtual addresses.
 */
#ifndef FF_GSI_H
#define FF_GSI_H

#include <rdma/ib_verbs.h>

struct ff_dev;
struct ff_mad;

extern const struct ib_device_ops ff_gsi_ops;

bool ff_gsi_receive(struct ff_dev *dev, const struct ff_mad *mad);

int ff_gsi_init(void);
void ff_gsi_exit(void);

#endif /* FF_GSI_H */
