// SPDX-License-Identifier: GPL-2.0-only
#include <linux/file.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "chardev.h"
#include "cmd.h"
#include "compat/compat.h"
#include "dev.h"
#include "file.h"
#include "lower.h"
#include "object.h"

static atomic_t last_id = ATOMIC_INIT(0);

/**
 * ff_file_create() - what an open of the character device gets
 * @chardev: the character device; a reference is taken
 * @dev: the virtual device behind it
 *
 * Context: may sleep.
 * Return: the file, or NULL without memory.
 */
struct ff_file *ff_file_create(struct ff_chardev *chardev, struct ff_dev *dev)
{
	struct ff_file *file;

	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return NULL;
	file->async = ff_event_queue_create(&ff_event_async, file);
	if (!file->async) {
		kfree(file);
		return NULL;
	}

	kref_init(&file->ref);
	ff_chardev_get(chardev);
	file->chardev = chardev;
	file->dev = dev;
	file->abi = dev->abi;
	mutex_init(&file->lock);
	INIT_LIST_HEAD(&file->chardev_node);
	INIT_LIST_HEAD(&file->lower_node);
	INIT_LIST_HEAD(&file->channels);
	xa_init_flags(&file->objs, XA_FLAGS_ALLOC);
	xa_init(&file->rings);
	ff_event_source_init(&file->port_events, FF_PORT);
	ff_event_source_init(&file->device_events, 0);
	file->id = atomic_inc_return(&last_id);
	file->mm = current->mm;
	mmgrab(file->mm);
	file->pid = task_tgid_nr(current);
	get_task_comm(file->comm, current);
	return file;
}

void ff_file_get(struct ff_file *file)
{
	kref_get(&file->ref);
}

static void file_release(struct kref *ref)
{
	struct ff_file *file = container_of(ref, struct ff_file, ref);

	ff_obj_drop_handles(file);
	ff_event_queue_put(file->async);
	ff_chardev_put(file->chardev);
	xa_destroy(&file->objs);
	xa_destroy(&file->rings);
	mutex_destroy(&file->lock);
	mmdrop(file->mm);
	kfree_rcu(file, rcu);
}

void ff_file_put(struct ff_file *file)
{
	kref_put(&file->ref, file_release);
}

static void close_channels(struct ff_file *file)
{
	struct ff_event_queue *channel;

	list_for_each_entry(channel, &file->channels, file_node)
		ff_event_queue_close(channel);
}

static void unbind_locked(struct ff_file *file)
{
	lockdep_assert_held(&file->lock);
	ib_unregister_event_handler(&file->ib_events);
	ff_lower_unbind(file);
	ib_rdmacg_uncharge(&file->cg, &file->dev->ibdev,
			   RDMACG_RESOURCE_HCA_HANDLE);
}

/*
 * No command begins on the file from here on, but to destroy. Where several files lose
 * their device it is for all of them before any is disassociated, as that may have to
 * wait for one program.
 */
void ff_file_stop(struct ff_file *file)
{
	WRITE_ONCE(file->dead, true);
}

/**
 * ff_file_disassociate() - take everything from a file
 * @file: the file; a reference is held
 * @device_gone: the device leaves under the program, which is told so
 *
 * Waits for the commands that run on the file; when this returns, none runs
 * nor will one, but to destroy what is left of an object, and the lower device
 * holds nothing of it.
 *
 * Context: may sleep. Safe to call more than once and at the same time.
 */
void ff_file_disassociate(struct ff_file *file, bool device_gone)
{
	ff_file_stop(file);
	if (device_gone)	/* else it is closed: no command can run */
		synchronize_srcu(&file->chardev->srcu);

	mutex_lock(&file->lock);
	if (file->lower) {
		ff_obj_disassociate_all(file);
		unbind_locked(file);
		if (device_gone)
			ff_event_raise(file->async, &file->device_events,
				       IB_EVENT_DEVICE_FATAL);
	}
	close_channels(file);
	mutex_unlock(&file->lock);
}

void ff_file_remove_channel(struct ff_file *file,
			    struct ff_event_queue *channel)
{
	mutex_lock(&file->lock);
	list_del_init(&channel->file_node);
	mutex_unlock(&file->lock);
}

/* Port and GID events, as ib_core hands them to every user of the device. */
static void ib_event(struct ib_event_handler *handler, struct ib_event *event)
{
	struct ff_file *file = container_of(handler, struct ff_file, ib_events);

	ff_event_raise(file->async, &file->port_events, event->event);
}

/*
 * Binds the file to its lower device, which it shows to no other command yet.
 * Undone by unbind_locked().
 */
static struct ff_lower *bind_locked(struct ff_file *file)
{
	struct ib_device *ibdev = &file->dev->ibdev;
	struct ff_lower *lower;
	int err;

	lockdep_assert_held(&file->lock);
	if (file->lower)
		return ERR_PTR(-EINVAL);
	err = ib_rdmacg_try_charge(&file->cg, ibdev,
				   RDMACG_RESOURCE_HCA_HANDLE);
	if (err)
		return ERR_PTR(err);
	lower = ff_lower_bind(file);
	if (IS_ERR(lower)) {
		ib_rdmacg_uncharge(&file->cg, ibdev,
				   RDMACG_RESOURCE_HCA_HANDLE);
		return lower;
	}
	INIT_IB_EVENT_HANDLER(&file->ib_events, ibdev, ib_event);
	ib_register_event_handler(&file->ib_events);
	return lower;
}

/* Gives the program a descriptor of the queue once its number is copied out. */
static int install_queue(struct ff_cmd *cmd, struct ff_event_queue *queue,
			 void *resp, size_t resp_len, u32 *resp_fd)
{
	struct file *filp;
	int fd, err;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	filp = ff_event_queue_getfile(queue);
	if (IS_ERR(filp)) {
		err = PTR_ERR(filp);
		goto err_fd;
	}
	*resp_fd = fd;
	err = ff_cmd_respond(cmd, resp, resp_len);
	if (err)
		goto err_file;
	fd_install(fd, filp);
	return 0;

err_file:
	fput(filp);
err_fd:
	put_unused_fd(fd);
	return err;
}

int ff_file_cmd_get_context(struct ff_cmd *cmd)
{
	struct ib_uverbs_get_context_resp resp = {};
	struct ff_file *file = cmd->file;
	struct ff_lower *lower;
	int err;

	mutex_lock(&file->lock);
	lower = bind_locked(file);
	if (IS_ERR(lower)) {
		err = PTR_ERR(lower);
		goto out_unlock;
	}
	resp.num_comp_vectors = ff_lower_ibdev(lower)->num_comp_vectors;
	err = install_queue(cmd, file->async, &resp, sizeof(resp),
			    &resp.async_fd);
	/* Others make objects from here on, which are nobody's if this fails. */
	if (err)
		unbind_locked(file);
	else
		WRITE_ONCE(file->lower, lower);
out_unlock:
	mutex_unlock(&file->lock);
	return err;
}

int ff_file_cmd_create_comp_channel(struct ff_cmd *cmd)
{
	struct ib_uverbs_create_comp_channel_resp resp = {};
	struct ff_file *file = cmd->file;
	struct ff_event_queue *channel;
	int err = -EINVAL;

	channel = ff_event_queue_create(&ff_event_completion, file);
	if (!channel)
		return -ENOMEM;

	mutex_lock(&file->lock);
	if (file->lower) {
		list_add_tail(&channel->file_node, &file->channels);
		mutex_unlock(&file->lock);
		err = install_queue(cmd, channel, &resp, sizeof(resp),
				    &resp.fd);
		if (err)
			ff_file_remove_channel(file, channel);
	} else {
		mutex_unlock(&file->lock);
	}
	ff_event_queue_put(channel);
	return err;
}
