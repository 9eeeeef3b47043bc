// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "handle.h"

/* Holds the longest request: a device with three names of 63 characters. */
#define REQUEST_SIZE	512

/* The highest errno that there is. */
#define ERRNO_MAX	4095

#define NEEDS_CAPABILITY \
	"this needs CAP_NET_ADMIN in the initial user namespace"
#define DUMP_CHANGED	"the list changed while it was read"

/* Start a request of at most @size bytes; NULL when there is no memory. */
struct nl_msg *ff_request_sized(struct ff_handle *handle, int cmd, int flags,
				size_t size)
{
	struct nl_msg *msg;

	msg = nlmsg_alloc_size(size);
	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, ++handle->seq, handle->family, 0,
			 NLM_F_REQUEST | flags, cmd, FREEFLOW_FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

/* Start one of any kind. */
struct nl_msg *ff_request_new(struct ff_handle *handle, int cmd, int flags)
{
	return ff_request_sized(handle, cmd, flags, REQUEST_SIZE);
}

/* Send one request or a run of them, all or nothing. */
int ff_request_send(struct ff_handle *handle, const void *data, size_t len)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	do {
		sent = sendmsg(nl_socket_get_fd(handle->requests), &hdr, 0);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/*
 * Receive one datagram of the kernel; others' are dropped.
 * Returns its length or a negative errno.
 */
int ff_socket_receive(struct nl_sock *sk, void *data, size_t size)
{
	struct sockaddr_nl sender;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr hdr = {
		.msg_name = &sender,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	ssize_t len;

	for (;;) {
		hdr.msg_namelen = sizeof(sender);
		len = recvmsg(nl_socket_get_fd(sk), &hdr, 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (hdr.msg_namelen == sizeof(sender) && sender.nl_pid)
			continue;
		return hdr.msg_flags & MSG_TRUNC ? -EMSGSIZE : (int)len;
	}
}

static void keep_sentence(struct ff_handle *handle, int err, const char *text,
			  size_t len)
{
	handle->refusal = err;
	snprintf(handle->sentence, sizeof(handle->sentence), "%.*s", (int)len,
		 text);
}

/*
 * Keep why the kernel refused. @skip is what comes before the extended
 * acknowledgement's attributes in the payload.
 */
static void keep_refusal(struct ff_handle *handle, struct nlmsghdr *nlh,
			 int skip, int err)
{
	struct nlattr *attr = NULL;

	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		attr = nlmsg_find_attr(nlh, skip, NLMSGERR_ATTR_MSG);

	if (attr)
		keep_sentence(handle, err, nla_data(attr), nla_len(attr));
	else if (err == -EPERM)
		keep_sentence(handle, err, NEEDS_CAPABILITY,
			      strlen(NEEDS_CAPABILITY));
	else
		keep_sentence(handle, err, "", 0);
}

/* Result of an acknowledgement: 0 or why the request was refused. */
static int read_ack(struct ff_handle *handle, struct nlmsghdr *nlh)
{
	const struct nlmsgerr *ack = nlmsg_data(nlh);
	uint32_t echoed = 0;

	if (nlmsg_datalen(nlh) < (int)sizeof(*ack) || ack->error > 0 ||
	    ack->error < -ERRNO_MAX)
		return -EBADMSG;
	if (!ack->error)
		return 0;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		echoed = ack->msg.nlmsg_len;
		if (echoed < sizeof(ack->msg) || echoed > nlh->nlmsg_len)
			return -EBADMSG;
		echoed -= sizeof(ack->msg);
	}
	keep_refusal(handle, nlh, sizeof(*ack) + NLMSG_ALIGN(echoed),
		     ack->error);
	return ack->error;
}

/* Result of the message that ends a list. */
static int read_done(struct ff_handle *handle, struct nlmsghdr *nlh)
{
	int err;

	if (nlmsg_datalen(nlh) < (int)sizeof(err))
		return 0;
	memcpy(&err, nlmsg_data(nlh), sizeof(err));
	if (err >= 0)
		return 0;
	if (err < -ERRNO_MAX)
		return -EBADMSG;
	keep_refusal(handle, nlh, sizeof(err), err);
	return err;
}

/* @outcome: of the whole exchange; @finished: the last answer came. */
struct progress {
	const struct ff_answers *answers;
	int outcome;
	bool interrupted;
	bool finished;
};

static void note_outcome(struct progress *progress, int err)
{
	if (!progress->outcome)
		progress->outcome = err;
}

static void take_ack(struct ff_handle *handle, struct nlmsghdr *nlh,
		     struct progress *progress)
{
	const struct ff_answers *answers = progress->answers;
	int err = read_ack(handle, nlh);

	if (err && answers->on_refusal)
		answers->on_refusal(nlh->nlmsg_seq, err,
				    ff_strerror(handle, err), answers->arg);
	else
		note_outcome(progress, err);
	progress->finished = nlh->nlmsg_seq == answers->last;
}

static void take_message(struct ff_handle *handle, struct nlmsghdr *nlh,
			 struct progress *progress)
{
	const struct ff_answers *answers = progress->answers;

	/* What an earlier, abandoned exchange left in the queue */
	if (nlh->nlmsg_seq - answers->first > answers->last - answers->first)
		return;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		progress->interrupted = true;

	if (nlh->nlmsg_type == NLMSG_ERROR) {
		take_ack(handle, nlh, progress);
	} else if (nlh->nlmsg_type == NLMSG_DONE) {
		note_outcome(progress, read_done(handle, nlh));
		progress->finished = true;
	} else if (nlh->nlmsg_type == handle->family && answers->on_reply &&
		   !progress->outcome) {
		progress->outcome = answers->on_reply(nlh, answers->arg);
	}
}

/*
 * Receive the answers until the last one came, also after an error: what was
 * left in the queue would keep the next list from starting.
 */
int ff_answers_receive(struct ff_handle *handle,
		       const struct ff_answers *answers)
{
	struct progress progress = { .answers = answers };

	while (!progress.finished) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)handle->buffer;
		int left;

		left = ff_socket_receive(handle->requests, handle->buffer,
					 sizeof(handle->buffer));
		if (left < 0)
			return left;
		if (!nlmsg_ok(nlh, left))
			return -EBADMSG;
		for (; nlmsg_ok(nlh, left) && !progress.finished;
		     nlh = nlmsg_next(nlh, &left))
			take_message(handle, nlh, &progress);
	}

	if (!progress.outcome && progress.interrupted) {
		keep_sentence(handle, -EINTR, DUMP_CHANGED,
			      strlen(DUMP_CHANGED));
		return -EINTR;
	}
	return progress.outcome;
}

/*
 * Send a request, which is freed, and hand its replies to @on_reply.
 * -EBUSY: called by the receiver of a list that is still under way.
 */
int ff_request_do(struct ff_handle *handle, struct nl_msg *msg,
		  int (*on_reply)(struct nlmsghdr *nlh, void *arg), void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	const struct ff_answers answers = {
		.first = nlh->nlmsg_seq,
		.last = nlh->nlmsg_seq,
		.on_reply = on_reply,
		.arg = arg,
	};
	int err = -EBUSY;

	if (handle->busy)
		goto free_msg;
	handle->busy = true;
	handle->refusal = 0;
	/* A list ends with NLMSG_DONE instead of an acknowledgement. */
	if (!(nlh->nlmsg_flags & NLM_F_DUMP))
		nlh->nlmsg_flags |= NLM_F_ACK;
	err = ff_request_send(handle, nlh, nlh->nlmsg_len);
	if (!err)
		err = ff_answers_receive(handle, &answers);
	handle->busy = false;
free_msg:
	nlmsg_free(msg);
	return err;
}
