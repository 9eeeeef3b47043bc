/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_QUOTA_H
#define FREEFLOW_QUOTA_H

#include <netlink/msg.h>

#include "libfreeflow.h"

int ff_quota_parse(struct nlmsghdr *nlh, struct ff_quota *quota);

#endif /* FREEFLOW_QUOTA_H */
