// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cred.h>
#include <linux/fs.h>

#include "compat/task.h"
#include "file.h"
#include "writer.h"

static bool has_same_ids(const struct cred *a, const struct cred *b)
{
	return uid_eq(a->uid, b->uid) && uid_eq(a->euid, b->euid) &&
	       uid_eq(a->suid, b->suid) && uid_eq(a->fsuid, b->fsuid) &&
	       gid_eq(a->gid, b->gid) && gid_eq(a->egid, b->egid) &&
	       gid_eq(a->sgid, b->sgid) && gid_eq(a->fsgid, b->fsgid) &&
	       a->group_info == b->group_info;
}

/*
 * Whether the opener could have told the writer what to do anyway, as one may
 * trace another. What a security module has to say of it, it says at every
 * write().
 */
static bool obeys(const struct cred *writer, const struct cred *opener)
{
	return writer->user_ns == opener->user_ns &&
	       has_same_ids(writer, opener) &&
	       cap_issubset(writer->cap_permitted, opener->cap_permitted) &&
	       ff_is_dumpable();
}

/**
 * ff_writer_may_command() - whether what a process writes is its command
 * @filp: the open character device
 *
 * A process must not carry out commands that it only happens to write, because
 * somebody handed it the device as its standard error, say, and has it print
 * them: answers go to the memory of who writes. So it is the program itself that
 * has opened the device, whatever has become of its credentials, or one that the
 * opener has power over: a child that it forked.
 *
 * Context: process.
 */
bool ff_writer_may_command(struct file *filp)
{
	const struct ff_file *file = filp->private_data;

	return filp->f_cred == current_cred() || file->mm == current->mm ||
	       obeys(current_cred(), filp->f_cred);
}
