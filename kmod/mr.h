/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory regions: a program's pages, pinned and known to the lower device. */
#ifndef FF_MR_H
#define FF_MR_H

#include <rdma/ib_user_verbs.h>

#include "object.h"

struct ff_cmd;
struct ff_mr_reg;
struct ff_pd;

struct ff_mr {
	struct ff_obj obj;
	struct ff_mr_reg *reg;
	struct ib_uverbs_reg_mr attr;	/* what the program asked for */
};

extern const struct ff_obj_kind ff_mr_kind;

int ff_mr_prepare_write(struct ff_pd *pd, const struct ib_sge *sge,
			bool may_sleep);
void ff_mr_write(struct ff_pd *pd, const struct ib_sge *sge, const void *data,
		 u32 len);

struct ff_mr *ff_mr_get_by_lkey(struct ff_pd *pd, u32 lkey);
int ff_mr_list_pages(struct ff_mr *mr, u64 addr, u32 len, struct page **pages);
struct ff_mr_reg *ff_mr_hold(struct ff_mr *mr, u64 bytes);
void ff_mr_release(struct ff_mr_reg *reg, u64 bytes);

int ff_mr_cmd_reg(struct ff_cmd *cmd);
int ff_mr_cmd_rereg(struct ff_cmd *cmd);
int ff_mr_cmd_dereg(struct ff_cmd *cmd);

#endif /* FF_MR_H */
