// SPDX-License-Identifier: GPL-2.0-only
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <rdma/ib_user_verbs.h>

#include "event.h"
#include "file.h"

union ff_event_desc {
	struct ib_uverbs_comp_event_desc comp;
	struct ib_uverbs_async_event_desc async;
};

struct ff_event_kind {
	const struct file_operations *fops;
	size_t desc_size;
	void (*add)(struct ff_event_source *source, u32 type);
	void (*take)(struct ff_event_source *source, union ff_event_desc *desc);
};

static void completion_add(struct ff_event_source *source, u32 type)
{
	source->pending++;
}

static void completion_take(struct ff_event_source *source,
			    union ff_event_desc *desc)
{
	source->pending--;
	desc->comp.cq_handle = source->element;
}

static void async_add(struct ff_event_source *source, u32 type)
{
	source->pending |= BIT(type);
}

static void async_take(struct ff_event_source *source,
		       union ff_event_desc *desc)
{
	u32 type = __ffs(source->pending);

	source->pending &= ~BIT(type);
	desc->async = (struct ib_uverbs_async_event_desc) {
		.element = source->element,
		.event_type = type,
	};
}

/* Takes the next event off the queue; false when there is none. */
static bool take_next(struct ff_event_queue *queue, union ff_event_desc *desc)
{
	struct ff_event_source *source;

	lockdep_assert_held(&queue->lock);
	source = list_first_entry_or_null(&queue->ready,
					  struct ff_event_source, node);
	if (!source)
		return false;
	queue->kind->take(source, desc);
	source->reported++;
	if (source->pending)
		list_move_tail(&source->node, &queue->ready);
	else
		list_del_init(&source->node);
	return true;
}

static ssize_t event_read(struct file *filp, char __user *buf, size_t count,
			  loff_t *pos)
{
	struct ff_event_queue *queue = filp->private_data;
	size_t size = queue->kind->desc_size;
	union ff_event_desc desc;
	bool taken, closed;

	for (;;) {
		spin_lock_irq(&queue->lock);
		closed = queue->closed;
		if (count < size && !list_empty(&queue->ready)) {
			spin_unlock_irq(&queue->lock);
			return -EINVAL;
		}
		taken = take_next(queue, &desc);
		spin_unlock_irq(&queue->lock);

		if (taken)
			return copy_to_user(buf, &desc, size) ? -EFAULT : size;
		if (closed)
			return -EIO;
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(queue->wait,
					     !list_empty_careful(&queue->ready) ||
					     READ_ONCE(queue->closed)))
			return -ERESTARTSYS;
	}
}

static __poll_t event_poll(struct file *filp, poll_table *wait)
{
	struct ff_event_queue *queue = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &queue->wait, wait);
	spin_lock_irq(&queue->lock);
	if (!list_empty(&queue->ready))
		mask = EPOLLIN | EPOLLRDNORM;
	else if (queue->closed)
		mask = EPOLLERR;
	spin_unlock_irq(&queue->lock);
	return mask;
}

static int event_fasync(int fd, struct file *filp, int on)
{
	struct ff_event_queue *queue = filp->private_data;

	return fasync_helper(fd, filp, on, &queue->fasync);
}

static int event_release(struct inode *inode, struct file *filp)
{
	struct ff_event_queue *queue = filp->private_data;

	ff_event_queue_close(queue);
	ff_file_remove_channel(queue->file, queue);
	ff_file_put(queue->file);
	ff_event_queue_put(queue);
	return 0;
}

#define FF_EVENT_FOPS {				\
	.owner	 = THIS_MODULE,			\
	.read	 = event_read,			\
	.poll	 = event_poll,			\
	.fasync	 = event_fasync,		\
	.release = event_release,		\
}

/* Two tables, so that a channel can be told from an asynchronous event file. */
static const struct file_operations completion_fops = FF_EVENT_FOPS;
static const struct file_operations async_fops = FF_EVENT_FOPS;

const struct ff_event_kind ff_event_completion = {
	.fops	   = &completion_fops,
	.desc_size = sizeof(struct ib_uverbs_comp_event_desc),
	.add	   = completion_add,
	.take	   = completion_take,
};

const struct ff_event_kind ff_event_async = {
	.fops	   = &async_fops,
	.desc_size = sizeof(struct ib_uverbs_async_event_desc),
	.add	   = async_add,
	.take	   = async_take,
};

struct ff_event_queue *ff_event_queue_create(const struct ff_event_kind *kind,
					     struct ff_file *file)
{
	struct ff_event_queue *queue;

	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		return NULL;
	kref_init(&queue->ref);
	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->ready);
	INIT_LIST_HEAD(&queue->file_node);
	init_waitqueue_head(&queue->wait);
	queue->kind = kind;
	queue->file = file;
	return queue;
}

static void queue_release(struct kref *ref)
{
	struct ff_event_queue *queue =
		container_of(ref, struct ff_event_queue, ref);

	kfree_rcu(queue, rcu);
}

void ff_event_queue_put(struct ff_event_queue *queue)
{
	kref_put(&queue->ref, queue_release);
}

/**
 * ff_event_queue_close() - nothing will be raised on this queue any more
 * @queue: the queue; readers that find it empty get EIO from now on
 *
 * Context: may sleep.
 */
void ff_event_queue_close(struct ff_event_queue *queue)
{
	spin_lock_irq(&queue->lock);
	queue->closed = true;
	spin_unlock_irq(&queue->lock);
	wake_up_interruptible(&queue->wait);
	kill_fasync(&queue->fasync, SIGIO, POLL_IN);
}

/**
 * ff_event_queue_getfile() - a file that reads from the queue
 * @queue: the queue; the file takes a reference to it and to its ff_file
 *
 * Context: may sleep.
 * Return: the file, not yet installed, or an error pointer.
 */
struct file *ff_event_queue_getfile(struct ff_event_queue *queue)
{
	struct file *filp;

	filp = anon_inode_getfile("[infinibandevent]", queue->kind->fops,
				  queue, O_RDONLY);
	if (!IS_ERR(filp)) {
		kref_get(&queue->ref);
		ff_file_get(queue->file);
	}
	return filp;
}

/**
 * ff_event_channel_get() - the completion channel behind a descriptor
 * @file: the open device that must have made it
 * @fd: descriptor in the caller's process
 *
 * Return: the queue with a reference for the caller, or -EBADF as an error
 * pointer for every other kind of descriptor.
 */
struct ff_event_queue *ff_event_channel_get(struct ff_file *file, int fd)
{
	struct ff_event_queue *queue = ERR_PTR(-EBADF);
	struct file *filp = fget(fd);

	if (!filp)
		return queue;
	if (filp->f_op == &completion_fops) {
		struct ff_event_queue *found = filp->private_data;

		if (found->file == file) {
			kref_get(&found->ref);
			queue = found;
		}
	}
	fput(filp);
	return queue;
}

void ff_event_source_init(struct ff_event_source *source, u64 element)
{
	INIT_LIST_HEAD(&source->node);
	source->element = element;
	source->pending = 0;
	source->reported = 0;
	source->detached = false;
}

/**
 * ff_event_raise() - queue an event of a source
 * @queue: where to
 * @source: what raises it
 * @type: enum ib_event_type; ignored by completion channels
 *
 * Context: any; takes queue->lock.
 */
void ff_event_raise(struct ff_event_queue *queue,
		    struct ff_event_source *source, u32 type)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	if (queue->closed || source->detached) {
		spin_unlock_irqrestore(&queue->lock, flags);
		return;
	}
	queue->kind->add(source, type);
	if (list_empty(&source->node))
		list_add_tail(&source->node, &queue->ready);
	spin_unlock_irqrestore(&queue->lock, flags);

	wake_up_interruptible(&queue->wait);
	kill_fasync(&queue->fasync, SIGIO, POLL_IN);
}

/**
 * ff_event_source_detach() - drop what a source has pending, or still raises
 * @queue: queue that the source raised on
 * @source: the source; its count of events read stays
 *
 * Context: process; takes queue->lock.
 */
void ff_event_source_detach(struct ff_event_queue *queue,
			    struct ff_event_source *source)
{
	spin_lock_irq(&queue->lock);
	list_del_init(&source->node);
	source->detached = true;
	spin_unlock_irq(&queue->lock);
}
