// SPDX-License-Identifier: GPL-2.0
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/nbd.h>

#include "slow_memory.h"

#define PAGE		4096
#define DEVICE_SIZE	(2 << 20)
#define START_MS	10000
#define SLOW_OFFSET	(DEVICE_SIZE / 2)	/* from here on */

static int device_fd, server_fd;
static sem_t awaited, released;

static bool answer(const struct nbd_request *request)
{
	static const char zeroes[DEVICE_SIZE];
	struct nbd_reply reply = { .magic = htobe32(NBD_REPLY_MAGIC) };
	size_t length = be32toh(request->len);

	memcpy(reply.handle, request->handle, sizeof(reply.handle));
	if (write(server_fd, &reply, sizeof(reply)) != sizeof(reply))
		return false;
	if (be32toh(request->type) != NBD_CMD_READ)
		return true;
	return length <= sizeof(zeroes) && write(server_fd, zeroes, length) == (ssize_t)length;
}

static void *serve(void *unused)
{
	struct nbd_request request;

	while (read(server_fd, &request, sizeof(request)) == sizeof(request)) {
		if (be64toh(request.from) + be32toh(request.len) > SLOW_OFFSET) {
			sem_post(&awaited);
			sem_wait(&released);
			sem_post(&released);	/* for all that come */
		}
		if (!answer(&request))
			break;
	}
	return unused;
}

static void *run_device(void *unused)
{
	ioctl(device_fd, NBD_DO_IT);
	return unused;
}

/* Only then it has a size. */
static int wait_until_it_runs(void)
{
	uint64_t size = 0;
	int tries;

	for (tries = 0; tries < START_MS && size != DEVICE_SIZE; tries++) {
		usleep(1000);
		if (ioctl(device_fd, BLKGETSIZE64, &size))
			return errno;
	}
	return size == DEVICE_SIZE ? 0 : ETIMEDOUT;
}

int slow_memory_open(const char *device)
{
	pthread_t thread;
	int pair[2];

	sem_init(&awaited, 0, 0);
	sem_init(&released, 0, 0);
	device_fd = open(device, O_RDWR | O_CLOEXEC);
	if (device_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return errno;
	server_fd = pair[1];
	if (ioctl(device_fd, NBD_SET_BLKSIZE, PAGE) || ioctl(device_fd, NBD_SET_SIZE, DEVICE_SIZE) ||
	    ioctl(device_fd, NBD_SET_SOCK, pair[0]))
		return errno;
	return pthread_create(&thread, NULL, serve, NULL) ?:
	       pthread_create(&thread, NULL, run_device, NULL) ?: wait_until_it_runs();
}

int slow_memory_map(void *page)
{
	void *mapped = mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
			    device_fd, SLOW_OFFSET);

	return mapped == MAP_FAILED ? errno : 0;
}

bool slow_memory_is_awaited(int timeout_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	return !sem_timedwait(&awaited, &until);
}

void slow_memory_release(void)
{
	sem_post(&released);
}
