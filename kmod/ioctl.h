/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctl() ABI of ib_uverbs (rdma/rdma_user_ioctl_cmds.h): takes a method
 * apart into its attributes and calls the room that carries it out. Checks and
 * errors are those of ib_uverbs_ioctl(). It has the methods that are no command
 * of the write() ABI; for all others libibverbs takes the command.
 */
#ifndef FF_IOCTL_H
#define FF_IOCTL_H

#include <linux/types.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/rdma_user_ioctl_cmds.h>

struct ff_file;
struct file;

/* Attributes that a method has at most; they are numbered from 0. */
#define FF_IOCTL_ATTRS 4

/* A method at work. */
struct ff_ioctl {
	struct ff_file *file;
	struct ib_uverbs_attr __user *user_attrs;
	const struct ib_uverbs_attr *all;	/* our copy of user_attrs */
	/* By id; NULL for one that was not given and need not be. */
	const struct ib_uverbs_attr *attr[FF_IOCTL_ATTRS];
};

long ff_ioctl_run(struct file *filp, unsigned int cmd, unsigned long arg);

/* An attribute that is a number, which all methods must be given. */
static inline u64 ff_ioctl_number(const struct ff_ioctl *ioctl, u32 id)
{
	return ioctl->attr[id]->data;
}

int ff_ioctl_check_flags(const struct ff_ioctl *ioctl, u32 id);
int ff_ioctl_written(const struct ff_ioctl *ioctl,
		     const struct ib_uverbs_attr *attr);
int ff_ioctl_respond(struct ff_ioctl *ioctl, u32 id, const void *data,
		     size_t len);

#endif /* FF_IOCTL_H */
