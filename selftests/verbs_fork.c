// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_fork -d DEVICE [-g GID_INDEX] [-n ROUNDS]
 *
 * Forks while its writes are under way, through an RC QP that is connected to
 * itself: children scribble over the memory and make a PD by the file that is their
 * parent's, or become another program. At last it becomes another program itself, in
 * the midst of writes.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verbs_end.h"

#define WRITE_SIZE	65536u
#define TARGET		(END_BUFFER_SIZE / 2)

static struct end end;
static struct end_address self;

static void die(const char *why)
{
	fprintf(stderr, "verbs_fork: %s\n", why);
	exit(EXIT_FAILURE);
}

static void post_write(void)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)end.buffer,
		.length = WRITE_SIZE,
		.lkey = end.mr->lkey,
	};
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma.remote_addr = self.buffer + TARGET,
		.wr.rdma.rkey = self.rkey,
	};

	if (ibv_post_send(end.qp, &wr, &bad))
		die("post_send failed");
}

static void become_another(void)
{
	execlp("true", "true", NULL);
	_exit(EXIT_FAILURE);
}

static void be_child(int round)
{
	if (round % 2)
		become_another();
	memset(end.buffer, 0xee, END_BUFFER_SIZE);
	_exit(ibv_alloc_pd(end.context) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void run_round(int round)
{
	struct ibv_wc wc;
	pid_t child;
	int status;

	memset(end.buffer, round, WRITE_SIZE);
	memset(end.buffer + TARGET, ~round, WRITE_SIZE);
	post_write();
	child = fork();
	if (!child)
		be_child(round);
	if (child < 0 || !end_wait_completion(end.send_cq, &wc) || wc.status != IBV_WC_SUCCESS)
		die("a write did not complete");
	if (memcmp(end.buffer + TARGET, end.buffer, WRITE_SIZE))
		die("other data than was written");
	if (waitpid(child, &status, 0) != child || status)
		die("a child failed");
}

int main(int argc, char **argv)
{
	int option, i, gid_index = 1, rounds = 10;
	const char *device = NULL, *why;

	while ((option = getopt(argc, argv, "d:g:n:")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
		else if (option == 'n')
			rounds = atoi(optarg);
	}
	if (!device) {
		fprintf(stderr, "usage: verbs_fork -d DEVICE [-g GID_INDEX] [-n ROUNDS]\n");
		return 2;
	}
	why = end_open(&end, device, gid_index);
	if (!why)
		why = end_create_qp(&end, IBV_QPT_RC);
	if (why)
		die(why);
	end_get_address(&end, &self);
	if (end_connect(&end, &self).err)
		die("connect");
	for (i = 0; i < rounds; i++)
		run_round(i);
	for (i = 0; i < END_QUEUE_DEPTH; i++)
		post_write();
	become_another();
}
