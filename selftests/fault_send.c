// SPDX-License-Identifier: GPL-2.0
/*
 * A library for LD_PRELOAD, for tools that ask by netlink or make a network namespace:
 * it has the tool run again and again, each time in a child. While the kernel is at work
 * on the first request of a run, inside sendmsg(), sendto() or unshare(), the first of
 * what it allocates and copies fails, in the next run the second, and so on, or every
 * FAULT_STRIDE-th; until there were not as many. After what a run said on standard error
 * stands "fault N", and after the last "untouched". The command FAULT_UNDO, if there is
 * one, takes back what a run did. Requests by netlink are those to a generic family and
 * those for an RDMA link.
 */

#include <dlfcn.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_nth.h"

#define MAX_FAULTS	20000

enum outcome { NO_REQUEST, MET, UNTOUCHED };

static enum outcome *outcome;	/* of a run, for its parent */
static unsigned int nth;	/* of this run; 0 when it was armed */

__attribute__((constructor))
static void run_all(void)
{
	const char *text = getenv("FAULT_STRIDE"), *undo = getenv("FAULT_UNDO");
	unsigned int n, stride = text ? atoi(text) : 0;
	pid_t child;
	int status;

	if (!stride)
		return;
	unsetenv("LD_PRELOAD");
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED)
		_exit(EXIT_FAILURE);
	for (n = 1; n < MAX_FAULTS; n += stride) {
		*outcome = NO_REQUEST;
		child = fork();
		if (!child) {
			nth = n;
			return;
		}
		if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
			dprintf(STDERR_FILENO, "ended by a signal\n");
		if (undo && system(undo) < 0)
			dprintf(STDERR_FILENO, "%s cannot be run\n", undo);
		if (*outcome != MET)
			break;
		dprintf(STDERR_FILENO, "fault %u\n", n);
	}
	if (*outcome == UNTOUCHED)
		dprintf(STDERR_FILENO, "untouched\n");
	_exit(EXIT_SUCCESS);
}

static bool is_request(int fd, const struct nlmsghdr *message)
{
	int domain = 0, protocol = 0;
	socklen_t size = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) || domain != AF_NETLINK ||
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size))
		return false;
	switch (protocol) {
	case NETLINK_GENERIC:
		return message->nlmsg_type != GENL_ID_CTRL;
	case NETLINK_RDMA:
		return message->nlmsg_type ==
		       RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_NEWLINK);
	default:
		return false;
	}
}

/* Returns false when it was done before. */
static bool arm(void)
{
	unsigned int n = nth;

	if (!n)
		return false;
	if (!fault_open()) {
		perror("fail-nth");
		exit(EXIT_FAILURE);
	}
	nth = 0;
	fault_arm(n);
	return true;
}

static void disarm(void)
{
	*outcome = fault_disarm() ? MET : UNTOUCHED;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*real)(int fd, const struct msghdr *message, int flags) =
		dlsym(RTLD_NEXT, "sendmsg");
	bool armed = is_request(fd, message->msg_iov->iov_base) && arm();
	ssize_t sent = real(fd, message, flags);

	if (armed)
		disarm();
	return sent;
}

ssize_t sendto(int fd, const void *data, size_t length, int flags,
	       const struct sockaddr *to, socklen_t to_size)
{
	ssize_t (*real)(int fd, const void *data, size_t length, int flags,
			const struct sockaddr *to, socklen_t to_size) =
		dlsym(RTLD_NEXT, "sendto");
	bool armed = is_request(fd, data) && arm();
	ssize_t sent = real(fd, data, length, flags, to, to_size);

	if (armed)
		disarm();
	return sent;
}

int unshare(int flags)
{
	int (*real)(int flags) = dlsym(RTLD_NEXT, "unshare");
	bool armed = flags & CLONE_NEWNET && arm();
	int err = real(flags);

	if (armed)
		disarm();
	return err;
}
