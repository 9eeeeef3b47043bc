/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects that a program holds through an open file, by handle.
 *
 * Life: ff_obj_create() charges quota and cgroup and reserves the handle, the
 * room of the kind creates the lower object and answers the program, and
 * ff_obj_publish() makes the handle work. ff_obj_get() keeps an object from
 * being destroyed until ff_obj_put(); destroying one that stays in use, or that
 * another object was made from, is EBUSY. That and the other errors are those
 * of ib_uverbs. When the device leaves, so does the lower object, while the
 * handle stays for the program to destroy: it may ask how many events it read.
 */
#ifndef FF_OBJECT_H
#define FF_OBJECT_H

#include <linux/kref.h>
#include <rdma/ib_verbs.h>

#include <uapi/freeflow.h>

struct ff_file;
struct ff_obj;

struct ff_obj_kind {
	enum freeflow_res_type type;
	size_t size;		/* of the struct that starts with the ff_obj */
	bool active;		/* uses other objects when no command runs */
	void (*destroy)(struct ff_obj *obj);	/* may sleep */
};

struct ff_obj {
	struct kref ref;	/* the memory; the handle holds one */
	struct rcu_head rcu;
	const struct ff_obj_kind *kind;
	struct ff_file *file;
	u32 handle;
	atomic_t users;		/* commands at work on it; -1: not to be had */
	atomic_t dependents;	/* objects made from it */
	bool gone;		/* its device left; only the handle is there */
	struct ib_rdmacg_object cg;
};

void *ff_obj_create(struct ff_file *file, const struct ff_obj_kind *kind);
void ff_obj_abort(struct ff_obj *obj);
void ff_obj_publish(struct ff_obj *obj);
void *ff_obj_get(struct ff_file *file, const struct ff_obj_kind *kind,
		 u32 handle);
bool ff_obj_try_get(struct ff_obj *obj);
void ff_obj_put(struct ff_obj *obj);
struct ff_obj *ff_obj_begin_destroy(struct ff_file *file,
				    const struct ff_obj_kind *kind, u32 handle);
void ff_obj_cancel_destroy(struct ff_obj *obj);
void ff_obj_finish_destroy(struct ff_obj *obj);
int ff_obj_destroy(struct ff_file *file, const struct ff_obj_kind *kind,
		   u32 handle);
void ff_obj_disassociate_all(struct ff_file *file);
void ff_obj_drop_handles(struct ff_file *file);

void ff_obj_add_dependent(struct ff_obj *obj);
void ff_obj_drop_dependent(struct ff_obj *obj);

bool ff_obj_hold_memory(struct ff_obj *obj);
void ff_obj_release_memory(struct ff_obj *obj);

#endif /* FF_OBJECT_H */
