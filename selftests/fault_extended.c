// SPDX-License-Identifier: GPL-2.0
/* Steps of fault_verbs: extended commands, and what is asked by ioctl(). */

#include <errno.h>

#include "fault_verbs.h"
#include "raw_verbs.h"

#define QUEUE_DEPTH	8

/* What a command made, to be destroyed by its handle. */
static uint32_t handle;
static bool made;

static int query_device(void)
{
	struct ib_uverbs_ex_query_device cmd = {};
	struct ib_uverbs_ex_query_device_resp resp;

	return raw_call_ex(end.context->cmd_fd, IB_USER_VERBS_EX_CMD_QUERY_DEVICE, &cmd,
			   sizeof(cmd), &resp, sizeof(resp), 0);
}

static int query_gid(void)
{
	struct ibv_gid_entry entry;

	return ibv_query_gid_ex(end.context, 1, end.gid_index, &entry, 0);
}

static int create_cq(void)
{
	struct ib_uverbs_ex_create_cq cmd = {
		.cqe = QUEUE_DEPTH,
		.comp_channel = end.channel->fd,
	};
	struct {
		struct ib_uverbs_ex_create_cq_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer;
	int err;

	err = raw_call_ex(end.context->cmd_fd, IB_USER_VERBS_EX_CMD_CREATE_CQ, &cmd,
			  sizeof(cmd), &answer, sizeof(answer.resp), RAW_DRIVER_ROOM);
	handle = answer.resp.base.cq_handle;
	made = !err;
	return err;
}

static int undo_cq(void)
{
	int err = made ? raw_destroy_cq(end.context->cmd_fd, handle) : 0;

	made = false;
	return err;
}

static int create_qp(void)
{
	struct ib_uverbs_ex_create_qp cmd = {
		.pd_handle = end.pd->handle,
		.send_cq_handle = end.send_cq->handle,
		.recv_cq_handle = end.recv_cq->handle,
		.max_send_wr = QUEUE_DEPTH,
		.max_recv_wr = QUEUE_DEPTH,
		.max_send_sge = 1,
		.max_recv_sge = 1,
		.qp_type = RAW_QPT_UD,
	};
	struct {
		struct ib_uverbs_ex_create_qp_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer;
	int err;

	err = raw_call_ex(end.context->cmd_fd, IB_USER_VERBS_EX_CMD_CREATE_QP, &cmd,
			  sizeof(cmd), &answer, sizeof(answer.resp), RAW_DRIVER_ROOM);
	handle = answer.resp.base.qp_handle;
	made = !err;
	return err;
}

static int undo_qp(void)
{
	int err = made ? raw_destroy_qp(end.context->cmd_fd, handle) : 0;

	made = false;
	return err;
}

static int create_rc(void)
{
	return fault_create_qp(IBV_QPT_RC);
}

static int modify_qp(void)
{
	struct ib_uverbs_ex_modify_qp cmd = { .base = raw_to_init(end.qp->handle) };
	struct ib_uverbs_ex_modify_qp_resp resp;

	return raw_call_ex(end.context->cmd_fd, IB_USER_VERBS_EX_CMD_MODIFY_QP, &cmd,
			   sizeof(cmd), &resp, sizeof(resp), 0);
}

const struct fault_step fault_extended_steps[] = {
	{ "query_device, extended", NULL, query_device, NULL },
	{ "query_gid_ex", NULL, query_gid, NULL },
	{ "create_cq, extended", NULL, create_cq, undo_cq },
	{ "create_qp of UD, extended", NULL, create_qp, undo_qp },
	{ "modify_qp to INIT, extended", create_rc, modify_qp, fault_destroy_qp },
	{ },
};
