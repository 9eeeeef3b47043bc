/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The write() ABI of ib_uverbs (rdma/ib_user_verbs.h): takes a command apart
 * and calls the room that carries it out. Checks and errors are those of
 * ib_uverbs_write().
 */
#ifndef FF_CMD_H
#define FF_CMD_H

#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <rdma/ib_user_verbs.h>

struct ff_file;
struct file;

/*
 * A command at work: our copy of the request, and where in the program's memory
 * the response goes. What a provider of libibverbs adds for the data path follows
 * both.
 */
struct ff_cmd {
	struct ff_file *file;
	const void *in;
	size_t in_len;
	void __user *out;
	size_t out_len;
	const void *driver_in;
	size_t driver_in_len;
	void __user *driver_out;
	size_t driver_out_len;
};

ssize_t ff_cmd_write(struct file *filp, const char __user *buf, size_t count);

int ff_cmd_request_uneven(const struct ff_cmd *cmd, void *req, size_t len);
int ff_cmd_copy_out(void __user *to, const void *from, size_t len);
int ff_cmd_respond(struct ff_cmd *cmd, const void *resp, size_t len);

/**
 * ff_cmd_request() - the fixed part of a command
 * @cmd: the command
 * @req: where to; what the program left out reads as zero
 * @len: its size
 *
 * Return: 0, or -EOPNOTSUPP when what follows is not zero.
 */
static inline int ff_cmd_request(const struct ff_cmd *cmd, void *req, size_t len)
{
	if (unlikely(cmd->in_len != len))
		return ff_cmd_request_uneven(cmd, req, len);
	memcpy(req, cmd->in, len);
	return 0;
}

/* What an extended command answers in response_length of @len bytes. */
static inline u32 ff_cmd_response_length(const struct ff_cmd *cmd, size_t len)
{
	return min(cmd->out_len, len);
}

#endif /* FF_CMD_H */
