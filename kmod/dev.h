/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtual RDMA device: an ib_device on a container's network interface. */
#ifndef FF_DEV_H
#define FF_DEV_H

#include <linux/netdevice.h>
#include <linux/xarray.h>
#include <rdma/ib_verbs.h>

#include <uapi/freeflow.h>

#include "alert.h"
#include "limit.h"
#include "meter.h"
#include "priority.h"

struct ff_abi;
struct ff_chardev;
struct ff_gsi;
struct ff_net;

/* A virtual device has one port. */
#define FF_PORT 1

struct ff_dev {
	struct ib_device ibdev;
	struct list_head list;		/* in the list of devices */
	struct net_device *netdev;	/* counted */
	netdevice_tracker netdev_tracker;
	struct ff_net *net;		/* counted */
	struct ff_limit limit;
	struct ff_priority priority;
	unsigned int netns_inode;
	const struct ff_abi *abi;
	enum freeflow_datapath datapath;
	char lower_name[IB_DEVICE_NAME_MAX];
	u32 serial;			/* of all devices ever made; orders the list */
	u32 table;			/* changes under the route lock, while idle */
	struct list_head locals;	/* its addresses, see route.c */
	struct ff_gsi __rcu *gsi;
	struct xarray qpns;		/* of its QPs, see tenant.c */
	struct list_head old_files;	/* on a lower device that left, see lower.c */
	struct work_struct old_files_work;
	struct ff_chardev *chardev;	/* protected by the list's lock */
	char node[16];			/* name of the character device; "" before it comes */
	struct workqueue_struct *work;	/* that a program may keep waiting */
	bool announced;			/* its arrival was told */
	bool gone;			/* all that it carried, too */
	bool port_up;			/* protected by the list's lock */
	struct ff_meter meter;
	bool per_qp;			/* QPs count for themselves, see qp-meter.h */
	struct ff_alert alerts[FF_ALERTS];
};

struct ff_dev_config {
	const char *name;
	const char *lower;	/* or NULL */
	const struct net *net;	/* held; in which the interface was found */
	u32 table;
	enum freeflow_datapath datapath;
	struct ff_priority priority;
};

static inline struct ff_dev *to_ff_dev(struct ib_device *ibdev)
{
	return container_of(ibdev, struct ff_dev, ibdev);
}

bool ff_dev_is_ours(const struct ib_device *ibdev);
int ff_dev_create(const struct ff_dev_config *config, struct net_device *netdev,
		  struct netlink_ext_ack *extack);
struct ff_dev *ff_dev_get(const char *name);
void ff_dev_put(struct ff_dev *dev);
int ff_dev_delete_and_put(struct ff_dev *dev);
int ff_dev_set_table(struct ff_dev *dev, u32 table);
void ff_dev_set_chardev(struct ff_dev *dev, struct ff_chardev *chardev);
void ff_dev_lower_changed(const char *lower_name);
u32 ff_dev_count_on(const char *lower_name);
int ff_dev_visit(u32 *from, int (*fn)(struct ff_dev *dev, void *arg),
		    void *arg);
enum freeflow_dev_state ff_dev_state(struct ff_dev *dev);

int ff_dev_init(void);
void ff_dev_exit(void);

#endif /* FF_DEV_H */
