// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "say.h"
#include "socket.h"
#include "tell.h"

#define READERS_MAX	8

/* Who is being told; @sent bytes of @text so far. */
struct reader {
	TAILQ_ENTRY(reader) node;
	struct status_socket *socket;
	sd_event_source *source;
	int fd;
	char *text;
	size_t size;
	size_t sent;
};

static void drop_reader(struct reader *reader)
{
	TAILQ_REMOVE(&reader->socket->readers, reader, node);
	reader->socket->nreaders--;
	sd_event_source_disable_unref(reader->source);
	close(reader->fd);
	free(reader->text);
	free(reader);
}

static int on_writable(sd_event_source *source, int fd, uint32_t revents,
		       void *arg)
{
	struct reader *reader = arg;
	ssize_t sent;

	(void)source;
	(void)revents;
	sent = send(fd, reader->text + reader->sent,
		    reader->size - reader->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent > 0)
		reader->sent += sent;
	else if (errno == EAGAIN || errno == EINTR)
		return 0;
	if (sent <= 0 || reader->sent == reader->size)
		drop_reader(reader);
	return 0;
}

static int add_reader(struct status_socket *sock, int fd)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->fd = fd;
	reader->socket = sock;
	reader->text = tell_status(sock->agent);
	if (!reader->text ||
	    sd_event_add_io(sock->event, &reader->source, fd, EPOLLOUT,
			    on_writable, reader) < 0) {
		free(reader->text);
		free(reader);
		return -ENOMEM;
	}
	reader->size = strlen(reader->text);
	TAILQ_INSERT_TAIL(&sock->readers, reader, node);
	sock->nreaders++;
	return 0;
}

static int on_connect(sd_event_source *source, int fd, uint32_t revents,
		      void *arg)
{
	struct status_socket *sock = arg;
	int reader;

	(void)source;
	(void)revents;
	reader = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (reader < 0)
		return 0;
	/* Who does not read makes room for who does. */
	if (sock->nreaders == READERS_MAX)
		drop_reader(TAILQ_FIRST(&sock->readers));
	if (add_reader(sock, reader))
		close(reader);
	return 0;
}

static int bind_socket(int fd, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t before;
	int err;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	before = umask(0177);
	err = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(before);
	if (err || listen(fd, READERS_MAX))
		return -errno;
	return 0;
}

int socket_init(struct status_socket *sock, sd_event *event,
		const struct agent *agent)
{
	const char *path = agent->config.socket;
	int err;

	memset(sock, 0, sizeof(*sock));
	TAILQ_INIT(&sock->readers);
	sock->agent = agent;
	sock->event = event;
	sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0);
	err = sock->fd < 0 ? -errno : bind_socket(sock->fd, path);
	if (err) {
		say(LOG_ERR, "socket: '%s' cannot be made: %s.", path,
		    strerror(-err));
		return err;
	}
	return sd_event_add_io(event, &sock->source, sock->fd, EPOLLIN,
			       on_connect, sock);
}

void socket_free(struct status_socket *sock)
{
	struct reader *reader;

	while ((reader = TAILQ_FIRST(&sock->readers)))
		drop_reader(reader);
	sd_event_source_disable_unref(sock->source);
	if (sock->fd >= 0) {
		close(sock->fd);
		unlink(sock->agent->config.socket);
	}
}
