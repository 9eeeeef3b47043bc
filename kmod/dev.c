// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/addrconf.h>
#include <net/net_namespace.h>
#include <rdma/ib_cache.h>

#include "abi.h"
#include "chardev.h"
#include "dev.h"
#include "gsi.h"
#include "hw-stat.h"
#include "kverbs.h"
#include "lower.h"
#include "netlink.h"
#include "netns.h"
#include "port.h"
#include "route.h"

/* Work items of a device that may wait for its programs' memory at a time. */
#define WORKERS 16

/* How long one who deletes a device waits for a program's command that keeps it. */
#define LET_GO_S 20

/*
 * protects the list, its members' chardev, node and port_up. A member is there from
 * before it is registered until it is freed: use it under ff_dev_get().
 */
static DEFINE_MUTEX(devs_lock);
static LIST_HEAD(devs);

/* Devices that are not in the list any more and not yet gone. */
static atomic_t leaving = ATOMIC_INIT(0);

/* Who waits for one of them to be gone. */
static DECLARE_WAIT_QUEUE_HEAD(gone_wait);

static int ff_add_gid(const struct ib_gid_attr *attr, void **context)
{
	struct ff_dev *dev = to_ff_dev(attr->device);

	return ff_route_local_add(dev, (const struct in6_addr *)&attr->gid);
}

static int ff_del_gid(const struct ib_gid_attr *attr, void **context)
{
	struct ff_dev *dev = to_ff_dev(attr->device);

	ff_route_local_del(dev, (const struct in6_addr *)&attr->gid);
	return 0;
}

static int join_netns(struct ff_dev *dev, const struct net *net)
{
	int err;

	dev->net = ff_net_get(net);
	err = ff_meter_begin(&dev->meter, &dev->net->meter, 0);
	if (err)
		ff_net_put(dev->net);
	return err;
}

/* The namespace keeps what the device counted. */
static void leave_netns(struct ff_dev *dev)
{
	ff_meter_end(&dev->meter);
	ff_net_put(dev->net);
}

/* Its presence lets "rdma dev set NAME netns NS" move the device. */
static void ff_disassociate_ucontext(struct ib_ucontext *ucontext)
{
}

static void ff_dealloc_driver(struct ib_device *ibdev)
{
	struct ff_dev *dev = to_ff_dev(ibdev);

	ff_alerts_end(dev);
	if (dev->announced)
		ff_netlink_dev_event(FREEFLOW_CMD_DEV_DEL, dev);
	mutex_lock(&devs_lock);
	list_del(&dev->list);
	atomic_inc(&leaving);
	mutex_unlock(&devs_lock);
	ff_lower_exit_dev(dev);
	ff_limit_exit(&dev->limit);
	netdev_put(dev->netdev, &dev->netdev_tracker);
	leave_netns(dev);
	destroy_workqueue(dev->work);
	WRITE_ONCE(dev->gone, true);
	wake_up_all(&gone_wait);
	if (atomic_dec_and_test(&leaving))
		wake_up_var(&leaving);
}

static const struct ib_device_ops ff_dev_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_UNKNOWN,

	.add_gid = ff_add_gid,
	.dealloc_driver = ff_dealloc_driver,
	.del_gid = ff_del_gid,
	.disassociate_ucontext = ff_disassociate_ucontext,
};

bool ff_dev_is_ours(const struct ib_device *ibdev)
{
	return ibdev->ops.add_gid == ff_add_gid;
}

static bool port_is_up(const struct ff_dev *dev)
{
	enum ib_port_state state = IB_PORT_DOWN;
	struct ib_device *ibdev;
	u32 port;

	ibdev = ff_lower_get_ibdev(dev->lower_name, &port);
	if (ibdev) {
		ib_get_cached_port_state(ibdev, port, &state);
		ib_device_put(ibdev);
	}
	return state == IB_PORT_ACTIVE && netif_running(dev->netdev) &&
	       netif_carrier_ok(dev->netdev);
}

/* Tells the users of a device when its port went up or down. */
static void port_update(struct ff_dev *dev)
{
	struct ib_event event = {
		.device = &dev->ibdev,
		.element.port_num = FF_PORT,
	};
	bool up = port_is_up(dev);

	lockdep_assert_held(&devs_lock);
	if (dev->port_up == up || !ib_device_try_get(&dev->ibdev))
		return;
	dev->port_up = up;
	event.event = up ? IB_EVENT_PORT_ACTIVE : IB_EVENT_PORT_ERR;
	ib_dispatch_event(&event);
	ib_device_put(&dev->ibdev);
}

/**
 * ff_dev_lower_changed() - a lower device came, went, or its port changed
 * @lower_name: its name
 *
 * Context: may sleep.
 */
void ff_dev_lower_changed(const char *lower_name)
{
	struct ff_dev *dev;

	mutex_lock(&devs_lock);
	list_for_each_entry(dev, &devs, list)
		if (!strcmp(dev->lower_name, lower_name))
			port_update(dev);
	mutex_unlock(&devs_lock);
}

u32 ff_dev_count_on(const char *lower_name)
{
	struct ff_dev *dev;
	u32 count = 0;

	mutex_lock(&devs_lock);
	list_for_each_entry(dev, &devs, list)
		count += !strcmp(dev->lower_name, lower_name);
	mutex_unlock(&devs_lock);
	return count;
}

enum freeflow_dev_state ff_dev_state(struct ff_dev *dev)
{
	struct ib_device *ibdev;
	u32 port;

	ibdev = ff_lower_get_ibdev(dev->lower_name, &port);
	if (!ibdev)
		return FREEFLOW_DEV_STATE_NO_LOWER;
	ib_device_put(ibdev);
	return port_is_up(dev) ? FREEFLOW_DEV_STATE_ACTIVE :
				 FREEFLOW_DEV_STATE_DOWN;
}

/* Unless somebody else is about to have it go. */
static void leave(struct ff_dev *dev)
{
	if (ib_device_try_get(&dev->ibdev)) {
		ib_unregister_device_queued(&dev->ibdev);
		ib_device_put(&dev->ibdev);
	}
}

static int ff_netdev_event(struct notifier_block *nb, unsigned long event,
			   void *arg)
{
	struct net_device *netdev = netdev_notifier_info_to_dev(arg);
	struct ff_dev *dev;

	mutex_lock(&devs_lock);
	list_for_each_entry(dev, &devs, list) {
		if (dev->netdev != netdev)
			continue;
		if (event == NETDEV_UNREGISTER) {
			/* Also when it moves to another namespace. */
			leave(dev);
		} else {
			port_update(dev);
		}
	}
	mutex_unlock(&devs_lock);
	return NOTIFY_OK;
}

static struct notifier_block ff_netdev_notifier = {
	.notifier_call = ff_netdev_event,
};

static bool netdev_has_dev_locked(const struct net_device *netdev)
{
	struct ff_dev *dev;

	lockdep_assert_held(&devs_lock);
	list_for_each_entry(dev, &devs, list)
		if (dev->netdev == netdev)
			return true;
	return false;
}

/*
 * Puts a new device into the list, where it holds its netdev for itself; on behalf of
 * the namespace that was meant, wherever the interface is by now.
 */
static int enlist(struct ff_dev *dev, struct net_device *netdev,
		  const struct net *net)
{
	static u32 last_serial;
	int err = -EEXIST;

	mutex_lock(&devs_lock);
	if (!netdev_has_dev_locked(netdev))
		err = join_netns(dev, net);
	if (!err) {
		netdev_hold(netdev, &dev->netdev_tracker, GFP_KERNEL);
		dev->netdev = netdev;
		dev->netns_inode = net->ns.inum;
		dev->serial = ++last_serial;
		list_add_tail(&dev->list, &devs);
	}
	mutex_unlock(&devs_lock);
	return err;
}

static void setup(struct ff_dev *dev, const struct ff_dev_config *config,
		  const struct net_device *netdev)
{
	struct ib_device *ibdev = &dev->ibdev;

	dev->abi = ff_abi_find(config->datapath);
	dev->datapath = config->datapath;
	dev->table = config->table;
	INIT_LIST_HEAD(&dev->locals);
	xa_init(&dev->qpns);
	ff_lower_init_dev(dev);
	ff_limit_init(&dev->limit, FF_LIMIT_OF_DEV);
	dev->priority = config->priority;
	ibdev->node_type = RDMA_NODE_IB_CA;
	ibdev->phys_port_cnt = 1;
	ibdev->num_comp_vectors = 1;
	strscpy(ibdev->node_desc, "freeflow", sizeof(ibdev->node_desc));
	addrconf_addr_eui48((u8 *)&ibdev->node_guid, netdev->dev_addr);
	ib_set_device_ops(ibdev, &ff_dev_ops);
	ib_set_device_ops(ibdev, &ff_port_ops);
	ib_set_device_ops(ibdev, &ff_kverbs_ops);
	ib_set_device_ops(ibdev, &ff_gsi_ops);
	ib_set_device_ops(ibdev, &ff_hw_stat_ops);
	ff_alerts_init(dev);
}

static int choose_lower(struct ff_dev *dev, const char *wanted,
			struct netlink_ext_ack *extack)
{
	int err = ff_lower_choose(wanted, dev->lower_name);

	if (err == -ENOTUNIQ) {
		NL_SET_ERR_MSG(extack,
			       "several lower devices: name one, or mark one as default");
		err = -ENODEV;
	} else if (err) {
		NL_SET_ERR_MSG(extack,
			       "no such lower device with kernel verbs and a RoCE v2 port");
	}
	return err;
}

static void announce(struct ff_dev *dev)
{
	if (!ib_device_try_get(&dev->ibdev))
		return;
	dev->announced = true;
	ff_netlink_dev_event(FREEFLOW_CMD_DEV_NEW, dev);
	ib_device_put(&dev->ibdev);
}

/* Whether the interface is still where it was found. */
static bool is_in_place(const struct ff_dev *dev,
			const struct net_device *netdev)
{
	bool in_place;

	rtnl_lock();
	in_place = netdev->reg_state == NETREG_REGISTERED &&
		   dev_net(netdev)->ns.inum == dev->netns_inode;
	rtnl_unlock();
	return in_place;
}

static bool has_node(const struct ff_dev *dev)
{
	bool has;

	mutex_lock(&devs_lock);
	has = dev->node[0];
	mutex_unlock(&devs_lock);
	return has;
}

/* Settles whether a device that was just registered stays. */
static int confirm(struct ff_dev *dev, const struct net_device *netdev,
		   struct netlink_ext_ack *extack)
{
	/* ib_core does not tell of a client that could not take it. */
	if (!has_node(dev)) {
		NL_SET_ERR_MSG(extack, "there is no memory, or no number, for its node");
		return -ENOMEM;
	}
	/* ff_netdev_event() was called before the device could leave. */
	if (!is_in_place(dev, netdev)) {
		NL_SET_ERR_MSG(extack, "the interface has gone meanwhile");
		return -ENODEV;
	}
	return 0;
}

/**
 * ff_dev_create() - make a virtual device
 * @config: what it shall be
 * @netdev: the interface whose addresses become its virtual addresses; held
 * @extack: a refusal is explained here; may be NULL
 *
 * Context: may sleep.
 * Return: 0; -EEXIST when the name is taken or the interface has a device;
 * -ENODEV without a lower device, or when the interface goes or moves; -EINVAL
 * for an interface that cannot serve; -ENOMEM, also when there are no more nodes.
 */
int ff_dev_create(const struct ff_dev_config *config, struct net_device *netdev,
		  struct netlink_ext_ack *extack)
{
	struct ff_dev *dev;
	int err;

	if (netdev->type != ARPHRD_ETHER || netdev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG(extack, "the interface is not an Ethernet one");
		return -EINVAL;
	}
	dev = ib_alloc_device(ff_dev, ibdev);
	if (!dev)
		return -ENOMEM;
	setup(dev, config, netdev);
	err = choose_lower(dev, config->lower, extack);
	if (err)
		goto err_free;
	/* There is no room for more of the name. */
	dev->work = alloc_workqueue("ff_dev/%.12s", WQ_UNBOUND | WQ_HIGHPRI,
				    WORKERS, config->name);
	if (!dev->work) {
		err = -ENOMEM;
		goto err_free;
	}
	err = enlist(dev, netdev, config->net);
	if (err == -EEXIST)
		NL_SET_ERR_MSG(extack,
			       "the interface already has a virtual device");
	if (err)
		goto err_work;

	err = ib_device_set_netdev(&dev->ibdev, netdev, FF_PORT);
	if (err)
		goto err_dealloc;
	/* Once registered it may be deleted by others at any time. */
	get_device(&dev->ibdev.dev);
	err = ib_register_device(&dev->ibdev, config->name, NULL);
	if (err)
		goto err_put;
	err = confirm(dev, netdev, extack);
	if (err)
		leave(dev);
	else
		announce(dev);
	put_device(&dev->ibdev.dev);
	return err;

err_put:
	put_device(&dev->ibdev.dev);
	if (err == -ENFILE) {
		NL_SET_ERR_MSG(extack, "an RDMA device of this name exists");
		err = -EEXIST;
	}
err_dealloc:
	ib_dealloc_device(&dev->ibdev);
	return err;

err_work:
	destroy_workqueue(dev->work);
err_free:
	/* Not in the list: nothing of ff_dealloc_driver() applies yet. */
	dev->ibdev.ops.dealloc_driver = NULL;
	ib_dealloc_device(&dev->ibdev);
	return err;
}

/**
 * ff_dev_get() - a registered virtual device by name
 * @name: its name
 *
 * Context: may sleep.
 * Return: the device, which stays registered until ff_dev_put(), or NULL.
 */
struct ff_dev *ff_dev_get(const char *name)
{
	struct ff_dev *dev, *found = NULL;

	mutex_lock(&devs_lock);
	list_for_each_entry(dev, &devs, list)
		if (!strcmp(dev->ibdev.name, name) &&
		    ib_device_try_get(&dev->ibdev)) {
			found = dev;
			break;
		}
	mutex_unlock(&devs_lock);
	return found;
}

void ff_dev_put(struct ff_dev *dev)
{
	ib_device_put(&dev->ibdev);
}

/**
 * ff_dev_delete_and_put() - have a device go, and with it all that it carries
 * @dev: from ff_dev_get()
 *
 * A program may keep a command from ending for as long as it likes, and with it the
 * device. Who deletes it may hold a lock of the whole host, as netlink does, and does
 * not wait for that.
 *
 * Context: may sleep.
 * Return: 0 when it has gone; -EINPROGRESS when it goes later, or a signal came.
 */
int ff_dev_delete_and_put(struct ff_dev *dev)
{
	long left;

	get_device(&dev->ibdev.dev);
	ib_unregister_device_queued(&dev->ibdev);
	ib_device_put(&dev->ibdev);
	left = wait_event_killable_timeout(gone_wait, READ_ONCE(dev->gone),
					   LET_GO_S * HZ);
	/* What ib_core still does with it thereafter waits for nobody. */
	if (left > 0)
		ib_unregister_device(&dev->ibdev);
	put_device(&dev->ibdev.dev);
	return left > 0 ? 0 : -EINPROGRESS;
}

/**
 * ff_dev_visit() - visit the registered devices, in the order in which they were made
 * @from: serial of the first; 0 for all
 * @fn: called under the list's lock; what it returns but 0 ends the round, and the
 *      next one begins with this device, if it is there still
 * @arg: handed to @fn
 *
 * Context: may sleep.
 * Return: 0 at the end of the list, or what @fn returned.
 */
int ff_dev_visit(u32 *from, int (*fn)(struct ff_dev *dev, void *arg),
		    void *arg)
{
	struct ff_dev *dev;
	int err = 0;

	mutex_lock(&devs_lock);
	list_for_each_entry(dev, &devs, list) {
		if (dev->serial < *from || !dev->node[0] ||
		    !ib_device_try_get(&dev->ibdev))
			continue;
		err = fn(dev, arg);
		ib_device_put(&dev->ibdev);
		*from = dev->serial + !err;
		if (err)
			break;
	}
	mutex_unlock(&devs_lock);
	return err;
}

/* Called when the character device comes and, with NULL, when it goes. */
void ff_dev_set_chardev(struct ff_dev *dev, struct ff_chardev *chardev)
{
	mutex_lock(&devs_lock);
	dev->chardev = chardev;
	if (chardev) {
		strscpy(dev->node, ff_chardev_name(chardev), sizeof(dev->node));
		dev->port_up = port_is_up(dev);
	}
	mutex_unlock(&devs_lock);
}

/**
 * ff_dev_set_table() - move a device and its addresses to another route table
 * @dev: the device
 * @table: the table
 *
 * Context: may sleep.
 * Return: 0; -EBUSY while a program has it open; -EADDRINUSE when the table
 * holds an address of the device already.
 */
int ff_dev_set_table(struct ff_dev *dev, u32 table)
{
	int err;

	mutex_lock(&devs_lock);
	if (!dev->chardev)
		err = -EBUSY;
	else if (!ff_chardev_lock_idle(dev->chardev))
		err = -EBUSY;
	else {
		err = ff_route_local_move(dev, table);
		ff_chardev_unlock(dev->chardev);
	}
	mutex_unlock(&devs_lock);
	return err;
}

int ff_dev_init(void)
{
	return register_netdevice_notifier(&ff_netdev_notifier);
}

/* The memory of any device that is left, also of one on its way out. */
static struct ff_dev *hold_any(void)
{
	struct ff_dev *dev;

	mutex_lock(&devs_lock);
	dev = list_first_entry_or_null(&devs, struct ff_dev, list);
	if (dev)
		get_device(&dev->ibdev.dev);
	mutex_unlock(&devs_lock);
	return dev;
}

/* Nothing makes devices any more. */
void ff_dev_exit(void)
{
	struct ff_dev *dev;

	unregister_netdevice_notifier(&ff_netdev_notifier);
	while ((dev = hold_any())) {
		/* Waits if ib_core is unregistering it already. */
		ib_unregister_device(&dev->ibdev);
		put_device(&dev->ibdev.dev);
	}
	/* ib_core's own work may be at one that was found no more. */
	wait_var_event(&leaving, !atomic_read(&leaving));
}
