// SPDX-License-Identifier: GPL-2.0
/*
 * Cases of verbs_control about events. A destroy verb waits in libibverbs until
 * as many events are acknowledged as the kernel says were read: one that tells
 * too many hangs here, until the alarm.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"

#define CQS	3
#define EVENTS	5
#define HANG_S	(2 * END_TIMEOUT_MS / 1000)

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* The next event of a channel is of this CQ, or there is none for NULL. */
static bool next_is(struct ibv_comp_channel *channel, struct ibv_cq *cq)
{
	struct ibv_cq *got;
	void *context;

	if (!end_wait_readable(channel->fd, cq ? END_TIMEOUT_MS : 0))
		return !cq;
	return !ibv_get_cq_event(channel, &got, &context) && got == cq;
}

static bool one_message(struct loop *loop, uint64_t wr_id)
{
	loop_receive(loop, 1);
	loop_send(loop, wr_id, 1, 0);
	return loop_completions(loop->a.send_cq, wr_id, 1);
}

/* Each armed once and used once: as many events, each of its CQ. */
static void events_in_turn(void)
{
	struct loop loop;
	int i, well = 0;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	for (i = 0; i < EVENTS; i++) {
		if (ibv_req_notify_cq(loop.b.recv_cq, 0))
			break;
		well += one_message(&loop, i) && next_is(loop.b.channel, loop.b.recv_cq) &&
			next_is(loop.b.channel, NULL) && loop_received(&loop, 1);
	}
	printf("events in turn: %d of %d\n", well, EVENTS);
	ibv_ack_cq_events(loop.b.recv_cq, well);
	loop_close(&loop);
	printf("destroyed after all were acknowledged\n");
}

static void unread_events(void)
{
	struct ibv_comp_channel *channel;
	struct loop loop;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	channel = loop.b.channel;
	ibv_req_notify_cq(loop.b.recv_cq, 0);
	printf("an event is there: %s\n", one_message(&loop, 0) &&
	       end_wait_readable(channel->fd, END_TIMEOUT_MS) ? "yes" : "no");
	end_destroy_qp(&loop.b);
	show("destroy_cq with an unread event", ibv_destroy_cq(loop.b.recv_cq));
	loop.b.recv_cq = NULL;
	printf("the event is there after that: %s\n", end_wait_readable(channel->fd, 0) ? "yes" :
	       "no");
	loop_close(&loop);
}

static void *acknowledge_later(void *cq)
{
	poll(NULL, 0, 200);
	ibv_ack_cq_events(cq, 1);
	return NULL;
}

static void late_acknowledgement(void)
{
	struct loop loop;
	pthread_t thread;
	long start;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	ibv_req_notify_cq(loop.b.recv_cq, 0);
	printf("an event is read: %s\n", one_message(&loop, 0) &&
	       next_is(loop.b.channel, loop.b.recv_cq) ? "yes" : "no");
	end_destroy_qp(&loop.b);
	if (pthread_create(&thread, NULL, acknowledge_later, loop.b.recv_cq))
		give_up("pthread_create");
	start = end_now_ms();
	show("destroy_cq before the acknowledgement", ibv_destroy_cq(loop.b.recv_cq));
	printf("it waited: %s\n", end_now_ms() - start >= 100 ? "yes" : "no");
	loop.b.recv_cq = NULL;
	pthread_join(thread, NULL);
	loop_close(&loop);
}

/* A receive CQ for each QP, all on one channel. */
static void shared_channel(void)
{
	struct ibv_comp_channel *channel;
	struct loop loop[CQS];
	unsigned int seen = 0;
	struct ibv_cq *cq;
	void *context;
	int i;

	loop_open(&loop[0], IBV_QPT_RC);
	channel = loop[0].b.channel;
	for (i = 1; i < CQS; i++) {
		loop[i] = loop[0];
		loop[i].b.recv_cq = ibv_create_cq(channel->context, 16, NULL, channel,
						  i % channel->context->num_comp_vectors);
		if (!loop[i].b.recv_cq || end_create_qp(&loop[i].a, IBV_QPT_RC) ||
		    end_create_qp(&loop[i].b, IBV_QPT_RC))
			give_up("a CQ on the channel");
	}
	for (i = 0; i < CQS; i++) {
		loop_connect(&loop[i]);
		ibv_req_notify_cq(loop[i].b.recv_cq, 0);
		printf("message %d: %s\n", i, one_message(&loop[i], i) ? "sent" : "not sent");
	}
	set_nonblocking(channel->fd);
	while (end_wait_readable(channel->fd, seen == (1 << CQS) - 1 ? 0 : END_TIMEOUT_MS) &&
	       !ibv_get_cq_event(channel, &cq, &context)) {
		for (i = 0; i < CQS; i++)
			if (cq == loop[i].b.recv_cq)
				seen |= 1u << i;
		ibv_ack_cq_events(cq, 1);
	}
	printf("events of one channel: CQs %#x\n", seen);
	show("destroy_comp_channel in use", ibv_destroy_comp_channel(channel));
	for (i = 1; i < CQS; i++) {
		end_destroy_qp(&loop[i].a);
		end_destroy_qp(&loop[i].b);
		show("destroy_cq", ibv_destroy_cq(loop[i].b.recv_cq));
	}
	loop_close(&loop[0]);
}

/* An asynchronous event of a QP, read or not, and acknowledged or not. */
static void qp_events(bool read, const char *how)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_SQD };
	struct ibv_async_event event;
	struct loop loop;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	ibv_modify_qp(loop.a.qp, &attr, IBV_QP_STATE);
	if (!end_wait_readable(loop.a.context->async_fd, END_TIMEOUT_MS))
		give_up("no event");
	if (read && !ibv_get_async_event(loop.a.context, &event)) {
		printf("event: %s\n", ibv_event_type_str(event.event_type));
		ibv_ack_async_event(&event);
	}
	show(how, ibv_destroy_qp(loop.a.qp));
	loop.a.qp = NULL;
	printf("an event is there after that: %s\n",
	       end_wait_readable(loop.a.context->async_fd, 0) ? "yes" : "no");
	loop_close(&loop);
}

/* A CQ that is given more than it holds. */
static void overrun(void)
{
	struct ibv_async_event event;
	struct ibv_cq *small;
	struct loop loop;

	loop_open(&loop, IBV_QPT_RC);
	small = ibv_create_cq(loop.a.context, 1, NULL, NULL, 0);
	if (!small)
		give_up("create_cq");
	end_destroy_qp(&loop.a);
	ibv_destroy_cq(loop.a.send_cq);
	loop.a.send_cq = small;
	if (end_create_qp(&loop.a, IBV_QPT_RC))
		give_up("create_qp");
	loop_connect(&loop);
	loop_receive(&loop, 20);
	loop_send(&loop, 0, 20, 0);
	if (!end_wait_readable(loop.a.context->async_fd, END_TIMEOUT_MS) ||
	    ibv_get_async_event(loop.a.context, &event))
		give_up("no event");
	printf("event: %s, of %s CQ\n", ibv_event_type_str(event.event_type),
	       event.element.cq == small ? "this" : "another");
	ibv_ack_async_event(&event);
	loop_close(&loop);
}

void event_cases(void)
{
	fflush(stdout);
	alarm(6 * HANG_S);
	events_in_turn();
	unread_events();
	late_acknowledgement();
	shared_channel();
	qp_events(true, "destroy_qp after its event");
	qp_events(false, "destroy_qp with an unread event");
	overrun();
	alarm(0);
}
