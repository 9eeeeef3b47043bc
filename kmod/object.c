// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat/compat.h"
#include "dev.h"
#include "file.h"
#include "netns.h"
#include "object.h"
#include "trace.h"

/* How long one who destroys an object waits for others to let go of it. */
#define LET_GO_MS 100
#define LOOK_EVERY_US 20

/**
 * ff_obj_create() - account for a new object and reserve its handle
 * @file: the open file it will belong to
 * @kind: kind of object
 *
 * Context: may sleep; under ff_chardev.srcu.
 * Return: the object, zeroed but for its ff_obj, to be published or aborted;
 * or an error pointer: -EINVAL without a context, -EAGAIN over quota.
 */
void *ff_obj_create(struct ff_file *file, const struct ff_obj_kind *kind)
{
	struct ff_dev *dev = file->dev;
	struct ff_obj *obj;
	int err;

	if (!READ_ONCE(file->lower))
		return ERR_PTR(-EINVAL);
	obj = kzalloc(kind->size, GFP_KERNEL_ACCOUNT);
	if (!obj)
		return ERR_PTR(-ENOMEM);
	kref_init(&obj->ref);
	obj->kind = kind;
	obj->file = file;
	atomic_set(&obj->users, -1);

	err = ff_quota_charge(&dev->net->quota, kind->type);
	if (err) {
		ff_alert_quota(dev, kind->type);
		goto err_free;
	}
	err = ib_rdmacg_try_charge(&obj->cg, &dev->ibdev,
				   RDMACG_RESOURCE_HCA_OBJECT);
	if (err)
		goto err_quota;
	err = xa_alloc(&file->objs, &obj->handle, NULL, xa_limit_32b,
		       GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_cgroup;
	return obj;

err_cgroup:
	ib_rdmacg_uncharge(&obj->cg, &dev->ibdev, RDMACG_RESOURCE_HCA_OBJECT);
err_quota:
	ff_quota_uncharge(&dev->net->quota, kind->type);
err_free:
	kfree(obj);
	return ERR_PTR(err);
}

static void obj_free(struct kref *ref)
{
	struct ff_obj *obj = container_of(ref, struct ff_obj, ref);

	kfree_rcu(obj, rcu);
}

/* Holds the memory of an object found under RCU; false if it is gone. */
bool ff_obj_hold_memory(struct ff_obj *obj)
{
	return kref_get_unless_zero(&obj->ref);
}

void ff_obj_release_memory(struct ff_obj *obj)
{
	kref_put(&obj->ref, obj_free);
}

/* Gives back what ff_obj_create() charged. */
static void uncharge(struct ff_obj *obj)
{
	struct ff_dev *dev = obj->file->dev;

	ib_rdmacg_uncharge(&obj->cg, &dev->ibdev, RDMACG_RESOURCE_HCA_OBJECT);
	ff_quota_uncharge(&dev->net->quota, obj->kind->type);
}

static void drop_handle(struct ff_obj *obj)
{
	xa_erase(&obj->file->objs, obj->handle);
	ff_obj_release_memory(obj);
}

/* Drops an object that was never published and has no lower object. */
void ff_obj_abort(struct ff_obj *obj)
{
	uncharge(obj);
	drop_handle(obj);
}

/*
 * From here on the handle works, and whatever else it can be found by; the slot is
 * reserved, so this cannot fail.
 */
void ff_obj_publish(struct ff_obj *obj)
{
	trace_ff_obj_create(obj);
	atomic_set_release(&obj->users, 0);
	xa_store(&obj->file->objs, obj->handle, obj, 0);
}

static struct ff_obj *lookup_rcu(struct ff_file *file,
				 const struct ff_obj_kind *kind, u32 handle)
{
	struct ff_obj *obj = xa_load(&file->objs, handle);

	if (!obj)
		return ERR_PTR(-ENOENT);
	if (obj->kind != kind)
		return ERR_PTR(-EINVAL);
	return obj;
}

/**
 * ff_obj_get() - an object by handle, for a command to work on
 * @file: the open file
 * @kind: kind that it must be of
 * @handle: as the program gave it
 *
 * Context: any; under ff_chardev.srcu.
 * Return: the object, to be put; or an error pointer: -ENOENT for an unknown
 * handle, -EINVAL for another kind, -EBUSY while it is being destroyed, -EIO
 * when the device took it along.
 */
void *ff_obj_get(struct ff_file *file, const struct ff_obj_kind *kind,
		 u32 handle)
{
	struct ff_obj *obj;

	rcu_read_lock();
	obj = lookup_rcu(file, kind, handle);
	if (!IS_ERR(obj) && READ_ONCE(obj->gone))
		obj = ERR_PTR(-EIO);
	else if (!IS_ERR(obj) && !atomic_inc_unless_negative(&obj->users))
		obj = ERR_PTR(-EBUSY);
	rcu_read_unlock();
	return obj;
}

/* As ff_obj_get(), of an object found under RCU; false if it is on its way out. */
bool ff_obj_try_get(struct ff_obj *obj)
{
	return !READ_ONCE(obj->gone) && atomic_inc_unless_negative(&obj->users);
}

void ff_obj_put(struct ff_obj *obj)
{
	/* What was done with it, before its end. */
	smp_mb__before_atomic();
	atomic_dec(&obj->users);
}

/* Another object is made from one that the caller has by ff_obj_get(). */
void ff_obj_add_dependent(struct ff_obj *obj)
{
	atomic_inc(&obj->dependents);
}

/* The other object is gone. */
void ff_obj_drop_dependent(struct ff_obj *obj)
{
	/* Pairs with the acquire of who destroys it. */
	smp_mb__before_atomic();
	atomic_dec(&obj->dependents);
}

/* What ff_obj_begin_destroy() claimed stays, to be had by others again. */
void ff_obj_cancel_destroy(struct ff_obj *obj)
{
	atomic_set_release(&obj->users, 0);
}

/*
 * Waits for works of the module's own, which may have an object a moment longer than
 * the completion of what they did for the program.
 */
static bool claim(struct ff_obj *obj)
{
	unsigned long until = jiffies + msecs_to_jiffies(LET_GO_MS);
	int users;

	while ((users = atomic_cmpxchg(&obj->users, 0, -1)) > 0 &&
	       time_before(jiffies, until) && !fatal_signal_pending(current))
		usleep_range(LOOK_EVERY_US, 2 * LOOK_EVERY_US);
	return !users;
}

/**
 * ff_obj_begin_destroy() - claim an object for its end
 * @file: the open file
 * @kind: kind that it must be of
 * @handle: as the program gave it
 *
 * Context: may sleep; under ff_chardev.srcu.
 * Return: the object, no longer to be had by others, to be handed to
 * ff_obj_finish_destroy(); or an error pointer as from ff_obj_get(), -EBUSY
 * also when it stays in use or others were made from it.
 */
struct ff_obj *ff_obj_begin_destroy(struct ff_file *file,
				    const struct ff_obj_kind *kind, u32 handle)
{
	struct ff_obj *obj;
	int err = 0;

	rcu_read_lock();
	obj = lookup_rcu(file, kind, handle);
	if (!IS_ERR(obj) && !ff_obj_hold_memory(obj))
		obj = ERR_PTR(-ENOENT);
	rcu_read_unlock();
	if (IS_ERR(obj))
		return obj;

	if (!claim(obj)) {
		err = -EBUSY;
	} else if (atomic_read_acquire(&obj->dependents)) {
		ff_obj_cancel_destroy(obj);
		err = -EBUSY;
	}
	/* The handle has one still, of what was claimed. */
	ff_obj_release_memory(obj);
	return err ? ERR_PTR(err) : obj;
}

static void destroy_lower(struct ff_obj *obj)
{
	trace_ff_obj_destroy(obj);
	obj->kind->destroy(obj);
	uncharge(obj);
}

/* Destroys what ff_obj_begin_destroy() claimed. Context: may sleep. */
void ff_obj_finish_destroy(struct ff_obj *obj)
{
	if (!obj->gone)
		destroy_lower(obj);
	drop_handle(obj);
}

int ff_obj_destroy(struct ff_file *file, const struct ff_obj_kind *kind,
		   u32 handle)
{
	struct ff_obj *obj = ff_obj_begin_destroy(file, kind, handle);

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	ff_obj_finish_destroy(obj);
	return 0;
}

/* Dependents go first; handles stay. */
static void take_from_lower(struct ff_file *file, bool active_only)
{
	struct ff_obj *obj;
	unsigned long handle;
	bool waiting;

	lockdep_assert_held(&file->lock);
	do {
		waiting = false;
		xa_for_each(&file->objs, handle, obj) {
			if (obj->gone || (active_only && !obj->kind->active))
				continue;
			if (atomic_read_acquire(&obj->dependents)) {
				waiting = true;
				continue;
			}
			destroy_lower(obj);
			WRITE_ONCE(obj->gone, true);
		}
	} while (waiting);
}

/**
 * ff_obj_disassociate_all() - take every object of a file from the lower device
 * @file: a file on which no command runs, but for those that hold file->lock
 *
 * Context: may sleep; under file->lock.
 */
void ff_obj_disassociate_all(struct ff_file *file)
{
	take_from_lower(file, true);
	take_from_lower(file, false);
}

/* Drops the handles that are left, of a disassociated file. */
void ff_obj_drop_handles(struct ff_file *file)
{
	struct ff_obj *obj;
	unsigned long handle;

	xa_for_each(&file->objs, handle, obj)
		drop_handle(obj);
}
