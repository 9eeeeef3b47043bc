// SPDX-License-Identifier: GPL-2.0
/* What fuzz_write sends beside plain commands: extended ones, and ioctl()s. */

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#include "fuzz_shot.h"

#define EX_HEADER	sizeof(struct ib_uverbs_ex_cmd_hdr)
#define ATTRS		6

struct request {
	struct ib_uverbs_ioctl_hdr header;
	struct ib_uverbs_attr attrs[ATTRS];
};

/* The body of an extended command, behind its second header. */
static void *ex_body(struct shot *shot, size_t size)
{
	return (uint8_t *)body(shot, EX_HEADER + size) + EX_HEADER;
}

/* As fire(); what a driver adds to the response has its own place. */
static int fire_ex(struct shot *shot, uint32_t command, size_t size, size_t response_size,
		   size_t driver_size)
{
	struct ib_uverbs_ex_cmd_hdr ex = { .provider_out_words = driver_size / 8 };

	place_response(shot, response_size + driver_size);
	ex.response = (uintptr_t)shot->response;
	memcpy(shot->message.body, &ex, sizeof(ex));
	shot->size = EX_HEADER + size;
	shot->message.header.command = IB_USER_VERBS_CMD_FLAG_EXTENDED | command;
	shot->message.header.in_words = size / 8;
	shot->message.header.out_words = response_size / 8;
	if (fuzz_one_in(shot->random, 6))
		spoil(shot);
	return send_message(shot);
}

int do_query_device_ex(struct shot *shot)
{
	ex_body(shot, sizeof(struct ib_uverbs_ex_query_device));
	return fire_ex(shot, IB_USER_VERBS_EX_CMD_QUERY_DEVICE,
		       sizeof(struct ib_uverbs_ex_query_device),
		       8 * fuzz_below(shot->random, 50), 0);
}

int do_create_cq_ex(struct shot *shot)
{
	struct ib_uverbs_ex_create_cq *cmd = ex_body(shot, sizeof(*cmd));
	int err;

	cmd->cqe = fuzz_one_in(shot->random, 20) ? fuzz_next(shot->random) :
						   1 + fuzz_below(shot->random, 64);
	cmd->comp_vector = fuzz_below(shot->random, 3);
	cmd->comp_channel = fuzz_one_in(shot->random, 2) ? -1 :
			    (int)pick_handle(shot, FUZZ_CHANNEL);
	if (fuzz_one_in(shot->random, 10))
		cmd->flags = fuzz_next(shot->random);
	err = fire_ex(shot, IB_USER_VERBS_EX_CMD_CREATE_CQ, sizeof(*cmd),
		      sizeof(struct ib_uverbs_ex_create_cq_resp), RAW_DRIVER_ROOM);
	if (!err)
		remember(shot, FUZZ_CQ, *(uint32_t *)shot->response);
	return err;
}

int do_create_qp_ex(struct shot *shot)
{
	struct ib_uverbs_ex_create_qp *cmd = ex_body(shot, sizeof(*cmd));
	struct ib_uverbs_ex_create_qp_resp *resp;
	int err;

	cmd->pd_handle = pick_handle(shot, FUZZ_PD);
	cmd->send_cq_handle = pick_handle(shot, FUZZ_CQ);
	cmd->recv_cq_handle = pick_handle(shot, FUZZ_CQ);
	cmd->max_send_wr = 1 + fuzz_below(shot->random, 16);
	cmd->max_recv_wr = 1 + fuzz_below(shot->random, 16);
	cmd->max_send_sge = 1 + fuzz_below(shot->random, 3);
	cmd->max_recv_sge = 1 + fuzz_below(shot->random, 3);
	cmd->max_inline_data = fuzz_below(shot->random, 256);
	cmd->qp_type = 2 + fuzz_below(shot->random, 2);
	if (fuzz_one_in(shot->random, 10))
		cmd->create_flags = 1u << fuzz_below(shot->random, 32);
	if (fuzz_one_in(shot->random, 20))
		cmd->comp_mask = 1u << fuzz_below(shot->random, 32);
	err = fire_ex(shot, IB_USER_VERBS_EX_CMD_CREATE_QP, sizeof(*cmd), sizeof(*resp),
		      RAW_DRIVER_ROOM);
	resp = shot->response;
	if (!err) {
		remember(shot, FUZZ_QP, resp->base.qp_handle);
		atomic_store(&shot->file->qpns[shot->slot], resp->base.qpn);
		atomic_store(&shot->file->states[shot->slot], RAW_QPS_RESET);
	}
	return err;
}

int do_modify_qp_ex(struct shot *shot)
{
	struct ib_uverbs_ex_modify_qp *cmd = ex_body(shot, sizeof(*cmd));
	unsigned int slot = pick_used_slot(shot, FUZZ_QP);
	uint32_t qp = atomic_load(&shot->file->handles[FUZZ_QP][slot]);

	cmd->base = fuzz_one_in(shot->random, 2) ?
		    raw_to_state(qp, fuzz_below(shot->random, 8)) : raw_to_init(qp);
	if (fuzz_one_in(shot->random, 4))
		cmd->base.attr_mask |= 1u << fuzz_below(shot->random, 32);
	return fire_ex(shot, IB_USER_VERBS_EX_CMD_MODIFY_QP, sizeof(*cmd),
		       sizeof(struct ib_uverbs_ex_modify_qp_resp), RAW_DRIVER_ROOM);
}

/* Any extended command: response, provider words, reserved. */
int do_extended(struct shot *shot)
{
	uint32_t words = fuzz_below(shot->random, 24);

	random_body(shot, EX_HEADER + 8 * words);
	return fire_ex(shot, fuzz_below(shot->random, 60), 8 * words, 128, 0);
}

static struct request request_of(struct shot *shot, uint16_t object, uint16_t method,
				 uint16_t num_attrs)
{
	return (struct request){
		.header = {
			.length = sizeof(struct ib_uverbs_ioctl_hdr) +
				  num_attrs * sizeof(struct ib_uverbs_attr),
			.object_id = object,
			.method_id = method,
			.num_attrs = num_attrs,
			.driver_id = shot->world->driver_id,
		},
	};
}

static void set_attr(struct ib_uverbs_attr *attr, uint16_t id, uint16_t len, uint64_t data)
{
	attr->attr_id = id;
	attr->len = len;
	attr->flags = UVERBS_ATTR_F_MANDATORY;
	attr->data = data;
}

static void spoil_request(struct shot *shot, struct request *request)
{
	struct fuzz_random *random = shot->random;
	struct ib_uverbs_attr *attr = &request->attrs[fuzz_below(random, ATTRS)];

	switch (fuzz_below(random, 8)) {
	case 0:
		attr->attr_id = fuzz_one_in(random, 2) ? fuzz_below(random, 5) : fuzz_next(random);
		break;
	case 1:
		attr->len = fuzz_one_in(random, 2) ? fuzz_below(random, 64) : fuzz_next(random);
		break;
	case 2:
		attr->flags = fuzz_next(random);
		break;
	case 3:
		attr->data = fuzz_one_in(random, 2) ? pick_address(shot) : fuzz_next(random);
		break;
	case 4:
		attr->attr_data.reserved = fuzz_next(random);
		break;
	case 5:
		request->header.num_attrs = fuzz_below(random, ATTRS + 1);
		request->header.length = sizeof(request->header) +
					 request->header.num_attrs * sizeof(*attr);
		break;
	case 6:
		request->header.length = fuzz_next(random);
		break;
	default:
		((uint16_t *)&request->header)[fuzz_below(random, 12)] = fuzz_next(random);
	}
}

static int send_request(struct shot *shot, struct request *request)
{
	if (fuzz_one_in(shot->random, 6))
		spoil_request(shot, request);
	return ioctl(atomic_load(&shot->file->fd), RDMA_VERBS_IOCTL, request) < 0 ? errno : 0;
}

int do_query_gids(struct shot *shot)
{
	struct fuzz_random *random = shot->random;
	bool table = fuzz_one_in(random, 2);
	struct request request = request_of(shot, UVERBS_OBJECT_DEVICE,
					    table ? UVERBS_METHOD_QUERY_GID_TABLE :
						    UVERBS_METHOD_QUERY_GID_ENTRY, 4);
	uint64_t size = 8 * (1 + fuzz_below(random, 6));

	place_response(shot, 4096);
	set_attr(&request.attrs[0], 0, 8, table ? size : 1);
	set_attr(&request.attrs[1], 1, table ? 4 : 8, table ? 0 : fuzz_below(random, 4));
	set_attr(&request.attrs[2], 2, table ? size * fuzz_below(random, 80) : 4,
		 table ? (uintptr_t)shot->response : 0);
	set_attr(&request.attrs[3], 3, table ? 8 : 32, (uintptr_t)shot->response);
	return send_request(shot, &request);
}

int do_ioctl(struct shot *shot)
{
	struct fuzz_random *random = shot->random;
	struct request request = request_of(shot, fuzz_below(random, 3), fuzz_below(random, 10),
					    fuzz_below(random, ATTRS + 1));
	unsigned int i;

	for (i = 0; i < ATTRS; i++)
		set_attr(&request.attrs[i], fuzz_below(random, 8),
			 fuzz_one_in(random, 5) ? fuzz_next(random) : 8 * fuzz_below(random, 5),
			 fuzz_one_in(random, 2) ? pick_address(shot) : fuzz_below(random, 64));
	return send_request(shot, &request);
}
