// SPDX-License-Identifier: GPL-2.0-only
#include <net/ipv6.h>

#include "ah.h"
#include "chardev.h"
#include "compat/compat.h"
#include "cq.h"
#include "dev.h"
#include "file.h"
#include "mr.h"
#include "mw.h"
#include "netlink.h"
#include "pd.h"
#include "qp.h"
#include "srq.h"

const struct nla_policy ff_res_policy[FREEFLOW_A_RES_MAX + 1] = {
	[FREEFLOW_A_RES_TYPE] = NLA_POLICY_MAX(NLA_U32, FREEFLOW_RES_TYPE_MAX),
	[FREEFLOW_A_RES_DEV] = { .type = NLA_NUL_STRING,
				 .len = IB_DEVICE_NAME_MAX - 1 },
};

/* NULL: no objects */
static const struct ff_obj_kind *const kinds[FREEFLOW_RES_TYPE_MAX + 1] = {
	[FREEFLOW_RES_TYPE_PD] = &ff_pd_kind,
	[FREEFLOW_RES_TYPE_MR] = &ff_mr_kind,
	[FREEFLOW_RES_TYPE_CQ] = &ff_cq_kind,
	[FREEFLOW_RES_TYPE_QP] = &ff_qp_kind,
	[FREEFLOW_RES_TYPE_SRQ] = &ff_srq_kind,
	[FREEFLOW_RES_TYPE_AH] = &ff_ah_kind,
	[FREEFLOW_RES_TYPE_MW] = &ff_mw_kind,
};

/* What to look for, how far the dump has come, and what it found there. */
struct cursor {
	enum freeflow_res_type type;
	const char *dev_wanted;
	u32 dev_serial;
	u32 file_id;	/* of a file of that device */
	unsigned long handle;
	char dev[IB_DEVICE_NAME_MAX];
	struct ff_file *file;	/* counted */
	struct ff_obj *obj;	/* its memory is held */
};

static int find_in_file(struct ff_file *file, void *arg)
{
	struct cursor *cursor = arg;
	unsigned long handle;
	struct ff_obj *obj;

	if (file->id != cursor->file_id)
		cursor->handle = 0;
	cursor->file_id = file->id;

	rcu_read_lock();
	xa_for_each_start(&file->objs, handle, obj, cursor->handle) {
		if (obj->kind != kinds[cursor->type] || obj->gone ||
		    !ff_obj_hold_memory(obj))
			continue;
		ff_file_get(file);
		cursor->file = file;
		cursor->obj = obj;
		cursor->handle = handle;
		break;
	}
	rcu_read_unlock();
	return cursor->obj ? 1 : 0;
}

static int find_in_dev(struct ff_dev *dev, void *arg)
{
	struct cursor *cursor = arg;
	int found = 0;

	/* That with the file has gone. */
	if (dev->serial != cursor->dev_serial)
		cursor->file_id = 0;
	if (dev->chardev && (!cursor->dev_wanted ||
			     !strcmp(cursor->dev_wanted, dev->ibdev.name)))
		found = ff_chardev_visit_files(dev->chardev, cursor->file_id,
					       find_in_file, cursor);
	if (found)
		strscpy(cursor->dev, dev->ibdev.name, sizeof(cursor->dev));
	else
		cursor->file_id = 0;
	return found;
}

/* Finds the next object; its fields are read without any list's lock. */
static bool find_next(struct cursor *cursor)
{
	cursor->obj = NULL;
	return ff_dev_visit(&cursor->dev_serial, find_in_dev, cursor);
}

static void release(struct cursor *cursor)
{
	ff_obj_release_memory(cursor->obj);
	ff_file_put(cursor->file);
}

static const u8 qp_states[] = {
	[IB_QPS_RESET] = FREEFLOW_QP_STATE_RESET,
	[IB_QPS_INIT] = FREEFLOW_QP_STATE_INIT,
	[IB_QPS_RTR] = FREEFLOW_QP_STATE_RTR,
	[IB_QPS_RTS] = FREEFLOW_QP_STATE_RTS,
	[IB_QPS_SQD] = FREEFLOW_QP_STATE_SQD,
	[IB_QPS_SQE] = FREEFLOW_QP_STATE_SQE,
	[IB_QPS_ERR] = FREEFLOW_QP_STATE_ERR,
};

static u32 qp_type(enum ib_qp_type type)
{
	switch (type) {
	case IB_QPT_UD:
		return FREEFLOW_QP_TYPE_UD;
	case IB_QPT_UC:
		return FREEFLOW_QP_TYPE_UC;
	default:
		return FREEFLOW_QP_TYPE_RC;
	}
}

static int put_priority(struct sk_buff *skb, u8 tclass, u8 sl)
{
	return nla_put_u8(skb, FREEFLOW_A_RES_TCLASS, tclass) ?:
	       nla_put_u8(skb, FREEFLOW_A_RES_SL, sl);
}

static int fill_ah(struct sk_buff *skb, const struct ff_ah *ah)
{
	return put_priority(skb, ah->tclass, ah->sl);
}

static int fill_qp(struct sk_buff *skb, struct ff_qp *qp)
{
	struct ff_qp_info info;

	if (ff_qp_describe(qp, &info))
		return 0;	/* just destroyed */
	if (nla_put_u32(skb, FREEFLOW_A_RES_QP_QPN, info.qpn) ||
	    nla_put_u32(skb, FREEFLOW_A_RES_QP_TYPE,
			qp_type(info.type)) ||
	    nla_put_u32(skb, FREEFLOW_A_RES_QP_STATE, qp_states[info.state]))
		return -EMSGSIZE;
	if (!info.connected)
		return 0;
	if (nla_put_u32(skb, FREEFLOW_A_RES_QP_DEST_QPN, info.dest_qpn) ||
	    ff_netlink_put_address(skb, FREEFLOW_A_RES_QP_DEST,
				   &info.addr) ||
	    ff_netlink_put_address(skb, FREEFLOW_A_RES_QP_HOST,
				   &info.host) ||
	    put_priority(skb, info.tclass, info.sl))
		return -EMSGSIZE;
	return 0;
}

static int fill_kind(struct sk_buff *skb, struct ff_obj *obj)
{
	switch (obj->kind->type) {
	case FREEFLOW_RES_TYPE_MR:
		return nla_put_u64_64bit(skb, FREEFLOW_A_RES_MR_LENGTH,
			container_of(obj, struct ff_mr, obj)->attr.length,
			FREEFLOW_A_RES_PAD);
	case FREEFLOW_RES_TYPE_CQ:
		return nla_put_u32(skb, FREEFLOW_A_RES_CQ_CQE,
				   container_of(obj, struct ff_cq, obj)->cqe);
	case FREEFLOW_RES_TYPE_QP:
		return fill_qp(skb, container_of(obj, struct ff_qp, obj));
	case FREEFLOW_RES_TYPE_AH:
		return fill_ah(skb, container_of(obj, struct ff_ah, obj));
	default:
		return 0;
	}
}

static int fill_res(struct sk_buff *skb, const void *object)
{
	const struct cursor *cursor = object;
	struct ff_obj *obj = cursor->obj;

	if (nla_put_u32(skb, FREEFLOW_A_RES_TYPE, cursor->type) ||
	    nla_put_string(skb, FREEFLOW_A_RES_DEV, cursor->dev) ||
	    nla_put_u32(skb, FREEFLOW_A_RES_HANDLE, obj->handle) ||
	    nla_put_u32(skb, FREEFLOW_A_RES_PID, cursor->file->pid) ||
	    nla_put_string(skb, FREEFLOW_A_RES_COMM, cursor->file->comm) ||
	    fill_kind(skb, obj))
		return -EMSGSIZE;
	return 0;
}

int ff_netlink_res_dump_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = ff_dump_attrs(cb);

	if (!attrs[FREEFLOW_A_RES_TYPE]) {
		NL_SET_ERR_MSG(cb->extack, "the kind of objects is missing");
		return -EINVAL;
	}
	if (!kinds[nla_get_u32(attrs[FREEFLOW_A_RES_TYPE])]) {
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[FREEFLOW_A_RES_TYPE],
				    "multicast groups are counted only, with the quotas");
		return -EINVAL;
	}
	return ff_netlink_check_dev(attrs[FREEFLOW_A_RES_DEV], cb->extack);
}

int ff_netlink_res_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = ff_dump_attrs(cb);
	struct nlattr *name = attrs[FREEFLOW_A_RES_DEV];
	struct cursor cursor = {
		.type = nla_get_u32(attrs[FREEFLOW_A_RES_TYPE]),
		.dev_wanted = name ? nla_data(name) : NULL,
		.dev_serial = cb->args[0],
		.file_id = cb->args[1],
		.handle = cb->args[2],
	};

	while (find_next(&cursor)) {
		int err = ff_netlink_dump_one(skb, cb, FREEFLOW_CMD_RES_GET,
					      fill_res, &cursor);

		release(&cursor);
		if (err)
			break;
		cursor.handle++;
	}
	cb->args[0] = cursor.dev_serial;
	cb->args[1] = cursor.file_id;
	cb->args[2] = cursor.handle;
	return skb->len;
}
