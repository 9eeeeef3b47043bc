// SPDX-License-Identifier: GPL-2.0
/* Cases of verbs_control about CQs: their size, and completion vectors. */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"

#define WAITING		8
#define ROUNDS		40
#define BURST		(END_QUEUE_DEPTH / 2)

static void resize(struct ibv_cq *cq, int cqe, const char *name)
{
	int err = ibv_resize_cq(cq, cqe);

	show(name, err);
	if (!err && cq->cqe < cqe)
		printf("but it holds %d only\n", cq->cqe);
}

static void sizes(void)
{
	struct loop loop;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	loop_receive(&loop, WAITING + 1);
	loop_send(&loop, 0, WAITING, 0);
	printf("received: %s\n", loop_received(&loop, WAITING) ? "all" : "not all");
	resize(loop.a.send_cq, 1000, "resize_cq, larger with completions in it");
	resize(loop.a.send_cq, 0, "resize_cq to 0");
	resize(loop.a.send_cq, -1, "resize_cq to -1");
	resize(loop.a.send_cq, 1 << 30, "resize_cq to 2^30");
	printf("completions: %s\n",
	       loop_completions(loop.a.send_cq, 0, WAITING) ? "all, in order" : "other ones");
	resize(loop.a.send_cq, WAITING, "resize_cq, smaller when empty");
	loop_send(&loop, WAITING, 1, 0);
	printf("after that: %s\n",
	       loop_completions(loop.a.send_cq, WAITING, 1) ? "a completion" : "none");
	loop_close(&loop);
}

static void flush_into(struct ibv_pd *pd, struct ibv_cq *cq, int count, struct ibv_qp **qp)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq,
		.recv_cq = cq,
		.cap = { 1, WAITING, 1, 1, 0 },
		.qp_type = IBV_QPT_RC,
	};
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1 };
	struct ibv_recv_wr wr = {}, *bad;

	*qp = ibv_create_qp(pd, &init);
	if (!*qp || ibv_modify_qp(*qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				  IBV_QP_ACCESS_FLAGS))
		give_up("a QP to flush");
	for (; wr.wr_id < (uint64_t)count; wr.wr_id++)
		if (ibv_post_recv(*qp, &wr, &bad))
			give_up("post_recv");
	attr.qp_state = IBV_QPS_ERR;
	if (ibv_modify_qp(*qp, &attr, IBV_QP_STATE))
		give_up("modify_qp to ERR");
}

/* A QP that is destroyed must not take the completions of another with it. */
static void full_queue(void)
{
	struct ibv_cq *cq, *other;
	struct ibv_qp *stays, *goes;
	struct ibv_wc wc[WAITING];
	struct end end;
	const char *why = end_open(&end, control_device, control_gid_index);

	if (why)
		give_up("%s", why);
	cq = ibv_create_cq(end.context, 64, NULL, NULL, 0);
	other = ibv_create_cq(end.context, 64, NULL, NULL, 0);
	flush_into(end.pd, cq, WAITING, &stays);
	flush_into(end.pd, other, WAITING, &goes);
	printf("flushed: %s\n", end_wait_completions(other, wc, WAITING) ? "all" : "not all");
	ibv_destroy_qp(goes);
	flush_into(end.pd, cq, 0, &goes);
	ibv_destroy_qp(goes);
	resize(cq, 1, "resize_cq, smaller than what waits in it");
	resize(cq, WAITING, "resize_cq to what waits in it");
	printf("polled after that: %s\n", end_wait_completions(cq, wc, WAITING) &&
	       wc[0].wr_id == 0 && wc[WAITING - 1].wr_id == WAITING - 1 &&
	       wc[0].status == IBV_WC_WR_FLUSH_ERR ? "all, in order" : "other ones");
	resize(cq, 1, "resize_cq to 1 when empty");
	ibv_destroy_qp(stays);
	ibv_destroy_cq(other);
	show("destroy_cq", ibv_destroy_cq(cq));
	end_close(&end);
}

/* Nor when it has more receives than fit in beside them. */
static void crowded_queue(void)
{
	struct ibv_recv_wr wr = {}, *bad;
	struct ibv_qp *stays;
	struct end end, goes;
	struct end_address self;
	struct ibv_wc wc[WAITING];
	const char *why = end_open(&end, control_device, control_gid_index);

	if (why)
		give_up("%s", why);
	goes = end;
	goes.send_cq = goes.recv_cq = ibv_create_cq(end.context, WAITING, NULL, NULL, 0);
	flush_into(end.pd, goes.recv_cq, WAITING, &stays);
	why = end_create_qp(&goes, IBV_QPT_RC);
	if (why)
		give_up("%s", why);
	end_get_address(&goes, &self);
	if (end_connect(&goes, &self).err)
		give_up("a QP that is its own peer");
	for (; wr.wr_id < END_QUEUE_DEPTH; wr.wr_id++)
		if (ibv_post_recv(goes.qp, &wr, &bad))
			give_up("post_recv");
	end_destroy_qp(&goes);
	printf("event of a crowded queue: %s\n",
	       end_wait_readable(end.context->async_fd, 100) ? "one" : "none");
	printf("polled from it: %s\n", end_wait_completions(goes.recv_cq, wc, WAITING) &&
	       wc[0].wr_id == 0 && wc[WAITING - 1].wr_id == WAITING - 1 &&
	       end_is_empty(goes.recv_cq) ? "all, in order" : "other ones");
	ibv_destroy_qp(stays);
	ibv_destroy_cq(goes.recv_cq);
	end_close(&end);
}

/* What completed before a reset can be polled after it. */
static void reset_queue(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };
	struct loop loop;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	loop_receive(&loop, WAITING);
	loop_send(&loop, 0, WAITING, 0);
	if (!loop_received(&loop, WAITING))
		give_up("what is sent before a reset");
	/* The last acknowledgement is on its way. */
	usleep(300000);
	show("modify_qp to RESET", ibv_modify_qp(loop.a.qp, &attr, IBV_QP_STATE));
	printf("polled after a reset: %s\n",
	       loop_completions(loop.a.send_cq, 0, WAITING) ? "all, in order" : "other ones");
	loop_close(&loop);
}

static void *resizes(void *arg)
{
	struct ibv_cq *cq = arg;
	int i, err = 0;

	for (i = 0; i < 5 * ROUNDS && !err; i++)
		err = ibv_resize_cq(cq, i % 2 ? 2 * BURST : 1000);
	return (void *)(intptr_t)err;
}

static void resize_under_traffic(void)
{
	struct loop loop;
	bool well = true;
	pthread_t thread;
	void *result;
	int i;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	if (pthread_create(&thread, NULL, resizes, loop.a.send_cq))
		give_up("pthread_create");
	for (i = 0; i < ROUNDS && well; i++) {
		loop_receive(&loop, BURST);
		loop_send(&loop, i * BURST, BURST, 0);
		well = loop_completions(loop.a.send_cq, i * BURST, BURST) &&
		       loop_received(&loop, BURST);
	}
	pthread_join(thread, &result);
	show("resize_cq under traffic", (int)(intptr_t)result);
	printf("completions under it: %s\n", well ? "all, in order" : "other ones");
	loop_close(&loop);
}

/* A CQ on every vector, and one beyond. */
static void vectors(void)
{
	struct ibv_context *context = end_open_device(control_device);
	struct ibv_cq *cq;
	int i, made = 0;

	if (!context)
		give_up("%s", control_device);
	for (i = 0; i < context->num_comp_vectors; i++) {
		cq = ibv_create_cq(context, 1, NULL, NULL, i);
		made += cq && !ibv_destroy_cq(cq);
	}
	printf("CQs on %d of %d vectors\n", made, context->num_comp_vectors);
	errno = 0;
	cq = ibv_create_cq(context, 1, NULL, NULL, context->num_comp_vectors);
	show("create_cq on the vector after them", errno);
	ibv_close_device(context);
}

void cq_cases(void)
{
	vectors();
	sizes();
	full_queue();
	crowded_queue();
	reset_queue();
	resize_under_traffic();
}
