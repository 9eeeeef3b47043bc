/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_LOWER_H
#define FREEFLOW_LOWER_H

#include <netlink/msg.h>

#include "libfreeflow.h"

int ff_lower_parse(struct nlmsghdr *nlh, struct ff_lower *lower);

#endif /* FREEFLOW_LOWER_H */
