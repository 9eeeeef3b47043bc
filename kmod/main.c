// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "chardev.h"
#include "dev.h"
#include "gsi.h"
#include "lower.h"
#include "mw-pages.h"
#include "netlink.h"
#include "netns.h"
#include "peer.h"
#include "rdma-link.h"
#include "route.h"
#include "tunnel.h"

static int __init ff_init(void)
{
	int err;

	ff_peers_init();
	err = ff_netns_init();
	if (err)
		return err;
	err = ff_route_init();
	if (err)
		goto err_netns;
	err = ff_chardev_init();
	if (err)
		goto err_route;
	err = ff_lower_init();
	if (err)
		goto err_chardev;
	err = ff_gsi_init();
	if (err)
		goto err_lower;
	err = ff_dev_init();
	if (err)
		goto err_gsi;
	err = ff_tunnel_init();
	if (err)
		goto err_dev;
	ff_rdma_link_init();
	err = ff_netlink_init();
	if (err)
		goto err_link;
	return 0;

err_link:
	ff_rdma_link_exit();
	ff_tunnel_exit();
err_dev:
	ff_dev_exit();
err_gsi:
	ff_gsi_exit();
err_lower:
	ff_lower_exit();
err_chardev:
	ff_chardev_exit();
err_route:
	ff_route_exit();
err_netns:
	ff_netns_exit();
	return err;
}

static void __exit ff_exit(void)
{
	ff_netlink_exit();
	ff_rdma_link_exit();
	ff_tunnel_exit();
	ff_dev_exit();
	ff_gsi_exit();
	ff_lower_exit();
	ff_chardev_exit();
	ff_route_exit();
	ff_netns_exit();
	ff_mw_pages_exit();
}

module_init(ff_init);
module_exit(ff_exit);

MODULE_DESCRIPTION("FreeFlow: virtual RDMA devices for containers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
