// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_slow -d DEVICE -m NBD_DEVICE
 *
 * Posts a receive to a UD QP, into memory that does not come (slow_memory.h), and then
 * resets the QP, which has to wait for that. Says "waits QPN"; at the end of its input
 * the memory comes, and it ends with 0 if all goes on from there.
 */

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slow_memory.h"
#include "verbs_end.h"

#define PAGE	4096
#define QKEY	0x44444444
#define LONG_MS	300	/* for a command that waits for nothing */

static struct end end;
static struct ibv_mr *mr;
static sem_t reset_time;
static int post_error = -1, reset_error = -1;

static void die(const char *what, int err)
{
	fprintf(stderr, "verbs_slow: %s: %s\n", what, strerror(err));
	exit(EXIT_FAILURE);
}

static void *post(void *page)
{
	struct ibv_sge sge = { (uintptr_t)page, PAGE, mr->lkey };
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };

	post_error = ibv_post_recv(end.qp, &wr, &bad);
	return NULL;
}

static void *reset(void *unused)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };

	sem_wait(&reset_time);
	reset_error = ibv_modify_qp(end.qp, &attr, IBV_QP_STATE);
	return unused;
}

static pthread_t start(void *(*function)(void *), void *argument)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, function, argument);

	if (err)
		die("pthread_create", err);
	return thread;
}

/* The page is the region's as the region is made; what comes later is another. */
static void *make_region(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (page == MAP_FAILED)
		die("mmap", errno);
	mr = ibv_reg_mr(end.pd, page, PAGE, IBV_ACCESS_LOCAL_WRITE);
	if (!mr)
		die("reg_mr", errno);
	err = slow_memory_map(page);
	if (err)
		die("slow memory", err);
	return page;
}

int main(int argc, char **argv)
{
	const char *device = NULL, *memory = NULL, *why;
	pthread_t poster, resetter;
	int option, err;
	void *page;

	while ((option = getopt(argc, argv, "d:m:")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'm')
			memory = optarg;
	}
	if (!device || !memory) {
		fprintf(stderr, "usage: verbs_slow -d DEVICE -m NBD_DEVICE\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = slow_memory_open(memory);
	if (err)
		die(memory, err);
	why = end_open(&end, device, 1);
	if (!why)
		why = end_create_qp(&end, IBV_QPT_UD);
	if (why) {
		fprintf(stderr, "%s: %s\n", device, why);
		return EXIT_FAILURE;
	}
	err = end_ud_to_rts(end.qp, QKEY);
	if (err)
		die("modify_qp", err);
	page = make_region();

	/* Who waits for a page may hold the lock that memory is mapped under. */
	puts("begins");
	resetter = start(reset, NULL);
	poster = start(post, page);
	if (!slow_memory_is_awaited(END_TIMEOUT_MS))
		die("receive", ETIMEDOUT);
	sem_post(&reset_time);
	usleep(LONG_MS * 1000);
	if (reset_error != -1) {
		fprintf(stderr, "verbs_slow: the reset did not wait: %s\n", strerror(reset_error));
		return EXIT_FAILURE;
	}
	printf("waits %u\n", end.qp->qp_num);
	while (getchar() != EOF)
		continue;

	slow_memory_release();
	pthread_join(poster, NULL);
	pthread_join(resetter, NULL);
	/* The bare device may refuse what comes so late. */
	if (reset_error)
		die("reset", reset_error);
	if (post_error && post_error != EINVAL)
		die("post_recv", post_error);
	end_destroy_qp(&end);
	ibv_dereg_mr(mr);
	end_close(&end);
	return EXIT_SUCCESS;
}
