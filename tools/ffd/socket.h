/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The socket that ffctl asks: who may connect to it is told what the agent
 * believes, as one JSON object.
 */
#ifndef FFD_SOCKET_H
#define FFD_SOCKET_H

#include <sys/queue.h>

#include "agent.h"

struct reader;

struct status_socket {
	TAILQ_HEAD(, reader) readers;
	const struct agent *agent;
	sd_event *event;
	sd_event_source *source;
	int fd;
	unsigned int nreaders;
};

int socket_init(struct status_socket *socket, sd_event *event,
		const struct agent *agent);
void socket_free(struct status_socket *socket);

#endif /* FFD_SOCKET_H */
