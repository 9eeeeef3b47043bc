/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_ALERT_H
#define FREEFLOW_ALERT_H

#include <netlink/msg.h>

#include "libfreeflow.h"

int ff_alert_parse(struct nlmsghdr *nlh, struct ff_alert *alert);

#endif /* FREEFLOW_ALERT_H */
