/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device's counters in the standard places: "rdma statistic show link", and
 * hw_counters of its port in sysfs.
 */
#ifndef FF_HW_STAT_H
#define FF_HW_STAT_H

#include <rdma/ib_verbs.h>

extern const struct ib_device_ops ff_hw_stat_ops;

#endif /* FF_HW_STAT_H */
