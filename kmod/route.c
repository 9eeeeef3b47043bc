// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitmap.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "dev.h"
#include "netlink.h"
#include "peer.h"
#include "route.h"
#include "trace.h"

struct ff_route {
	struct rhash_head node;
	struct ff_route_key key;
	struct in6_addr host;
	bool external;
	u8 proto;
	struct ff_dev *dev;		/* of a local address */
	struct list_head dev_node;	/* in dev->locals */
	struct rcu_head rcu;
};

static const struct rhashtable_params route_params = {
	.head_offset = offsetof(struct ff_route, node),
	.key_offset = offsetof(struct ff_route, key),
	.key_len = sizeof(struct ff_route_key),
	.automatic_shrinking = true,
};

/* Changes happen under routes_lock, look-ups under RCU. */
static DEFINE_MUTEX(routes_lock);
static struct rhashtable routes;
static u32 len_count[FF_ROUTE_LOCAL + 1];
static DECLARE_BITMAP(lens_in_use, FF_ROUTE_LOCAL + 1);

static void count_len(u32 len, int by)
{
	lockdep_assert_held(&routes_lock);
	len_count[len] += by;
	if (len_count[len])
		set_bit(len, lens_in_use);
	else
		clear_bit(len, lens_in_use);
}

static struct ff_route *find(const struct ff_route_key *key)
{
	return rhashtable_lookup(&routes, key, route_params);
}

static struct ff_route *find_locked(const struct ff_route_key *key)
{
	return rhashtable_lookup_fast(&routes, key, route_params);
}

/* -EEXIST when there is one for this very key. */
static int insert(struct ff_route *route)
{
	int err = rhashtable_lookup_insert_fast(&routes, &route->node,
						route_params);

	if (!err)
		count_len(route->key.len, 1);
	return err;
}

static void erase(struct ff_route *route)
{
	rhashtable_remove_fast(&routes, &route->node, route_params);
	count_len(route->key.len, -1);
	kfree_rcu(route, rcu);
}

static void describe(const struct ff_route *route, struct ff_route_info *info)
{
	info->key = route->key;
	info->host = route->host;
	info->external = route->external;
	info->proto = route->proto;
	if (route->dev) {
		strscpy(info->local_dev, route->dev->ibdev.name,
			sizeof(info->local_dev));
		strscpy(info->local_lower, route->dev->lower_name,
			sizeof(info->local_lower));
	}
}

/* Told under routes_lock, so that events have the order of the changes. */
static void tell(u8 cmd, const struct ff_route *route)
{
	struct ff_route_info info;

	lockdep_assert_held(&routes_lock);
	if (!ff_netlink_is_heard())
		return;
	memset(&info, 0, sizeof(info));
	describe(route, &info);
	ff_netlink_route_event(cmd, &info);
}

/**
 * ff_route_lookup() - where a virtual address is
 * @table: the route table
 * @addr: the virtual address
 * @info: the route is described here
 *
 * Context: any.
 * Return: 0, or -ENETUNREACH without a route.
 */
int ff_route_lookup(u32 table, const struct in6_addr *addr,
		    struct ff_route_info *info)
{
	struct ff_route_key key = { .table = table };
	struct ff_route *route = NULL;
	u32 above = FF_ROUTE_LOCAL + 1;
	int err;

	rcu_read_lock();
	while (!route) {
		u32 len = find_last_bit(lens_in_use, above);

		if (len >= above)
			break;
		key.len = len;
		ipv6_addr_prefix(&key.prefix, addr, min(len, 128U));
		route = find(&key);
		above = len;
	}
	if (route)
		describe(route, info);
	rcu_read_unlock();
	err = route ? 0 : -ENETUNREACH;
	trace_ff_route_lookup(table, addr, route ? &info->host : &in6addr_any,
			      err);
	return err;
}

/**
 * ff_route_may_lead_to() - whether an address can be that of a host
 * @host: the address
 *
 * It is unicast, and by itself says which host it is of: a link-local address does
 * not say on which link.
 *
 * Context: any.
 */
bool ff_route_may_lead_to(const struct in6_addr *host)
{
	const int type = ipv6_addr_type(host);
	const __be32 v4 = host->s6_addr32[3];

	if (type == IPV6_ADDR_MAPPED)
		return !ipv4_is_multicast(v4) && !ipv4_is_lbcast(v4) &&
		       !ipv4_is_zeronet(v4) && !ipv4_is_loopback(v4);
	return type & IPV6_ADDR_UNICAST &&
	       !(type & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK));
}

static struct ff_route *alloc_route(const struct ff_route_info *info)
{
	struct ff_route *route;

	route = kzalloc(sizeof(*route), GFP_KERNEL);
	if (!route)
		return NULL;
	route->key = info->key;
	route->host = info->host;
	route->external = info->external;
	route->proto = info->proto ?: FREEFLOW_ROUTE_PROTO_STATIC;
	INIT_LIST_HEAD(&route->dev_node);
	return route;
}

/**
 * ff_route_new() - add a route, or change it
 * @info: key, host, external and proto are used; proto 0 is that of an
 *	administrator, who may replace everybody's routes
 * @replace: change a route of this key and proto if there is one
 *
 * QPs that are connected through an address of the prefix, which now is at
 * another host, go to the error state.
 *
 * Context: may sleep.
 * Return: 0, -EEXIST when there is one and it may not be changed, -ENOMEM.
 */
int ff_route_new(const struct ff_route_info *info, bool replace)
{
	struct ff_route *route, *old = NULL;
	int err;

	route = alloc_route(info);
	if (!route)
		return -ENOMEM;

	mutex_lock(&routes_lock);
	err = insert(route);
	if (err == -EEXIST && replace)
		old = find_locked(&info->key);
	if (old && (!info->proto || info->proto == old->proto))
		err = rhashtable_replace_fast(&routes, &old->node, &route->node,
					      route_params);
	if (!err)
		tell(FREEFLOW_CMD_ROUTE_NEW, route);
	mutex_unlock(&routes_lock);

	if (err) {
		kfree(route);
		return err;
	}
	if (old)
		kfree_rcu(old, rcu);
	ff_peer_route_changed(&info->key);
	return 0;
}

/**
 * ff_route_del() - delete a route; connected QPs keep working
 * @key: table and prefix
 * @proto: who made it, or 0 for anybody
 *
 * Context: may sleep.
 * Return: 0, or -ESRCH when there is none.
 */
int ff_route_del(const struct ff_route_key *key, u8 proto)
{
	struct ff_route *route;

	mutex_lock(&routes_lock);
	route = find_locked(key);
	if (route && proto && route->proto != proto)
		route = NULL;
	if (route) {
		tell(FREEFLOW_CMD_ROUTE_DEL, route);
		erase(route);
	}
	mutex_unlock(&routes_lock);
	return route ? 0 : -ESRCH;
}

/* Routes that a walk visits before it lets others run. */
#define FF_WALK_BATCH 256

/*
 * Erases the routes of a table and a proto (or all) that a walk meets. A walk
 * that rests passes over some: walk until it meets none. Returns whether it met
 * any.
 */
static bool erase_met(const u32 *table, u8 proto)
{
	struct rhashtable_iter iter;
	struct ff_route *route;
	bool erased = false;
	u32 visited = 0;

	lockdep_assert_held(&routes_lock);
	rhashtable_walk_enter(&routes, &iter);
	rhashtable_walk_start(&iter);
	while ((route = rhashtable_walk_next(&iter))) {
		if (IS_ERR(route))	/* resized: it begins anew */
			continue;
		if (!route->dev && (!table || route->key.table == *table) &&
		    (!proto || route->proto == proto)) {
			erase(route);
			erased = true;
		}
		if (++visited % FF_WALK_BATCH == 0) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
	return erased;
}

/**
 * ff_route_flush() - delete all routes of a table, but local addresses
 * @table: the table, or NULL for all
 * @proto: who made them, or 0 for all
 *
 * Context: may sleep.
 */
void ff_route_flush(const u32 *table, u8 proto)
{
	bool erased;

	do {
		mutex_lock(&routes_lock);
		erased = erase_met(table, proto);
		if (!erased)
			ff_netlink_flush_event(table, proto);
		mutex_unlock(&routes_lock);
	} while (erased);
}

static void set_local_key(struct ff_route_key *key, u32 table,
			  const struct in6_addr *addr)
{
	key->table = table;
	key->len = FF_ROUTE_LOCAL;
	key->prefix = *addr;
}

/**
 * ff_route_local_rcu() - the device of this host that has an address
 * @table: the route table
 * @addr: the virtual address
 *
 * Context: any; under the RCU read lock, under which the device is there.
 * Return: the device, or NULL.
 */
struct ff_dev *ff_route_local_rcu(u32 table, const struct in6_addr *addr)
{
	struct ff_route_key key;
	struct ff_route *route;

	set_local_key(&key, table, addr);
	route = find(&key);
	return route ? route->dev : NULL;
}

/**
 * ff_route_get_local() - the device of this host that has an address
 * @table: the route table
 * @addr: the virtual address
 *
 * Context: any.
 * Return: the device, which stays registered until ff_dev_put(), or NULL.
 */
struct ff_dev *ff_route_get_local(u32 table, const struct in6_addr *addr)
{
	struct ff_dev *dev = NULL;
	struct ff_route_key key;
	struct ff_route *route;

	set_local_key(&key, table, addr);
	rcu_read_lock();
	route = find(&key);
	if (route && ib_device_try_get(&route->dev->ibdev))
		dev = route->dev;
	rcu_read_unlock();
	return dev;
}

/**
 * ff_route_local_add() - an address appeared on a virtual device
 * @dev: the device
 * @addr: the address
 *
 * Context: may sleep.
 * Return: 0, -EEXIST when another device of the table has it, -ENOMEM.
 */
int ff_route_local_add(struct ff_dev *dev, const struct in6_addr *addr)
{
	struct ff_route_info info = { .proto = FREEFLOW_ROUTE_PROTO_KERNEL };
	struct ff_route *route;
	int err;

	set_local_key(&info.key, dev->table, addr);
	route = alloc_route(&info);
	if (!route)
		return -ENOMEM;
	route->dev = dev;

	mutex_lock(&routes_lock);
	route->key.table = dev->table;
	err = insert(route);
	if (!err) {
		info.key = route->key;
		list_add_tail(&route->dev_node, &dev->locals);
		tell(FREEFLOW_CMD_ROUTE_NEW, route);
	}
	mutex_unlock(&routes_lock);

	if (err)
		kfree(route);
	else
		ff_peer_route_changed(&info.key);
	return err;
}

void ff_route_local_del(struct ff_dev *dev, const struct in6_addr *addr)
{
	struct ff_route *route;

	mutex_lock(&routes_lock);
	list_for_each_entry(route, &dev->locals, dev_node)
		if (ipv6_addr_equal(&route->key.prefix, addr)) {
			tell(FREEFLOW_CMD_ROUTE_DEL, route);
			list_del(&route->dev_node);
			erase(route);
			break;
		}
	mutex_unlock(&routes_lock);
}

static bool all_free_locked(struct ff_dev *dev, u32 table)
{
	struct ff_route_key key;
	struct ff_route *route;

	lockdep_assert_held(&routes_lock);
	list_for_each_entry(route, &dev->locals, dev_node) {
		set_local_key(&key, table, &route->key.prefix);
		if (find_locked(&key))
			return false;
	}
	return true;
}

/* Copies of the device's local routes, for another table. */
static int copy_locals(struct ff_dev *dev, u32 table, struct list_head *copies)
{
	struct ff_route *route, *copy;

	lockdep_assert_held(&routes_lock);
	list_for_each_entry(route, &dev->locals, dev_node) {
		copy = kmemdup(route, sizeof(*route), GFP_KERNEL);
		if (!copy)
			return -ENOMEM;
		copy->key.table = table;
		list_add_tail(&copy->dev_node, copies);
	}
	return 0;
}

static void drop_list(struct list_head *list)
{
	struct ff_route *route, *tmp;

	list_for_each_entry_safe(route, tmp, list, dev_node)
		kfree(route);
}

/* Inserts all copies, or none: then those not inserted are left in the list. */
static int insert_copies(struct list_head *copies)
{
	struct ff_route *route, *tmp;
	LIST_HEAD(inserted);
	int err;

	list_for_each_entry_safe(route, tmp, copies, dev_node) {
		err = insert(route);
		if (err)
			goto err_undo;
		list_move_tail(&route->dev_node, &inserted);
	}
	list_splice(&inserted, copies);
	return 0;

err_undo:
	list_for_each_entry_safe(route, tmp, &inserted, dev_node)
		erase(route);
	return err;
}

/**
 * ff_route_local_move() - move a device and its addresses to another table
 * @dev: the device, which no program has open
 * @table: the table
 *
 * Context: may sleep.
 * Return: 0, -EADDRINUSE when the table holds one of the addresses, -ENOMEM.
 */
int ff_route_local_move(struct ff_dev *dev, u32 table)
{
	const struct ff_route_key all = { .table = table };
	struct ff_route *route, *tmp;
	LIST_HEAD(copies);
	int err = 0;

	mutex_lock(&routes_lock);
	if (dev->table == table)
		goto out_unlock;
	err = all_free_locked(dev, table) ? 0 : -EADDRINUSE;
	if (!err)
		err = copy_locals(dev, table, &copies);
	if (!err)
		err = insert_copies(&copies);
	if (err) {
		drop_list(&copies);
		goto out_unlock;
	}
	list_for_each_entry_safe(route, tmp, &dev->locals, dev_node) {
		tell(FREEFLOW_CMD_ROUTE_DEL, route);
		erase(route);
	}
	list_replace(&copies, &dev->locals);
	list_for_each_entry(route, &dev->locals, dev_node)
		tell(FREEFLOW_CMD_ROUTE_NEW, route);
	dev->table = table;
out_unlock:
	mutex_unlock(&routes_lock);
	if (!err)
		ff_peer_route_changed(&all);
	return err;
}

void ff_route_walk_enter(struct rhashtable_iter *iter)
{
	rhashtable_walk_enter(&routes, iter);
}

/**
 * ff_route_walk() - visit routes, from where the last visit stopped
 * @iter: from ff_route_walk_enter(); ends with rhashtable_walk_exit()
 * @fn: called under RCU; what it returns but 0 ends the visit, and the next
 *      one begins with the same route
 * @arg: handed to @fn
 *
 * Return: 0 at the end, or what @fn returned.
 */
int ff_route_walk(struct rhashtable_iter *iter,
		  int (*fn)(const struct ff_route_info *info, void *arg),
		  void *arg)
{
	struct ff_route *route;
	int err = 0;

	rhashtable_walk_start(iter);
	route = rhashtable_walk_peek(iter);
	while (route && !err) {
		struct ff_route_info info = {};

		if (!IS_ERR(route)) {
			describe(route, &info);
			err = fn(&info, arg);
			if (err)
				break;
		}
		route = rhashtable_walk_next(iter);
	}
	rhashtable_walk_stop(iter);
	return err;
}

int ff_route_init(void)
{
	return rhashtable_init(&routes, &route_params);
}

static void free_route(void *ptr, void *arg)
{
	kfree(ptr);
}

void ff_route_exit(void)
{
	rhashtable_free_and_destroy(&routes, free_route, NULL);
}
