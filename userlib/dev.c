// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <string.h>

#include "attr.h"
#include "dev.h"
#include "handle.h"

#define FF_POLICY_SL_MAP \
	{ .type = NLA_UNSPEC, .minlen = FREEFLOW_SL_COUNT, .maxlen = FREEFLOW_SL_COUNT }

static const struct nla_policy dev_policy[FREEFLOW_A_DEV_MAX + 1] = {
	[FREEFLOW_A_DEV_NAME]		= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_DEV_NODE]		= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_DEV_LOWER]		= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_DEV_IFNAME]		= FF_POLICY_STRING(IF_NAMESIZE),
	[FREEFLOW_A_DEV_IFINDEX]	= FF_POLICY_U32,
	[FREEFLOW_A_DEV_NETNS_INODE]	= FF_POLICY_U32,
	[FREEFLOW_A_DEV_TABLE]		= FF_POLICY_U32,
	[FREEFLOW_A_DEV_DATAPATH]	= FF_POLICY_U32,
	[FREEFLOW_A_DEV_STATE]		= FF_POLICY_U32,
	[FREEFLOW_A_DEV_ROUTE_MISSES]	= FF_POLICY_U64,
	[FREEFLOW_A_DEV_PEER_REFUSALS]	= FF_POLICY_U64,
	[FREEFLOW_A_DEV_PEER_TIMEOUTS]	= FF_POLICY_U64,
	[FREEFLOW_A_DEV_TCLASS]		= FF_POLICY_U8,
	[FREEFLOW_A_DEV_SL_MAP]		= FF_POLICY_SL_MAP,
};

static void read_priority(struct nlattr **attrs, struct ff_dev *dev)
{
	struct nlattr *sl_map = attrs[FREEFLOW_A_DEV_SL_MAP];
	size_t i;

	dev->has_tclass = attrs[FREEFLOW_A_DEV_TCLASS];
	dev->tclass = ff_attr_u8(attrs[FREEFLOW_A_DEV_TCLASS]);
	for (i = 0; i < FREEFLOW_SL_COUNT; i++)
		dev->sl_map[i] = i;
	if (sl_map)
		memcpy(dev->sl_map, nla_data(sl_map), FREEFLOW_SL_COUNT);
}

/* Read a device out of a message; 0 or -EBADMSG. */
int ff_dev_parse(struct nlmsghdr *nlh, struct ff_dev *dev)
{
	struct nlattr *attrs[FREEFLOW_A_DEV_MAX + 1];
	int err;

	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_DEV_MAX, dev_policy);
	if (err)
		return err;
	if (!attrs[FREEFLOW_A_DEV_NAME])
		return -EBADMSG;

	ff_attr_string(attrs[FREEFLOW_A_DEV_NAME], dev->name,
		       sizeof(dev->name));
	ff_attr_string(attrs[FREEFLOW_A_DEV_NODE], dev->node,
		       sizeof(dev->node));
	ff_attr_string(attrs[FREEFLOW_A_DEV_LOWER], dev->lower,
		       sizeof(dev->lower));
	ff_attr_string(attrs[FREEFLOW_A_DEV_IFNAME], dev->ifname,
		       sizeof(dev->ifname));
	dev->ifindex = ff_attr_u32(attrs[FREEFLOW_A_DEV_IFINDEX]);
	dev->netns_inode = ff_attr_u32(attrs[FREEFLOW_A_DEV_NETNS_INODE]);
	dev->table = ff_attr_u32(attrs[FREEFLOW_A_DEV_TABLE]);
	dev->datapath = ff_attr_u32(attrs[FREEFLOW_A_DEV_DATAPATH]);
	dev->state = ff_attr_u32(attrs[FREEFLOW_A_DEV_STATE]);
	dev->route_misses = ff_attr_u64(attrs[FREEFLOW_A_DEV_ROUTE_MISSES]);
	dev->peer_refusals = ff_attr_u64(attrs[FREEFLOW_A_DEV_PEER_REFUSALS]);
	dev->peer_timeouts = ff_attr_u64(attrs[FREEFLOW_A_DEV_PEER_TIMEOUTS]);
	read_priority(attrs, dev);
	return 0;
}

/* A request that names a device, or no message. */
static struct nl_msg *request_by_name(struct ff_handle *handle, int cmd,
				      const char *name)
{
	struct nl_msg *msg = ff_request_new(handle, cmd, 0);

	if (msg && nla_put_string(msg, FREEFLOW_A_DEV_NAME, name)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int take_one(struct nlmsghdr *nlh, void *arg)
{
	return ff_dev_parse(nlh, arg);
}

/**
 * ff_dev_get() - look up a virtual device
 * @handle: from ff_open()
 * @name: its name
 * @dev: where the answer goes
 *
 * Return: 0; -ENODEV when there is no virtual device of that name; -EBADMSG
 * for an answer that makes no sense.
 */
int ff_dev_get(struct ff_handle *handle, const char *name, struct ff_dev *dev)
{
	struct nl_msg *msg;
	int err;

	memset(dev, 0, sizeof(*dev));
	msg = request_by_name(handle, FREEFLOW_CMD_DEV_GET, name);
	if (!msg)
		return -EMSGSIZE;
	err = ff_request_do(handle, msg, take_one, dev);
	return err || dev->name[0] ? err : -EBADMSG;
}

struct list {
	ff_dev_cb cb;
	void *arg;
};

static int take_listed(struct nlmsghdr *nlh, void *arg)
{
	const struct list *list = arg;
	struct ff_dev dev;
	int err = ff_dev_parse(nlh, &dev);

	return err ? err : list->cb(&dev, list->arg);
}

/**
 * ff_dev_list() - list the virtual devices
 * @handle: from ff_open()
 * @cb: called once for each device
 * @arg: for @cb
 *
 * Return: 0; what @cb answered when that was not 0; -EINTR when the list
 * changed while it was read, after all of it was handed out; -EBADMSG.
 */
int ff_dev_list(struct ff_handle *handle, ff_dev_cb cb, void *arg)
{
	struct list list = { .cb = cb, .arg = arg };
	struct nl_msg *msg;

	msg = ff_request_new(handle, FREEFLOW_CMD_DEV_GET, NLM_F_DUMP);
	if (!msg)
		return -ENOMEM;
	return ff_request_do(handle, msg, take_listed, &list);
}

/* Either may be NULL. */
static int put_priority(struct nl_msg *msg, const uint8_t *tclass,
			const uint8_t *sl_map)
{
	if ((tclass && nla_put_u8(msg, FREEFLOW_A_DEV_TCLASS, *tclass)) ||
	    (sl_map && nla_put(msg, FREEFLOW_A_DEV_SL_MAP, FREEFLOW_SL_COUNT,
			       sl_map)))
		return -EMSGSIZE;
	return 0;
}

static int put_config(struct nl_msg *msg, const struct ff_dev_config *config)
{
	if (config->lower &&
	    nla_put_string(msg, FREEFLOW_A_DEV_LOWER, config->lower))
		return -EMSGSIZE;
	if (config->netns_fd >= 0 &&
	    nla_put_u32(msg, FREEFLOW_A_DEV_NETNS_FD, config->netns_fd))
		return -EMSGSIZE;
	if (nla_put_string(msg, FREEFLOW_A_DEV_IFNAME, config->ifname) ||
	    nla_put_u32(msg, FREEFLOW_A_DEV_TABLE, config->table) ||
	    nla_put_u32(msg, FREEFLOW_A_DEV_DATAPATH, config->datapath))
		return -EMSGSIZE;
	return put_priority(msg, config->tclass, config->sl_map);
}

/**
 * ff_dev_new() - make a virtual device
 * @handle: from ff_open()
 * @config: what it is made from
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN in the initial user namespace;
 * -EEXIST when the name is taken or the interface already carries a device;
 * -ENODEV for an interface or lower device that is not there; -EINVAL for a
 * name, data path or interface that cannot serve; -ERANGE for a service level;
 * -EMSGSIZE for names beyond all limits.
 */
int ff_dev_new(struct ff_handle *handle, const struct ff_dev_config *config)
{
	struct nl_msg *msg;
	int err;

	msg = request_by_name(handle, FREEFLOW_CMD_DEV_NEW, config->name);
	if (!msg)
		return -EMSGSIZE;
	err = put_config(msg, config);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return ff_request_do(handle, msg, NULL, NULL);
}

static int put_change(struct nl_msg *msg, const struct ff_dev_change *change)
{
	if (change->table &&
	    nla_put_u32(msg, FREEFLOW_A_DEV_TABLE, *change->table))
		return -EMSGSIZE;
	if (change->no_tclass && nla_put_flag(msg, FREEFLOW_A_DEV_NO_TCLASS))
		return -EMSGSIZE;
	return put_priority(msg, change->tclass, change->sl_map);
}

/**
 * ff_dev_set() - change a virtual device
 * @handle: from ff_open()
 * @name: name of the device
 * @change: what to change; nothing has changed after an error
 *
 * Return: 0; -EPERM; -ENODEV; -EBUSY for another table while a program has the
 * device open; -EADDRINUSE when an address of it is taken in that table; -EINVAL
 * for nothing to change, or a traffic class and none; -ERANGE for a service
 * level; -EMSGSIZE.
 */
int ff_dev_set(struct ff_handle *handle, const char *name,
	       const struct ff_dev_change *change)
{
	struct nl_msg *msg;
	int err;

	msg = request_by_name(handle, FREEFLOW_CMD_DEV_SET, name);
	if (!msg)
		return -EMSGSIZE;
	err = put_change(msg, change);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return ff_request_do(handle, msg, NULL, NULL);
}

/**
 * ff_dev_del() - delete a virtual device
 * @handle: from ff_open()
 * @name: name of the device; programs that have it open get EIO from then on
 *
 * Return: 0; -EPERM; -ENODEV; -EINPROGRESS when the device goes later, as a command of
 * a program on it has not ended.
 */
int ff_dev_del(struct ff_handle *handle, const char *name)
{
	struct nl_msg *msg;

	msg = request_by_name(handle, FREEFLOW_CMD_DEV_DEL, name);
	return msg ? ff_request_do(handle, msg, NULL, NULL) : -EMSGSIZE;
}
