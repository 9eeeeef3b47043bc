// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/freeflow.h>
#include <linux/genetlink.h>

#include "fake_kernel.h"

/* A group that every kernel has: joining it really happens. */
#define FAKE_GROUP	0x10

struct datagram {
	struct datagram *next;
	uint32_t portid;
	int error;
	size_t len;
	char data[];
};

struct queue {
	struct datagram *first;
	struct datagram **end;
};

static struct queue answers = { .end = &answers.first };
static struct queue events = { .end = &events.first };
static fake_handler handle_request;
static bool module_loaded;
static int requests_fd;
static unsigned int sends;
static unsigned int requests;

static void queue_pop(struct queue *queue)
{
	struct datagram *first = queue->first;

	queue->first = first->next;
	if (!queue->first)
		queue->end = &queue->first;
	free(first);
}

static void queue_push(struct queue *queue, uint32_t portid, int error,
		       const void *data, size_t len)
{
	struct datagram *new = malloc(sizeof(*new) + len);

	assert(new);
	*new = (struct datagram){ .portid = portid, .error = error, .len = len };
	if (len)
		memcpy(new->data, data, len);
	*queue->end = new;
	queue->end = &new->next;
}

void fake_kernel_reset(fake_handler handler)
{
	while (answers.first)
		queue_pop(&answers);
	while (events.first)
		queue_pop(&events);
	handle_request = handler;
	module_loaded = true;
	sends = 0;
	requests = 0;
}

void fake_kernel_unload_module(void)
{
	module_loaded = false;
}

unsigned int fake_kernel_sends(void)
{
	return sends;
}

unsigned int fake_kernel_requests(void)
{
	return requests;
}

/* Taking requests apart */

int fake_cmd(const struct nlmsghdr *request)
{
	return ((const struct genlmsghdr *)NLMSG_DATA(request))->cmd;
}

const void *fake_nested_attr(const void *nest, size_t nest_len, int type,
			     size_t *len)
{
	const char *at = nest;
	const char *end = at + nest_len;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attr = (const void *)at;

		assert(attr->nla_len >= NLA_HDRLEN && at + attr->nla_len <= end);
		if ((attr->nla_type & NLA_TYPE_MASK) == type) {
			if (len)
				*len = attr->nla_len - NLA_HDRLEN;
			return at + NLA_HDRLEN;
		}
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

static const char *first_attr(const struct nlmsghdr *request)
{
	return (const char *)NLMSG_DATA(request) + GENL_HDRLEN;
}

static size_t attrs_len(const struct nlmsghdr *request)
{
	return request->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
}

const void *fake_attr(const struct nlmsghdr *request, int type, size_t *len)
{
	return fake_nested_attr(first_attr(request), attrs_len(request), type,
				len);
}

unsigned int fake_attr_count(const struct nlmsghdr *request)
{
	const char *at = first_attr(request);
	const char *end = at + attrs_len(request);
	unsigned int count = 0;

	while (at + NLA_HDRLEN <= end) {
		at += NLA_ALIGN(((const struct nlattr *)at)->nla_len);
		count++;
	}
	return count;
}

uint32_t fake_attr_u32(const struct nlmsghdr *request, int type)
{
	uint32_t value;
	size_t len;
	const void *data = fake_attr(request, type, &len);

	assert(data && len == sizeof(value));
	memcpy(&value, data, sizeof(value));
	return value;
}

/* Building answers */

static struct nlmsghdr *header(struct fake_msg *msg)
{
	return (struct nlmsghdr *)msg->data;
}

static void grow(struct fake_msg *msg, size_t len)
{
	assert(msg->len + NLA_ALIGN(len) <= sizeof(msg->data));
	memset(msg->data + msg->len, 0, NLA_ALIGN(len));
	msg->len += NLA_ALIGN(len);
	header(msg)->nlmsg_len = msg->len;
}

static void begin(struct fake_msg *msg, const struct nlmsghdr *request,
		  int type, int flags, const void *data, size_t len)
{
	msg->len = 0;
	grow(msg, NLMSG_HDRLEN + len);
	header(msg)->nlmsg_type = type;
	header(msg)->nlmsg_flags = flags;
	header(msg)->nlmsg_seq = request ? request->nlmsg_seq : 0;
	memcpy(msg->data + NLMSG_HDRLEN, data, len);
}

void fake_begin(struct fake_msg *msg, const struct nlmsghdr *request, int cmd,
		int flags)
{
	const struct genlmsghdr genl = { .cmd = cmd, .version = 1 };

	begin(msg, request, FAKE_FAMILY, flags, &genl, sizeof(genl));
}

void fake_put(struct fake_msg *msg, int type, const void *data, size_t len)
{
	const struct nlattr attr = {
		.nla_len = NLA_HDRLEN + len, .nla_type = type,
	};
	size_t at = msg->len;

	grow(msg, attr.nla_len);
	memcpy(msg->data + at, &attr, sizeof(attr));
	if (len)
		memcpy(msg->data + at + NLA_HDRLEN, data, len);
}

void fake_put_u8(struct fake_msg *msg, int type, uint8_t value)
{
	fake_put(msg, type, &value, sizeof(value));
}

void fake_put_u32(struct fake_msg *msg, int type, uint32_t value)
{
	fake_put(msg, type, &value, sizeof(value));
}

void fake_put_u64(struct fake_msg *msg, int type, uint64_t value)
{
	fake_put(msg, type, &value, sizeof(value));
}

void fake_put_string(struct fake_msg *msg, int type, const char *text)
{
	fake_put(msg, type, text, strlen(text) + 1);
}

size_t fake_nest(struct fake_msg *msg, int type)
{
	size_t at = msg->len;

	fake_put(msg, NLA_F_NESTED | type, NULL, 0);
	return at;
}

void fake_nest_end(struct fake_msg *msg, size_t nest)
{
	((struct nlattr *)(msg->data + nest))->nla_len = msg->len - nest;
}

void fake_send_raw(const void *data, size_t len)
{
	queue_push(&answers, 0, 0, data, len);
}

void fake_send(const struct fake_msg *msg)
{
	fake_send_raw(msg->data, msg->len);
}

void fake_send_from(const struct fake_msg *msg, uint32_t portid)
{
	queue_push(&answers, portid, 0, msg->data, msg->len);
}

void fake_event_raw(const void *data, size_t len)
{
	queue_push(&events, 0, 0, data, len);
}

void fake_event(const struct fake_msg *msg)
{
	fake_event_raw(msg->data, msg->len);
}

void fake_event_errno(int error)
{
	queue_push(&events, 0, error, NULL, 0);
}

static void put_sentence(struct fake_msg *msg, const char *sentence)
{
	if (!sentence)
		return;
	header(msg)->nlmsg_flags |= NLM_F_ACK_TLVS;
	fake_put_string(msg, NLMSGERR_ATTR_MSG, sentence);
}

void fake_ack(const struct nlmsghdr *request, int err, const char *sentence)
{
	const struct nlmsgerr ack = { .error = err, .msg = *request };
	struct fake_msg msg;

	begin(&msg, request, NLMSG_ERROR, NLM_F_CAPPED, &ack, sizeof(ack));
	put_sentence(&msg, sentence);
	fake_send(&msg);
}

/* As without NETLINK_CAP_ACK: the whole request comes before the sentence. */
void fake_ack_with_echo(const struct nlmsghdr *request, int err,
			const char *sentence)
{
	struct fake_msg msg;

	begin(&msg, request, NLMSG_ERROR, 0, &err, sizeof(err));
	grow(&msg, request->nlmsg_len);
	memcpy(msg.data + NLMSG_HDRLEN + sizeof(err), request,
	       request->nlmsg_len);
	put_sentence(&msg, sentence);
	fake_send(&msg);
}

void fake_done(const struct nlmsghdr *request, int err, const char *sentence)
{
	struct fake_msg msg;

	begin(&msg, request, NLMSG_DONE, NLM_F_MULTI, &err, sizeof(err));
	put_sentence(&msg, sentence);
	fake_send(&msg);
}

/* The sockets */

static void answer_family(const struct nlmsghdr *request)
{
	const struct genlmsghdr genl = { .cmd = CTRL_CMD_NEWFAMILY };
	struct fake_msg msg;
	size_t groups, group;

	if (!module_loaded) {
		fake_ack(request, -ENOENT, NULL);
		return;
	}
	begin(&msg, request, GENL_ID_CTRL, 0, &genl, sizeof(genl));
	fake_put(&msg, CTRL_ATTR_FAMILY_ID, &(uint16_t){ FAKE_FAMILY }, 2);
	fake_put_string(&msg, CTRL_ATTR_FAMILY_NAME, FREEFLOW_FAMILY_NAME);
	groups = fake_nest(&msg, CTRL_ATTR_MCAST_GROUPS);
	group = fake_nest(&msg, 1);
	fake_put_string(&msg, CTRL_ATTR_MCAST_GRP_NAME, FREEFLOW_MCGRP_EVENTS);
	fake_put_u32(&msg, CTRL_ATTR_MCAST_GRP_ID, FAKE_GROUP);
	fake_nest_end(&msg, group);
	fake_nest_end(&msg, groups);
	fake_send(&msg);
	fake_ack(request, 0, NULL);
}

static void take_request(const struct nlmsghdr *request)
{
	if (request->nlmsg_type == GENL_ID_CTRL) {
		answer_family(request);
		return;
	}
	assert(request->nlmsg_type == FAKE_FAMILY);
	requests++;
	handle_request(request);
}

ssize_t sendmsg(int fd, const struct msghdr *hdr, int flags)
{
	const char *data = hdr->msg_iov->iov_base;
	size_t len = hdr->msg_iov->iov_len;
	unsigned int before = requests;
	size_t at = 0;

	(void)flags;
	assert(hdr->msg_iovlen == 1);
	requests_fd = fd;
	while (at < len) {
		const struct nlmsghdr *request = (const void *)(data + at);

		assert(at + request->nlmsg_len <= len);
		take_request(request);
		at += NLMSG_ALIGN(request->nlmsg_len);
	}
	sends += requests > before;
	return len;
}

ssize_t recvmsg(int fd, struct msghdr *hdr, int flags)
{
	struct queue *queue = fd == requests_fd ? &answers : &events;
	struct datagram *first = queue->first;
	struct iovec *iov = hdr->msg_iov;
	size_t copied;
	size_t len;

	if (!first) {
		errno = EAGAIN;
		return -1;
	}
	if (first->error) {
		errno = first->error;
		queue_pop(queue);
		return -1;
	}
	copied = first->len < iov->iov_len ? first->len : iov->iov_len;
	len = flags & MSG_TRUNC ? first->len : copied;
	memcpy(iov->iov_base, first->data, copied);
	memcpy(hdr->msg_name, &(struct sockaddr_nl){
		.nl_family = AF_NETLINK, .nl_pid = first->portid,
	}, sizeof(struct sockaddr_nl));
	hdr->msg_namelen = sizeof(struct sockaddr_nl);
	hdr->msg_flags = copied < first->len ? MSG_TRUNC : 0;
	hdr->msg_controllen = 0;
	if (!(flags & MSG_PEEK))
		queue_pop(queue);
	return len;
}
