/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * A kernel for tests: sendmsg() and recvmsg() on netlink sockets end here. It
 * knows the family "freeflow", takes requests apart without libnl, and answers
 * what the test's handler tells it to.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_FAMILY	0x1d

/* A message under construction, or one taken apart. */
struct fake_msg {
	char data[2048];
	size_t len;
};

/* Called for each request to the family. */
typedef void (*fake_handler)(const struct nlmsghdr *request);

/* Start over: empty queues, no requests counted, the module loaded. */
void fake_kernel_reset(fake_handler handler);
void fake_kernel_unload_module(void);

/* Calls of sendmsg() that held requests to the family, and those requests. */
unsigned int fake_kernel_sends(void);
unsigned int fake_kernel_requests(void);

int fake_cmd(const struct nlmsghdr *request);
/* The attribute's payload, or NULL; @len may be NULL. */
const void *fake_attr(const struct nlmsghdr *request, int type, size_t *len);
const void *fake_nested_attr(const void *nest, size_t nest_len, int type,
			     size_t *len);
unsigned int fake_attr_count(const struct nlmsghdr *request);
uint32_t fake_attr_u32(const struct nlmsghdr *request, int type);

void fake_begin(struct fake_msg *msg, const struct nlmsghdr *request, int cmd,
		int flags);
void fake_put(struct fake_msg *msg, int type, const void *data, size_t len);
void fake_put_u8(struct fake_msg *msg, int type, uint8_t value);
void fake_put_u32(struct fake_msg *msg, int type, uint32_t value);
void fake_put_u64(struct fake_msg *msg, int type, uint64_t value);
void fake_put_string(struct fake_msg *msg, int type, const char *text);
size_t fake_nest(struct fake_msg *msg, int type);
void fake_nest_end(struct fake_msg *msg, size_t nest);

/* Queue an answer, or an event for whoever subscribed. */
void fake_send(const struct fake_msg *msg);
void fake_send_raw(const void *data, size_t len);
void fake_send_from(const struct fake_msg *msg, uint32_t portid);
void fake_event(const struct fake_msg *msg);
void fake_event_raw(const void *data, size_t len);
void fake_event_errno(int error);

/* Acknowledge: @err is 0 or a negative errno, @sentence may be NULL. */
void fake_ack(const struct nlmsghdr *request, int err, const char *sentence);
void fake_ack_with_echo(const struct nlmsghdr *request, int err,
			const char *sentence);
void fake_done(const struct nlmsghdr *request, int err, const char *sentence);

#endif /* FAKE_KERNEL_H */
