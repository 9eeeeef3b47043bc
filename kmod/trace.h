/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM freeflow

#if !defined(FF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define FF_TRACE_H

#include <linux/in6.h>
#include <linux/tracepoint.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/ib_verbs.h>

#include "chardev.h"
#include "dev.h"
#include "file.h"
#include "mad.h"
#include "object.h"
#include "qp.h"

#define ff_show_obj(type)						\
	__print_symbolic(type,						\
			 { FREEFLOW_RES_TYPE_PD, "pd" },		\
			 { FREEFLOW_RES_TYPE_MR, "mr" },		\
			 { FREEFLOW_RES_TYPE_CQ, "cq" },		\
			 { FREEFLOW_RES_TYPE_QP, "qp" },		\
			 { FREEFLOW_RES_TYPE_SRQ, "srq" },		\
			 { FREEFLOW_RES_TYPE_AH, "ah" },		\
			 { FREEFLOW_RES_TYPE_MW, "mw" })

/*
 * A program's command begins and ends; by the number of ib_user_verbs.h, and the
 * node, which outlives the device.
 */
TRACE_EVENT(ff_cmd_enter,
	TP_PROTO(const struct ff_file *file, u32 command),
	TP_ARGS(file, command),
	TP_STRUCT__entry(
		__string(node, ff_chardev_name(file->chardev))
		__field(u32, command)
		__field(bool, extended)
	),
	TP_fast_assign(
		ff_assign_str(node, ff_chardev_name(file->chardev));
		__entry->command = command & IB_USER_VERBS_CMD_COMMAND_MASK;
		__entry->extended = command & IB_USER_VERBS_CMD_FLAG_EXTENDED;
	),
	TP_printk("node=%s command=%u%s", __get_str(node), __entry->command,
		  __entry->extended ? " extended" : "")
);

TRACE_EVENT(ff_cmd_exit,
	TP_PROTO(const struct ff_file *file, u32 command, int err),
	TP_ARGS(file, command, err),
	TP_STRUCT__entry(
		__string(node, ff_chardev_name(file->chardev))
		__field(u32, command)
		__field(bool, extended)
		__field(int, err)
	),
	TP_fast_assign(
		ff_assign_str(node, ff_chardev_name(file->chardev));
		__entry->command = command & IB_USER_VERBS_CMD_COMMAND_MASK;
		__entry->extended = command & IB_USER_VERBS_CMD_FLAG_EXTENDED;
		__entry->err = err;
	),
	TP_printk("node=%s command=%u%s err=%d", __get_str(node),
		  __entry->command, __entry->extended ? " extended" : "",
		  __entry->err)
);

DECLARE_EVENT_CLASS(ff_obj,
	TP_PROTO(const struct ff_obj *obj),
	TP_ARGS(obj),
	TP_STRUCT__entry(
		__string(dev, obj->file->dev->ibdev.name)
		__field(u32, type)
		__field(u32, handle)
		__field(pid_t, pid)
	),
	TP_fast_assign(
		ff_assign_str(dev, obj->file->dev->ibdev.name);
		__entry->type = obj->kind->type;
		__entry->handle = obj->handle;
		__entry->pid = obj->file->pid;
	),
	TP_printk("dev=%s type=%s handle=%u pid=%d", __get_str(dev),
		  ff_show_obj(__entry->type), __entry->handle, __entry->pid)
);

/* A program has an object, and has it no more. */
DEFINE_EVENT(ff_obj, ff_obj_create,
	TP_PROTO(const struct ff_obj *obj),
	TP_ARGS(obj)
);

DEFINE_EVENT(ff_obj, ff_obj_destroy,
	TP_PROTO(const struct ff_obj *obj),
	TP_ARGS(obj)
);

/* The lower queue took a request; @id is the program's on one data path only. */
TRACE_EVENT(ff_post,
	TP_PROTO(const struct ff_qp *qp, const struct ib_send_wr *wr, u64 bytes),
	TP_ARGS(qp, wr, bytes),
	TP_STRUCT__entry(
		__string(dev, qp->obj.file->dev->ibdev.name)
		__field(u32, qpn)
		__field(u32, opcode)
		__field(u32, flags)
		__field(u64, bytes)
		__field(u64, id)
	),
	TP_fast_assign(
		ff_assign_str(dev, qp->obj.file->dev->ibdev.name);
		__entry->qpn = qp->qpn;
		__entry->opcode = wr->opcode;
		__entry->flags = wr->send_flags;
		__entry->bytes = bytes;
		__entry->id = wr->wr_id;
	),
	TP_printk("dev=%s qpn=%u opcode=%u flags=0x%x bytes=%llu id=%llu",
		  __get_str(dev), __entry->qpn, __entry->opcode,
		  __entry->flags, __entry->bytes, __entry->id)
);

/* A completion is the program's. */
TRACE_EVENT(ff_completion,
	TP_PROTO(const struct ff_qp *qp, const struct ib_uverbs_wc *wc),
	TP_ARGS(qp, wc),
	TP_STRUCT__entry(
		__string(dev, qp->obj.file->dev->ibdev.name)
		__field(u32, qpn)
		__field(u32, status)
		__field(u32, opcode)
		__field(u32, bytes)
		__field(u64, id)
	),
	TP_fast_assign(
		ff_assign_str(dev, qp->obj.file->dev->ibdev.name);
		__entry->qpn = wc->qp_num;
		__entry->status = wc->status;
		__entry->opcode = wc->opcode;
		__entry->bytes = wc->byte_len;
		__entry->id = wc->wr_id;
	),
	TP_printk("dev=%s qpn=%u status=%u opcode=%u bytes=%u id=%llu",
		  __get_str(dev), __entry->qpn, __entry->status,
		  __entry->opcode, __entry->bytes, __entry->id)
);

/* Where a virtual address is was asked for: a connection, an AH, a datagram. */
TRACE_EVENT(ff_route_lookup,
	TP_PROTO(u32 table, const struct in6_addr *addr,
		 const struct in6_addr *host, int err),
	TP_ARGS(table, addr, host, err),
	TP_STRUCT__entry(
		__field(u32, table)
		__array(u8, addr, sizeof(struct in6_addr))
		__array(u8, host, sizeof(struct in6_addr))
		__field(int, err)
	),
	TP_fast_assign(
		__entry->table = table;
		memcpy(__entry->addr, addr, sizeof(*addr));
		memcpy(__entry->host, host, sizeof(*host));
		__entry->err = err;
	),
	TP_printk("table=%u addr=%pI6c host=%pI6c err=%d", __entry->table,
		  __entry->addr, __entry->host, __entry->err)
);

DECLARE_EVENT_CLASS(ff_cm,
	TP_PROTO(const struct ff_dev *dev, const struct ff_mad *mad, int err),
	TP_ARGS(dev, mad, err),
	TP_STRUCT__entry(
		__string(dev, dev->ibdev.name)
		__array(u8, src, sizeof(struct in6_addr))
		__array(u8, dst, sizeof(struct in6_addr))
		__field(u16, attribute)
		__field(u64, transaction)
		__field(int, err)
	),
	TP_fast_assign(
		const struct ib_mad_hdr *hdr = (const void *)mad->data;

		ff_assign_str(dev, dev->ibdev.name);
		memcpy(__entry->src, &mad->src, sizeof(mad->src));
		memcpy(__entry->dst, &mad->dst, sizeof(mad->dst));
		__entry->attribute = be16_to_cpu(hdr->attr_id);
		__entry->transaction = be64_to_cpu(hdr->tid);
		__entry->err = err;
	),
	TP_printk("dev=%s src=%pI6c dst=%pI6c attribute=0x%x transaction=0x%llx err=%d",
		  __get_str(dev), __entry->src, __entry->dst,
		  __entry->attribute, __entry->transaction, __entry->err)
);

/* A datagram of the connection manager leaves a device, and comes to one. */
DEFINE_EVENT(ff_cm, ff_cm_send,
	TP_PROTO(const struct ff_dev *dev, const struct ff_mad *mad, int err),
	TP_ARGS(dev, mad, err)
);

DEFINE_EVENT(ff_cm, ff_cm_receive,
	TP_PROTO(const struct ff_dev *dev, const struct ff_mad *mad, int err),
	TP_ARGS(dev, mad, err)
);

/* A program tried to connect to a virtual address that has no route. */
TRACE_EVENT(ff_route_miss,
	TP_PROTO(const char *dev, u32 table, const struct in6_addr *addr),
	TP_ARGS(dev, table, addr),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(u32, table)
		__array(u8, addr, sizeof(struct in6_addr))
	),
	TP_fast_assign(
		ff_assign_str(dev, dev);
		__entry->table = table;
		memcpy(__entry->addr, addr, sizeof(*addr));
	),
	TP_printk("dev=%s table=%u addr=%pI6c",
		  __get_str(dev), __entry->table, __entry->addr)
);

/* The peer's QP is not that of its virtual address, or its host is silent. */
TRACE_EVENT(ff_peer_refused,
	TP_PROTO(const char *dev, u32 table, const struct in6_addr *addr,
		 u32 qpn, int err),
	TP_ARGS(dev, table, addr, qpn, err),
	TP_STRUCT__entry(
		__string(dev, dev)
		__field(u32, table)
		__array(u8, addr, sizeof(struct in6_addr))
		__field(u32, qpn)
		__field(int, err)
	),
	TP_fast_assign(
		ff_assign_str(dev, dev);
		__entry->table = table;
		memcpy(__entry->addr, addr, sizeof(*addr));
		__entry->qpn = qpn;
		__entry->err = err;
	),
	TP_printk("dev=%s table=%u addr=%pI6c qpn=%u err=%d",
		  __get_str(dev), __entry->table, __entry->addr,
		  __entry->qpn, __entry->err)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
