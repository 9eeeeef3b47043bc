// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "lower.h"
#include "netns.h"

static unsigned int ff_net_id;

struct ff_net_slot {
	struct ff_net *ffnet;
};

/* protects what the namespaces that there are keep, by serial */
static DEFINE_MUTEX(nets_lock);
static DEFINE_XARRAY_ALLOC1(nets);

/**
 * ff_net_peek() - what FreeFlow keeps for a namespace
 * @net: a namespace that the caller holds
 *
 * Return: its ff_net, valid as long as the namespace is held.
 */
struct ff_net *ff_net_peek(const struct net *net)
{
	struct ff_net_slot *slot = net_generic(net, ff_net_id);

	return slot->ffnet;
}

/* As ff_net_peek(), with a reference that may outlive the namespace. */
struct ff_net *ff_net_get(const struct net *net)
{
	struct ff_net *ffnet = ff_net_peek(net);

	kref_get(&ffnet->ref);
	return ffnet;
}

static void ff_net_release(struct kref *ref)
{
	struct ff_net *ffnet = container_of(ref, struct ff_net, ref);

	ff_lower_forget_net(ffnet);
	ff_limit_exit(&ffnet->limit);
	kfree(ffnet);
}

void ff_net_put(struct ff_net *ffnet)
{
	kref_put(&ffnet->ref, ff_net_release);
}

static int add(struct ff_net *ffnet)
{
	static u32 next;
	int err;

	mutex_lock(&nets_lock);
	err = xa_alloc_cyclic(&nets, &ffnet->serial, ffnet, xa_limit_32b, &next,
			      GFP_KERNEL);
	mutex_unlock(&nets_lock);
	return min(err, 0);
}

static int __net_init ff_net_init(struct net *net)
{
	struct ff_net_slot *slot = net_generic(net, ff_net_id);
	struct ff_net *ffnet;
	int err;

	ffnet = kzalloc(sizeof(*ffnet), GFP_KERNEL);
	if (!ffnet)
		return -ENOMEM;
	kref_init(&ffnet->ref);
	ff_quota_init(&ffnet->quota);
	ff_meter_init(&ffnet->meter);
	ff_limit_init(&ffnet->limit, FF_LIMIT_OF_NETNS);
	ffnet->inode = net->ns.inum;
	err = add(ffnet);
	if (err) {
		ff_net_put(ffnet);
		return err;
	}
	slot->ffnet = ffnet;
	return 0;
}

static void __net_exit ff_net_exit(struct net *net)
{
	struct ff_net *ffnet = ff_net_peek(net);

	mutex_lock(&nets_lock);
	xa_erase(&nets, ffnet->serial);
	mutex_unlock(&nets_lock);
	ff_net_put(ffnet);
}

/**
 * ff_net_visit() - visit what is kept for the namespaces, in the order of their making
 * @from: serial of the first; 0 for all; then of the one at which @fn ended the round
 * @fn: what it returns but 0 ends the round
 * @arg: handed to @fn
 *
 * Context: may sleep.
 */
void ff_net_visit(u32 *from, int (*fn)(struct ff_net *ffnet, void *arg), void *arg)
{
	struct ff_net *ffnet;
	unsigned long serial;

	mutex_lock(&nets_lock);
	xa_for_each_start(&nets, serial, ffnet, *from) {
		*from = serial;
		if (fn(ffnet, arg))
			break;
		++*from;
	}
	mutex_unlock(&nets_lock);
}

static struct pernet_operations ff_net_ops = {
	.init = ff_net_init,
	.exit = ff_net_exit,
	.id   = &ff_net_id,
	.size = sizeof(struct ff_net_slot),
};

int ff_netns_init(void)
{
	return register_pernet_subsys(&ff_net_ops);
}

void ff_netns_exit(void)
{
	unregister_pernet_subsys(&ff_net_ops);
}
