/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_DEV_H
#define FREEFLOW_DEV_H

#include <netlink/msg.h>

#include "libfreeflow.h"

int ff_dev_parse(struct nlmsghdr *nlh, struct ff_dev *dev);

#endif /* FREEFLOW_DEV_H */
