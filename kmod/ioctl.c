// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_user_ioctl.h>

#include "abi.h"
#include "chardev.h"
#include "file.h"
#include "gid.h"
#include "ioctl.h"

struct ff_attr_spec {
	u16 min_len;
	u16 max_len;
	bool is_optional;
};

struct ff_method {
	u16 object_id;
	u16 method_id;
	int (*run)(struct ff_ioctl *ioctl);
	u32 num_attrs;
	struct ff_attr_spec attrs[FF_IOCTL_ATTRS];
};

/* Attributes for which there is room on the stack. */
#define FF_IOCTL_FEW	8

#define FF_ATTR_NUMBER		{ .min_len = 8, .max_len = 8 }
#define FF_ATTR_FLAGS		{ .min_len = 4, .max_len = 8 }
#define FF_ATTR_FLAGS_OPTIONAL	{ .min_len = 4, .max_len = 8, .is_optional = true }
#define FF_ATTR_DATA(min)	{ .min_len = (min), .max_len = U16_MAX }

static const struct ff_method methods[] = {
	{
		.object_id = UVERBS_OBJECT_DEVICE,
		.method_id = UVERBS_METHOD_QUERY_GID_TABLE,
		.run = ff_gid_query_table,
		.num_attrs = 4,
		.attrs = {
			[UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE] =
				FF_ATTR_NUMBER,
			[UVERBS_ATTR_QUERY_GID_TABLE_FLAGS] =
				FF_ATTR_FLAGS_OPTIONAL,
			[UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES] =
				FF_ATTR_DATA(0),
			[UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES] =
				FF_ATTR_NUMBER,
		},
	},
	{
		.object_id = UVERBS_OBJECT_DEVICE,
		.method_id = UVERBS_METHOD_QUERY_GID_ENTRY,
		.run = ff_gid_query_entry,
		.num_attrs = 4,
		.attrs = {
			[UVERBS_ATTR_QUERY_GID_ENTRY_PORT] = FF_ATTR_NUMBER,
			[UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX] =
				FF_ATTR_NUMBER,
			[UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS] = FF_ATTR_FLAGS,
			[UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY] =
				FF_ATTR_DATA(sizeof(struct ib_uverbs_gid_entry)),
		},
	},
};

/**
 * ff_ioctl_check_flags() - refuse flags, of which there are none yet
 * @ioctl: the method
 * @id: the attribute, in 4 bytes or in 8
 *
 * Return: 0 or -EINVAL.
 */
int ff_ioctl_check_flags(const struct ff_ioctl *ioctl, u32 id)
{
	const struct ib_uverbs_attr *attr = ioctl->attr[id];

	if (!attr)
		return 0;
	if (attr->len == sizeof(u64))
		return attr->data ? -EINVAL : 0;
	if (attr->len == sizeof(u32))
		return *(const u32 *)&attr->data ? -EINVAL : 0;
	return -EINVAL;
}

/**
 * ff_ioctl_written() - tell the program that an attribute was filled in
 * @ioctl: the method
 * @attr: the attribute
 *
 * Return: 0 or -EFAULT.
 */
int ff_ioctl_written(const struct ff_ioctl *ioctl,
		     const struct ib_uverbs_attr *attr)
{
	u16 flags = attr->flags | UVERBS_ATTR_F_VALID_OUTPUT;

	return put_user(flags, &ioctl->user_attrs[attr - ioctl->all].flags);
}

/**
 * ff_ioctl_respond() - copy an answer out
 * @ioctl: the method
 * @id: the attribute that takes it, which is at least as long
 * @data: the answer
 * @len: its length; room beyond it is zeroed
 *
 * Return: 0 or -EFAULT.
 */
int ff_ioctl_respond(struct ff_ioctl *ioctl, u32 id, const void *data,
		     size_t len)
{
	const struct ib_uverbs_attr *attr = ioctl->attr[id];
	void __user *out = u64_to_user_ptr(attr->data);

	if (copy_to_user(out, data, len) ||
	    clear_user(out + len, attr->len - len))
		return -EFAULT;
	return ff_ioctl_written(ioctl, attr);
}

static const struct ff_method *find_method(const struct ib_uverbs_ioctl_hdr *hdr)
{
	const struct ff_method *method;

	for (method = methods; method < methods + ARRAY_SIZE(methods); method++)
		if (method->object_id == hdr->object_id &&
		    method->method_id == hdr->method_id)
			return method;
	return NULL;
}

static int set_attr(struct ff_ioctl *ioctl, const struct ff_method *method,
		    const struct ib_uverbs_attr *attr)
{
	const struct ff_attr_spec *spec;
	u16 id = attr->attr_id;

	if (id >= method->num_attrs)
		return attr->flags & UVERBS_ATTR_F_MANDATORY ?
		       -EPROTONOSUPPORT : 0;
	id = array_index_nospec(id, method->num_attrs);
	spec = &method->attrs[id];
	if (ioctl->attr[id] || attr->attr_data.reserved ||
	    attr->len < spec->min_len || attr->len > spec->max_len)
		return -EINVAL;
	ioctl->attr[id] = attr;
	return 0;
}

static int set_attrs(struct ff_ioctl *ioctl, const struct ff_method *method,
		     u32 count)
{
	u32 i;
	int err;

	for (i = 0; i < count; i++) {
		err = set_attr(ioctl, method, &ioctl->all[i]);
		if (err)
			return err;
	}
	for (i = 0; i < method->num_attrs; i++)
		if (!ioctl->attr[i] && !method->attrs[i].is_optional)
			return -EINVAL;
	return 0;
}

static int run_with(struct ff_ioctl *ioctl, const struct ff_method *method,
		    struct ib_uverbs_attr *attrs, u32 count)
{
	int err;

	if (copy_from_user(attrs, ioctl->user_attrs, count * sizeof(*attrs)))
		return -EFAULT;
	ioctl->all = attrs;
	err = set_attrs(ioctl, method, count);
	return err ?: method->run(ioctl);
}

static int run(struct ff_file *file, const struct ib_uverbs_ioctl_hdr *hdr,
	       struct ib_uverbs_attr __user *user_attrs)
{
	struct ff_ioctl ioctl = { .file = file, .user_attrs = user_attrs };
	struct ib_uverbs_attr few[FF_IOCTL_FEW], *attrs;
	const struct ff_method *method;
	int err;

	if (hdr->driver_id != file->abi->driver_id)
		return -EINVAL;
	method = find_method(hdr);
	if (!method)
		return -EPROTONOSUPPORT;
	if (READ_ONCE(file->dead))
		return -EIO;
	if (hdr->num_attrs <= FF_IOCTL_FEW)
		return run_with(&ioctl, method, few, hdr->num_attrs);
	attrs = kmalloc_array(hdr->num_attrs, sizeof(*attrs),
			      GFP_KERNEL_ACCOUNT);
	if (!attrs)
		return -ENOMEM;
	err = run_with(&ioctl, method, attrs, hdr->num_attrs);
	kfree(attrs);
	return err;
}

/**
 * ff_ioctl_run() - carry out one ioctl() of the character device
 * @filp: the open character device
 * @cmd: number; there is but RDMA_VERBS_IOCTL
 * @arg: address of the method's header
 *
 * Context: process; may sleep.
 * Return: 0 or an error as ib_uverbs_ioctl() gives it: -EPROTONOSUPPORT for
 * what is a command of the write() ABI; -EIO once the device has left.
 */
long ff_ioctl_run(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct ib_uverbs_ioctl_hdr __user *user_hdr = (void __user *)arg;
	struct ff_file *file = filp->private_data;
	struct ib_uverbs_ioctl_hdr hdr;
	int err, srcu;

	if (cmd != RDMA_VERBS_IOCTL)
		return -ENOTTY;
	if (copy_from_user(&hdr, user_hdr, sizeof(hdr)))
		return -EFAULT;
	if (hdr.length > PAGE_SIZE ||
	    hdr.length != struct_size(&hdr, attrs, hdr.num_attrs))
		return -EINVAL;
	if (hdr.reserved1 || hdr.reserved2)
		return -EPROTONOSUPPORT;

	srcu = srcu_read_lock(&file->chardev->srcu);
	err = run(file, &hdr, user_hdr->attrs);
	srcu_read_unlock(&file->chardev->srcu, srcu);
	return err;
}
