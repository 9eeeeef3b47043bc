/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_LIMIT_H
#define FREEFLOW_LIMIT_H

#include <netlink/msg.h>

#include "libfreeflow.h"

int ff_limit_parse(struct nlmsghdr *nlh, struct ff_limit *limit);

#endif /* FREEFLOW_LIMIT_H */
