// SPDX-License-Identifier: GPL-2.0
/* Steps of fault_verbs: QPs, what is posted to them and polled, memory windows. */

#include <errno.h>
#include <stddef.h>

#include "fault_verbs.h"

#define LENGTH	256
#define QKEY	0x22222222
#define ROOM	65536		/* of a window's region */

static struct ibv_ah *ah;
static struct ibv_mr *room;
static struct ibv_mw *mw;
static bool posted;
static enum ibv_wc_status outcome;	/* of what was posted */

static int create_rc(void)
{
	return fault_create_qp(IBV_QPT_RC);
}

static int create_uc(void)
{
	return fault_create_qp(IBV_QPT_UC);
}

static int create_ud(void)
{
	return fault_create_qp(IBV_QPT_UD);
}

static int create_on_srq(void)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = 8, .max_sge = 1 } };

	errno = 0;
	end.srq = ibv_create_srq(end.pd, &attr);
	return end.srq ? fault_create_qp(IBV_QPT_UD) : fault_result(NULL);
}

/* What is kept for a receive's header grows with it. */
static int resize_srq(void)
{
	struct ibv_srq_attr attr = { .max_wr = 100 };

	return ibv_modify_srq(end.srq, &attr, IBV_SRQ_MAX_WR);
}

static int undo_srq(void)
{
	int err = fault_destroy_qp();

	if (end.srq && !err)
		err = ibv_destroy_srq(end.srq);
	end.srq = NULL;
	return err;
}

static int destroy_qp(void)
{
	int err = ibv_destroy_qp(end.qp);

	if (!err)
		end.qp = NULL;
	return err;
}

static int to_init(void)
{
	return end_to_init(&end);
}

static int prepare_rtr(void)
{
	int err = create_rc();

	return err ? err : to_init();
}

static int to_rtr(void)
{
	struct end_address self;

	end_get_address(&end, &self);
	return end_to_rtr(&end, &self);
}

static int prepare_rts(void)
{
	int err = prepare_rtr();

	return err ? err : to_rtr();
}

static int to_rts(void)
{
	return end_to_rts(&end);
}

static int to_state(enum ibv_qp_state state)
{
	struct ibv_qp_attr attr = { .qp_state = state };

	return ibv_modify_qp(end.qp, &attr, IBV_QP_STATE);
}

static int to_reset(void)
{
	return to_state(IBV_QPS_RESET);
}

static int to_err(void)
{
	return to_state(IBV_QPS_ERR);
}

static int query_qp(void)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	return ibv_query_qp(end.qp, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_CAP, &init);
}

static struct ibv_sge sge_at(uint32_t offset)
{
	return (struct ibv_sge){ (uintptr_t)end.buffer + offset, LENGTH, end.mr->lkey };
}

static int post_recv(void)
{
	struct ibv_sge sge[2] = { sge_at(0), sge_at(2 * LENGTH) };
	struct ibv_recv_wr second = { .wr_id = 2, .sg_list = sge, .num_sge = 2 };
	struct ibv_recv_wr first = { .wr_id = 1, .next = &second, .sg_list = sge, .num_sge = 1 };
	struct ibv_recv_wr *bad;

	return ibv_post_recv(end.qp, &first, &bad);
}

static int post_srq_recv(void)
{
	struct ibv_sge sge = sge_at(0);
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	return ibv_post_srq_recv(end.srq, &wr, &bad);
}

/* A request with a completion; what undo_posted() then waits for. */
static int post(struct ibv_send_wr wr)
{
	struct ibv_send_wr *bad;
	int err;

	wr.send_flags |= IBV_SEND_SIGNALED;
	err = ibv_post_send(end.qp, &wr, &bad);
	posted = !err;
	outcome = IBV_WC_SUCCESS;
	return err;
}

static struct ibv_send_wr write_of(struct ibv_sge *sge, int count)
{
	return (struct ibv_send_wr){
		.sg_list = sge,
		.num_sge = count,
		.opcode = IBV_WR_RDMA_WRITE,
		.wr.rdma = { (uintptr_t)end.buffer + ROOM, end.mr->rkey },
	};
}

static int post_write(void)
{
	struct ibv_sge sge[END_MAX_SGE] = { sge_at(0), sge_at(1024), sge_at(2048), sge_at(4096) };

	return post(write_of(sge, END_MAX_SGE));
}

static int post_inline(void)
{
	struct ibv_sge sge = sge_at(0);
	struct ibv_send_wr wr;

	sge.length = END_MAX_INLINE;
	wr = write_of(&sge, 1);
	wr.send_flags = IBV_SEND_INLINE;
	return post(wr);
}

/* More than a command has room for on the stack. */
static int post_list(void)
{
	struct ibv_sge sge = sge_at(0);
	struct ibv_send_wr wr[8];
	size_t i;

	for (i = 0; i < 8; i++) {
		wr[i] = write_of(&sge, 1);
		wr[i].next = i < 7 ? &wr[i + 1] : NULL;
	}
	wr[7].send_flags = IBV_SEND_SIGNALED;
	return post(wr[0]);
}

/* What was taken completes, as it has to. */
static int undo_posted(void)
{
	bool came = true;
	struct ibv_wc wc;
	int err;

	if (posted)
		came = end_wait_completion(end.send_cq, &wc) && wc.status == outcome;
	posted = false;
	err = fault_destroy_qp();
	return came ? err : EIO;
}

static int prepare_poll(void)
{
	int err = fault_connect();

	return err ? err : post_write();
}

static bool polled;
static bool lost;	/* what the kernel had taken, but could not hand over */

static int poll_cq(void)
{
	struct ibv_wc wc[4];
	long deadline = end_now_ms() + 100;
	int count;

	errno = 0;
	do {
		count = ibv_poll_cq(end.send_cq, 4, wc);
	} while (!count && end_now_ms() < deadline);
	polled = count > 0;
	if (count >= 0)
		return 0;
	lost = errno == EFAULT;
	return errno ? errno : ENOMEM;
}

static int undo_poll(void)
{
	posted = !polled && !lost;
	polled = false;
	lost = false;
	return undo_posted();
}

static int create_ah(void)
{
	ah = fault_create_ah(end.pd);
	return fault_result(ah);
}

static int ud_to_rts(void)
{
	return end_ud_to_rts(end.qp, QKEY);
}

static int prepare_ud(void)
{
	int err = create_ud();

	if (!err)
		err = ud_to_rts();
	return err ? err : create_ah();
}

static int post_by_ah(enum ibv_wr_opcode opcode)
{
	struct ibv_sge sge = sge_at(0);

	return post((struct ibv_send_wr){
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.wr.ud = { ah, end.qp->qp_num, QKEY },
	});
}

static int post_ud(void)
{
	return post_by_ah(IBV_WR_SEND);
}

/* UD has no WRITE: what is in a ring fails in its turn. */
static int post_bad_ud(void)
{
	int err = post_by_ah(IBV_WR_RDMA_WRITE);

	outcome = IBV_WC_LOC_QP_OP_ERR;
	return err;
}

static int undo_ud(void)
{
	int err = undo_posted();

	if (ah && !err)
		err = ibv_destroy_ah(ah);
	ah = NULL;
	return err;
}

static union ibv_gid group(void)
{
	union ibv_gid gid;

	end_gid_of_address("239.1.2.3", &gid);
	return gid;
}

static bool attached;

static int attach_mcast(void)
{
	union ibv_gid gid = group();
	int err = ibv_attach_mcast(end.qp, &gid, 0);

	attached = !err;
	return err;
}

static int prepare_detach(void)
{
	int err = prepare_ud();

	return err ? err : attach_mcast();
}

static int detach_mcast(void)
{
	union ibv_gid gid = group();
	int err = ibv_detach_mcast(end.qp, &gid, 0);

	attached = attached && err;
	return err;
}

static int undo_mcast(void)
{
	int err = attached ? detach_mcast() : 0, ud_err = undo_ud();

	attached = false;
	return ud_err ? ud_err : err;
}

static int alloc_mw(void)
{
	errno = 0;
	mw = ibv_alloc_mw(end.pd, IBV_MW_TYPE_1);
	return fault_result(mw);
}

static int dealloc_mw(void)
{
	int err = ibv_dealloc_mw(mw);

	if (!err)
		mw = NULL;
	return err;
}

static int prepare_bind(void)
{
	int err = fault_connect();

	if (err)
		return err;
	errno = 0;
	room = ibv_reg_mr(end.pd, end.buffer, ROOM, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND);
	return room ? alloc_mw() : fault_result(NULL);
}

static int bind_mw(void)
{
	struct ibv_mw_bind bind = {
		.send_flags = IBV_SEND_SIGNALED,
		.bind_info = { room, (uintptr_t)end.buffer, LENGTH, IBV_ACCESS_REMOTE_WRITE },
	};
	int err = ibv_bind_mw(end.qp, mw, &bind);

	posted = !err;
	outcome = IBV_WC_SUCCESS;
	return err;
}

/* It is unbound first. */
static int prepare_rebind(void)
{
	int err = prepare_bind();
	struct ibv_wc wc;

	if (!err)
		err = bind_mw();
	if (err)
		return err;
	posted = false;
	return end_wait_completion(end.send_cq, &wc) && wc.status == IBV_WC_SUCCESS ? 0 : EIO;
}

/* The QP first: while a request is at work on the window, it stays. */
static int undo_mw(void)
{
	int err = undo_posted(), mw_err, room_err;

	mw_err = mw ? ibv_dealloc_mw(mw) : 0;
	mw = NULL;
	room_err = room ? ibv_dereg_mr(room) : 0;
	room = NULL;
	if (mw_err)
		err = mw_err;
	return err ? err : room_err;
}

/*
 * No RC QP is made with faults: where that fails, rxe of Linux 6.1 deletes timers
 * which it has not set up yet. For the module it is as UC.
 */
const struct fault_step fault_queue_steps[] = {
	{ "create_qp, UC", NULL, create_uc, fault_destroy_qp },
	{ "create_qp, UD", NULL, create_ud, fault_destroy_qp },
	{ "create_srq and create_qp on it, UD", NULL, create_on_srq, undo_srq },
	{ "modify_srq, size, with a UD QP", create_on_srq, resize_srq, undo_srq },
	{ "post_srq_recv, with a UD QP", create_on_srq, post_srq_recv, undo_srq },
	{ "destroy_qp", fault_connect, destroy_qp, fault_destroy_qp },
	{ "destroy_qp, UD", prepare_ud, destroy_qp, undo_ud },
	{ "modify_qp to INIT", create_rc, to_init, fault_destroy_qp },
	{ "modify_qp to RTR", prepare_rtr, to_rtr, fault_destroy_qp },
	{ "modify_qp to RTS", prepare_rts, to_rts, fault_destroy_qp },
	{ "modify_qp to ERR", fault_connect, to_err, fault_destroy_qp },
	{ "modify_qp to RESET", fault_connect, to_reset, fault_destroy_qp },
	{ "modify_qp of UD", create_ud, ud_to_rts, fault_destroy_qp },
	{ "query_qp", fault_connect, query_qp, fault_destroy_qp },
	{ "post_recv", fault_connect, post_recv, fault_destroy_qp },
	{ "post_recv, UD", prepare_ud, post_recv, undo_ud },
	{ "post_send", fault_connect, post_write, undo_posted },
	{ "post_send, inline", fault_connect, post_inline, undo_posted },
	{ "post_send, a list", fault_connect, post_list, undo_posted },
	{ "post_send, UD", prepare_ud, post_ud, undo_ud },
	{ "poll_cq", prepare_poll, poll_cq, undo_poll },
	{ "attach_mcast", prepare_ud, attach_mcast, undo_mcast },
	{ "detach_mcast", prepare_detach, detach_mcast, undo_mcast },
	{ },
};

const struct fault_step fault_ring_steps[] = {
	{ "post_send, UD, that makes no sense", prepare_ud, post_bad_ud, undo_ud },
	{ "alloc_mw", NULL, alloc_mw, undo_mw },
	{ "bind_mw", prepare_bind, bind_mw, undo_mw },
	{ "bind_mw, once more", prepare_rebind, bind_mw, undo_mw },
	{ "dealloc_mw", alloc_mw, dealloc_mw, undo_mw },
	{ },
};
