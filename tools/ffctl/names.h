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
extern const char *const stat_scope_names[];
extern const char *const stat_op_names[FREEFLOW_STAT_OP_MAX + 1];
extern const char *const stat_tally_names[FREEFLOW_STAT_TALLY_MAX + 1];
extern const char *const wc_status_names[FREEFLOW_STAT_STATUS_MAX + 1];

#define DATAPATH_NAMES	(FREEFLOW_DATAPATH_RING + 1)
#define DEV_STATE_NAMES	(FREEFLOW_DEV_STATE_NO_LOWER + 1)
#define PROTO_NAMES	(FREEFLOW_ROUTE_PROTO_FFD + 1)
#define RES_NAMES	(FREEFLOW_RES_TYPE_MAX + 1)
#define QP_TYPE_NAMES	(FREEFLOW_QP_TYPE_UD + 1)
#define QP_STATE_NAMES	(FREEFLOW_QP_STATE_ERR + 1)
#define STAT_SCOPE_NAMES	(FREEFLOW_STAT_SCOPE_QP + 1)
#define STAT_OP_NAMES	(FREEFLOW_STAT_OP_MAX + 1)
#define STAT_TALLY_NAMES	(FREEFLOW_STAT_TALLY_MAX + 1)
#define WC_STATUS_NAMES	(FREEFLOW_STAT_STATUS_MAX + 1)

#endif /* FFCTL_NAMES_H */
