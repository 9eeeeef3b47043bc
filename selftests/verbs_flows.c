// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_flows -d DEVICE [-g GID_INDEX] [-n FLOWS] [-o OPERATION] [-s SIZE[,SIZE...]]
 *	       [-t DEPTH]
 *
 * Flows through as many RC QPs, each connected to itself, whose queues are kept
 * full, 32 deep if not said: of writes, or with -o of sends, reads or atomics. Says
 * "qp NUMBER" of each.
 * For each number of milliseconds that it then reads it lets so much time pass,
 * and says of each flow "flow NUMBER BYTES NANOSECONDS": what completed in it.
 * Flow n has messages of the n-th size, or of those from the first on again.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verbs_end.h"

#define MAX_FLOWS	1024
#define MAX_SIZES	8
#define ATOMIC_SIZE	8u
#define TARGET		(END_BUFFER_SIZE / 2)

struct flow {
	struct ibv_qp *qp;
	uint32_t size;
	uint64_t bytes;
};

static struct end end;
static struct end_address self;
static struct flow flows[MAX_FLOWS];
static int count = 1;
static int depth = 32;
static enum ibv_wr_opcode operation = IBV_WR_RDMA_WRITE;
static struct ibv_comp_channel *channel;
static struct ibv_cq *cq;

static void die(const char *why)
{
	fprintf(stderr, "verbs_flows: %s: %s\n", why, strerror(errno));
	exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void post_recv(struct flow *flow)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)end.buffer + TARGET,
		.length = flow->size,
		.lkey = end.mr->lkey,
	};
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };

	if (ibv_post_recv(flow->qp, &wr, &bad))
		die("post_recv");
}

static void post_send(struct flow *flow)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)end.buffer,
		.length = flow->size,
		.lkey = end.mr->lkey,
	};
	struct ibv_send_wr *bad, wr = {
		.wr_id = flow - flows,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = operation,
		.send_flags = IBV_SEND_SIGNALED,
	};

	if (operation == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		wr.wr.atomic.remote_addr = self.buffer + TARGET;
		wr.wr.atomic.rkey = self.rkey;
	} else if (operation != IBV_WR_SEND) {
		wr.wr.rdma.remote_addr = self.buffer + TARGET;
		wr.wr.rdma.rkey = self.rkey;
	}
	if (ibv_post_send(flow->qp, &wr, &bad))
		die("post_send");
}

static void start(struct flow *flow, uint32_t size)
{
	const char *why = end_create_qp(&end, IBV_QPT_RC);
	int i;

	if (why)
		die(why);
	end_get_address(&end, &self);
	if (end_connect(&end, &self).err)
		die("connect");
	flow->qp = end.qp;
	flow->size = operation == IBV_WR_ATOMIC_FETCH_AND_ADD ? ATOMIC_SIZE : size;
	for (i = 0; i < depth && operation == IBV_WR_SEND; i++)
		post_recv(flow);
	printf("qp %u\n", flow->qp->qp_num);
}

static void take(const struct ibv_wc *wc)
{
	struct flow *flow;
	int i;

	if (wc->status != IBV_WC_SUCCESS) {
		fprintf(stderr, "verbs_flows: %s\n", ibv_wc_status_str(wc->status));
		exit(EXIT_FAILURE);
	}
	if (wc->opcode & IBV_WC_RECV) {
		for (i = 0; flows[i].qp->qp_num != wc->qp_num; i++)
			;
		post_recv(&flows[i]);
		return;
	}
	flow = &flows[wc->wr_id];
	flow->bytes += flow->size;
	post_send(flow);
}

/* Returns whether there were any. */
static bool take_some(void)
{
	struct ibv_wc wc[32];
	int polled, i;

	polled = ibv_poll_cq(cq, 32, wc);
	for (i = 0; i < polled; i++)
		take(&wc[i]);
	return polled > 0;
}

/* Completions are waited for, so that the processor is left to others. */
static void flow_until(uint64_t end_ns)
{
	struct pollfd wait = { .fd = channel->fd, .events = POLLIN };
	struct ibv_cq *raised;
	uint64_t now;
	void *context;

	while ((now = now_ns()) < end_ns) {
		if (take_some() || poll(&wait, 1, (end_ns - now) / 1000000 + 1) != 1)
			continue;
		if (ibv_get_cq_event(channel, &raised, &context))
			die("get_cq_event");
		ibv_ack_cq_events(raised, 1);
		if (ibv_req_notify_cq(cq, 0))
			die("req_notify_cq");
	}
}

static void measure(unsigned long ms)
{
	uint64_t began, took;
	int i;

	for (i = 0; i < count; i++)
		flows[i].bytes = 0;
	began = now_ns();
	flow_until(began + ms * 1000000);
	took = now_ns() - began;
	for (i = 0; i < count; i++)
		printf("flow %u %llu %llu\n", flows[i].qp->qp_num,
		       (unsigned long long)flows[i].bytes, (unsigned long long)took);
	puts("measured");
}

/* Their queues are kept full while the next command is waited for. */
static void obey(void)
{
	struct pollfd wait = { .fd = STDIN_FILENO, .events = POLLIN };
	char line[16];
	ssize_t length;

	for (;;) {
		while (poll(&wait, 1, 0) == 0)
			flow_until(now_ns() + 20000000);
		length = read(STDIN_FILENO, line, sizeof(line) - 1);
		if (length <= 0)
			return;
		line[length] = '\0';
		measure(strtoul(line, NULL, 10));
	}
}

static enum ibv_wr_opcode operation_of(const char *name)
{
	static const struct {
		const char *name;
		enum ibv_wr_opcode opcode;
	} operations[] = {
		{ "write", IBV_WR_RDMA_WRITE },
		{ "send", IBV_WR_SEND },
		{ "read", IBV_WR_RDMA_READ },
		{ "atomic", IBV_WR_ATOMIC_FETCH_AND_ADD },
	};
	unsigned int i;

	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, name))
			return operations[i].opcode;
	die("no such operation");
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t sizes[MAX_SIZES] = { 16384 };
	int option, i, size_count = 1, gid_index = 1;
	const char *device = NULL, *why;
	char *size;

	while ((option = getopt(argc, argv, "d:g:n:o:s:t:")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
		else if (option == 'n')
			count = atoi(optarg);
		else if (option == 'o')
			operation = operation_of(optarg);
		else if (option == 't')
			depth = atoi(optarg);
		else if (option == 's')
			for (size_count = 0, size = strtok(optarg, ",");
			     size && size_count < MAX_SIZES; size = strtok(NULL, ","))
				sizes[size_count++] = strtoul(size, NULL, 0);
	}
	if (!device || count < 1 || count > MAX_FLOWS || depth < 1 || !size_count) {
		fprintf(stderr, "usage: verbs_flows -d DEVICE [-g GID_INDEX] [-n FLOWS] [-o OPERATION] [-s SIZE[,SIZE...]] [-t DEPTH]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	why = end_open(&end, device, gid_index);
	if (why)
		die(why);
	channel = ibv_create_comp_channel(end.context);
	cq = channel ? ibv_create_cq(end.context, 2 * depth * count, NULL, channel, 0) : NULL;
	if (!cq || ibv_req_notify_cq(cq, 0))
		die("create_cq");
	ibv_destroy_cq(end.send_cq);
	ibv_destroy_cq(end.recv_cq);
	end.send_cq = cq;
	end.recv_cq = cq;
	for (i = 0; i < count; i++)
		start(&flows[i], sizes[i % size_count]);
	for (i = 0; i < count * depth; i++)
		post_send(&flows[i % count]);
	puts("ready");
	obey();
	return EXIT_SUCCESS;
}
