// SPDX-License-Identifier: GPL-2.0
/* The line between the two processes of a test. */

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "verbs_end.h"
#include "verbs_peer.h"

#define PEER_TIMEOUT_S		60
#define PEER_RETRY_NS		50000000L
#define PEER_REASON_SIZE	256

const char *because(const char *fmt, ...)
{
	static char reason[PEER_REASON_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return reason;
}

static void peer_broken(const char *what)
{
	fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static struct addrinfo *peer_resolve(const char *address, const char *port, int family)
{
	struct addrinfo hints = {
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = address ? AI_NUMERICHOST : AI_PASSIVE,
	};
	struct addrinfo *list;
	int err;

	err = getaddrinfo(address, port, &hints, &list);
	if (err) {
		fprintf(stderr, "peer: %s: %s\n", address ? address : port, gai_strerror(err));
		exit(EXIT_FAILURE);
	}
	return list;
}

static void peer_limit_time(int fd)
{
	struct timeval limit = { .tv_sec = PEER_TIMEOUT_S };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int peer_listen(const char *port, bool ipv6)
{
	struct addrinfo *at = peer_resolve(NULL, port, ipv6 ? AF_INET6 : AF_INET);
	int fd, line, reuse = 1;

	fd = socket(at->ai_family, SOCK_STREAM, 0);
	if (fd < 0)
		peer_broken("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
	peer_limit_time(fd);
	if (bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, 1))
		peer_broken("listen");
	freeaddrinfo(at);
	line = accept(fd, NULL, NULL);
	if (line < 0)
		peer_broken("accept");
	close(fd);
	peer_limit_time(line);
	return line;
}

int peer_dial(const char *address, const char *port)
{
	struct addrinfo *at = peer_resolve(address, port, AF_UNSPEC);
	const struct timespec pause = { .tv_nsec = PEER_RETRY_NS };
	long deadline = end_now_ms() + PEER_TIMEOUT_S * 1000L;
	int fd;

	for (;;) {
		fd = socket(at->ai_family, SOCK_STREAM, 0);
		if (fd < 0)
			peer_broken("socket");
		if (!connect(fd, at->ai_addr, at->ai_addrlen))
			break;
		if (end_now_ms() > deadline)
			peer_broken("connect");
		close(fd);
		nanosleep(&pause, NULL);
	}
	freeaddrinfo(at);
	peer_limit_time(fd);
	return fd;
}

void peer_swap(int line, const void *mine, void *theirs, size_t size)
{
	if (send(line, mine, size, MSG_NOSIGNAL) != (ssize_t)size)
		peer_broken("send");
	if (recv(line, theirs, size, MSG_WAITALL) != (ssize_t)size)
		peer_broken("receive");
}

void peer_meet(int line)
{
	char mine = 0, theirs;

	peer_swap(line, &mine, &theirs, sizeof(mine));
}

const char *peer_agree(int line, const char *why)
{
	char mine[PEER_REASON_SIZE] = "", theirs[PEER_REASON_SIZE];

	if (why)
		strncpy(mine, why, sizeof(mine) - 1);
	peer_swap(line, mine, theirs, sizeof(mine));
	theirs[sizeof(theirs) - 1] = '\0';
	if (why)
		return why;
	return theirs[0] ? because("peer: %s", theirs) : NULL;
}
