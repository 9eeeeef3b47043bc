// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "lower.h"
#include "netns.h"

static unsigned int ff_net_id;

struct ff_net_slot {
	struct ff_net *ffnet;
};

/**
 * ff_net_peek() - what FreeFlow keeps for a namespace
 * @net: a namespace that the caller holds, or has found under net_rwsem
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

static int __net_init ff_net_init(struct net *net)
{
	struct ff_net_slot *slot = net_generic(net, ff_net_id);

	slot->ffnet = kzalloc(sizeof(*slot->ffnet), GFP_KERNEL);
	if (!slot->ffnet)
		return -ENOMEM;
	kref_init(&slot->ffnet->ref);
	ff_quota_init(&slot->ffnet->quota);
	ff_meter_init(&slot->ffnet->meter);
	ff_limit_init(&slot->ffnet->limit, FF_LIMIT_OF_NETNS);
	slot->ffnet->inode = net->ns.inum;
	return 0;
}

static void __net_exit ff_net_exit(struct net *net)
{
	ff_net_put(ff_net_peek(net));
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
