// SPDX-License-Identifier: GPL-2.0-only
#include <net/net_namespace.h>

#include "chardev.h"
#include "compat/compat.h"
#include "dev.h"
#include "file.h"
#include "lower.h"
#include "netlink.h"
#include "netns.h"
#include "qp.h"

const struct nla_policy ff_limit_policy[FREEFLOW_A_LIMIT_MAX + 1] = {
	[FREEFLOW_A_LIMIT_DEV] = { .type = NLA_NUL_STRING,
				   .len = IB_DEVICE_NAME_MAX - 1 },
	[FREEFLOW_A_LIMIT_QPN] = { .type = NLA_U32 },
	[FREEFLOW_A_LIMIT_NETNS_FD] = { .type = NLA_U32 },
	[FREEFLOW_A_LIMIT_RATE] = { .type = NLA_U64 },
	[FREEFLOW_A_LIMIT_BURST] = { .type = NLA_U64 },
	[FREEFLOW_A_LIMIT_LOWER] = { .type = NLA_NUL_STRING,
				     .len = IB_DEVICE_NAME_MAX - 1 },
	[FREEFLOW_A_LIMIT_WEIGHT] = { .type = NLA_U32 },
};

/* Whose limit it is. */
static int fill_owner(struct sk_buff *skb, const struct ff_limit *limit)
{
	const struct ff_lower *lower;
	const struct ff_qp *qp;

	switch (limit->scope) {
	case FF_LIMIT_OF_LOWER:
		lower = container_of(limit, struct ff_lower, limit);
		return nla_put_string(skb, FREEFLOW_A_LIMIT_LOWER, lower->name);
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

	if (fill_owner(skb, limit) ||
	    (ff_limit_has_weight(limit) &&
	     nla_put_u32(skb, FREEFLOW_A_LIMIT_WEIGHT,
			 READ_ONCE(limit->weight))))
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

/*
 * Sets a limit whose owner stays meanwhile, or without terms clears it, and tells
 * of it.
 */
static int apply(struct genl_info *info, struct ff_limit *limit,
		 const struct ff_limit_terms *terms)
{
	if (terms) {
		ff_limit_set(limit, terms);
		ff_netlink_event(FREEFLOW_CMD_LIMIT_SET, fill_limit, limit);
		return 0;
	}
	if (ff_limit_clear(limit)) {
		NL_SET_ERR_MSG(info->extack, "no limit is set there");
		return -ENOENT;
	}
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

static int apply_to_qp(struct genl_info *info, const struct ff_limit_terms *terms)
{
	struct search search = {
		.dev = nla_data(info->attrs[FREEFLOW_A_LIMIT_DEV]),
		.qpn = nla_get_u32(info->attrs[FREEFLOW_A_LIMIT_QPN]),
	};
	u32 from = 0;
	int err;

	ff_dev_visit(&from, find_in_dev, &search);
	if (!search.dev_found)
		return no_such_dev(info);
	if (!search.qp)
		return no_such_qp(info);
	mutex_lock(&search.qp->facts_lock);
	err = search.qp->leaving ? no_such_qp(info) :
				   apply(info, &search.qp->flow.own, terms);
	mutex_unlock(&search.qp->facts_lock);
	ff_qp_release(search.qp);
	return err;
}

static int apply_to_dev(struct genl_info *info, const struct ff_limit_terms *terms)
{
	struct ff_dev *dev;
	int err;

	dev = ff_dev_get(nla_data(info->attrs[FREEFLOW_A_LIMIT_DEV]));
	if (!dev)
		return no_such_dev(info);
	err = apply(info, &dev->limit, terms);
	ff_dev_put(dev);
	return err;
}

static int apply_to_netns(struct genl_info *info, const struct ff_limit_terms *terms)
{
	struct net *net;
	int err;

	net = ff_netlink_get_netns(info->attrs[FREEFLOW_A_LIMIT_NETNS_FD],
				   info);
	if (IS_ERR(net))
		return PTR_ERR(net);
	err = apply(info, &ff_net_peek(net)->limit, terms);
	put_net(net);
	return err;
}

struct lower_request {
	struct genl_info *info;
	const struct ff_limit_terms *terms;
};

static int apply_to_found_lower(struct ff_lower *lower, void *arg)
{
	const struct lower_request *request = arg;

	return apply(request->info, &lower->limit, request->terms);
}

static int apply_to_lower(struct genl_info *info,
			  const struct ff_limit_terms *terms)
{
	struct nlattr *name = info->attrs[FREEFLOW_A_LIMIT_LOWER];
	struct lower_request request = { .info = info, .terms = terms };
	int err;

	err = ff_lower_call(nla_data(name), apply_to_found_lower, &request);
	if (err == -ENODEV)
		NL_SET_ERR_MSG_ATTR(info->extack, name,
				    "no lower device of this name");
	return err;
}

static int check_target(struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;

	if (!!attrs[FREEFLOW_A_LIMIT_DEV] + !!attrs[FREEFLOW_A_LIMIT_NETNS_FD] +
	    !!attrs[FREEFLOW_A_LIMIT_LOWER] != 1) {
		NL_SET_ERR_MSG(info->extack,
			       "a limit is of a device, a network namespace or a lower device: name one");
		return -EINVAL;
	}
	if (attrs[FREEFLOW_A_LIMIT_QPN] && !attrs[FREEFLOW_A_LIMIT_DEV]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[FREEFLOW_A_LIMIT_QPN],
				    "a QP is named with its device");
		return -EINVAL;
	}
	if (attrs[FREEFLOW_A_LIMIT_WEIGHT] && !attrs[FREEFLOW_A_LIMIT_NETNS_FD]) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[FREEFLOW_A_LIMIT_WEIGHT],
				    "a weight is that of a network namespace");
		return -EINVAL;
	}
	return 0;
}

static int apply_to_named(struct genl_info *info,
			  const struct ff_limit_terms *terms)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[FREEFLOW_A_LIMIT_NETNS_FD])
		return apply_to_netns(info, terms);
	if (attrs[FREEFLOW_A_LIMIT_LOWER])
		return apply_to_lower(info, terms);
	return attrs[FREEFLOW_A_LIMIT_QPN] ? apply_to_qp(info, terms) :
					     apply_to_dev(info, terms);
}

/* Of a limit for which none is named. */
static u64 default_burst(u64 rate)
{
	u64 bytes = div_u64(rate * FREEFLOW_LIMIT_BURST_DEFAULT_MS, MSEC_PER_SEC);

	return max_t(u64, bytes, FREEFLOW_LIMIT_BURST_DEFAULT_MIN);
}

static int parse_rate(struct genl_info *info, struct ff_limit_terms *terms)
{
	struct nlattr *rate = info->attrs[FREEFLOW_A_LIMIT_RATE];
	struct nlattr *burst = info->attrs[FREEFLOW_A_LIMIT_BURST];

	terms->rate = nla_get_u64(rate);
	if (terms->rate < FREEFLOW_LIMIT_RATE_MIN ||
	    terms->rate > FREEFLOW_LIMIT_RATE_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, rate,
				    "a rate is 1000 to 2^40 bytes a second");
		return -ERANGE;
	}
	terms->burst = burst ? nla_get_u64(burst) : default_burst(terms->rate);
	if (!terms->burst || terms->burst > FREEFLOW_LIMIT_BURST_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, burst,
				    "a burst is 1 to 2^36 bytes");
		return -ERANGE;
	}
	return 0;
}

static int parse_weight(struct genl_info *info, struct ff_limit_terms *terms)
{
	struct nlattr *weight = info->attrs[FREEFLOW_A_LIMIT_WEIGHT];

	terms->weight = nla_get_u32(weight);
	if (terms->weight < FREEFLOW_LIMIT_WEIGHT_MIN ||
	    terms->weight > FREEFLOW_LIMIT_WEIGHT_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, weight,
				    "a weight is 1 to 10000");
		return -ERANGE;
	}
	return 0;
}

static int parse_terms(struct genl_info *info, struct ff_limit_terms *terms)
{
	struct nlattr **attrs = info->attrs;
	int err = 0;

	if (!attrs[FREEFLOW_A_LIMIT_RATE] && attrs[FREEFLOW_A_LIMIT_BURST]) {
		NL_SET_ERR_MSG(info->extack, "a burst needs a rate");
		return -EINVAL;
	}
	if (!attrs[FREEFLOW_A_LIMIT_RATE] && !attrs[FREEFLOW_A_LIMIT_WEIGHT]) {
		NL_SET_ERR_MSG(info->extack,
			       "a limit needs a rate, or a namespace a weight");
		return -EINVAL;
	}
	if (attrs[FREEFLOW_A_LIMIT_RATE])
		err = parse_rate(info, terms);
	if (!err && attrs[FREEFLOW_A_LIMIT_WEIGHT])
		err = parse_weight(info, terms);
	return err;
}

int ff_netlink_limit_set(struct sk_buff *skb, struct genl_info *info)
{
	struct ff_limit_terms terms = {};

	return check_target(info) ?: parse_terms(info, &terms) ?:
	       apply_to_named(info, &terms);
}

int ff_netlink_limit_del(struct sk_buff *skb, struct genl_info *info)
{
	return check_target(info) ?: apply_to_named(info, NULL);
}
