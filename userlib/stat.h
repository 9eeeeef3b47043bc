/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_STAT_H
#define FREEFLOW_STAT_H

#include <netlink/msg.h>

#include "libfreeflow.h"

int ff_stat_parse(struct nlmsghdr *nlh, struct ff_stat *stat);

#endif /* FREEFLOW_STAT_H */
