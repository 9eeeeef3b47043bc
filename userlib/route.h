/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_ROUTE_H
#define FREEFLOW_ROUTE_H

#include <netlink/msg.h>

#include "libfreeflow.h"

/* Longest request about a route, rounded up: of a million, each is zeroed. */
#define ROUTE_REQUEST_MAX	128

int ff_route_parse(struct nlmsghdr *nlh, struct ff_route *route);
int ff_route_parse_flush(struct nlmsghdr *nlh, struct ff_flush *flush);
int ff_route_request(struct ff_handle *handle, enum ff_route_op op,
		     const struct ff_route *route, struct nl_msg **msg);

#endif /* FREEFLOW_ROUTE_H */
