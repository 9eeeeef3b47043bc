// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <rdma/ib_verbs.h>

#include "abi.h"
#include "ah.h"
#include "chardev.h"
#include "cmd.h"
#include "compat/compat.h"
#include "cq.h"
#include "dev.h"
#include "file.h"
#include "mcast.h"
#include "mr.h"
#include "mw.h"
#include "pd.h"
#include "port.h"
#include "qp.h"
#include "srq.h"
#include "trace.h"
#include "writer.h"

/* Commands that fit on the stack: posts of one request, polls and all others. */
#define FF_CMD_SHORT 256

/* What an extended command can say that it has behind its header. */
#define FF_CMD_MAX (sizeof(struct ib_uverbs_ex_cmd_hdr) + 2 * 8 * U16_MAX)

struct ff_cmd_def {
	int (*run)(struct ff_cmd *cmd);
	u16 req_size;
	u16 resp_size;
	bool has_resp;		/* the request starts with the response's address */
	bool has_driver_data;	/* a provider's own data may follow both */
	bool destroys;		/* serves a file whose device has left, too */
};

#define FF_CMD(fn, req)						\
	{ .run = (fn), .req_size = sizeof(struct req) }
#define FF_CMD_DRIVER_IN(fn, req)				\
	{ .run = (fn), .req_size = sizeof(struct req),		\
	  .has_driver_data = true }
#define FF_CMD_DESTROY(fn, req)					\
	{ .run = (fn), .req_size = sizeof(struct req), .destroys = true }
#define FF_CMD_DESTROY_RESP(fn, req, resp)			\
	{ .run = (fn), .req_size = sizeof(struct req),		\
	  .resp_size = sizeof(struct resp), .has_resp = true,	\
	  .destroys = true }
#define FF_CMD_RESP(fn, req, resp)				\
	{ .run = (fn), .req_size = sizeof(struct req),		\
	  .resp_size = sizeof(struct resp), .has_resp = true }
#define FF_CMD_DRIVER(fn, req, resp)				\
	{ .run = (fn), .req_size = sizeof(struct req),		\
	  .resp_size = sizeof(struct resp), .has_resp = true,	\
	  .has_driver_data = true }

/* Commands of the data path, which some providers do without. */
static int poll_cq(struct ff_cmd *cmd)
{
	const struct ff_abi *abi = cmd->file->dev->abi;

	return abi->poll_cq ? abi->poll_cq(cmd) : -EOPNOTSUPP;
}

static int post_recv(struct ff_cmd *cmd)
{
	const struct ff_abi *abi = cmd->file->dev->abi;

	return abi->post_recv ? abi->post_recv(cmd) : -EOPNOTSUPP;
}

static int post_send(struct ff_cmd *cmd)
{
	const struct ff_abi *abi = cmd->file->dev->abi;

	return abi->post_send ? abi->post_send(cmd) : -EOPNOTSUPP;
}

static int post_srq_recv(struct ff_cmd *cmd)
{
	const struct ff_abi *abi = cmd->file->dev->abi;

	return abi->post_srq_recv ? abi->post_srq_recv(cmd) : -EOPNOTSUPP;
}

static const struct ff_cmd_def ff_cmds[] = {
	[IB_USER_VERBS_CMD_GET_CONTEXT] =
		FF_CMD_DRIVER(ff_file_cmd_get_context, ib_uverbs_get_context,
			      ib_uverbs_get_context_resp),
	[IB_USER_VERBS_CMD_QUERY_DEVICE] =
		FF_CMD_RESP(ff_port_cmd_query_device, ib_uverbs_query_device,
			    ib_uverbs_query_device_resp),
	[IB_USER_VERBS_CMD_QUERY_PORT] =
		FF_CMD_RESP(ff_port_cmd_query_port, ib_uverbs_query_port,
			    ib_uverbs_query_port_resp),
	[IB_USER_VERBS_CMD_ALLOC_PD] =
		FF_CMD_DRIVER(ff_pd_cmd_alloc, ib_uverbs_alloc_pd,
			      ib_uverbs_alloc_pd_resp),
	[IB_USER_VERBS_CMD_DEALLOC_PD] =
		FF_CMD_DESTROY(ff_pd_cmd_dealloc, ib_uverbs_dealloc_pd),
	[IB_USER_VERBS_CMD_REG_MR] =
		FF_CMD_DRIVER(ff_mr_cmd_reg, ib_uverbs_reg_mr,
			      ib_uverbs_reg_mr_resp),
	[IB_USER_VERBS_CMD_REREG_MR] =
		FF_CMD_DRIVER(ff_mr_cmd_rereg, ib_uverbs_rereg_mr,
			      ib_uverbs_rereg_mr_resp),
	[IB_USER_VERBS_CMD_DEREG_MR] =
		FF_CMD_DESTROY(ff_mr_cmd_dereg, ib_uverbs_dereg_mr),
	[IB_USER_VERBS_CMD_ALLOC_MW] =
		FF_CMD_DRIVER(ff_mw_cmd_alloc, ib_uverbs_alloc_mw,
			      ib_uverbs_alloc_mw_resp),
	[IB_USER_VERBS_CMD_DEALLOC_MW] =
		FF_CMD_DESTROY(ff_mw_cmd_dealloc, ib_uverbs_dealloc_mw),
	[IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL] =
		FF_CMD_RESP(ff_file_cmd_create_comp_channel,
			    ib_uverbs_create_comp_channel,
			    ib_uverbs_create_comp_channel_resp),
	[IB_USER_VERBS_CMD_CREATE_CQ] =
		FF_CMD_DRIVER(ff_cq_cmd_create, ib_uverbs_create_cq,
			      ib_uverbs_create_cq_resp),
	[IB_USER_VERBS_CMD_RESIZE_CQ] =
		FF_CMD_DRIVER(ff_cq_cmd_resize, ib_uverbs_resize_cq,
			      ib_uverbs_resize_cq_resp),
	[IB_USER_VERBS_CMD_DESTROY_CQ] =
		FF_CMD_DESTROY_RESP(ff_cq_cmd_destroy, ib_uverbs_destroy_cq,
				    ib_uverbs_destroy_cq_resp),
	[IB_USER_VERBS_CMD_POLL_CQ] =
		FF_CMD_RESP(poll_cq, ib_uverbs_poll_cq,
			    ib_uverbs_poll_cq_resp),
	[IB_USER_VERBS_CMD_REQ_NOTIFY_CQ] =
		FF_CMD(ff_cq_cmd_req_notify, ib_uverbs_req_notify_cq),
	[IB_USER_VERBS_CMD_CREATE_QP] =
		FF_CMD_DRIVER(ff_qp_cmd_create, ib_uverbs_create_qp,
			      ib_uverbs_create_qp_resp),
	[IB_USER_VERBS_CMD_QUERY_QP] =
		FF_CMD_RESP(ff_qp_cmd_query, ib_uverbs_query_qp,
			    ib_uverbs_query_qp_resp),
	[IB_USER_VERBS_CMD_MODIFY_QP] =
		FF_CMD(ff_qp_cmd_modify, ib_uverbs_modify_qp),
	[IB_USER_VERBS_CMD_DESTROY_QP] =
		FF_CMD_DESTROY_RESP(ff_qp_cmd_destroy, ib_uverbs_destroy_qp,
				    ib_uverbs_destroy_qp_resp),
	[IB_USER_VERBS_CMD_POST_SEND] =
		FF_CMD_RESP(post_send, ib_uverbs_post_send,
			    ib_uverbs_post_send_resp),
	[IB_USER_VERBS_CMD_POST_RECV] =
		FF_CMD_RESP(post_recv, ib_uverbs_post_recv,
			    ib_uverbs_post_recv_resp),
	[IB_USER_VERBS_CMD_CREATE_SRQ] =
		FF_CMD_DRIVER(ff_srq_cmd_create, ib_uverbs_create_srq,
			      ib_uverbs_create_srq_resp),
	[IB_USER_VERBS_CMD_CREATE_XSRQ] =
		FF_CMD_DRIVER(ff_srq_cmd_create_x, ib_uverbs_create_xsrq,
			      ib_uverbs_create_srq_resp),
	[IB_USER_VERBS_CMD_MODIFY_SRQ] =
		FF_CMD_DRIVER_IN(ff_srq_cmd_modify, ib_uverbs_modify_srq),
	[IB_USER_VERBS_CMD_QUERY_SRQ] =
		FF_CMD_RESP(ff_srq_cmd_query, ib_uverbs_query_srq,
			    ib_uverbs_query_srq_resp),
	[IB_USER_VERBS_CMD_DESTROY_SRQ] =
		FF_CMD_DESTROY_RESP(ff_srq_cmd_destroy, ib_uverbs_destroy_srq,
				    ib_uverbs_destroy_srq_resp),
	[IB_USER_VERBS_CMD_CREATE_AH] =
		FF_CMD_DRIVER(ff_ah_cmd_create, ib_uverbs_create_ah,
			      ib_uverbs_create_ah_resp),
	[IB_USER_VERBS_CMD_DESTROY_AH] =
		FF_CMD_DESTROY(ff_ah_cmd_destroy, ib_uverbs_destroy_ah),
	[IB_USER_VERBS_CMD_ATTACH_MCAST] =
		FF_CMD(ff_mcast_cmd_attach, ib_uverbs_attach_mcast),
	[IB_USER_VERBS_CMD_DETACH_MCAST] =
		FF_CMD(ff_mcast_cmd_detach, ib_uverbs_detach_mcast),
	[IB_USER_VERBS_CMD_POST_SRQ_RECV] =
		FF_CMD_RESP(post_srq_recv,
			    ib_uverbs_post_srq_recv,
			    ib_uverbs_post_srq_recv_resp),
};

/* Extended commands say themselves how long request and response are. */
static const struct ff_cmd_def ff_ex_cmds[] = {
	[IB_USER_VERBS_EX_CMD_QUERY_DEVICE] = {
		.run = ff_port_cmd_query_device_ex
	},
	[IB_USER_VERBS_EX_CMD_CREATE_CQ] = { .run = ff_cq_cmd_create_ex },
	[IB_USER_VERBS_EX_CMD_CREATE_QP] = { .run = ff_qp_cmd_create_ex },
	[IB_USER_VERBS_EX_CMD_MODIFY_QP] = { .run = ff_qp_cmd_modify_ex },
};

/*
 * Word by word: requests and responses are short, and what copy_from_user() does
 * beside the copying takes longer than that.
 */
static int copy_in(void *to, const void __user *from, size_t len)
{
	might_fault();
	if (!user_read_access_begin(from, len))
		return -EFAULT;
	for (; len >= sizeof(u64); len -= sizeof(u64)) {
		unsafe_get_user(*(u64 *)to, (const u64 __user *)from, fault);
		to += sizeof(u64);
		from += sizeof(u64);
	}
	if (len)	/* lengths are in words of 4 bytes */
		unsafe_get_user(*(u32 *)to, (const u32 __user *)from, fault);
	user_read_access_end();
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

/**
 * ff_cmd_copy_out() - copy something short to the program, word by word
 * @to: where to
 * @from: what
 * @len: its length
 *
 * Context: process; may sleep.
 * Return: 0 or -EFAULT.
 */
int ff_cmd_copy_out(void __user *to, const void *from, size_t len)
{
	might_fault();
	if (!user_write_access_begin(to, len))
		return -EFAULT;
	unsafe_copy_to_user(to, from, len, fault);
	user_write_access_end();
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

/* As ff_cmd_request(), of a command that is not just as long as the request. */
int ff_cmd_request_uneven(const struct ff_cmd *cmd, void *req, size_t len)
{
	size_t copied = min(cmd->in_len, len);

	memcpy(req, cmd->in, copied);
	memset(req + copied, 0, len - copied);
	return memchr_inv(cmd->in + copied, 0, cmd->in_len - copied) ?
	       -EOPNOTSUPP : 0;
}

/**
 * ff_cmd_respond() - copy the answer of a command out
 * @cmd: the command
 * @resp: the answer; cut to the room that the program gave
 * @len: its size; room beyond it is zeroed
 *
 * Return: 0 or -EFAULT.
 */
int ff_cmd_respond(struct ff_cmd *cmd, const void *resp, size_t len)
{
	size_t copied = min(cmd->out_len, len);

	if (ff_cmd_copy_out(cmd->out, resp, copied))
		return -EFAULT;
	if (unlikely(cmd->out_len > copied) &&
	    clear_user(cmd->out + copied, cmd->out_len - copied))
		return -EFAULT;
	return 0;
}

static bool is_extended(u32 command)
{
	return command & IB_USER_VERBS_CMD_FLAG_EXTENDED;
}

static const struct ff_cmd_def *find_def(u32 command)
{
	const struct ff_cmd_def *defs = ff_cmds;
	u32 count = ARRAY_SIZE(ff_cmds);
	u32 number = command & IB_USER_VERBS_CMD_COMMAND_MASK;

	if (command & ~(IB_USER_VERBS_CMD_FLAG_EXTENDED |
			IB_USER_VERBS_CMD_COMMAND_MASK))
		return ERR_PTR(-EINVAL);
	if (is_extended(command)) {
		defs = ff_ex_cmds;
		count = ARRAY_SIZE(ff_ex_cmds);
	}
	if (number >= count)
		return ERR_PTR(-EOPNOTSUPP);
	number = array_index_nospec(number, count);
	return defs[number].run ? &defs[number] : ERR_PTR(-EOPNOTSUPP);
}

/* Returns how long the command is behind its header, or a negative error. */
static ssize_t body_length(const struct ib_uverbs_cmd_hdr *hdr, size_t count,
			   const struct ff_cmd_def *def)
{
	size_t len = count - sizeof(*hdr);

	if (is_extended(hdr->command))
		return len >= sizeof(struct ib_uverbs_ex_cmd_hdr) &&
		       len <= FF_CMD_MAX && len % sizeof(u64) == 0 ? len : -EINVAL;
	if (hdr->in_words * 4 != count)
		return -EINVAL;
	if (len < def->req_size) {
		/* rdma-core 18 and 19 say that DESTROY_CQ had 16 bytes. */
		if (hdr->command != IB_USER_VERBS_CMD_DESTROY_CQ || count != 16)
			return -ENOSPC;
		return sizeof(struct ib_uverbs_destroy_cq);
	}
	return hdr->out_words * 4 < def->resp_size ? -ENOSPC : len;
}

/* Finds where request, response and the driver data behind each lie. */
static void locate(struct ff_cmd *cmd, const struct ib_uverbs_cmd_hdr *hdr,
		   const struct ff_cmd_def *def, const void *body, size_t len)
{
	cmd->in = body;
	cmd->in_len = len;
	if (def->has_resp) {
		cmd->out = u64_to_user_ptr(*(const u64 *)body);
		cmd->out_len = hdr->out_words * 4;
	}
	if (def->has_driver_data) {
		cmd->driver_in = body + def->req_size;
		cmd->driver_in_len = len - def->req_size;
		cmd->in_len = def->req_size;
		cmd->driver_out = cmd->out + def->resp_size;
		cmd->driver_out_len = cmd->out_len - def->resp_size;
		cmd->out_len = def->resp_size;
	}
}

static int check_ex_sizes(const struct ib_uverbs_cmd_hdr *hdr,
			  const struct ib_uverbs_ex_cmd_hdr *ex, size_t rest)
{
	size_t out_words = hdr->out_words + ex->provider_out_words;

	if ((hdr->in_words + ex->provider_in_words) * 8 != rest)
		return -EINVAL;
	if (ex->cmd_hdr_reserved)
		return -EINVAL;
	if (!ex->response != !out_words)
		return -EINVAL;
	if (!access_ok(u64_to_user_ptr(ex->response), out_words * 8))
		return -EFAULT;
	return 0;
}

/* As locate(); lengths are told apart by the command itself, in 8 bytes. */
static int locate_ex(struct ff_cmd *cmd, const struct ib_uverbs_cmd_hdr *hdr,
		     const void *body, size_t len)
{
	const struct ib_uverbs_ex_cmd_hdr *ex = body;
	int err = check_ex_sizes(hdr, ex, len - sizeof(*ex));

	if (err)
		return err;
	cmd->in = body + sizeof(*ex);
	cmd->in_len = hdr->in_words * 8;
	cmd->driver_in = cmd->in + cmd->in_len;
	cmd->driver_in_len = ex->provider_in_words * 8;
	cmd->out = u64_to_user_ptr(ex->response);
	cmd->out_len = hdr->out_words * 8;
	cmd->driver_out = cmd->out + cmd->out_len;
	cmd->driver_out_len = ex->provider_out_words * 8;
	return 0;
}

/* The device has left or is leaving: its handles can be let go, no more. */
static int run_dead(struct ff_cmd *cmd, const struct ff_cmd_def *def)
{
	int err;

	if (!def->destroys)
		return -EIO;
	mutex_lock(&cmd->file->lock);
	err = def->run(cmd);
	mutex_unlock(&cmd->file->lock);
	return err;
}

static int run(struct ff_cmd *cmd, u32 command, const struct ff_cmd_def *def)
{
	int err;

	trace_ff_cmd_enter(cmd->file, command);
	err = READ_ONCE(cmd->file->dead) ? run_dead(cmd, def) : def->run(cmd);
	trace_ff_cmd_exit(cmd->file, command, err);
	return err;
}

static int carry_out(struct ff_cmd *cmd, const struct ib_uverbs_cmd_hdr *hdr,
		     const struct ff_cmd_def *def, const void *body, size_t len)
{
	int err = 0, srcu;

	if (is_extended(hdr->command))
		err = locate_ex(cmd, hdr, body, len);
	else
		locate(cmd, hdr, def, body, len);
	if (err)
		return err;
	srcu = srcu_read_lock(&cmd->file->chardev->srcu);
	err = run(cmd, hdr->command, def);
	srcu_read_unlock(&cmd->file->chardev->srcu, srcu);
	return err;
}

/* Long ones are lists of requests. */
static int carry_out_long(struct ff_cmd *cmd,
			  const struct ib_uverbs_cmd_hdr *hdr,
			  const struct ff_cmd_def *def, const char __user *buf,
			  size_t len)
{
	void *body;
	int err;

	body = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!body)
		return -ENOMEM;
	err = copy_from_user(body, buf, len) ? -EFAULT :
	      carry_out(cmd, hdr, def, body, len);
	kvfree(body);
	return err;
}

/**
 * ff_cmd_write() - carry out one command
 * @filp: the open character device
 * @buf: the command
 * @count: its length in bytes
 *
 * The command is copied once, whole, before anything is looked at but its
 * header.
 *
 * Context: process; may sleep.
 * Return: @count, or a negative error as ib_uverbs_write() gives it; -EIO for
 * all but destroying once the virtual or the lower device has left.
 */
ssize_t ff_cmd_write(struct file *filp, const char __user *buf, size_t count)
{
	struct ff_cmd cmd = { .file = filp->private_data };
	u64 body[FF_CMD_SHORT / sizeof(u64)] __ff_uninitialized;
	const struct ff_cmd_def *def;
	struct ib_uverbs_cmd_hdr hdr;
	ssize_t len;
	int err;

	if (!ff_writer_may_command(filp))
		return -EACCES;
	if (count < sizeof(hdr))
		return -EINVAL;
	if (copy_in(&hdr, buf, sizeof(hdr)))
		return -EFAULT;
	def = find_def(hdr.command);
	if (IS_ERR(def))
		return PTR_ERR(def);
	len = body_length(&hdr, count, def);
	if (len < 0)
		return len;
	buf += sizeof(hdr);
	if (len > sizeof(body))
		err = carry_out_long(&cmd, &hdr, def, buf, len);
	else
		err = copy_in(body, buf, len) ?:
		      carry_out(&cmd, &hdr, def, body, len);
	return err ?: count;
}
