/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An open file of a virtual device: what ib_uverbs calls a context. All
 * objects of a program live in one.
 *
 * A file is bound to the lower device by GET_CONTEXT and disassociated when it
 * is closed, or when the virtual or the lower device leaves: all its objects
 * go then, and every later command gets EIO.
 *
 * Locks, outermost first: ff_chardev.srcu, ff_file.lock, ff_qp.lock, ff_cq.qps
 * by address, the lists of peers and of lower devices.
 */
#ifndef FF_FILE_H
#define FF_FILE_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/xarray.h>
#include <rdma/ib_verbs.h>

#include "event.h"

struct ff_abi;
struct ff_chardev;
struct ff_cmd;
struct ff_dev;
struct ff_lower;
struct ff_share;
struct address_space;
struct mm_struct;

struct ff_file {
	struct kref ref;
	struct rcu_head rcu;
	struct ff_chardev *chardev;	/* counted */
	struct list_head chardev_node;	/* in chardev->files */
	struct ff_dev *dev;		/* valid until disassociated */
	const struct ff_abi *abi;	/* of the device; stays valid */
	bool dead;			/* set before disassociation starts, by ff_file_stop() */

	struct mutex lock;		/* protects lower, channels, fds of the context */
	struct ff_lower *lower;		/* NULL before GET_CONTEXT and after the end */
	struct list_head lower_node;	/* in lower->files, or dev->old_files */
	struct ff_lower *left;		/* what it is still on, of its last name */
	struct ff_share *lower_share;	/* of its namespace in lower->limit */
	struct list_head channels;	/* ff_event_queue.file_node */
	struct xarray objs;		/* handle -> struct ff_obj */
	struct address_space *mapping;	/* of the open device, for its rings */
	struct xarray rings;		/* page offset -> struct ff_ring */

	struct ff_event_queue *async;
	struct ff_event_source port_events;
	struct ff_event_source device_events;
	struct ib_event_handler ib_events;
	struct ib_rdmacg_object cg;

	struct mm_struct *mm;		/* counted: of the program that opened it */
	u32 id;				/* orders the files of a device */
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

struct ff_file *ff_file_create(struct ff_chardev *chardev, struct ff_dev *dev);
void ff_file_get(struct ff_file *file);
void ff_file_put(struct ff_file *file);
void ff_file_stop(struct ff_file *file);
void ff_file_disassociate(struct ff_file *file, bool device_gone);
void ff_file_remove_channel(struct ff_file *file,
			    struct ff_event_queue *channel);

int ff_file_cmd_get_context(struct ff_cmd *cmd);
int ff_file_cmd_create_comp_channel(struct ff_cmd *cmd);

#endif /* FF_FILE_H */
