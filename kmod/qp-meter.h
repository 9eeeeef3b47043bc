/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QPs that count for themselves, when that is asked for of their device: they
 * count into a meter of their own, which is under the device's.
 */
#ifndef FF_QP_METER_H
#define FF_QP_METER_H

#include <linux/types.h>

struct ff_dev;
struct ff_qp;

void ff_qp_meter_begin(struct ff_qp *qp);
void ff_qp_meter_end(struct ff_qp *qp);
int ff_qp_meter_set(const char *dev_name, bool on);

#endif /* FF_QP_METER_H */
