/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of numbers, as enums of the netlink interface have them. */
#ifndef FFCTL_NAMES_H
#define FFCTL_NAMES_H

#include <linux/freeflow.h>

extern const char *const datapath_names[];
extern const char *const dev_state_names[];
extern const char *const res_names[FREEFLOW_RES_TYPE_MAX + 1];
/* Without a name where the number is nobody's. */
extern const char *const proto_names[FREEFLOW_ROUTE_PROTO_FFD + 1];
extern const char *const qp_type_names[];
extern const char *const qp_state_names[];

#define DATAPATH_NAMES	(FREEFLOW_DATAPATH_RING + 1)
#define DEV_STATE_NAMES	(FREEFLOW_DEV_STATE_NO_LOWER + 1)
#define PROTO_NAMES	(FREEFLOW_ROUTE_PROTO_FFD + 1)
#define RES_NAMES	(FREEFLOW_RES_TYPE_MAX + 1)
#define QP_TYPE_NAMES	(FREEFLOW_QP_TYPE_UD + 1)
#define QP_STATE_NAMES	(FREEFLOW_QP_STATE_ERR + 1)

#endif /* FFCTL_NAMES_H */
