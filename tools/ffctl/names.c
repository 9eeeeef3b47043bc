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
	[FREEFLOW_RES_TYPE_MCAST]	= "mcast",
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

const char *const stat_scope_names[] = {
	[FREEFLOW_STAT_SCOPE_DEV]	= "dev",
	[FREEFLOW_STAT_SCOPE_NETNS]	= "netns",
	[FREEFLOW_STAT_SCOPE_QP]	= "qp",
};

const char *const stat_op_names[] = {
	[FREEFLOW_STAT_OP_SEND]		= "send",
	[FREEFLOW_STAT_OP_WRITE]		= "write",
	[FREEFLOW_STAT_OP_READ]		= "read",
	[FREEFLOW_STAT_OP_ATOMIC]		= "atomic",
	[FREEFLOW_STAT_OP_BIND]		= "bind",
	[FREEFLOW_STAT_OP_RECV]		= "recv",
	[FREEFLOW_STAT_OP_RECV_WRITE]	= "recv-write",
};

const char *const stat_tally_names[] = {
	[FREEFLOW_STAT_TALLY_DOORBELLS]		= "doorbells",
	[FREEFLOW_STAT_TALLY_POLLS]		= "polls",
	[FREEFLOW_STAT_TALLY_RECV_POSTS]	= "recv-posts",
	[FREEFLOW_STAT_TALLY_THROTTLED]		= "throttled",
	[FREEFLOW_STAT_TALLY_THROTTLED_NS]	= "throttled-ns",
	[FREEFLOW_STAT_TALLY_ROUTE_MISSES]	= "route-misses",
	[FREEFLOW_STAT_TALLY_PEER_REFUSALS]	= "peer-refusals",
	[FREEFLOW_STAT_TALLY_PEER_TIMEOUTS]	= "peer-timeouts",
	[FREEFLOW_STAT_TALLY_QUOTA_REFUSALS]	= "quota-refusals",
	[FREEFLOW_STAT_TALLY_CM_SENT]		= "cm-sent",
	[FREEFLOW_STAT_TALLY_CM_RECEIVED]	= "cm-received",
	[FREEFLOW_STAT_TALLY_CM_DROPPED]	= "cm-dropped",
	[FREEFLOW_STAT_TALLY_QPS_MADE]		= "qps-made",
	[FREEFLOW_STAT_TALLY_QPS_GONE]		= "qps-gone",
};

/* By their numbers, which are those of enum ibv_wc_status. */
const char *const wc_status_names[] = {
	"success", "loc-len-err", "loc-qp-op-err", "loc-eec-op-err",
	"loc-prot-err", "wr-flush-err", "mw-bind-err", "bad-resp-err",
	"loc-access-err", "rem-inv-req-err", "rem-access-err", "rem-op-err",
	"retry-exc-err", "rnr-retry-exc-err", "loc-rdd-viol-err",
	"rem-inv-rd-req-err", "rem-abort-err", "inv-eecn-err",
	"inv-eec-state-err", "fatal-err", "resp-timeout-err", "general-err",
};
