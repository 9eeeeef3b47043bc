// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <string.h>

#include "attr.h"
#include "handle.h"
#include "lower.h"

static const struct nla_policy lower_policy[FREEFLOW_A_LOWER_MAX + 1] = {
	[FREEFLOW_A_LOWER_NAME]		= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_LOWER_DEFAULT]	= FF_POLICY_FLAG,
	[FREEFLOW_A_LOWER_DEVS]		= FF_POLICY_U32,
};

/* Read a lower device out of a message; 0 or -EBADMSG. */
int ff_lower_parse(struct nlmsghdr *nlh, struct ff_lower *lower)
{
	struct nlattr *attrs[FREEFLOW_A_LOWER_MAX + 1];
	int err;

	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_LOWER_MAX, lower_policy);
	if (err)
		return err;
	if (!attrs[FREEFLOW_A_LOWER_NAME])
		return -EBADMSG;
	ff_attr_string(attrs[FREEFLOW_A_LOWER_NAME], lower->name,
		       sizeof(lower->name));
	lower->is_default = attrs[FREEFLOW_A_LOWER_DEFAULT];
	lower->devs = ff_attr_u32(attrs[FREEFLOW_A_LOWER_DEVS]);
	return 0;
}

static struct nl_msg *request_by_name(struct ff_handle *handle, int cmd,
				      const char *name)
{
	struct nl_msg *msg = ff_request_new(handle, cmd, 0);

	if (msg && nla_put_string(msg, FREEFLOW_A_LOWER_NAME, name)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int take_one(struct nlmsghdr *nlh, void *arg)
{
	return ff_lower_parse(nlh, arg);
}

/**
 * ff_lower_get() - look up a physical RDMA device
 * @handle: from ff_open()
 * @name: its name
 * @lower: where the answer goes
 *
 * Return: 0; -ENODEV when there is none of that name that can carry virtual
 * devices; -EBADMSG.
 */
int ff_lower_get(struct ff_handle *handle, const char *name,
		 struct ff_lower *lower)
{
	struct nl_msg *msg;
	int err;

	memset(lower, 0, sizeof(*lower));
	msg = request_by_name(handle, FREEFLOW_CMD_LOWER_GET, name);
	if (!msg)
		return -EMSGSIZE;
	err = ff_request_do(handle, msg, take_one, lower);
	return err || lower->name[0] ? err : -EBADMSG;
}

struct list {
	ff_lower_cb cb;
	void *arg;
};

static int take_listed(struct nlmsghdr *nlh, void *arg)
{
	const struct list *list = arg;
	struct ff_lower lower;
	int err = ff_lower_parse(nlh, &lower);

	return err ? err : list->cb(&lower, list->arg);
}

/**
 * ff_lower_list() - list the physical RDMA devices that can carry virtual ones
 * @handle: from ff_open()
 * @cb: called once for each device
 * @arg: for @cb
 *
 * Return: 0; what @cb answered when that was not 0; -EINTR when the list
 * changed while it was read, after all of it was handed out; -EBADMSG.
 */
int ff_lower_list(struct ff_handle *handle, ff_lower_cb cb, void *arg)
{
	struct list list = { .cb = cb, .arg = arg };
	struct nl_msg *msg;

	msg = ff_request_new(handle, FREEFLOW_CMD_LOWER_GET, NLM_F_DUMP);
	if (!msg)
		return -ENOMEM;
	return ff_request_do(handle, msg, take_listed, &list);
}

/**
 * ff_lower_set_default() - choose the lower device of devices that name none
 * @handle: from ff_open()
 * @name: the physical RDMA device
 * @is_default: true takes the mark from any other; false takes it from @name
 *
 * Return: 0; -EPERM; -ENODEV.
 */
int ff_lower_set_default(struct ff_handle *handle, const char *name,
			 bool is_default)
{
	struct nl_msg *msg;

	msg = request_by_name(handle, FREEFLOW_CMD_LOWER_SET, name);
	if (!msg)
		return -EMSGSIZE;
	if (is_default && nla_put_flag(msg, FREEFLOW_A_LOWER_DEFAULT)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return ff_request_do(handle, msg, NULL, NULL);
}
