/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The write() ABI of ib_uverbs (rdma/ib_user_verbs.h): takes a command apart
 * and calls the room that carries it out. Checks and errors are those of
 * ib_uverbs_write().
 */
#ifndef FF_CMD_H
#define FF_CMD_H

#include <linux/types.h>
#include <rdma/ib_user_verbs.h>

struct ff_file;
struct file;

/* A command at work; everything it points at is the program's memory. */
struct ff_cmd {
	struct ff_file *file;
	const void __user *in;
	size_t in_len;
	void __user *out;
	size_t out_len;
};

ssize_t ff_cmd_write(struct file *filp, const char __user *buf, size_t count);
long ff_cmd_ioctl(unsigned int cmd);

int ff_cmd_request(struct ff_cmd *cmd, void *req, size_t len);
int ff_cmd_respond(struct ff_cmd *cmd, const void *resp, size_t len);

#endif /* FF_CMD_H */
