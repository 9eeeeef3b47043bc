// SPDX-License-Identifier: GPL-2.0
/* The write() ABI of a uverbs node without libibverbs. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rdma/rdma_user_ioctl_cmds.h>

#include "raw_verbs.h"

#define MAX_DRIVERS	64

int raw_write(int fd, const void *bytes, size_t size)
{
	ssize_t written = write(fd, bytes, size);

	if (written < 0)
		return errno;
	return (size_t)written == size ? 0 : EIO;
}

int raw_call(int fd, uint32_t command, void *cmd, size_t size,
	     void *response, size_t response_size)
{
	struct {
		struct ib_uverbs_cmd_hdr header;
		uint8_t body[RAW_MAX_COMMAND];
	} message = {
		.header = {
			.command = command,
			.in_words = (sizeof(message.header) + size) / 4,
			.out_words = response_size / 4,
		},
	};
	uint64_t address = (uintptr_t)response;

	if (size > sizeof(message.body))
		return E2BIG;
	memcpy(message.body, cmd, size);
	if (response_size)
		memcpy(message.body, &address, sizeof(address));
	return raw_write(fd, &message, sizeof(message.header) + size);
}

int raw_call_ex(int fd, uint32_t command, const void *cmd, size_t size,
		void *response, size_t response_size, size_t driver_size)
{
	struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_ex_cmd_hdr ex;
		uint8_t body[RAW_MAX_COMMAND];
	} message = {
		.header = {
			.command = IB_USER_VERBS_CMD_FLAG_EXTENDED | command,
			.in_words = size / 8,
			.out_words = response_size / 8,
		},
		.ex = {
			.response = (uintptr_t)response,
			.provider_out_words = driver_size / 8,
		},
	};

	if (size > sizeof(message.body))
		return E2BIG;
	memcpy(message.body, cmd, size);
	return raw_write(fd, &message, offsetof(typeof(message), body) + size);
}

uint32_t raw_driver_id(int fd)
{
	/* An object that no driver has: to ask another driver is the first error. */
	struct ib_uverbs_ioctl_hdr header = { .length = sizeof(header), .object_id = 0xfff };

	for (; header.driver_id < MAX_DRIVERS; header.driver_id++)
		if (ioctl(fd, RDMA_VERBS_IOCTL, &header) < 0 && errno == EPROTONOSUPPORT)
			return header.driver_id;
	fprintf(stderr, "no driver behind the node\n");
	exit(EXIT_FAILURE);
}

int raw_open(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", node, strerror(errno));
		exit(EXIT_FAILURE);
	}
	return fd;
}

int raw_get_context(int fd)
{
	struct {
		struct ib_uverbs_get_context_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	struct ib_uverbs_get_context cmd = {};
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_GET_CONTEXT, &cmd, sizeof(cmd),
		       &answer, sizeof(answer));
	if (!err)
		close(answer.resp.async_fd);
	return err;
}

int raw_session(const char *node)
{
	int fd = raw_open(node);
	int err = raw_get_context(fd);

	if (err) {
		fprintf(stderr, "%s: GET_CONTEXT: %s\n", node, strerror(err));
		exit(EXIT_FAILURE);
	}
	return fd;
}

int raw_alloc_pd(int fd, uint32_t *handle)
{
	struct {
		struct ib_uverbs_alloc_pd_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	struct ib_uverbs_alloc_pd cmd = {};
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_ALLOC_PD, &cmd, sizeof(cmd),
		       &answer, sizeof(answer));
	*handle = answer.resp.pd_handle;
	return err;
}

int raw_create_channel(int fd, uint32_t *channel)
{
	struct ib_uverbs_create_comp_channel_resp resp = {};
	struct ib_uverbs_create_comp_channel cmd = {};
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL, &cmd, sizeof(cmd),
		       &resp, sizeof(resp));
	*channel = resp.fd;
	return err;
}

int raw_create_cq(int fd, uint32_t cqe, int32_t channel, uint32_t *handle)
{
	struct {
		struct ib_uverbs_create_cq_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	struct ib_uverbs_create_cq cmd = { .cqe = cqe, .comp_channel = channel };
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_CQ, &cmd, sizeof(cmd),
		       &answer, sizeof(answer));
	*handle = answer.resp.cq_handle;
	return err;
}

int raw_reg_mr(int fd, uint32_t pd, const void *start, uint64_t length, uint32_t access,
	       struct ib_uverbs_reg_mr_resp *mr)
{
	struct {
		struct ib_uverbs_reg_mr_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	struct ib_uverbs_reg_mr cmd = {
		.start = (uintptr_t)start,
		.hca_va = (uintptr_t)start,
		.length = length,
		.pd_handle = pd,
		.access_flags = access,
	};
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_REG_MR, &cmd, sizeof(cmd), &answer, sizeof(answer));
	*mr = answer.resp;
	return err;
}

struct ib_uverbs_create_qp raw_qp_request(uint32_t pd, uint32_t cq)
{
	return (struct ib_uverbs_create_qp){
		.pd_handle = pd,
		.send_cq_handle = cq,
		.recv_cq_handle = cq,
		.max_send_wr = 16,
		.max_recv_wr = 16,
		.max_send_sge = 2,
		.max_recv_sge = 2,
		.qp_type = RAW_QPT_RC,
	};
}

int raw_create_qp(int fd, struct ib_uverbs_create_qp request,
		  struct ib_uverbs_create_qp_resp *qp)
{
	struct {
		struct ib_uverbs_create_qp_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_QP, &request, sizeof(request),
		       &answer, sizeof(answer));
	*qp = answer.resp;
	return err;
}

struct ib_uverbs_modify_qp raw_to_init(uint32_t qp)
{
	return (struct ib_uverbs_modify_qp){
		.qp_handle = qp,
		.attr_mask = RAW_QP_TO_INIT,
		.qp_state = RAW_QPS_INIT,
		.port_num = 1,
	};
}

struct ib_uverbs_modify_qp raw_to_rtr(uint32_t qp, uint32_t peer_qpn,
				      const uint8_t gid[16], uint8_t gid_index)
{
	struct ib_uverbs_modify_qp request = {
		.qp_handle = qp,
		.attr_mask = RAW_QP_TO_RTR,
		.qp_state = RAW_QPS_RTR,
		.path_mtu = 3,
		.dest_qp_num = peer_qpn,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
		.dest = {
			.is_global = 1,
			.port_num = 1,
			.sgid_index = gid_index,
			.hop_limit = 64,
		},
	};

	memcpy(request.dest.dgid, gid, sizeof(request.dest.dgid));
	return request;
}

struct ib_uverbs_modify_qp raw_to_rts(uint32_t qp)
{
	return (struct ib_uverbs_modify_qp){
		.qp_handle = qp,
		.attr_mask = RAW_QP_TO_RTS,
		.qp_state = RAW_QPS_RTS,
		.timeout = 14,
		.retry_cnt = 1,
		.rnr_retry = 1,
		.max_rd_atomic = 1,
	};
}

struct ib_uverbs_modify_qp raw_to_state(uint32_t qp, enum raw_qp_state state)
{
	return (struct ib_uverbs_modify_qp){
		.qp_handle = qp,
		.attr_mask = RAW_QP_STATE,
		.qp_state = state,
	};
}

int raw_modify_qp(int fd, struct ib_uverbs_modify_qp request)
{
	return raw_call(fd, IB_USER_VERBS_CMD_MODIFY_QP, &request, sizeof(request), NULL, 0);
}

int raw_connect(int fd, uint32_t qp, uint32_t peer_qpn, const uint8_t gid[16],
		uint8_t gid_index)
{
	int err;

	err = raw_modify_qp(fd, raw_to_init(qp));
	if (!err)
		err = raw_modify_qp(fd, raw_to_rtr(qp, peer_qpn, gid, gid_index));
	if (!err)
		err = raw_modify_qp(fd, raw_to_rts(qp));
	return err;
}

int raw_dealloc_pd(int fd, uint32_t handle)
{
	struct ib_uverbs_dealloc_pd cmd = { .pd_handle = handle };

	return raw_call(fd, IB_USER_VERBS_CMD_DEALLOC_PD, &cmd, sizeof(cmd), NULL, 0);
}

int raw_dereg_mr(int fd, uint32_t handle)
{
	struct ib_uverbs_dereg_mr cmd = { .mr_handle = handle };

	return raw_call(fd, IB_USER_VERBS_CMD_DEREG_MR, &cmd, sizeof(cmd), NULL, 0);
}

int raw_destroy_cq(int fd, uint32_t handle)
{
	struct ib_uverbs_destroy_cq_resp resp = {};
	struct ib_uverbs_destroy_cq cmd = { .cq_handle = handle };

	return raw_call(fd, IB_USER_VERBS_CMD_DESTROY_CQ, &cmd, sizeof(cmd), &resp, sizeof(resp));
}

int raw_destroy_qp(int fd, uint32_t handle)
{
	struct ib_uverbs_destroy_qp_resp resp = {};
	struct ib_uverbs_destroy_qp cmd = { .qp_handle = handle };

	return raw_call(fd, IB_USER_VERBS_CMD_DESTROY_QP, &cmd, sizeof(cmd), &resp, sizeof(resp));
}

int raw_create_ah(int fd, struct ib_uverbs_create_ah request, uint32_t *handle)
{
	struct {
		struct ib_uverbs_create_ah_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_AH, &request, sizeof(request),
		       &answer, sizeof(answer));
	*handle = answer.resp.ah_handle;
	return err;
}

struct ib_uverbs_create_srq raw_srq_request(uint32_t pd)
{
	return (struct ib_uverbs_create_srq){ .pd_handle = pd, .max_wr = 8, .max_sge = 2 };
}

int raw_create_srq(int fd, struct ib_uverbs_create_srq request, uint32_t *handle)
{
	struct {
		struct ib_uverbs_create_srq_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_SRQ, &request, sizeof(request),
		       &answer, sizeof(answer));
	*handle = answer.resp.srq_handle;
	return err;
}

int raw_destroy_ah(int fd, uint32_t handle)
{
	struct ib_uverbs_destroy_ah cmd = { .ah_handle = handle };

	return raw_call(fd, IB_USER_VERBS_CMD_DESTROY_AH, &cmd, sizeof(cmd), NULL, 0);
}

int raw_destroy_srq(int fd, uint32_t handle)
{
	struct ib_uverbs_destroy_srq_resp resp = {};
	struct ib_uverbs_destroy_srq cmd = { .srq_handle = handle };

	return raw_call(fd, IB_USER_VERBS_CMD_DESTROY_SRQ, &cmd, sizeof(cmd), &resp, sizeof(resp));
}
