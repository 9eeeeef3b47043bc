// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <rdma/ib_cache.h>

#include "dev.h"
#include "file.h"
#include "lower.h"
#include "netlink.h"
#include "netns.h"

/* protects the list, its members' lists of files and shares, and default_name */
static DEFINE_MUTEX(lowers_lock);
static LIST_HEAD(lowers);
static char default_name[IB_DEVICE_NAME_MAX];

/* A program may keep the work of its device waiting. */
static struct workqueue_struct *leave_wq;
static DECLARE_WAIT_QUEUE_HEAD(unbound);	/* a file was */

/*
 * The share of a network namespace in a lower device's limit. It stays when the
 * namespace has no program there for a while, for what it has had stays, too.
 */
struct net_share {
	struct list_head node;	/* in lower->shares */
	const struct ff_net *net;
	struct ff_share share;
};

static struct ff_lower *find_locked(const char *name)
{
	struct ff_lower *lower;

	lockdep_assert_held(&lowers_lock);
	list_for_each_entry(lower, &lowers, node)
		if (!strcmp(lower->name, name))
			return lower;
	return NULL;
}

static struct ff_share *find_share_locked(struct ff_lower *lower,
					  const struct ff_net *net)
{
	struct net_share *share;

	lockdep_assert_held(&lowers_lock);
	list_for_each_entry(share, &lower->shares, node)
		if (share->net == net)
			return &share->share;
	share = kzalloc(sizeof(*share), GFP_KERNEL);
	if (!share)
		return NULL;
	share->net = net;
	ff_share_init(&share->share, &lower->limit, &net->limit.weight);
	list_add_tail(&share->node, &lower->shares);
	return &share->share;
}

/* @net: NULL for those of all */
static void free_shares(struct ff_lower *lower, const struct ff_net *net)
{
	struct net_share *share, *tmp;

	list_for_each_entry_safe(share, tmp, &lower->shares, node) {
		if (net && share->net != net)
			continue;
		list_del(&share->node);
		kfree(share);
	}
}

/* A namespace goes, in which there is no device any more. Context: may sleep. */
void ff_lower_forget_net(const struct ff_net *net)
{
	struct ff_lower *lower;

	mutex_lock(&lowers_lock);
	list_for_each_entry(lower, &lowers, node)
		free_shares(lower, net);
	mutex_unlock(&lowers_lock);
}

/**
 * ff_lower_bind() - put a file onto the lower device that its device names
 * @file: the file, whose lower device the caller sets when nothing can fail any
 *        more
 *
 * Context: may sleep.
 * Return: the lower device, valid until ff_lower_unbind(); or an error pointer,
 * -EIO when it is not there, or programs of the device are still to leave the one that
 * had the name before; or -ENOMEM.
 */
struct ff_lower *ff_lower_bind(struct ff_file *file)
{
	struct ff_lower *lower = NULL;
	struct ff_share *share = NULL;

	mutex_lock(&lowers_lock);
	if (list_empty(&file->dev->old_files))
		lower = find_locked(file->dev->lower_name);
	if (lower)
		share = find_share_locked(lower, file->dev->net);
	if (share) {
		file->lower_share = share;
		list_add_tail(&file->lower_node, &lower->files);
	} else {
		lower = ERR_PTR(lower ? -ENOMEM : -EIO);
	}
	mutex_unlock(&lowers_lock);
	return lower;
}

void ff_lower_unbind(struct ff_file *file)
{
	mutex_lock(&lowers_lock);
	list_del_init(&file->lower_node);
	WRITE_ONCE(file->lower, NULL);
	if (file->left) {
		WRITE_ONCE(file->left->old_files, file->left->old_files - 1);
		wake_up_all(&unbound);
	}
	file->left = NULL;
	mutex_unlock(&lowers_lock);
}

/**
 * ff_lower_get_ibdev() - a lower device to ask something of
 * @name: its name
 * @port: its RoCE v2 port is written here
 *
 * Context: may sleep.
 * Return: the device, to be given back with ib_device_put(), or NULL.
 */
struct ib_device *ff_lower_get_ibdev(const char *name, u32 *port)
{
	struct ib_device *ibdev = NULL;
	struct ff_lower *lower;

	mutex_lock(&lowers_lock);
	lower = find_locked(name);
	if (lower && ib_device_try_get(lower->ibdev)) {
		ibdev = lower->ibdev;
		*port = lower->port;
	}
	mutex_unlock(&lowers_lock);
	return ibdev;
}

/**
 * ff_lower_call() - do something with a lower device
 * @name: its name
 * @fn: called while the device stays; must not call what is declared in lower.h
 * @arg: handed to @fn
 *
 * Context: may sleep.
 * Return: what @fn returned, or -ENODEV.
 */
int ff_lower_call(const char *name, int (*fn)(struct ff_lower *lower, void *arg),
		  void *arg)
{
	struct ff_lower *lower;
	int err;

	mutex_lock(&lowers_lock);
	lower = find_locked(name);
	err = lower ? fn(lower, arg) : -ENODEV;
	mutex_unlock(&lowers_lock);
	return err;
}

/**
 * ff_lower_choose() - settle on which lower device a new device stands
 * @wanted: name that was asked for, or NULL
 * @name: the name is written here, of IB_DEVICE_NAME_MAX bytes
 *
 * Without a wish it is the default one, or else the only one.
 *
 * Return: 0, -ENODEV when it is not there, or -ENOTUNIQ when there are several
 * and none is the default.
 */
int ff_lower_choose(const char *wanted, char *name)
{
	struct ff_lower *lower = NULL;
	int err = -ENODEV;

	mutex_lock(&lowers_lock);
	if (wanted) {
		lower = find_locked(wanted);
	} else if (!list_empty(&lowers)) {
		lower = find_locked(default_name);
		if (!lower && list_is_singular(&lowers))
			lower = list_first_entry(&lowers, struct ff_lower, node);
		if (!lower)
			err = -ENOTUNIQ;
	}
	if (lower) {
		strscpy(name, lower->name, IB_DEVICE_NAME_MAX);
		err = 0;
	}
	mutex_unlock(&lowers_lock);
	return err;
}

static bool is_better_address(const union ib_gid *gid,
			      const struct in6_addr *best)
{
	const struct in6_addr *addr = (const struct in6_addr *)gid;

	return ipv6_addr_any(best) || ipv6_addr_v4mapped(addr) ||
	       ipv6_addr_type(best) & IPV6_ADDR_LINKLOCAL;
}

/*
 * ib_core also has the addresses of what is on top of the NIC's interface, as macvlan,
 * VLAN and ipvlan are: that may be a container's, whose root chooses them.
 */
static bool is_host_gid(const struct ib_gid_attr *attr)
{
	struct net_device *netdev;
	bool is_host;

	rcu_read_lock();
	netdev = rdma_read_gid_attr_ndev_rcu(attr);
	is_host = !IS_ERR(netdev) && net_eq(dev_net(netdev), &init_net);
	rcu_read_unlock();
	return is_host && attr->gid_type == IB_GID_TYPE_ROCE_UDP_ENCAP;
}

/**
 * ff_lower_next_gid() - the next RoCE v2 GID of an interface of the host's own
 * @ibdev: the lower device
 * @port: its port
 * @index: where to begin; is moved behind it
 *
 * Context: any.
 * Return: the GID, for rdma_put_gid_attr(), or NULL.
 */
const struct ib_gid_attr *ff_lower_next_gid(struct ib_device *ibdev, u32 port,
					    u32 *index)
{
	const struct ib_gid_attr *attr;

	while (*index < ibdev->port_data[port].immutable.gid_tbl_len) {
		attr = rdma_get_gid_attr(ibdev, port, (*index)++);
		if (IS_ERR(attr))
			continue;
		if (is_host_gid(attr))
			return attr;
		rdma_put_gid_attr(attr);
	}
	return NULL;
}

/**
 * ff_lower_get_gid() - the GID of an address of the host's
 * @ibdev: the lower device
 * @port: its port
 * @addr: the address
 *
 * Context: any.
 * Return: the GID, for rdma_put_gid_attr(), or NULL.
 */
const struct ib_gid_attr *ff_lower_get_gid(struct ib_device *ibdev, u32 port,
					   const struct in6_addr *addr)
{
	const struct ib_gid_attr *attr;
	u32 i = 0;

	while ((attr = ff_lower_next_gid(ibdev, port, &i))) {
		if (!memcmp(&attr->gid, addr, sizeof(*addr)))
			break;
		rdma_put_gid_attr(attr);
	}
	return attr;
}

/**
 * ff_lower_address() - an address by which this host reaches a lower device
 * @name: the lower device
 * @addr: the address: IPv4 (mapped) if it has one, else global IPv6, else
 *        link-local
 *
 * Return: 0, -ENODEV without the device, -EADDRNOTAVAIL without an address.
 */
int ff_lower_address(const char *name, struct in6_addr *addr)
{
	const struct ib_gid_attr *attr;
	struct ib_device *ibdev;
	u32 port, i = 0;

	ibdev = ff_lower_get_ibdev(name, &port);
	if (!ibdev)
		return -ENODEV;
	*addr = in6addr_any;
	/* No other is better than IPv4, and tables of 1024 entries are usual. */
	while (!ipv6_addr_v4mapped(addr) &&
	       (attr = ff_lower_next_gid(ibdev, port, &i))) {
		if (is_better_address(&attr->gid, addr))
			memcpy(addr, &attr->gid, sizeof(*addr));
		rdma_put_gid_attr(attr);
	}
	ib_device_put(ibdev);
	return ipv6_addr_any(addr) ? -EADDRNOTAVAIL : 0;
}

/* Whether a lower device is reached by an address. Context: may sleep. */
bool ff_lower_has_address(const char *name, const struct in6_addr *addr)
{
	const struct ib_gid_attr *attr;
	struct ib_device *ibdev;
	u32 port;

	ibdev = ff_lower_get_ibdev(name, &port);
	if (!ibdev)
		return false;
	attr = ff_lower_get_gid(ibdev, port, addr);
	if (attr)
		rdma_put_gid_attr(attr);
	ib_device_put(ibdev);
	return attr;
}

/**
 * ff_lower_set_default() - mark or unmark a lower device as the default
 * @name: the lower device
 * @is_default: mark it, or unmark it if it is marked
 *
 * Return: 0, or -ENODEV.
 */
int ff_lower_set_default(const char *name, bool is_default)
{
	struct ff_lower *lower;

	mutex_lock(&lowers_lock);
	lower = find_locked(name);
	if (lower && is_default)
		strscpy(default_name, name, sizeof(default_name));
	else if (lower && !strcmp(name, default_name))
		default_name[0] = '\0';
	mutex_unlock(&lowers_lock);
	return lower ? 0 : -ENODEV;
}

/**
 * ff_lower_find() - tell of one lower device
 * @name: its name, or NULL for the next
 * @from: serial from which on the next is looked for; 0 for the first
 * @info: is filled in
 *
 * Return: whether there is one.
 */
bool ff_lower_find(const char *name, u32 from, struct ff_lower_info *info)
{
	struct ff_lower *lower;
	bool found = false;

	mutex_lock(&lowers_lock);
	list_for_each_entry(lower, &lowers, node) {
		if (name ? !strcmp(lower->name, name) : lower->serial >= from) {
			info->serial = lower->serial;
			strscpy(info->name, lower->name, sizeof(info->name));
			info->is_default = !strcmp(lower->name, default_name);
			found = true;
			break;
		}
	}
	mutex_unlock(&lowers_lock);
	return found;
}

/* Tells the devices on it; it may get another name meanwhile. */
static void port_changed(const struct ff_lower *lower)
{
	char name[IB_DEVICE_NAME_MAX];

	mutex_lock(&lowers_lock);
	strscpy(name, lower->name, sizeof(name));
	mutex_unlock(&lowers_lock);
	ff_dev_lower_changed(name);
}

static void lower_ib_event(struct ib_event_handler *handler,
			   struct ib_event *event)
{
	switch (event->event) {
	case IB_EVENT_PORT_ACTIVE:
	case IB_EVENT_PORT_ERR:
		port_changed(container_of(handler, struct ff_lower, ib_events));
		break;
	default:
		break;
	}
}

static u32 find_roce_port(struct ib_device *ibdev)
{
	u32 port;

	rdma_for_each_port(ibdev, port)
		if (rdma_protocol_roce_udp_encap(ibdev, port))
			return port;
	return 0;
}

static int alloc_guard(struct ff_lower *lower)
{
	lower->guard_pd = ib_alloc_pd(lower->ibdev, 0);
	if (IS_ERR(lower->guard_pd))
		return PTR_ERR(lower->guard_pd);
	lower->guard_mr = ib_alloc_mr(lower->guard_pd, IB_MR_TYPE_MEM_REG, 1);
	if (IS_ERR(lower->guard_mr)) {
		ib_dealloc_pd(lower->guard_pd);
		return PTR_ERR(lower->guard_mr);
	}
	return 0;
}

static void free_guard(struct ff_lower *lower)
{
	ib_dereg_mr(lower->guard_mr);
	ib_dealloc_pd(lower->guard_pd);
}

/* From here on a file can be bound to it. */
static void enter(struct ff_lower *lower)
{
	static u32 last_serial;

	mutex_lock(&lowers_lock);
	strscpy(lower->name, dev_name(&lower->ibdev->dev), sizeof(lower->name));
	lower->serial = ++last_serial;
	list_add_tail(&lower->node, &lowers);
	mutex_unlock(&lowers_lock);
	ff_dev_lower_changed(lower->name);
	ff_netlink_lower_event(FREEFLOW_CMD_LOWER_NEW, lower->name);
}

/* From here on no file can be bound to it; those that are go in works. */
static void leave(struct ff_lower *lower)
{
	struct ff_file *file, *next;

	ff_netlink_lower_event(FREEFLOW_CMD_LOWER_DEL, lower->name);
	mutex_lock(&lowers_lock);
	list_del(&lower->node);
	list_for_each_entry_safe(file, next, &lower->files, lower_node) {
		list_move_tail(&file->lower_node, &file->dev->old_files);
		file->left = lower;
		lower->old_files++;
		ff_file_stop(file);
		queue_work(leave_wq, &file->dev->old_files_work);
	}
	mutex_unlock(&lowers_lock);
}

/* Waits for the commands of the programs. */
static void wait_until_left(struct ff_lower *lower)
{
	wait_event(unbound, !READ_ONCE(lower->old_files));
	/* Who took the last one off has done so. */
	mutex_lock(&lowers_lock);
	mutex_unlock(&lowers_lock);
}

/* Of one device: a program that keeps this waiting does so to its own namespace. */
static void disassociate_old_files(struct work_struct *work)
{
	struct ff_dev *dev = container_of(work, struct ff_dev, old_files_work);
	struct ff_file *file;

	mutex_lock(&lowers_lock);
	while ((file = list_first_entry_or_null(&dev->old_files, struct ff_file,
						lower_node))) {
		ff_file_get(file);
		mutex_unlock(&lowers_lock);
		ff_file_disassociate(file, true);
		ff_file_put(file);
		mutex_lock(&lowers_lock);
	}
	mutex_unlock(&lowers_lock);
}

void ff_lower_init_dev(struct ff_dev *dev)
{
	INIT_LIST_HEAD(&dev->old_files);
	INIT_WORK(&dev->old_files_work, disassociate_old_files);
}

/* No file of the device is bound any more. Context: may sleep. */
void ff_lower_exit_dev(struct ff_dev *dev)
{
	cancel_work_sync(&dev->old_files_work);
}

static struct ib_client lower_client;

static int lower_add(struct ib_device *ibdev)
{
	u32 port = find_roce_port(ibdev);
	struct ff_lower *lower;
	int err;

	if (!port || ff_dev_is_ours(ibdev))
		return -EOPNOTSUPP;
	lower = kzalloc(sizeof(*lower), GFP_KERNEL);
	if (!lower)
		return -ENOMEM;
	lower->ibdev = ibdev;
	lower->port = port;
	INIT_LIST_HEAD(&lower->files);
	INIT_LIST_HEAD(&lower->shares);
	ff_limit_init(&lower->limit, FF_LIMIT_OF_LOWER);
	err = alloc_guard(lower);
	if (err) {
		kfree(lower);
		return err;
	}

	ib_set_client_data(ibdev, &lower_client, lower);
	INIT_IB_EVENT_HANDLER(&lower->ib_events, ibdev, lower_ib_event);
	ib_register_event_handler(&lower->ib_events);
	enter(lower);
	return 0;
}

static void lower_remove(struct ib_device *ibdev, void *client_data)
{
	struct ff_lower *lower = client_data;

	ib_unregister_event_handler(&lower->ib_events);
	leave(lower);
	wait_until_left(lower);
	ff_dev_lower_changed(lower->name);
	ff_limit_exit(&lower->limit);
	free_shares(lower, NULL);
	free_guard(lower);
	kfree(lower);
}

/* Under a lock that keeps all devices of the host: no program is waited for. */
static void lower_rename(struct ib_device *ibdev, void *client_data)
{
	struct ff_lower *lower = client_data;

	leave(lower);
	ff_dev_lower_changed(lower->name);
	enter(lower);
}

static struct ib_client lower_client = {
	.name	= "freeflow",
	.add	= lower_add,
	.remove	= lower_remove,
	.rename	= lower_rename,
};

int ff_lower_init(void)
{
	int err;

	leave_wq = alloc_workqueue("ff_lower", WQ_UNBOUND, 0);
	if (!leave_wq)
		return -ENOMEM;
	err = ib_register_client(&lower_client);
	if (err)
		destroy_workqueue(leave_wq);
	return err;
}

void ff_lower_exit(void)
{
	ib_unregister_client(&lower_client);
	destroy_workqueue(leave_wq);
}
