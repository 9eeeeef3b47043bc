/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * The handle, and how requests travel: one request or a run of them goes out,
 * and the answers that carry their sequence numbers come back.
 */
#ifndef FREEFLOW_HANDLE_H
#define FREEFLOW_HANDLE_H

#include <netlink/msg.h>
#include <netlink/socket.h>

#include "libfreeflow.h"

/* The kernel fills at most 32 KiB of a dump at once. */
#define FF_RECEIVE_SIZE		32768
#define FF_SENTENCE_MAX		256

/*
 * @requests: socket of requests and their answers
 * @family: number of the family "freeflow", the type of its messages
 * @seq: sequence number of the last request
 * @busy: a list is being received, so no other request may start
 * @refusal: error that @sentence belongs to, or 0
 * @events: socket of the group "events", NULL until subscribed
 * @event, @event_left: what is still unread of @event_buffer
 */
struct ff_handle {
	struct nl_sock *requests;
	int family;
	uint32_t seq;
	bool busy;
	int refusal;
	char sentence[FF_SENTENCE_MAX];

	struct nl_sock *events;
	struct nlmsghdr *event;
	int event_left;
	char *event_buffer;

	char buffer[FF_RECEIVE_SIZE];
};

/*
 * What to do with the answers to the requests @first to @last.
 *
 * @on_reply: takes each reply; a result other than 0 is remembered as the
 *	outcome, and the rest of the answers is skipped
 * @on_refusal: takes the refusal of one request of several; NULL makes the
 *	refusal the outcome
 */
struct ff_answers {
	uint32_t first;
	uint32_t last;
	int (*on_reply)(struct nlmsghdr *nlh, void *arg);
	void (*on_refusal)(uint32_t seq, int err, const char *sentence,
			   void *arg);
	void *arg;
};

int ff_error_from_libnl(int nlerr);

struct nl_msg *ff_request_new(struct ff_handle *handle, int cmd, int flags);
struct nl_msg *ff_request_sized(struct ff_handle *handle, int cmd, int flags,
				size_t size);
int ff_request_do(struct ff_handle *handle, struct nl_msg *msg,
		  int (*on_reply)(struct nlmsghdr *nlh, void *arg), void *arg);
int ff_request_send(struct ff_handle *handle, const void *data, size_t len);
int ff_answers_receive(struct ff_handle *handle,
		       const struct ff_answers *answers);
int ff_socket_receive(struct nl_sock *sk, void *data, size_t size);

#endif /* FREEFLOW_HANDLE_H */
