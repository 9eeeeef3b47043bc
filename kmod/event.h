/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event queues: the completion channels and the asynchronous event file that
 * a program reads and polls.
 *
 * A source (a CQ, a QP, a port) is queued at most once, however often it
 * raises, so that a program that never reads costs no memory and raising
 * never allocates.
 *
 * A lower device may still be about to raise when it has taken apart what
 * raises: queues, and the memory of CQs and files, last for whom RCU holds them.
 */
#ifndef FF_EVENT_H
#define FF_EVENT_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

struct fasync_struct;
struct ff_event_kind;
struct ff_file;

struct ff_event_queue {
	struct kref ref;
	struct rcu_head rcu;
	spinlock_t lock;		/* protects all below and every source */
	struct list_head ready;		/* ff_event_source.node */
	wait_queue_head_t wait;
	struct fasync_struct *fasync;
	const struct ff_event_kind *kind;
	bool closed;
	struct ff_file *file;		/* counted while the fd is open */
	struct list_head file_node;	/* in file->channels */
};

struct ff_event_source {
	struct list_head node;
	u64 element;	/* what the program knows the source by */
	u32 pending;	/* completions: how many; asynchronous: mask of types */
	u32 reported;	/* events that the program has read */
	bool detached;	/* raises no more */
};

extern const struct ff_event_kind ff_event_completion, ff_event_async;

struct ff_event_queue *ff_event_queue_create(const struct ff_event_kind *kind,
					     struct ff_file *file);
void ff_event_queue_put(struct ff_event_queue *queue);
void ff_event_queue_close(struct ff_event_queue *queue);
struct file *ff_event_queue_getfile(struct ff_event_queue *queue);
struct ff_event_queue *ff_event_channel_get(struct ff_file *file, int fd);

void ff_event_source_init(struct ff_event_source *source, u64 element);
void ff_event_raise(struct ff_event_queue *queue,
		    struct ff_event_source *source, u32 type);
void ff_event_source_detach(struct ff_event_queue *queue,
			    struct ff_event_source *source);

#endif /* FF_EVENT_H */
