// SPDX-License-Identifier: GPL-2.0
/*
 * ring_resize -d DEVICE [-n ROUNDS]
 *
 * Of a device with the ring data path: threads resize one SRQ at the same time,
 * by commands that no lock of libibverbs holds back, while another posts to it.
 * Fails if a resize does not succeed.
 */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_rxe.h>

#include "verbs_end.h"

#define RESIZERS	3
#define SMALLEST	64u

static struct ibv_srq *srq;
static int rounds = 2000;
static atomic_int failures;
static atomic_bool done;

static int resize(uint32_t max_wr)
{
	struct mminfo info;
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_modify_srq core;
		struct rxe_modify_srq_cmd driver;
	} command = {
		.hdr = {
			.command = IB_USER_VERBS_CMD_MODIFY_SRQ,
			.in_words = sizeof(command) / 4,
		},
		.core = {
			.srq_handle = srq->handle,
			.attr_mask = IBV_SRQ_MAX_WR,
			.max_wr = max_wr,
		},
		.driver.mmap_info_addr = (uintptr_t)&info,
	};

	if (write(srq->context->cmd_fd, &command, sizeof(command)) != sizeof(command))
		return errno;
	return info.size ? 0 : EIO;
}

static void *resize_on(void *arg)
{
	uint32_t factor = (uintptr_t)arg + 1;
	int i, err;

	for (i = 0; i < rounds; i++) {
		err = resize(SMALLEST * (factor + i % 2));
		if (err && atomic_fetch_add(&failures, 1) == 0)
			fprintf(stderr, "resize: %s\n", strerror(err));
	}
	return NULL;
}

/* Into the ring of the beginning, which is the program's own by now. */
static void *post_on(void *arg)
{
	struct ibv_recv_wr wr = {}, *bad;

	(void)arg;
	while (!atomic_load(&done))
		ibv_post_srq_recv(srq, &wr, &bad);
	return NULL;
}

static int run(void)
{
	pthread_t resizers[RESIZERS], poster;
	int i;

	if (pthread_create(&poster, NULL, post_on, NULL))
		return EXIT_FAILURE;
	for (i = 0; i < RESIZERS; i++)
		if (pthread_create(&resizers[i], NULL, resize_on, (void *)(uintptr_t)i))
			return EXIT_FAILURE;
	for (i = 0; i < RESIZERS; i++)
		pthread_join(resizers[i], NULL);
	atomic_store(&done, true);
	pthread_join(poster, NULL);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = SMALLEST, .max_sge = 1 } };
	const char *device = NULL;
	struct ibv_context *context;
	struct ibv_pd *pd;
	int option, result;

	while ((option = getopt(argc, argv, "d:n:")) != -1) {
		switch (option) {
		case 'd':
			device = optarg;
			break;
		case 'n':
			rounds = atoi(optarg);
			break;
		default:
			device = NULL;
			optind = argc;
		}
	}
	if (!device) {
		fprintf(stderr, "usage: ring_resize -d DEVICE [-n ROUNDS]\n");
		return 2;
	}
	context = end_open_device(device);
	pd = context ? ibv_alloc_pd(context) : NULL;
	srq = pd ? ibv_create_srq(pd, &attr) : NULL;
	if (!srq) {
		fprintf(stderr, "%s: %s\n", device, strerror(errno));
		return EXIT_FAILURE;
	}
	result = run();
	if (ibv_destroy_srq(srq) || ibv_dealloc_pd(pd) || ibv_close_device(context))
		result = EXIT_FAILURE;
	return result;
}
