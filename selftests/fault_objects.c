// SPDX-License-Identifier: GPL-2.0
/* Steps of fault_verbs: contexts, PDs, memory, CQs, SRQs, address handles. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fault_verbs.h"
#include "raw_verbs.h"

#define REGION		(16 * 4096)
#define QUEUE_DEPTH	8
#define RESIZED		100

static struct ibv_pd *pd;
static struct ibv_mr *mr;
static struct ibv_comp_channel *channel;
static struct ibv_cq *cq;
static struct ibv_srq *srq;
static struct ibv_ah *ah;

/* UNDO(ibv_dealloc_pd, pd) is 0 where there is none. */
#define UNDO(destroy, object) ({				\
		int err_ = (object) ? destroy(object) : 0;	\
								\
		(object) = NULL;				\
		err_;						\
	})

/* DESTROY(ibv_dealloc_pd, pd) leaves it when it fails. */
#define DESTROY(destroy, object) ({				\
		int err_ = destroy(object);			\
								\
		if (!err_)					\
			(object) = NULL;			\
		err_;						\
	})

static int file = -1;

/* Not by libibverbs, which tries another way and then tells of that. */
static int open_file(void)
{
	char path[96];

	snprintf(path, sizeof(path), "/dev/infiniband/%s", end.context->device->dev_name);
	file = open(path, O_RDWR | O_CLOEXEC);
	return file < 0 ? errno : 0;
}

static int get_context(void)
{
	return raw_get_context(file);
}

static int prepare_context(void)
{
	int err = open_file();

	return err ? err : get_context();
}

static int close_file(void)
{
	int err = file < 0 || !close(file) ? 0 : errno;

	file = -1;
	return err;
}

static int query_device(void)
{
	struct ibv_device_attr attr;

	return ibv_query_device(end.context, &attr);
}

static int query_port(void)
{
	struct ibv_port_attr attr;

	return ibv_query_port(end.context, 1, &attr);
}

static int query_gid_table(void)
{
	struct ibv_gid_entry entries[8];
	ssize_t count = ibv_query_gid_table(end.context, entries, 8, 0);

	return count < 0 ? -count : 0;
}

static int alloc_pd(void)
{
	errno = 0;
	pd = ibv_alloc_pd(end.context);
	return fault_result(pd);
}

static int dealloc_pd(void)
{
	return DESTROY(ibv_dealloc_pd, pd);
}

static int undo_pd(void)
{
	return UNDO(ibv_dealloc_pd, pd);
}

/* In a PD of its own, which must be free to go afterwards. */
static int reg_mr(void)
{
	errno = 0;
	mr = ibv_reg_mr(pd, end.buffer, REGION, END_ACCESS);
	return fault_result(mr);
}

static int prepare_mr(void)
{
	int err = alloc_pd();

	return err ? err : reg_mr();
}

/* By the command: these providers have no rereg_mr. */
static int rereg_mr(void)
{
	struct ib_uverbs_rereg_mr_resp resp;
	struct ib_uverbs_rereg_mr cmd = {
		.mr_handle = mr->handle,
		.flags = IBV_REREG_MR_CHANGE_TRANSLATION | IBV_REREG_MR_CHANGE_PD,
		.start = (uintptr_t)end.buffer + REGION,
		.hca_va = (uintptr_t)end.buffer + REGION,
		.length = REGION,
		.pd_handle = end.pd->handle,
	};

	return raw_call(end.context->cmd_fd, IB_USER_VERBS_CMD_REREG_MR, &cmd, sizeof(cmd),
			&resp, sizeof(resp));
}

static int dereg_mr(void)
{
	return DESTROY(ibv_dereg_mr, mr);
}

static int undo_mr(void)
{
	int err = UNDO(ibv_dereg_mr, mr), pd_err = undo_pd();

	return pd_err ? pd_err : err;
}

static int create_channel(void)
{
	errno = 0;
	channel = ibv_create_comp_channel(end.context);
	return fault_result(channel);
}

static int destroy_channel(void)
{
	return DESTROY(ibv_destroy_comp_channel, channel);
}

static int undo_channel(void)
{
	return UNDO(ibv_destroy_comp_channel, channel);
}

static int create_cq(void)
{
	errno = 0;
	cq = ibv_create_cq(end.context, QUEUE_DEPTH, NULL, end.channel, 0);
	return fault_result(cq);
}

static int resize_cq(void)
{
	return ibv_resize_cq(cq, RESIZED);
}

static int notify_cq(void)
{
	return ibv_req_notify_cq(cq, 0);
}

static int destroy_cq(void)
{
	return DESTROY(ibv_destroy_cq, cq);
}

static int undo_cq(void)
{
	return UNDO(ibv_destroy_cq, cq);
}

static int create_srq(void)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = QUEUE_DEPTH, .max_sge = 2 } };

	errno = 0;
	srq = ibv_create_srq(pd, &attr);
	return fault_result(srq);
}

static int prepare_srq(void)
{
	int err = alloc_pd();

	return err ? err : create_srq();
}

static int resize_srq(void)
{
	struct ibv_srq_attr attr = { .max_wr = RESIZED };

	return ibv_modify_srq(srq, &attr, IBV_SRQ_MAX_WR);
}

static int arm_srq(void)
{
	struct ibv_srq_attr attr = { .srq_limit = 1 };

	return ibv_modify_srq(srq, &attr, IBV_SRQ_LIMIT);
}

static int query_srq(void)
{
	struct ibv_srq_attr attr;

	return ibv_query_srq(srq, &attr);
}

static int post_srq_recv(void)
{
	struct ibv_sge sge = { (uintptr_t)end.buffer, REGION, end.mr->lkey };
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	return ibv_post_srq_recv(srq, &wr, &bad);
}

static int destroy_srq(void)
{
	return DESTROY(ibv_destroy_srq, srq);
}

static int undo_srq(void)
{
	int err = UNDO(ibv_destroy_srq, srq), pd_err = undo_pd();

	return pd_err ? pd_err : err;
}

static int create_ah(void)
{
	ah = fault_create_ah(pd);
	return fault_result(ah);
}

static int prepare_ah(void)
{
	int err = alloc_pd();

	return err ? err : create_ah();
}

static int destroy_ah(void)
{
	return DESTROY(ibv_destroy_ah, ah);
}

static int undo_ah(void)
{
	int err = UNDO(ibv_destroy_ah, ah), pd_err = undo_pd();

	return pd_err ? pd_err : err;
}

/*
 * A context with one of each, that is closed with all of them in it. Not by libibverbs:
 * the queues that it maps would keep the file open.
 */
static int prepare_close(void)
{
	uint32_t pd_handle, cq_handle, srq_handle, completions;
	struct ib_uverbs_create_qp_resp qp_resp;
	struct ib_uverbs_reg_mr_resp mr_resp;
	struct ib_uverbs_create_qp request;
	int err = prepare_context();

	if (!err)
		err = raw_alloc_pd(file, &pd_handle);
	if (!err)
		err = raw_create_channel(file, &completions);
	if (err)
		return err;
	err = raw_create_cq(file, QUEUE_DEPTH, completions, &cq_handle);
	close(completions);
	if (!err)
		err = raw_reg_mr(file, pd_handle, end.buffer, REGION, END_ACCESS, &mr_resp);
	if (!err)
		err = raw_create_srq(file, raw_srq_request(pd_handle), &srq_handle);
	if (err)
		return err;
	request = raw_qp_request(pd_handle, cq_handle);
	request.qp_type = RAW_QPT_UD;
	return raw_create_qp(file, request, &qp_resp);
}

const struct fault_step fault_object_steps[] = {
	{ "open", NULL, open_file, close_file },
	{ "get_context", open_file, get_context, close_file },
	{ "close", prepare_close, close_file, close_file },
	{ "query_device", NULL, query_device, NULL },
	{ "query_port", NULL, query_port, NULL },
	{ "query_gid_table", NULL, query_gid_table, NULL },
	{ "alloc_pd", NULL, alloc_pd, undo_pd },
	{ "dealloc_pd", alloc_pd, dealloc_pd, undo_pd },
	{ "reg_mr", alloc_pd, reg_mr, undo_mr },
	{ "rereg_mr", prepare_mr, rereg_mr, undo_mr },
	{ "dereg_mr", prepare_mr, dereg_mr, undo_mr },
	{ "create_comp_channel", NULL, create_channel, undo_channel },
	{ "destroy_comp_channel", create_channel, destroy_channel, undo_channel },
	{ "create_cq", NULL, create_cq, undo_cq },
	{ "resize_cq", create_cq, resize_cq, undo_cq },
	{ "req_notify_cq", create_cq, notify_cq, undo_cq },
	{ "destroy_cq", create_cq, destroy_cq, undo_cq },
	{ "create_srq", alloc_pd, create_srq, undo_srq },
	{ "modify_srq, size", prepare_srq, resize_srq, undo_srq },
	{ "modify_srq, limit", prepare_srq, arm_srq, undo_srq },
	{ "query_srq", prepare_srq, query_srq, undo_srq },
	{ "post_srq_recv", prepare_srq, post_srq_recv, undo_srq },
	{ "destroy_srq", prepare_srq, destroy_srq, undo_srq },
	{ "create_ah", alloc_pd, create_ah, undo_ah },
	{ "destroy_ah", prepare_ah, destroy_ah, undo_ah },
	{ },
};
