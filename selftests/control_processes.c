// SPDX-License-Identifier: GPL-2.0
/* Cases of verbs_control about forks, several processes and threads. */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"

#define PROCESSES	4
#define THREADS		4
#define BURST		(END_QUEUE_DEPTH / THREADS)
#define ROUNDS		20
#define FORK_SIZE	8192
#define NOBODY		65534

/* 0 when the child ended well. */
static int await(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static const char *move_data(struct loop *loop, uint8_t value)
{
	struct ibv_sge to = {
		.addr = (uintptr_t)loop->b.buffer,
		.length = FORK_SIZE,
		.lkey = loop->b.mr->lkey,
	}, from = {
		.addr = (uintptr_t)loop->a.buffer,
		.length = FORK_SIZE,
		.lkey = loop->a.mr->lkey,
	};
	struct ibv_recv_wr recv = { .sg_list = &to, .num_sge = 1 }, *bad_recv;
	struct ibv_send_wr send = {
		.sg_list = &from,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	}, *bad_send;
	int i;

	memset(loop->a.buffer, value, FORK_SIZE);
	memset(loop->b.buffer, 0, FORK_SIZE);
	if (ibv_post_recv(loop->b.qp, &recv, &bad_recv) ||
	    ibv_post_send(loop->a.qp, &send, &bad_send))
		return "a post failed";
	if (!loop_completions(loop->a.send_cq, 0, 1) || !loop_received(loop, 1))
		return "no completion";
	for (i = 0; i < FORK_SIZE; i++)
		if (loop->b.buffer[i] != value)
			return "other data";
	return "the same data";
}

/* What the child does to memory and to the device must not be seen here. */
static int child_of_fork(struct loop *loop, bool has_memory)
{
	if (has_memory) {
		memset(loop->a.buffer, 0xee, FORK_SIZE);
		memset(loop->b.buffer, 0xee, FORK_SIZE);
	}
	return ibv_alloc_pd(loop->a.context) ? 0 : errno;
}

static void forks(bool fork_init, const char *how)
{
	struct loop loop;
	pid_t child;

	if (fork_init)
		show("fork_init", ibv_fork_init());
	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	printf("%s, before: %s\n", how, move_data(&loop, 0x11));
	fflush(stdout);
	child = fork();
	/* fork_init may keep registered memory from children. */
	if (!child)
		_exit(child_of_fork(&loop, !fork_init));
	printf("%s, while the child lives: %s\n", how, move_data(&loop, 0x22));
	show("the child's command", await(child));
	printf("%s, after it: %s\n", how, move_data(&loop, 0x33));
	loop_close(&loop);
}

static void forks_apart(bool fork_init, const char *how)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		forks(fork_init, how);
		fflush(stdout);
		_exit(0);
	}
	show(how, await(child));
}

/* As a server does that opens its device as root. */
static int after_setuid(void)
{
	struct ibv_context *context = end_open_device(control_device);

	if (!context || setresuid(NOBODY, NOBODY, NOBODY))
		return errno;
	return ibv_alloc_pd(context) ? 0 : errno;
}

static void drops_privileges(void)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(after_setuid());
	show("alloc_pd after setuid", await(child));
}

static int traffic(void)
{
	struct loop loop;
	int round;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	for (round = 0; round < ROUNDS; round++) {
		loop_receive(&loop, BURST);
		loop_send(&loop, round * BURST, BURST, 0);
		if (!loop_completions(loop.a.send_cq, round * BURST, BURST) ||
		    !loop_received(&loop, BURST))
			return EIO;
	}
	loop_close(&loop);
	return 0;
}

static void many_processes(void)
{
	pid_t children[PROCESSES];
	int i;

	fflush(stdout);
	for (i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (!children[i])
			_exit(traffic());
	}
	for (i = 0; i < PROCESSES; i++)
		show("one of several processes", await(children[i]));
}

static void *traffic_thread(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)traffic();
}

static void *posting_thread(void *arg)
{
	loop_send(arg, 0, BURST, 0);
	return NULL;
}

static void in_threads(void *(*run)(void *arg), void *arg, const char *name)
{
	pthread_t threads[THREADS];
	void *result;
	int i, err = 0;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, run, arg))
			give_up("pthread_create");
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		if (result)
			err = (int)(intptr_t)result;
	}
	show(name, err);
}

/* All post to one QP: as many completions come as were posted. */
static void threads_on_one_qp(void)
{
	struct ibv_wc wc[THREADS * BURST];
	struct loop loop;
	int round, well = 0;

	loop_open(&loop, IBV_QPT_RC);
	loop_connect(&loop);
	for (round = 0; round < 5; round++) {
		loop_receive(&loop, THREADS * BURST);
		in_threads(posting_thread, &loop, "threads that post to one QP");
		well += end_wait_completions(loop.a.send_cq, wc, THREADS * BURST) &&
			loop_received(&loop, THREADS * BURST) &&
			end_is_empty(loop.a.send_cq) && end_is_empty(loop.b.recv_cq);
	}
	printf("as many completions as posts: %d times\n", well);
	loop_close(&loop);
}

static void *opening_thread(void *arg)
{
	struct ibv_context *context;
	struct ibv_pd *pd;
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		context = end_open_device(control_device);
		pd = context ? ibv_alloc_pd(context) : NULL;
		if (!pd || ibv_dealloc_pd(pd) || ibv_close_device(context))
			return (void *)(intptr_t)errno;
	}
	return NULL;
}

void process_cases(void)
{
	forks_apart(false, "fork");
	forks_apart(true, "fork with fork_init");
	drops_privileges();
	many_processes();
	in_threads(traffic_thread, NULL, "threads with a device each");
	in_threads(opening_thread, NULL, "threads that open and close");
	threads_on_one_qp();
}
