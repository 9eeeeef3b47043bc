// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <string.h>

#include "attr.h"
#include "handle.h"
#include "tunnel.h"

static const struct nla_policy tunnel_policy[FREEFLOW_A_TUNNEL_MAX + 1] = {
	[FREEFLOW_A_TUNNEL_PORT]	= FF_POLICY_U16,
	[FREEFLOW_A_TUNNEL_HAS_KEY]	= FF_POLICY_FLAG,
	[FREEFLOW_A_TUNNEL_SENT]	= FF_POLICY_U64,
	[FREEFLOW_A_TUNNEL_RECEIVED]	= FF_POLICY_U64,
	[FREEFLOW_A_TUNNEL_MALFORMED]	= FF_POLICY_U64,
	[FREEFLOW_A_TUNNEL_UNAUTHENTIC]	= FF_POLICY_U64,
	[FREEFLOW_A_TUNNEL_MISROUTED]	= FF_POLICY_U64,
	[FREEFLOW_A_TUNNEL_UNDELIVERED]	= FF_POLICY_U64,
	[FREEFLOW_A_TUNNEL_OVERRUN]	= FF_POLICY_U64,
};

/* Read the tunnel out of a message; 0 or -EBADMSG. */
int ff_tunnel_parse(struct nlmsghdr *nlh, struct ff_tunnel *tunnel)
{
	struct nlattr *attrs[FREEFLOW_A_TUNNEL_MAX + 1];
	int err;

	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_TUNNEL_MAX, tunnel_policy);
	if (err)
		return err;
	if (!attrs[FREEFLOW_A_TUNNEL_PORT])
		return -EBADMSG;
	tunnel->port = nla_get_u16(attrs[FREEFLOW_A_TUNNEL_PORT]);
	tunnel->has_key = attrs[FREEFLOW_A_TUNNEL_HAS_KEY];
	tunnel->sent = ff_attr_u64(attrs[FREEFLOW_A_TUNNEL_SENT]);
	tunnel->received = ff_attr_u64(attrs[FREEFLOW_A_TUNNEL_RECEIVED]);
	tunnel->malformed = ff_attr_u64(attrs[FREEFLOW_A_TUNNEL_MALFORMED]);
	tunnel->unauthentic =
		ff_attr_u64(attrs[FREEFLOW_A_TUNNEL_UNAUTHENTIC]);
	tunnel->misrouted = ff_attr_u64(attrs[FREEFLOW_A_TUNNEL_MISROUTED]);
	tunnel->undelivered =
		ff_attr_u64(attrs[FREEFLOW_A_TUNNEL_UNDELIVERED]);
	tunnel->overrun = ff_attr_u64(attrs[FREEFLOW_A_TUNNEL_OVERRUN]);
	return 0;
}

struct answer {
	struct ff_tunnel *tunnel;
	bool there;
};

static int take_one(struct nlmsghdr *nlh, void *arg)
{
	struct answer *answer = arg;

	answer->there = true;
	return ff_tunnel_parse(nlh, answer->tunnel);
}

/**
 * ff_tunnel_get() - look at the channel between the hosts' modules
 * @handle: from ff_open()
 * @tunnel: where the answer goes
 *
 * Return: 0; -EBADMSG for an answer that makes no sense.
 */
int ff_tunnel_get(struct ff_handle *handle, struct ff_tunnel *tunnel)
{
	struct answer answer = { .tunnel = tunnel };
	struct nl_msg *msg;
	int err;

	memset(tunnel, 0, sizeof(*tunnel));
	msg = ff_request_new(handle, FREEFLOW_CMD_TUNNEL_GET, 0);
	if (!msg)
		return -ENOMEM;
	err = ff_request_do(handle, msg, take_one, &answer);
	return err || answer.there ? err : -EBADMSG;
}

static int put_config(struct nl_msg *msg, const struct ff_tunnel_config *config)
{
	if (config->port &&
	    nla_put_u16(msg, FREEFLOW_A_TUNNEL_PORT, config->port))
		return -EMSGSIZE;
	if (config->key && nla_put(msg, FREEFLOW_A_TUNNEL_KEY,
				   FREEFLOW_TUNNEL_KEY_LEN, config->key))
		return -EMSGSIZE;
	if (config->no_key && nla_put_flag(msg, FREEFLOW_A_TUNNEL_NO_KEY))
		return -EMSGSIZE;
	return 0;
}

/**
 * ff_tunnel_set() - change port or key of the channel between the modules
 * @handle: from ff_open()
 * @config: what to change
 *
 * Return: 0; -EPERM; -EADDRINUSE when the port is taken; -EINVAL for nothing to
 * change, or for a key and none at once.
 */
int ff_tunnel_set(struct ff_handle *handle,
		  const struct ff_tunnel_config *config)
{
	struct nl_msg *msg;
	int err;

	msg = ff_request_new(handle, FREEFLOW_CMD_TUNNEL_SET, 0);
	if (!msg)
		return -ENOMEM;
	err = put_config(msg, config);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return ff_request_do(handle, msg, NULL, NULL);
}
