/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a virtual device says of itself and its port: the lower's attributes,
 * less what FreeFlow does not carry.
 */
#ifndef FF_PORT_H
#define FF_PORT_H

#include <rdma/ib_verbs.h>

struct ff_cmd;
struct ff_dev;

extern const struct ib_device_ops ff_port_ops;

bool ff_port_has_windows(const struct ff_dev *dev,
			 const struct ib_device *lower);

int ff_port_cmd_query_device(struct ff_cmd *cmd);
int ff_port_cmd_query_device_ex(struct ff_cmd *cmd);
int ff_port_cmd_query_port(struct ff_cmd *cmd);

#endif /* FF_PORT_H */
