/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of commands as text: each reader is a value_parser of cmd.h. */
#ifndef FFCTL_VALUE_H
#define FFCTL_VALUE_H

#include "cmd.h"
#include "names.h"

/* Into const char *: an RDMA device, an interface, a namespace. */
enum status value_dev(const struct ffctl *ctx, const char *word,
		      const char *value, void *into);
enum status value_ifname(const struct ffctl *ctx, const char *word,
			 const char *value, void *into);
enum status value_netns(const struct ffctl *ctx, const char *word,
			const char *value, void *into);
/* Into uint32_t. */
enum status value_u32(const struct ffctl *ctx, const char *word,
		      const char *value, void *into);
enum status value_limit(const struct ffctl *ctx, const char *word,
			const char *value, void *into);
enum status value_datapath(const struct ffctl *ctx, const char *word,
			   const char *value, void *into);
enum status value_res(const struct ffctl *ctx, const char *word,
		      const char *value, void *into);
enum status value_scope(const struct ffctl *ctx, const char *word,
			const char *value, void *into);
/* Into bool: on or off. */
enum status value_switch(const struct ffctl *ctx, const char *word,
			 const char *value, void *into);
/* Into uint64_t: bytes a second, of "10mbit"; bytes, of "64k". */
enum status value_rate(const struct ffctl *ctx, const char *word,
		       const char *value, void *into);
enum status value_size(const struct ffctl *ctx, const char *word,
		       const char *value, void *into);
enum status value_size_limit(const struct ffctl *ctx, const char *word,
			     const char *value, void *into);
/* Into const char *: "-" is standard input or output. */
enum status value_file(const struct ffctl *ctx, const char *word,
		       const char *value, void *into);
/* Into uint8_t: the name of a proto, or a number from 1. */
enum status value_proto(const struct ffctl *ctx, const char *word,
			const char *value, void *into);
/* Into uint32_t: 1 to 3600. */
enum status value_seconds(const struct ffctl *ctx, const char *word,
			  const char *value, void *into);
/* Into struct tclass: 0 to 255, or "none". */
struct tclass {
	uint8_t value;
	bool none;
};
enum status value_tclass(const struct ffctl *ctx, const char *word,
			 const char *value, void *into);
/* Into uint8_t[FREEFLOW_SL_COUNT], one of them: "FROM:TO"; or none: "none". */
enum status value_sl_map(const struct ffctl *ctx, const char *word,
			 const char *value, void *into);
/* Into uint32_t: 1 to 10000. */
enum status value_weight(const struct ffctl *ctx, const char *word,
			 const char *value, void *into);
/* Into uint16_t. */
enum status value_port(const struct ffctl *ctx, const char *word,
		       const char *value, void *into);
/* Into int64_t, which may also hold LIBFREEFLOW_ALL_TABLES. */
enum status value_table(const struct ffctl *ctx, const char *word,
			const char *value, void *into);
/* Into struct ff_addr and struct ff_prefix. */
enum status value_addr(const struct ffctl *ctx, const char *word,
		       const char *value, void *into);
enum status value_prefix(const struct ffctl *ctx, const char *word,
			 const char *value, void *into);

#endif /* FFCTL_VALUE_H */
