// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"

const char *const datapath_names[] = {
	[FREEFLOW_DATAPATH_SYSCALL]	= "syscall",
	[FREEFLOW_DATAPATH_RING]	= "ring",
};

const char *const proto_names[] = {
	[FREEFLOW_ROUTE_PROTO_KERNEL]	= "kernel",
	[FREEFLOW_ROUTE_PROTO_STATIC]	= "static",
	[FREEFLOW_ROUTE_PROTO_FFD]	= "ffd",
};

const char *const dev_state_names[] = {
	[FREEFLOW_DEV_STATE_ACTIVE]	= "active",
	[FREEFLOW_DEV_STATE_DOWN]	= "down",
	[FREEFLOW_DEV_STATE_NO_LOWER]	= "no-lower",
};

const char *const res_names[] = {
	[FREEFLOW_RES_TYPE_PD]		= "pd",
	[FREEFLOW_RES_TYPE_MR]		= "mr",
	[FREEFLOW_RES_TYPE_CQ]		= "cq",
	[FREEFLOW_RES_TYPE_QP]		= "qp",
	[FREEFLOW_RES_TYPE_SRQ]		= "srq",
	[FREEFLOW_RES_TYPE_AH]		= "ah",
	[FREEFLOW_RES_TYPE_MW]		= "mw",
};

const char *const qp_type_names[] = {
	[FREEFLOW_QP_TYPE_RC]		= "rc",
	[FREEFLOW_QP_TYPE_UC]		= "uc",
	[FREEFLOW_QP_TYPE_UD]		= "ud",
};

const char *const qp_state_names[] = {
	[FREEFLOW_QP_STATE_RESET]	= "reset",
	[FREEFLOW_QP_STATE_INIT]	= "init",
	[FREEFLOW_QP_STATE_RTR]		= "rtr",
	[FREEFLOW_QP_STATE_RTS]		= "rts",
	[FREEFLOW_QP_STATE_SQD]		= "sqd",
	[FREEFLOW_QP_STATE_SQE]		= "sqe",
	[FREEFLOW_QP_STATE_ERR]		= "err",
};
