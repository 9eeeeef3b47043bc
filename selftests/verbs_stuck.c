// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_stuck -d DEVICE -m NBD_DEVICE [-t SECONDS]
 *
 * Has a command carried out that is answered into memory which does not come
 * (slow_memory.h). Says "stuck" when the kernel waits for it, and stays so until it is
 * killed, or for SECONDS. For each line of its input it tries what the device, opened
 * once more, still does, and says "PD: " and the error.
 */

#include <errno.h>
#include <pthread.h>
#include <rdma/ib_user_verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slow_memory.h"
#include "verbs_end.h"

#define PAGE	4096

struct command {
	int fd;
	void *answer;
};

static void *carry_out(void *arg)
{
	struct command *command = arg;
	struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_alloc_pd request;
	} alloc_pd = {
		.header.command = IB_USER_VERBS_CMD_ALLOC_PD,
		.header.in_words = sizeof(alloc_pd) / 4,
		.header.out_words = sizeof(struct ib_uverbs_alloc_pd_resp) / 4,
		.request.response = (uintptr_t)command->answer,
	};

	if (write(command->fd, &alloc_pd, sizeof(alloc_pd)) >= 0)
		errno = 0;
	printf("not stuck: %s\n", strerror(errno));
	exit(EXIT_FAILURE);
}

static void try_other(struct ibv_context *other)
{
	struct ibv_pd *pd;

	errno = 0;
	pd = ibv_alloc_pd(other);
	printf("PD: %s\n", strerror(errno));
	if (pd)
		ibv_dealloc_pd(pd);
}

static int die(const char *what, int err)
{
	fprintf(stderr, "verbs_stuck: %s: %s\n", what, strerror(err));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	const char *device = NULL, *memory = NULL;
	unsigned int seconds = 60;
	struct ibv_context *context, *other;
	char byte;
	struct command command;
	pthread_t thread;
	int option, err;

	while ((option = getopt(argc, argv, "d:m:t:")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'm')
			memory = optarg;
		else if (option == 't')
			seconds = atoi(optarg);
	}
	if (!device || !memory) {
		fprintf(stderr, "usage: verbs_stuck -d DEVICE -m NBD_DEVICE [-t SECONDS]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	context = end_open_device(device);
	other = end_open_device(device);
	if (!context || !other)
		return die(device, errno);
	command.fd = context->cmd_fd;
	command.answer = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	if (command.answer == MAP_FAILED)
		return die("mmap", errno);
	err = slow_memory_open(memory) ?: slow_memory_map(command.answer);
	if (err)
		return die(memory, err);
	alarm(seconds);
	err = pthread_create(&thread, NULL, carry_out, &command);
	if (err)
		return die("pthread_create", err);
	if (!slow_memory_is_awaited(END_TIMEOUT_MS))
		return die("command", ETIMEDOUT);
	puts("stuck");
	/* Without memory that has to be mapped: the lock for that is held. */
	while (read(STDIN_FILENO, &byte, 1) == 1)
		if (byte == '\n')
			try_other(other);
	pthread_join(thread, NULL);
	return EXIT_FAILURE;
}
