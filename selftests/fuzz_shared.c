// SPDX-License-Identifier: GPL-2.0
/* Commands of fuzz_write for address handles, SRQs, UD QPs and multicast. */

#include <string.h>

#include "fuzz_shot.h"

#define MAX_WRS		4
#define QKEY		0x11111111u
#define SRQ_LIMIT	2u

int do_create_ah(struct shot *shot)
{
	const struct fuzz_options *options = shot->world->options;
	struct ib_uverbs_create_ah *cmd = body(shot, sizeof(*cmd));
	int err;

	cmd->pd_handle = pick_handle(shot, FUZZ_PD);
	cmd->attr.is_global = !fuzz_one_in(shot->random, 20);
	cmd->attr.port_num = fuzz_one_in(shot->random, 20) ? fuzz_next(shot->random) : 1;
	cmd->attr.sl = fuzz_below(shot->random, 8);
	cmd->attr.grh.sgid_index = fuzz_one_in(shot->random, 20) ? fuzz_next(shot->random) :
								   options->gid_index;
	cmd->attr.grh.hop_limit = 64;
	memcpy(cmd->attr.grh.dgid, options->gid, sizeof(options->gid));
	if (fuzz_one_in(shot->random, 500))
		cmd->attr.grh.dgid[15] ^= fuzz_next(shot->random);
	err = fire(shot, IB_USER_VERBS_CMD_CREATE_AH, sizeof(*cmd), 64);
	if (!err)
		remember(shot, FUZZ_AH, *(uint32_t *)shot->response);
	return err;
}

int do_create_srq(struct shot *shot)
{
	struct ib_uverbs_create_srq *cmd = body(shot, sizeof(*cmd));
	int err;

	*cmd = raw_srq_request(pick_handle(shot, FUZZ_PD));
	cmd->max_wr = fuzz_one_in(shot->random, 20) ? fuzz_next(shot->random) :
						      1 + fuzz_below(shot->random, 100);
	cmd->max_sge = fuzz_one_in(shot->random, 20) ? fuzz_next(shot->random) :
						       fuzz_below(shot->random, 4);
	cmd->srq_limit = fuzz_below(shot->random, 8);
	err = fire(shot, IB_USER_VERBS_CMD_CREATE_SRQ, sizeof(*cmd), 64);
	if (!err)
		remember(shot, FUZZ_SRQ, *(uint32_t *)shot->response);
	return err;
}

/* With room for what a driver has behind it. */
int do_modify_srq(struct shot *shot)
{
	struct ib_uverbs_modify_srq *cmd = body(shot, sizeof(*cmd) + 8);

	cmd->srq_handle = pick_handle(shot, FUZZ_SRQ);
	cmd->attr_mask = fuzz_one_in(shot->random, 10) ? fuzz_next(shot->random) : SRQ_LIMIT;
	cmd->max_wr = 1 + fuzz_below(shot->random, 200);
	cmd->srq_limit = fuzz_below(shot->random, 8);
	return fire(shot, IB_USER_VERBS_CMD_MODIFY_SRQ, sizeof(*cmd) + 8, 0);
}

int do_query_srq(struct shot *shot)
{
	struct ib_uverbs_query_srq *cmd = body(shot, sizeof(*cmd));

	cmd->srq_handle = pick_handle(shot, FUZZ_SRQ);
	return fire(shot, IB_USER_VERBS_CMD_QUERY_SRQ, sizeof(*cmd),
		    sizeof(struct ib_uverbs_query_srq_resp));
}

int do_post_srq_recv(struct shot *shot)
{
	uint32_t count = 1 + fuzz_below(shot->random, MAX_WRS), i;
	struct ib_uverbs_post_srq_recv *cmd = body(shot, sizeof(shot->message.body));
	struct ib_uverbs_recv_wr *wr = (void *)(cmd + 1);
	struct ib_uverbs_sge *sge = (void *)(wr + count);

	cmd->srq_handle = pick_handle(shot, FUZZ_SRQ);
	cmd->wr_count = count;
	cmd->wqe_size = sizeof(*wr);
	for (i = 0; i < count; i++) {
		wr[i].wr_id = fuzz_next(shot->random);
		wr[i].num_sge = fuzz_below(shot->random, 3);
		cmd->sge_count += wr[i].num_sge;
	}
	for (i = 0; i < cmd->sge_count; i++)
		pick_sge(shot, &sge[i]);
	return fire(shot, IB_USER_VERBS_CMD_POST_SRQ_RECV, sizeof(*cmd) + count * sizeof(*wr) +
		    cmd->sge_count * sizeof(*sge), sizeof(struct ib_uverbs_post_srq_recv_resp));
}

/*
 * Never spoilt, and of one LID: rxe of 6.1 cannot destroy a QP that was attached
 * to a group with two.
 */
int do_mcast(struct shot *shot)
{
	struct ib_uverbs_attach_mcast cmd = {
		.gid = { 0xff, 0x1e, [15] = fuzz_below(shot->random, 4) },
		.qp_handle = pick_handle(shot, FUZZ_QP),
	};
	uint32_t command = fuzz_one_in(shot->random, 2) ? IB_USER_VERBS_CMD_ATTACH_MCAST :
							  IB_USER_VERBS_CMD_DETACH_MCAST;

	return raw_call(atomic_load(&shot->file->fd), command, &cmd, sizeof(cmd), NULL, 0);
}

struct ib_uverbs_modify_qp ud_step(struct shot *shot, uint32_t qp, uint32_t state)
{
	struct ib_uverbs_modify_qp step;

	switch (state) {
	case RAW_QPS_RESET:
		step = raw_to_init(qp);
		step.attr_mask ^= RAW_QP_ACCESS_FLAGS | RAW_QP_QKEY;
		step.qkey = fuzz_one_in(shot->random, 20) ? fuzz_next(shot->random) : QKEY;
		return step;
	case RAW_QPS_INIT:
		return raw_to_state(qp, RAW_QPS_RTR);
	case RAW_QPS_RTR:
		step = raw_to_state(qp, RAW_QPS_RTS);
		step.attr_mask |= RAW_QP_SQ_PSN;
		return step;
	default:
		return raw_to_state(qp, fuzz_one_in(shot->random, 3) ? RAW_QPS_ERR : RAW_QPS_RESET);
	}
}

void aim_ud(struct shot *shot, struct ib_uverbs_send_wr *wr)
{
	wr->opcode = fuzz_one_in(shot->random, 2) ? IB_UVERBS_WR_SEND : IB_UVERBS_WR_SEND_WITH_IMM;
	wr->wr.ud.ah = pick_handle(shot, FUZZ_AH);
	wr->wr.ud.remote_qpn = atomic_load(&shot->file->qpns[pick_slot(shot)]);
	wr->wr.ud.remote_qkey = fuzz_one_in(shot->random, 10) ? fuzz_next(shot->random) : QKEY;
}
