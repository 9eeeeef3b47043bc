/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_TUNNEL_H
#define FREEFLOW_TUNNEL_H

#include <netlink/msg.h>

#include "libfreeflow.h"

int ff_tunnel_parse(struct nlmsghdr *nlh, struct ff_tunnel *tunnel);

#endif /* FREEFLOW_TUNNEL_H */
