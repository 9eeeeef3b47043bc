// SPDX-License-Identifier: GPL-2.0-only
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>
#include <rdma/rdma_netlink.h>

#include "dev.h"
#include "rdma-link.h"

/* The namespace of an interface, to be put, or NULL. */
static struct net *get_netns(const struct net_device *netdev)
{
	struct net *net;

	rtnl_lock();
	net = maybe_get_net(dev_net(netdev));
	rtnl_unlock();
	return net;
}

static int ff_newlink(const char *name, struct net_device *netdev)
{
	struct net *net = get_netns(netdev);
	struct ff_dev_config config = {
		.name = name,
		.net = net,
		.datapath = FREEFLOW_DATAPATH_SYSCALL,
		.priority = FF_PRIORITY_NONE,
	};
	int err;

	if (!net)
		return -ENODEV;
	err = ff_dev_create(&config, netdev, NULL);
	put_net(net);
	return err;
}

static struct rdma_link_ops ff_link_ops = {
	.type = "freeflow",
	.newlink = ff_newlink,
};

void ff_rdma_link_init(void)
{
	rdma_link_register(&ff_link_ops);
}

/* Waits for those that are being made. */
void ff_rdma_link_exit(void)
{
	rdma_link_unregister(&ff_link_ops);
}

MODULE_ALIAS_RDMA_LINK("freeflow");
