/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM freeflow

#if !defined(FF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define FF_TRACE_H

#include <linux/in6.h>
#include <linux/tracepoint.h>

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
