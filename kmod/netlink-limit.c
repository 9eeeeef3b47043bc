// SPDX-License-Identifier: GPL-2.0-only
#include <net/net_namespace.h>

#include "chardev.h"
#include "compat/compat.h"
#include "dev.h"
#include "file.h"
#include "netlink.h"
#include "netns.h"
#include "qp.h"

/* The burst if none is named: what passes in 10 ms, but as much as this. */
#define BURST_MIN 16384

const struct nla_policy ff_limit_policy[FREEFLOW_A_LIMIT_MAX + 1] = {
	[FREEFLOW_A_LIMIT_DEV] = { .type = NLA_NUL_STRING,
				   .len = IB_DEVICE_NAME_MAX - 1 },
	[FREEFLOW_A_LIMIT_QPN] = { .type = NLA_U32 },
	[FREEFLOW_A_LIMIT_NETNS_FD] = { .type = NLA_U32 },
	[FREEFLOW_A_LIMIT_RATE] = { .type = NLA_U64 },
	[FREEFLOW_A_LIMIT_BURST] = { .type = NLA_U64 },
};

/* Whose limit it is. */
static int fill_owner(struct sk_buff *skb, const struct ff_limit *limit)
{
	const struct ff_qp *qp;

	switch (limit->scope) {
	case FF_LIMIT_OF_NETNS:
		return nla_put_u32(skb, FREEFLOW_A_LIMIT_NETNS_INODE,
				   container_of(limit, struct ff_net,
						limit)->inode);
	case FF_LIMIT_OF_DEV:
		return nla_put_string(skb, FREEFLOW_A_LIMIT_DEV,
				      container_of(limit, struct ff_dev,
						   limit)->ibdev.name);
	case FF_LIMIT_OF_QP:
	default:
		qp = container_of(limit, struct ff_qp, flow.own);
		return nla_put_string(skb, FREEFLOW_A_LIMIT_DEV,
				      qp->obj.file->dev->ibdev.name) ?:
		       nla_put_u32(skb, FREEFLOW_A_LIMIT_QPN,
				   qp->qpn);
	}
}

static int fill_limit(struct sk_buff *skb, const void *object)
{
	const struct ff_limit *limit = object;

	if (fill_owner(skb, limit))
		return -EMSGSIZE;
	if (!ff_limit_is_set(limit))
		return 0;
	if (nla_put_u64_64bit(skb, FREEFLOW_A_LIMIT_RATE, limit->rate,
			      FREEFLOW_A_LIMIT_PAD) ||
	    nla_put_u64_64bit(skb, FREEFLOW_A_LIMIT_BURST, limit->burst,
			      FREEFLOW_A_LIMIT_PAD) ||
	    nla_put_u32(skb, FREEFLOW_A_LIMIT_WAITING,
			READ_ONCE(limit->waiting)))
		return -EMSGSIZE;
	return 0;
}

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

static int dump_one(const struct ff_limit *limit, void *arg)
{
	struct dump *dump = arg;

	return ff_netlink_dump_one(dump->skb, dump->cb, FREEFLOW_CMD_LIMIT_GET,
				   fill_limit, limit);
}

int ff_netlink_limit_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump dump = { .skb = skb, .cb = cb };
	u32 id = cb->args[0];

	ff_limit_visit(&id, dump_one, &dump);
	cb->args[0] = id;
	return skb->len;
}

/* A QP that is looked for by its number, on a device. */
struct search {
	const char *dev;
	u32 qpn;
	bool dev_found;
	struct ff_qp *qp;	/* its memory is held */
};

static int find_in_file(struct ff_file *file, void *arg)
{
	struct search *search = arg;
	unsigned long handle;
	struct ff_obj *obj;
	struct ff_qp *qp;

	rcu_read_lock();
	xa_for_each(&file->objs, handle, obj) {
		if (obj->kind != &ff_qp_kind || obj->gone)
			continue;
		qp = container_of(obj, struct ff_qp, obj);
		if (qp->qpn == search->qpn && ff_qp_hold(qp)) {
			search->qp = qp;
			break;
		}
	}
	rcu_read_unlock();
	return search->qp ? 1 : 0;
}

static int find_in_dev(struct ff_dev *dev, void *arg)
{
	struct search *search = arg;

	if (strcmp(dev->ibdev.name, search->dev))
		return 0;
	search->dev_found = true;
	if (dev->chardev)
		ff_chardev_visit_files(dev->chardev, 0, find_in_file, search);
	return 1;
}

/* What a request asks for; a rate of 0 means: no limit. */
struct wish {
	u64 rate;
	u64 burst;
};

/* Sets or clears a limit whose owner stays meanwhile, and tells of it. */
static int apply(struct genl_info *info, struct ff_limit *limit,
		 const struct wish *wish)
{
	if (wish->rate) {
		ff_limit_set(limit, wish->rate, wish->burst);
		ff_netlink_event(FREEFLOW_CMD_LIMIT_SET, fill_limit, limit);
		return 0;
	}
	if (!ff_limit_is_set(limit)) {
		NL_SET_ERR_MSG(info->extack, "no limit is set there");
		return -ENOENT;
	}
	ff_limit_clear(limit);
	ff_netlink_event(FREEFLOW_CMD_LIMIT_DEL, fill_limit, limit);
	return 0;
}

static int no_such_dev(struct genl_info *info)
{
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[FREEFLOW_A_LIMIT_DEV],
			    "no virtual device of this name");
	return -ENODEV;
}

static int no_such_qp(struct genl_info *info)
{
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[FREEFLOW_A_LIMIT_QPN],
			    "the device has no QP of this number");
	return -ENOENT;
}

static int apply_to_qp(struct genl_info *info, const struct wish *wish)
{
	struct search search = {
		.dev = nla_data(info->attrs[FREEFLOW_A_LIMIT_DEV]),
		.qpn = nla_get_u32(info->attrs[FREEFLOW_A_LIMIT_QPN]),
	};
	u32 pos = 0;
	int err;

	ff_dev_visit(&pos, find_in_dev, &search);
	if (!search.dev_found)
		return no_such_dev(info);
	if (!search.qp)
		return no_such_qp(info);
	mutex_lock(&search.qp->lock);
	/* While the lower one is there, so is the device. */
	err = search.qp->lower ? apply(info, &search.qp->flow.own, wish) :
				 no_such_qp(info);
	mutex_unlock(&search.qp->lock);
	ff_qp_release(search.qp);
	return err;
}

static int apply_to_dev(struct genl_info *info, const struct wish *wish)
{
	struct ff_dev *dev;
	int err;

	dev = ff_dev_get(nla_data(info->attrs[FREEFLOW_A_LIMIT_DEV]));
	if (!dev)
		return no_such_dev(info);
	err = apply(info, &dev->limit, wish);
	ff_dev_put(dev);
	return err;
}

static int apply_to_netns(struct genl_info *info, const struct wish *wish)
{
	struct net *net;
	int err;

	net = ff_netlink_get_netns(info->attrs[FREEFLOW_A_LIMIT_NETNS_FD],
				   info);
	if (IS_ERR(net))
		return PTR_ERR(net);
	err = apply(info, &ff_net_peek(net)->limit, wish);
	put_net(net);
	return err;
}

static int apply_to_named(struct genl_info *info, const struct wish *wish)
{
	struct nlattr **attrs = info->attrs;

	if (!attrs[FREEFLOW_A_LIMIT_DEV] == !attrs[FREEFLOW_A_LIMIT_NETNS_FD]) {
		NL_SET_ERR_MSG(info->extack,
			       "a limit is of a device or of a network namespace: name one");
		return -EINVAL;
	}
	if (attrs[FREEFLOW_A_LIMIT_NETNS_FD]) {
		if (!attrs[FREEFLOW_A_LIMIT_QPN])
			return apply_to_netns(info, wish);
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[FREEFLOW_A_LIMIT_QPN],
				    "a QP is named with its device");
		return -EINVAL;
	}
	return attrs[FREEFLOW_A_LIMIT_QPN] ? apply_to_qp(info, wish) :
					     apply_to_dev(info, wish);
}

static int parse_wish(struct genl_info *info, struct wish *wish)
{
	struct nlattr *rate = info->attrs[FREEFLOW_A_LIMIT_RATE];
	struct nlattr *burst = info->attrs[FREEFLOW_A_LIMIT_BURST];

	if (!rate) {
		NL_SET_ERR_MSG(info->extack, "a limit needs a rate");
		return -EINVAL;
	}
	wish->rate = nla_get_u64(rate);
	if (wish->rate < FREEFLOW_LIMIT_RATE_MIN ||
	    wish->rate > FREEFLOW_LIMIT_RATE_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, rate,
				    "a rate is 1000 to 2^40 bytes a second");
		return -ERANGE;
	}
	wish->burst = burst ? nla_get_u64(burst) :
			      max_t(u64, div_u64(wish->rate, 100), BURST_MIN);
	if (!wish->burst || wish->burst > FREEFLOW_LIMIT_BURST_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, burst,
				    "a burst is 1 to 2^36 bytes");
		return -ERANGE;
	}
	return 0;
}

int ff_netlink_limit_set(struct sk_buff *skb, struct genl_info *info)
{
	struct wish wish;

	return parse_wish(info, &wish) ?: apply_to_named(info, &wish);
}

int ff_netlink_limit_del(struct sk_buff *skb, struct genl_info *info)
{
	const struct wish none = {};

	return apply_to_named(info, &none);
}
