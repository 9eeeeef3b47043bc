// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_control -d DEVICE [-g GID_INDEX]
 *
 * Goes through what libibverbs offers beside moving data: the GID table, sizes
 * of CQs, states and attributes of QPs, events and their acknowledgement,
 * processes and threads. Prints one line for each case, the same for every
 * device that works alike.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"

const char *control_device;
int control_gid_index = 1;

void show(const char *name, int err)
{
	printf("%s: %s\n", name, err ? strerrorname_np(err) : "ok");
}

void give_up(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, " (%s)\n", strerror(errno));
	exit(EXIT_FAILURE);
}

void loop_connect(struct loop *loop)
{
	struct end_address a, b;
	struct end_error error;

	end_get_address(&loop->a, &a);
	end_get_address(&loop->b, &b);
	error = end_connect(&loop->a, &b);
	if (!error.err)
		error = end_connect(&loop->b, &a);
	if (error.err)
		give_up("%s: %s", error.step, strerror(error.err));
}

static void open_end(struct end *end, enum ibv_qp_type type)
{
	const char *why = end_open(end, control_device, control_gid_index);

	if (!why)
		why = end_create_qp(end, type);
	if (why)
		give_up("%s: %s", control_device, why);
}

void loop_open(struct loop *loop, enum ibv_qp_type type)
{
	open_end(&loop->a, type);
	open_end(&loop->b, type);
}

void loop_close(struct loop *loop)
{
	end_close(&loop->b);
	end_close(&loop->a);
}

void loop_send(struct loop *loop, uint64_t first, int count, unsigned int flags)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED | flags,
	}, *bad;
	int i, err;

	for (i = 0; i < count; i++) {
		wr.wr_id = first + i;
		err = ibv_post_send(loop->a.qp, &wr, &bad);
		if (err)
			give_up("post_send: %s", strerror(err));
	}
}

void loop_receive(struct loop *loop, int count)
{
	struct ibv_recv_wr wr = {}, *bad;
	int i, err;

	for (i = 0; i < count; i++) {
		err = ibv_post_recv(loop->b.qp, &wr, &bad);
		if (err)
			give_up("post_recv: %s", strerror(err));
	}
}

bool loop_completions(struct ibv_cq *cq, uint64_t first, int count)
{
	struct ibv_wc wc;
	int i;

	for (i = 0; i < count; i++) {
		if (!end_wait_completion(cq, &wc))
			return false;
		if (wc.status != IBV_WC_SUCCESS || wc.wr_id != first + i)
			return false;
	}
	return true;
}

bool loop_received(struct loop *loop, int count)
{
	struct ibv_wc wc;

	for (; count; count--)
		if (!end_wait_completion(loop->b.recv_cq, &wc) || wc.status != IBV_WC_SUCCESS)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "d:g:")) != -1) {
		switch (option) {
		case 'd':
			control_device = optarg;
			break;
		case 'g':
			control_gid_index = atoi(optarg);
			break;
		default:
			control_device = NULL;
			optind = argc;
		}
	}
	if (!control_device) {
		fprintf(stderr, "usage: verbs_control -d DEVICE [-g GID_INDEX]\n");
		return 2;
	}
	gid_cases();
	cq_cases();
	state_cases();
	event_cases();
	process_cases();
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
