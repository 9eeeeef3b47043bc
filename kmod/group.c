// SPDX-License-Identifier: GPL-2.0-only
#include <crypto/blake2s.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "compat/net.h"
#include "dev.h"
#include "file.h"
#include "group.h"
#include "netns.h"
#include "path.h"

/* A group that this host is a member of, for the programs of a network namespace. */
struct ff_group {
	struct hlist_node node;
	const struct ff_lower *lower;
	const struct ff_net *net;
	struct in6_addr addr;
	u32 users;
	struct socket *sock;	/* holds the membership */
};

/* protects groups, by their address, and their users; taken outside the rtnl lock */
static DEFINE_MUTEX(groups_lock);
static DEFINE_HASHTABLE(groups, 10);

/**
 * ff_group_address() - where a virtual group is on the physical network
 * @table: the route table
 * @virt: the virtual group
 * @group: the physical one is written here; the same on every host
 *
 * Context: any.
 */
void ff_group_address(u32 table, const struct in6_addr *virt,
		      struct in6_addr *group)
{
	struct {
		__be32 table;
		struct in6_addr virt;
	} __packed named = { cpu_to_be32(table), *virt };
	ff_blake2s_state state;

	blake2s_init(&state, sizeof(*group));
	blake2s_update(&state, (u8 *)&named, sizeof(named));
	blake2s_final(&state, group->s6_addr);
	/* not a well-known one, and not beyond the link */
	group->s6_addr[0] = 0xff;
	group->s6_addr[1] = 0x12;
}

/* Addresses are hashes themselves. */
static u32 hash(const struct in6_addr *addr)
{
	return (__force u32)addr->s6_addr32[3];
}

static struct ff_group *find_locked(const struct ff_file *file,
				    const struct in6_addr *addr)
{
	struct ff_group *group;

	lockdep_assert_held(&groups_lock);
	hash_for_each_possible(groups, group, node, hash(addr))
		if (group->lower == file->lower &&
		    group->net == file->dev->net &&
		    ipv6_addr_equal(&group->addr, addr))
			return group;
	return NULL;
}

static int become_member(struct ff_group *group)
{
	struct net_device *netdev = ff_path_multicast_netdev(group->lower);
	struct sock *sk;
	int err;

	if (!netdev)
		return -EADDRNOTAVAIL;
	err = sock_create_kern(dev_net(netdev), AF_INET6, SOCK_DGRAM,
			       IPPROTO_UDP, &group->sock);
	if (err)
		goto out_netdev;
	sk = group->sock->sk;
	rtnl_lock();
	lock_sock(sk);
	err = ff_ipv6_sock_mc_join(sk, netdev->ifindex, &group->addr);
	release_sock(sk);
	rtnl_unlock();
	if (err)
		sock_release(group->sock);
out_netdev:
	dev_put(netdev);
	return err;
}

static int add_locked(const struct ff_file *file, const struct in6_addr *addr)
{
	struct ff_net *net = file->dev->net;
	struct ff_group *group;
	int err;

	lockdep_assert_held(&groups_lock);
	err = ff_quota_charge(&net->quota, FREEFLOW_RES_TYPE_MCAST);
	if (err) {
		ff_alert_quota(file->dev, FREEFLOW_RES_TYPE_MCAST);
		return err;
	}
	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group) {
		err = -ENOMEM;
		goto err_quota;
	}
	group->lower = file->lower;
	group->net = net;
	group->addr = *addr;
	group->users = 1;
	err = become_member(group);
	if (err)
		goto err_free;
	hash_add(groups, &group->node, hash(addr));
	return 0;

err_free:
	kfree(group);
err_quota:
	ff_quota_uncharge(&net->quota, FREEFLOW_RES_TYPE_MCAST);
	return err;
}

/**
 * ff_group_join() - have the host get what is sent to a group
 * @file: of the program for which it does, on the interface of its lower device
 * @group: physical address of the group
 *
 * Context: may sleep; takes the rtnl lock.
 * Return: 0, to be undone by ff_group_leave(); -EAGAIN over quota; -EADDRNOTAVAIL
 * when the lower device has no IPv6 address; or the error of the host's network.
 */
int ff_group_join(const struct ff_file *file, const struct in6_addr *group)
{
	struct ff_group *found;
	int err = 0;

	mutex_lock(&groups_lock);
	found = find_locked(file, group);
	if (found)
		found->users++;
	else
		err = add_locked(file, group);
	mutex_unlock(&groups_lock);
	return err;
}

/* Context: may sleep; takes the rtnl lock. */
void ff_group_leave(const struct ff_file *file, const struct in6_addr *group)
{
	struct ff_group *found;

	mutex_lock(&groups_lock);
	found = find_locked(file, group);
	if (!--found->users) {
		hash_del(&found->node);
		sock_release(found->sock);
		kfree(found);
		ff_quota_uncharge(&file->dev->net->quota,
				  FREEFLOW_RES_TYPE_MCAST);
	}
	mutex_unlock(&groups_lock);
}
