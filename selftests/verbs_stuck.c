// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_stuck -d DEVICE [-t SECONDS]
 *
 * Has a command carried out that is answered into memory which never comes. Says "stuck"
 * when the kernel waits for it, and stays so until it is killed, or for SECONDS.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <rdma/ib_user_verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "verbs_end.h"

#define MEMORY_SIZE	4096

/* Memory that is missing until somebody answers for it, which nobody does. */
static void *make_memory(int fd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register missing = {
		.range.len = MEMORY_SIZE,
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	void *memory;

	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return NULL;
	missing.range.start = (uintptr_t)memory;
	if (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &missing))
		return NULL;
	return memory;
}

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

static int die(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct pollfd asked = { .events = POLLIN };
	struct ibv_context *context;
	const char *device = NULL;
	unsigned int seconds = 60;
	struct command command;
	pthread_t thread;
	int option;

	while ((option = getopt(argc, argv, "d:t:")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 't')
			seconds = atoi(optarg);
	}
	if (!device) {
		fprintf(stderr, "usage: verbs_stuck -d DEVICE [-t SECONDS]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	asked.fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (asked.fd < 0)
		return die("userfaultfd");
	command.answer = make_memory(asked.fd);
	context = end_open_device(device);
	if (!command.answer || !context)
		return die(device);
	command.fd = context->cmd_fd;
	alarm(seconds);
	if (pthread_create(&thread, NULL, carry_out, &command))
		return die("thread");
	if (poll(&asked, 1, -1) != 1)
		return die("poll");
	puts("stuck");
	pthread_join(thread, NULL);
	return EXIT_FAILURE;
}
