// SPDX-License-Identifier: GPL-2.0
/*
 * write_access NODE
 *	Says what ALLOC_PD gives that is written by other processes than the one
 *	that has opened the node, or by this one when it is no longer what it was.
 *	Runs as root.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw_verbs.h"

#define NOBODY	65534

static const char *node;

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void say(const char *who, int fd)
{
	uint32_t pd;
	int err = raw_alloc_pd(fd, &pd);

	printf("%s: %s\n", who, err ? strerrorname_np(err) : "ok");
	fflush(stdout);
}

static void become_nobody(void)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		die("setresuid");
}

static void in_child(void (*act)(int fd), int fd)
{
	pid_t child = fork();
	int status;

	if (!child) {
		act(fd);
		_exit(EXIT_SUCCESS);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		die("child");
}

static void forked(int fd)
{
	say("forked", fd);
}

static void forked_undumpable(int fd)
{
	if (prctl(PR_SET_DUMPABLE, 0))
		die("PR_SET_DUMPABLE");
	say("forked, not to be traced", fd);
}

static void forked_nobody(int fd)
{
	become_nobody();
	say("forked, another user", fd);
}

static void opener_that_drops(int fd)
{
	(void)fd;
	fd = raw_session(node);
	become_nobody();
	say("the opener, another user", fd);
}

static void send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = {}, byte = 0;
	struct iovec io = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &io, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) != 1)
		die("sendmsg");
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec io = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &io, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void open_as_nobody(int socket)
{
	become_nobody();
	send_fd(socket, raw_session(node));
}

/* What must not be: root carries out what nobody has had it write. */
static void deputy(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair");
	in_child(open_as_nobody, ends[1]);
	say("root, opened by another user", receive_fd(ends[0]));
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2)
		return 2;
	node = argv[1];
	fd = raw_session(node);
	say("the opener", fd);
	in_child(forked, fd);
	in_child(forked_undumpable, fd);
	in_child(forked_nobody, fd);
	in_child(opener_that_drops, -1);
	deputy();
	return EXIT_SUCCESS;
}
