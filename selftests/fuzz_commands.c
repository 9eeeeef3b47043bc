// SPDX-License-Identifier: GPL-2.0
/* The commands that fuzz_write sends: sound ones first, then spoilt. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz_shot.h"

#define MAX_WRS		4

const struct fuzz_op_info fuzz_ops[FUZZ_OPS] = {
	[FUZZ_OPEN] =		{ "open", 3, 0, true },
	[FUZZ_CLOSE] =		{ "close", 1, 0, true },
	[FUZZ_GET_CONTEXT] =	{ "GET_CONTEXT", 3, 0, true },
	[FUZZ_QUERY_DEVICE] =	{ "QUERY_DEVICE", 4, 0, true },
	[FUZZ_QUERY_DEVICE_EX] = { "QUERY_DEVICE_EX", 4, 0, true },
	[FUZZ_QUERY_GIDS] =	{ "query GIDs", 8, 0, true },
	[FUZZ_QUERY_PORT] =	{ "QUERY_PORT", 4, 0, true },
	[FUZZ_ALLOC_PD] =	{ "ALLOC_PD", 10, 0, true },
	[FUZZ_DEALLOC_PD] =	{ "DEALLOC_PD", 5, 0, true },
	[FUZZ_CREATE_CHANNEL] =	{ "CREATE_CHANNEL", 6, 0, true },
	[FUZZ_READ_CHANNEL] =	{ "read channel", 8, 2, false },
	[FUZZ_CLOSE_CHANNEL] =	{ "close channel", 3, 0, true },
	[FUZZ_CREATE_CQ] =	{ "CREATE_CQ", 10, 0, true },
	[FUZZ_CREATE_CQ_EX] =	{ "CREATE_CQ_EX", 6, 0, true },
	[FUZZ_RESIZE_CQ] =	{ "RESIZE_CQ", 12, 6, true },
	[FUZZ_DESTROY_CQ] =	{ "DESTROY_CQ", 5, 0, true },
	[FUZZ_NOTIFY_CQ] =	{ "REQ_NOTIFY_CQ", 8, 2, true },
	[FUZZ_POLL_CQ] =	{ "POLL_CQ", 25, 20, true },
	[FUZZ_REG_MR] =		{ "REG_MR", 12, 0, true },
	[FUZZ_REREG_MR] =	{ "REREG_MR", 10, 2, true },
	[FUZZ_DEREG_MR] =	{ "DEREG_MR", 6, 0, true },
	[FUZZ_CREATE_QP] =	{ "CREATE_QP", 10, 4, true },
	[FUZZ_CREATE_QP_EX] =	{ "CREATE_QP_EX", 6, 3, true },
	[FUZZ_MODIFY_QP] =	{ "MODIFY_QP", 40, 16, true },
	[FUZZ_MODIFY_QP_EX] =	{ "MODIFY_QP_EX", 8, 4, true },
	[FUZZ_QUERY_QP] =	{ "QUERY_QP", 8, 4, true },
	[FUZZ_DESTROY_QP] =	{ "DESTROY_QP", 5, 3, true },
	[FUZZ_POST_SEND] =	{ "POST_SEND", 40, 40, true },
	[FUZZ_POST_RECV] =	{ "POST_RECV", 25, 20, true },
	[FUZZ_CREATE_AH] =	{ "CREATE_AH", 8, 0, true },
	[FUZZ_DESTROY_AH] =	{ "DESTROY_AH", 5, 3, true },
	[FUZZ_CREATE_SRQ] =	{ "CREATE_SRQ", 6, 2, true },
	[FUZZ_MODIFY_SRQ] =	{ "MODIFY_SRQ", 4, 2, true },
	[FUZZ_QUERY_SRQ] =	{ "QUERY_SRQ", 3, 0, true },
	[FUZZ_DESTROY_SRQ] =	{ "DESTROY_SRQ", 4, 2, true },
	[FUZZ_POST_SRQ_RECV] =	{ "POST_SRQ_RECV", 12, 12, true },
	[FUZZ_MCAST] =		{ "ATTACH_MCAST, DETACH_MCAST", 4, 2, true },
	[FUZZ_ANY_COMMAND] =	{ "any command", 10, 0, false },
	[FUZZ_EXTENDED] =	{ "any extended", 6, 0, false },
	[FUZZ_IOCTL] =		{ "ioctl", 4, 0, false },
	[FUZZ_MMAP] =		{ "mmap", 2, 0, false },
	[FUZZ_FORK] =		{ "write in a fork", 1, 0, false },
};

static void forget(struct fuzz_file *file)
{
	unsigned int kind, slot;

	for (kind = 0; kind < FUZZ_KINDS; kind++)
		for (slot = 0; slot < FUZZ_SLOTS; slot++)
			atomic_store(&file->handles[kind][slot], NO_HANDLE);
}

void fuzz_world_init(struct fuzz_world *world)
{
	unsigned int i;

	for (i = 0; i < FUZZ_FILES; i++) {
		atomic_store(&world->files[i].fd, -1);
		forget(&world->files[i]);
	}
}

static int do_get_context(struct shot *shot)
{
	struct ib_uverbs_get_context_resp *resp;
	int err;

	body(shot, sizeof(struct ib_uverbs_get_context));
	err = fire(shot, IB_USER_VERBS_CMD_GET_CONTEXT, sizeof(struct ib_uverbs_get_context), 64);
	resp = shot->response;
	if (!err && (int)resp->async_fd >= 0)
		close(resp->async_fd);
	return err;
}

/* Seldom over a file that is open: its objects take time to come about. */
static int do_open(struct shot *shot)
{
	int fd;

	if (atomic_load(&shot->file->fd) >= 0 && !fuzz_one_in(shot->random, 20))
		return EALREADY;
	fd = open(shot->world->options->node, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno;
	forget(shot->file);
	fd = atomic_exchange(&shot->file->fd, fd);
	if (fd >= 0)
		close(fd);
	if (shot->world->sound || !fuzz_one_in(shot->random, 10))
		do_get_context(shot);
	return 0;
}

static int do_close(struct shot *shot)
{
	int fd = atomic_exchange(&shot->file->fd, -1);

	if (fd < 0)
		return EBADF;
	return close(fd) ? errno : 0;
}

static int do_query_device(struct shot *shot)
{
	body(shot, sizeof(struct ib_uverbs_query_device));
	return fire(shot, IB_USER_VERBS_CMD_QUERY_DEVICE, sizeof(struct ib_uverbs_query_device),
		    sizeof(struct ib_uverbs_query_device_resp));
}

static int do_query_port(struct shot *shot)
{
	struct ib_uverbs_query_port *cmd = body(shot, sizeof(*cmd));

	cmd->port_num = fuzz_one_in(shot->random, 5) ? fuzz_next(shot->random) : 1;
	return fire(shot, IB_USER_VERBS_CMD_QUERY_PORT, sizeof(*cmd),
		    sizeof(struct ib_uverbs_query_port_resp));
}

static int do_alloc_pd(struct shot *shot)
{
	int err;

	body(shot, sizeof(struct ib_uverbs_alloc_pd));
	err = fire(shot, IB_USER_VERBS_CMD_ALLOC_PD, sizeof(struct ib_uverbs_alloc_pd), 64);
	if (!err)
		remember(shot, FUZZ_PD, *(uint32_t *)shot->response);
	return err;
}

static int do_create_channel(struct shot *shot)
{
	int err, channel;

	body(shot, sizeof(struct ib_uverbs_create_comp_channel));
	err = fire(shot, IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL,
		   sizeof(struct ib_uverbs_create_comp_channel), 4);
	if (err)
		return err;
	channel = *(int *)shot->response;
	if (channel < 0)
		return 0;
	fcntl(channel, F_SETFL, O_NONBLOCK);
	channel = atomic_exchange(&shot->file->handles[FUZZ_CHANNEL][shot->slot], channel);
	if ((uint32_t)channel != NO_HANDLE)
		close(channel);
	return 0;
}

static int do_read_channel(struct shot *shot)
{
	uint32_t channel = atomic_load(&shot->file->handles[FUZZ_CHANNEL][shot->slot]);
	uint64_t events[4];

	if (channel == NO_HANDLE)
		return EBADF;
	return read(channel, events, fuzz_below(shot->random, sizeof(events))) < 0 ? errno : 0;
}

static int do_close_channel(struct shot *shot)
{
	uint32_t channel = atomic_exchange(&shot->file->handles[FUZZ_CHANNEL][shot->slot],
					   NO_HANDLE);

	if (channel == NO_HANDLE)
		return EBADF;
	return close(channel) ? errno : 0;
}

static int do_create_cq(struct shot *shot)
{
	struct ib_uverbs_create_cq *cmd = body(shot, sizeof(*cmd));
	int err;

	cmd->cqe = fuzz_one_in(shot->random, 20) ? fuzz_next(shot->random) :
						   1 + fuzz_below(shot->random, 64);
	cmd->comp_channel = fuzz_one_in(shot->random, 2) ? -1 :
			    (int)pick_handle(shot, FUZZ_CHANNEL);
	err = fire(shot, IB_USER_VERBS_CMD_CREATE_CQ, sizeof(*cmd), 64);
	if (!err)
		remember(shot, FUZZ_CQ, *(uint32_t *)shot->response);
	return err;
}

static int do_resize_cq(struct shot *shot)
{
	struct ib_uverbs_resize_cq *cmd = body(shot, sizeof(*cmd));

	cmd->cq_handle = pick_handle(shot, FUZZ_CQ);
	cmd->cqe = fuzz_one_in(shot->random, 20) ? fuzz_next(shot->random) :
						   1 + fuzz_below(shot->random, 200);
	return fire(shot, IB_USER_VERBS_CMD_RESIZE_CQ, sizeof(*cmd), 64);
}

static int do_notify_cq(struct shot *shot)
{
	struct ib_uverbs_req_notify_cq *cmd = body(shot, sizeof(*cmd));

	cmd->cq_handle = pick_handle(shot, FUZZ_CQ);
	cmd->solicited_only = fuzz_below(shot->random, 3);
	return fire(shot, IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, sizeof(*cmd), 0);
}

static int do_poll_cq(struct shot *shot)
{
	struct ib_uverbs_poll_cq *cmd = body(shot, sizeof(*cmd));

	cmd->cq_handle = pick_handle(shot, FUZZ_CQ);
	cmd->ne = fuzz_one_in(shot->random, 10) ? fuzz_next(shot->random) :
						  fuzz_below(shot->random, 16);
	return fire(shot, IB_USER_VERBS_CMD_POLL_CQ, sizeof(*cmd), 16 + 16 * 48);
}

static int do_reg_mr(struct shot *shot)
{
	struct ib_uverbs_reg_mr *cmd = body(shot, sizeof(*cmd));
	struct ib_uverbs_reg_mr_resp *resp;
	int err;

	cmd->start = pick_address(shot);
	cmd->length = pick_length(shot);
	if (fuzz_one_in(shot->random, 2)) {
		cmd->start = (uintptr_t)shot->world->arena;
		cmd->length = FUZZ_ARENA_SIZE;
	}
	cmd->hca_va = fuzz_one_in(shot->random, 10) ? pick_address(shot) : cmd->start;
	cmd->pd_handle = pick_handle(shot, FUZZ_PD);
	cmd->access_flags = fuzz_one_in(shot->random, 10) ? fuzz_next(shot->random) :
			    fuzz_one_in(shot->random, 4) ? fuzz_below(shot->random, 16) : 15;
	err = fire(shot, IB_USER_VERBS_CMD_REG_MR, sizeof(*cmd), 64);
	resp = shot->response;
	if (!err) {
		remember(shot, FUZZ_MR, resp->mr_handle);
		atomic_store(&shot->file->keys[shot->slot], resp->lkey);
	}
	return err;
}

static int do_rereg_mr(struct shot *shot)
{
	struct ib_uverbs_rereg_mr *cmd = body(shot, sizeof(*cmd));
	struct ib_uverbs_rereg_mr_resp *resp;
	unsigned int slot = pick_used_slot(shot, FUZZ_MR);
	int err;

	cmd->mr_handle = fuzz_one_in(shot->random, 10) ? pick_handle(shot, FUZZ_MR) :
			 atomic_load(&shot->file->handles[FUZZ_MR][slot]);
	cmd->flags = fuzz_below(shot->random, fuzz_one_in(shot->random, 20) ? 64 : 8);
	cmd->start = pick_address(shot);
	cmd->hca_va = fuzz_one_in(shot->random, 10) ? pick_address(shot) : cmd->start;
	cmd->length = pick_length(shot);
	cmd->pd_handle = pick_handle(shot, FUZZ_PD);
	cmd->access_flags = fuzz_one_in(shot->random, 4) ? fuzz_below(shot->random, 16) : 15;
	err = fire(shot, IB_USER_VERBS_CMD_REREG_MR, sizeof(*cmd), 64);
	resp = shot->response;
	if (!err)
		atomic_store(&shot->file->keys[slot], resp->lkey);
	return err;
}

static int do_create_qp(struct shot *shot)
{
	struct ib_uverbs_create_qp *cmd = body(shot, sizeof(*cmd));
	struct ib_uverbs_create_qp_resp *resp;
	int err;

	*cmd = raw_qp_request(pick_handle(shot, FUZZ_PD), pick_handle(shot, FUZZ_CQ));
	if (fuzz_one_in(shot->random, 2))
		cmd->recv_cq_handle = pick_handle(shot, FUZZ_CQ);
	cmd->qp_type = fuzz_one_in(shot->random, 10) ? fuzz_next(shot->random) :
						       2 + fuzz_below(shot->random, 3);
	if (fuzz_one_in(shot->random, 3)) {
		cmd->is_srq = 1;
		cmd->srq_handle = pick_handle(shot, FUZZ_SRQ);
	}
	cmd->max_inline_data = fuzz_below(shot->random, 256);
	cmd->sq_sig_all = fuzz_below(shot->random, 2);
	err = fire(shot, IB_USER_VERBS_CMD_CREATE_QP, sizeof(*cmd), 128);
	resp = shot->response;
	if (!err) {
		remember(shot, FUZZ_QP, resp->qp_handle);
		atomic_store(&shot->file->qpns[shot->slot], resp->qpn);
		atomic_store(&shot->file->types[shot->slot], cmd->qp_type);
		atomic_store(&shot->file->states[shot->slot], RAW_QPS_RESET);
	}
	return err;
}

/* The step that follows the state in which the QP is thought to be. */
static struct ib_uverbs_modify_qp next_step(struct shot *shot, uint32_t qp, uint32_t state)
{
	const struct fuzz_options *options = shot->world->options;
	struct ib_uverbs_modify_qp step;

	switch (state) {
	case RAW_QPS_RESET:
		return raw_to_init(qp);
	case RAW_QPS_INIT:
		step = raw_to_rtr(qp, atomic_load(&shot->file->qpns[pick_slot(shot)]),
				  options->gid, options->gid_index);
		if (fuzz_one_in(shot->random, 500))
			step.dest.dgid[15] ^= fuzz_next(shot->random);
		return step;
	case RAW_QPS_RTR:
		return raw_to_rts(qp);
	default:
		return raw_to_state(qp, fuzz_one_in(shot->random, 3) ? RAW_QPS_ERR : RAW_QPS_RESET);
	}
}

static int do_modify_qp(struct shot *shot)
{
	struct ib_uverbs_modify_qp *cmd = body(shot, sizeof(*cmd));
	unsigned int slot = pick_used_slot(shot, FUZZ_QP);
	uint32_t qp = atomic_load(&shot->file->handles[FUZZ_QP][slot]);
	atomic_uint *state = &shot->file->states[slot];
	int err;

	if (fuzz_one_in(shot->random, 8))
		qp = pick_handle(shot, FUZZ_QP);
	*cmd = fuzz_one_in(shot->random, 20) ?
	       raw_to_state(qp, fuzz_below(shot->random, 8)) :
	       atomic_load(&shot->file->types[slot]) == RAW_QPT_UD ?
	       ud_step(shot, qp, atomic_load(state)) :
	       next_step(shot, qp, atomic_load(state));
	err = fire(shot, IB_USER_VERBS_CMD_MODIFY_QP, sizeof(*cmd), 0);
	atomic_store(state, err ? RAW_QPS_ERR : cmd->qp_state);
	return err;
}

static int do_query_qp(struct shot *shot)
{
	struct ib_uverbs_query_qp *cmd = body(shot, sizeof(*cmd));

	cmd->qp_handle = pick_handle(shot, FUZZ_QP);
	cmd->attr_mask = fuzz_next(shot->random);
	return fire(shot, IB_USER_VERBS_CMD_QUERY_QP, sizeof(*cmd),
		    sizeof(struct ib_uverbs_query_qp_resp));
}

/* DEALLOC_PD and DEREG_MR have the handle alone, the others a response too. */
static int destroy(struct shot *shot, enum fuzz_kind kind, uint32_t command, bool has_response)
{
	uint32_t *cmd = body(shot, 16);
	uint32_t handle = atomic_exchange(&shot->file->handles[kind][shot->slot], NO_HANDLE);
	int err;

	if (fuzz_one_in(shot->random, 4))
		handle = pick_handle(shot, kind);
	cmd[has_response ? 2 : 0] = handle;
	err = fire(shot, command, has_response ? 16 : 4, has_response ? 8 : 0);
	if (err == EBUSY)
		remember(shot, kind, handle);
	return err;
}

void pick_sge(struct shot *shot, struct ib_uverbs_sge *sge)
{
	sge->addr = pick_address(shot);
	sge->length = pick_length(shot);
	sge->lkey = pick_key(shot);
}

static int do_post_send(struct shot *shot)
{
	uint32_t count = fuzz_one_in(shot->random, 2) ? 1 : fuzz_below(shot->random, MAX_WRS + 1);
	uint32_t i;
	struct ib_uverbs_post_send *cmd = body(shot, sizeof(shot->message.body));
	struct ib_uverbs_send_wr *wr = (void *)(cmd + 1);
	struct ib_uverbs_sge *sge = (void *)(wr + count);

	cmd->qp_handle = pick_handle(shot, FUZZ_QP);
	cmd->wr_count = count;
	cmd->wqe_size = sizeof(*wr);
	for (i = 0; i < count; i++) {
		wr[i].wr_id = fuzz_next(shot->random);
		wr[i].num_sge = fuzz_below(shot->random, 3);
		wr[i].opcode = fuzz_below(shot->random, fuzz_one_in(shot->random, 20) ? 64 : 7);
		wr[i].send_flags = fuzz_below(shot->random, fuzz_one_in(shot->random, 6) ? 16 : 8);
		wr[i].wr.atomic.remote_addr = pick_address(shot) & ~7ull;
		wr[i].wr.atomic.compare_add = fuzz_next(shot->random);
		wr[i].wr.atomic.rkey = pick_key(shot);
		if (wr[i].opcode < IB_UVERBS_WR_ATOMIC_CMP_AND_SWP)
			wr[i].wr.rdma.rkey = pick_key(shot);
		if (fuzz_one_in(shot->random, 3))
			aim_ud(shot, &wr[i]);
		cmd->sge_count += wr[i].num_sge;
	}
	for (i = 0; i < cmd->sge_count; i++)
		pick_sge(shot, &sge[i]);
	return fire(shot, IB_USER_VERBS_CMD_POST_SEND, sizeof(*cmd) + count * sizeof(*wr) +
		    cmd->sge_count * sizeof(*sge), sizeof(struct ib_uverbs_post_send_resp));
}

static int do_post_recv(struct shot *shot)
{
	uint32_t count = 1 + fuzz_below(shot->random, MAX_WRS), i;
	struct ib_uverbs_post_recv *cmd = body(shot, sizeof(shot->message.body));
	struct ib_uverbs_recv_wr *wr = (void *)(cmd + 1);
	struct ib_uverbs_sge *sge = (void *)(wr + count);

	cmd->qp_handle = pick_handle(shot, FUZZ_QP);
	cmd->wr_count = count;
	cmd->wqe_size = sizeof(*wr);
	for (i = 0; i < count; i++) {
		wr[i].wr_id = fuzz_next(shot->random);
		wr[i].num_sge = fuzz_below(shot->random, 3);
		cmd->sge_count += wr[i].num_sge;
	}
	for (i = 0; i < cmd->sge_count; i++)
		pick_sge(shot, &sge[i]);
	return fire(shot, IB_USER_VERBS_CMD_POST_RECV, sizeof(*cmd) + count * sizeof(*wr) +
		    cmd->sge_count * sizeof(*sge), sizeof(struct ib_uverbs_post_recv_resp));
}

static int do_any_command(struct shot *shot)
{
	size_t size = 8 + 4 * fuzz_below(shot->random, 40);

	random_body(shot, size);
	return fire(shot, fuzz_below(shot->random, 44), size, 128);
}

static int do_mmap(struct shot *shot)
{
	size_t size = 4096 << fuzz_below(shot->random, 6);
	off_t offset = (off_t)fuzz_below(shot->random, 1u << 20) << 12;
	void *mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, atomic_load(&shot->file->fd), offset);

	if (mapped == MAP_FAILED)
		return errno;
	munmap(mapped, size);
	return 0;
}

/* Another process with the same open file, that ends without closing it. */
static int do_fork(struct shot *shot)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return errno;
	if (!child) {
		body(shot, sizeof(struct ib_uverbs_alloc_pd));
		_exit(fire(shot, IB_USER_VERBS_CMD_ALLOC_PD, sizeof(struct ib_uverbs_alloc_pd), 64));
	}
	if (waitpid(child, &status, 0) != child)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EFAULT;
}

static int do_op(struct shot *shot, enum fuzz_op op)
{
	switch (op) {
	case FUZZ_OPEN:			return do_open(shot);
	case FUZZ_CLOSE:		return do_close(shot);
	case FUZZ_GET_CONTEXT:		return do_get_context(shot);
	case FUZZ_QUERY_DEVICE:		return do_query_device(shot);
	case FUZZ_QUERY_DEVICE_EX:	return do_query_device_ex(shot);
	case FUZZ_QUERY_GIDS:		return do_query_gids(shot);
	case FUZZ_QUERY_PORT:		return do_query_port(shot);
	case FUZZ_ALLOC_PD:		return do_alloc_pd(shot);
	case FUZZ_DEALLOC_PD:
		return destroy(shot, FUZZ_PD, IB_USER_VERBS_CMD_DEALLOC_PD, false);
	case FUZZ_CREATE_CHANNEL:	return do_create_channel(shot);
	case FUZZ_READ_CHANNEL:		return do_read_channel(shot);
	case FUZZ_CLOSE_CHANNEL:	return do_close_channel(shot);
	case FUZZ_CREATE_CQ:		return do_create_cq(shot);
	case FUZZ_CREATE_CQ_EX:		return do_create_cq_ex(shot);
	case FUZZ_RESIZE_CQ:		return do_resize_cq(shot);
	case FUZZ_DESTROY_CQ:
		return destroy(shot, FUZZ_CQ, IB_USER_VERBS_CMD_DESTROY_CQ, true);
	case FUZZ_NOTIFY_CQ:		return do_notify_cq(shot);
	case FUZZ_POLL_CQ:		return do_poll_cq(shot);
	case FUZZ_REG_MR:		return do_reg_mr(shot);
	case FUZZ_REREG_MR:		return do_rereg_mr(shot);
	case FUZZ_DEREG_MR:
		return destroy(shot, FUZZ_MR, IB_USER_VERBS_CMD_DEREG_MR, false);
	case FUZZ_CREATE_QP:		return do_create_qp(shot);
	case FUZZ_CREATE_QP_EX:		return do_create_qp_ex(shot);
	case FUZZ_MODIFY_QP:		return do_modify_qp(shot);
	case FUZZ_MODIFY_QP_EX:		return do_modify_qp_ex(shot);
	case FUZZ_QUERY_QP:		return do_query_qp(shot);
	case FUZZ_DESTROY_QP:
		return destroy(shot, FUZZ_QP, IB_USER_VERBS_CMD_DESTROY_QP, true);
	case FUZZ_POST_SEND:		return do_post_send(shot);
	case FUZZ_POST_RECV:		return do_post_recv(shot);
	case FUZZ_CREATE_AH:		return do_create_ah(shot);
	case FUZZ_DESTROY_AH:
		return destroy(shot, FUZZ_AH, IB_USER_VERBS_CMD_DESTROY_AH, false);
	case FUZZ_CREATE_SRQ:		return do_create_srq(shot);
	case FUZZ_MODIFY_SRQ:		return do_modify_srq(shot);
	case FUZZ_QUERY_SRQ:		return do_query_srq(shot);
	case FUZZ_DESTROY_SRQ:
		return destroy(shot, FUZZ_SRQ, IB_USER_VERBS_CMD_DESTROY_SRQ, true);
	case FUZZ_POST_SRQ_RECV:	return do_post_srq_recv(shot);
	case FUZZ_MCAST:		return do_mcast(shot);
	case FUZZ_ANY_COMMAND:		return do_any_command(shot);
	case FUZZ_EXTENDED:		return do_extended(shot);
	case FUZZ_IOCTL:		return do_ioctl(shot);
	case FUZZ_MMAP:			return do_mmap(shot);
	case FUZZ_FORK:			return do_fork(shot);
	case FUZZ_OPS:
		break;
	}
	return EINVAL;
}

static void step_at(struct shot *shot, enum fuzz_op op)
{
	int err = do_op(shot, op);

	atomic_fetch_add(&shot->world->tally->results[op][err < FUZZ_ERRNOS ? err : EIO], 1);
	atomic_fetch_add(&shot->world->tally->commands, 1);
}

void fuzz_shoot(struct fuzz_world *world, struct fuzz_random *random, enum fuzz_op op)
{
	struct shot shot = { .world = world, .random = random };

	shot.file = &world->files[world->storm ? 0 : fuzz_below(random, world->file_count)];
	shot.slot = pick_slot(&shot);
	step_at(&shot, op);
}

void fuzz_furnish(struct fuzz_world *world, struct fuzz_random *random)
{
	static const enum fuzz_op start[] = {
		FUZZ_OPEN, FUZZ_ALLOC_PD, FUZZ_CREATE_CHANNEL, FUZZ_CREATE_CQ, FUZZ_REG_MR,
		FUZZ_CREATE_AH, FUZZ_CREATE_SRQ,
		FUZZ_CREATE_QP, FUZZ_MODIFY_QP, FUZZ_MODIFY_QP, FUZZ_MODIFY_QP,
	};
	struct shot shot = { .world = world, .random = random };
	unsigned int i, file;

	for (file = 0; file < world->file_count; file++) {
		shot.file = &world->files[file];
		for (i = 0; i < sizeof(start) / sizeof(start[0]); i++)
			step_at(&shot, start[i]);
	}
}
