// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.h"
#include "tunnel.h"
#include "tunnel-key.h"

const struct nla_policy ff_tunnel_policy[FREEFLOW_A_TUNNEL_MAX + 1] = {
	[FREEFLOW_A_TUNNEL_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[FREEFLOW_A_TUNNEL_KEY] = NLA_POLICY_EXACT_LEN(FREEFLOW_TUNNEL_KEY_LEN),
	[FREEFLOW_A_TUNNEL_NO_KEY] = { .type = NLA_FLAG },
};

static int put_counter(struct sk_buff *skb, int attr, const atomic64_t *counter)
{
	return nla_put_u64_64bit(skb, attr, atomic64_read(counter),
				 FREEFLOW_A_TUNNEL_PAD);
}

static int fill_tunnel(struct sk_buff *skb, const void *object)
{
	const struct ff_tunnel_counters *counters = object;

	if (nla_put_u16(skb, FREEFLOW_A_TUNNEL_PORT, ff_tunnel_port()) ||
	    (ff_tunnel_key_is_set() &&
	     nla_put_flag(skb, FREEFLOW_A_TUNNEL_HAS_KEY)) ||
	    put_counter(skb, FREEFLOW_A_TUNNEL_SENT, &counters->sent) ||
	    put_counter(skb, FREEFLOW_A_TUNNEL_RECEIVED, &counters->received) ||
	    put_counter(skb, FREEFLOW_A_TUNNEL_MALFORMED,
			&counters->malformed) ||
	    put_counter(skb, FREEFLOW_A_TUNNEL_UNAUTHENTIC,
			&counters->unauthentic) ||
	    put_counter(skb, FREEFLOW_A_TUNNEL_MISROUTED,
			&counters->misrouted) ||
	    put_counter(skb, FREEFLOW_A_TUNNEL_UNDELIVERED,
			&counters->undelivered) ||
	    put_counter(skb, FREEFLOW_A_TUNNEL_OVERRUN, &counters->overrun))
		return -EMSGSIZE;
	return 0;
}

int ff_netlink_tunnel_get(struct sk_buff *skb, struct genl_info *info)
{
	return ff_netlink_reply(info, FREEFLOW_CMD_TUNNEL_GET, fill_tunnel,
				&ff_tunnel_counters);
}

static int check_request(struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[FREEFLOW_A_TUNNEL_KEY] && attrs[FREEFLOW_A_TUNNEL_NO_KEY]) {
		NL_SET_ERR_MSG(info->extack, "either a key or none");
		return -EINVAL;
	}
	if (!attrs[FREEFLOW_A_TUNNEL_PORT] && !attrs[FREEFLOW_A_TUNNEL_KEY] &&
	    !attrs[FREEFLOW_A_TUNNEL_NO_KEY]) {
		NL_SET_ERR_MSG(info->extack,
			       "nothing to set: name a port or a key");
		return -EINVAL;
	}
	return 0;
}

static int set_key(struct genl_info *info)
{
	struct nlattr *key = info->attrs[FREEFLOW_A_TUNNEL_KEY];
	int err;

	if (!key && !info->attrs[FREEFLOW_A_TUNNEL_NO_KEY])
		return 0;
	err = ff_tunnel_key_set(key ? nla_data(key) : NULL);
	if (err)
		NL_SET_ERR_MSG(info->extack,
			       "the kernel cannot compute HMAC-SHA256");
	return err;
}

int ff_netlink_tunnel_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *port = info->attrs[FREEFLOW_A_TUNNEL_PORT];
	int err = check_request(info);

	if (!err && port) {
		err = ff_tunnel_set_port(nla_get_u16(port));
		if (err)
			NL_SET_ERR_MSG_ATTR(info->extack, port,
					    "the UDP port cannot be had");
	}
	if (!err)
		err = set_key(info);
	if (!err)
		ff_netlink_event(FREEFLOW_CMD_TUNNEL_SET, fill_tunnel,
				 &ff_tunnel_counters);
	return err;
}
