// SPDX-License-Identifier: GPL-2.0-only
#include <linux/completion.h>
#include <linux/hashtable.h>
#include <linux/random.h>
#include <linux/xarray.h>
#include <net/ipv6.h>

#include "dev.h"
#include "lower.h"
#include "route.h"
#include "tenant.h"
#include "trace.h"
#include "tunnel.h"

/* The first wait for an answer, doubled each time, and how often it is asked. */
#define FF_ASK_FIRST_MS 20
#define FF_ASK_TRIES 7

/* A question under way, on the stack of who asks. */
struct ff_ask {
	struct hlist_node node;
	struct ff_tunnel_path path;
	struct ff_tunnel_ask body;
	struct completion done;
	u32 verdict;
};

/* protects asks, by their nonce */
static DEFINE_SPINLOCK(asks_lock);
static DEFINE_HASHTABLE(asks, 8);

/**
 * ff_tenant_own() - a device has a new QP
 * @dev: the device
 * @qpn: number of the QP at the device's lower device
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ff_tenant_own(struct ff_dev *dev, u32 qpn)
{
	return xa_err(xa_store(&dev->qpns, qpn, xa_mk_value(0), GFP_KERNEL));
}

/* Before the number can be given to another QP. */
void ff_tenant_disown(struct ff_dev *dev, u32 qpn)
{
	xa_erase(&dev->qpns, qpn);
}

/* Whether a QP is one of a device's. Context: any. */
bool ff_tenant_owns(struct ff_dev *dev, u32 qpn)
{
	return xa_load(&dev->qpns, qpn);
}

static enum ff_tunnel_verdict judge_local(u32 table, const struct in6_addr *addr,
					  u32 qpn)
{
	enum ff_tunnel_verdict verdict = FF_TUNNEL_NO_SUCH_QP;
	struct ff_dev *dev = ff_route_get_local(table, addr);

	if (!dev)
		return FF_TUNNEL_NO_SUCH_ADDRESS;
	if (ff_tenant_owns(dev, qpn))
		verdict = FF_TUNNEL_QP_IS_THERE;
	ff_dev_put(dev);
	return verdict;
}

/* The number is that of a QP of one lower device: the one at this address. */
static bool is_reached_at(const struct ff_tunnel_path *path)
{
	struct ff_dev *dev = ff_route_get_local(path->table, &path->dst);
	bool reached;

	if (!dev)
		return false;
	reached = ff_lower_has_address(dev->lower_name, &path->here);
	ff_dev_put(dev);
	return reached;
}

/**
 * ff_tenant_asked() - another host asks about a QP of this one
 * @path: of the question
 * @ask: the question
 *
 * Context: may sleep.
 */
void ff_tenant_asked(const struct ff_tunnel_path *path,
		     const struct ff_tunnel_ask *ask)
{
	struct ff_tunnel_answer answer = {
		.nonce = ask->nonce,
		.qpn = ask->qpn,
	};
	struct ff_tunnel_path back = *path;
	enum ff_tunnel_verdict verdict = FF_TUNNEL_NO_SUCH_ADDRESS;

	if (is_reached_at(path))
		verdict = judge_local(path->table, &path->dst,
				      be32_to_cpu(ask->qpn));
	answer.verdict = cpu_to_be32(verdict);
	back.src = path->dst;
	back.dst = path->src;
	ff_tunnel_send(&back, FF_TUNNEL_ANSWER, &answer);
}

static bool is_answer_to(const struct ff_ask *ask,
			 const struct ff_tunnel_path *path,
			 const struct ff_tunnel_answer *answer)
{
	return ask->body.nonce == answer->nonce &&
	       ask->body.qpn == answer->qpn && ask->path.table == path->table &&
	       ipv6_addr_equal(&ask->path.peer, &path->peer) &&
	       ipv6_addr_equal(&ask->path.src, &path->dst) &&
	       ipv6_addr_equal(&ask->path.dst, &path->src);
}

/**
 * ff_tenant_answered() - another host answers
 * @path: of the answer
 * @answer: the answer
 *
 * Context: may sleep.
 * Return: whether it was waited for.
 */
bool ff_tenant_answered(const struct ff_tunnel_path *path,
			const struct ff_tunnel_answer *answer)
{
	bool awaited = false;
	struct ff_ask *ask;

	spin_lock(&asks_lock);
	hash_for_each_possible(asks, ask, node, (__force u64)answer->nonce) {
		if (!is_answer_to(ask, path, answer))
			continue;
		ask->verdict = be32_to_cpu(answer->verdict);
		complete(&ask->done);
		awaited = true;
		break;
	}
	spin_unlock(&asks_lock);
	return awaited;
}

/* Asks until there is an answer, a signal, or no use in asking more. */
static long ask_repeatedly(struct ff_ask *ask)
{
	unsigned int wait_ms = FF_ASK_FIRST_MS;
	long left = 0;
	int i;

	for (i = 0; i < FF_ASK_TRIES && !left; i++) {
		ff_tunnel_send(&ask->path, FF_TUNNEL_ASK, &ask->body);
		left = wait_for_completion_killable_timeout(&ask->done,
							    msecs_to_jiffies(wait_ms));
		wait_ms *= 2;
	}
	return left;
}

static int judge_remote(struct ff_dev *dev, const struct ff_tenant_claim *claim,
			enum ff_tunnel_verdict *verdict)
{
	struct ff_ask ask = {
		.path = {
			.table = dev->table,
			.src = claim->src,
			.dst = claim->dst,
			.peer = claim->host,
			.ifindex = ff_lower_ifindex(dev->lower_name),
		},
		.body = {
			.nonce = (__force __be64)get_random_u64(),
			.qpn = cpu_to_be32(claim->qpn),
		},
	};
	long left;

	init_completion(&ask.done);
	spin_lock(&asks_lock);
	hash_add(asks, &ask.node, (__force u64)ask.body.nonce);
	spin_unlock(&asks_lock);

	left = ask_repeatedly(&ask);

	spin_lock(&asks_lock);
	hash_del(&ask.node);
	spin_unlock(&asks_lock);
	if (left < 0)
		return -EINTR;
	if (!left)
		return -ETIMEDOUT;
	*verdict = ask.verdict;
	return 0;
}

static int judge(struct ff_dev *dev, const struct ff_tenant_claim *claim)
{
	enum ff_tunnel_verdict verdict;
	struct ff_route_info route = {};
	int err;

	err = ff_route_lookup(dev->table, &claim->dst, &route);
	if (err || route.external)
		return err;
	if (route.key.len == FF_ROUTE_LOCAL)
		verdict = judge_local(dev->table, &claim->dst, claim->qpn);
	else
		err = judge_remote(dev, claim, &verdict);
	if (err)
		return err;

	switch (verdict) {
	case FF_TUNNEL_QP_IS_THERE:
		return 0;
	case FF_TUNNEL_NO_SUCH_ADDRESS:
		return -EHOSTUNREACH;
	case FF_TUNNEL_NO_SUCH_QP:
		break;
	}
	return -EACCES;
}

/**
 * ff_tenant_check() - may a QP be connected to what it names?
 * @dev: device of the QP
 * @claim: from where and to what it shall be connected
 *
 * Context: may sleep; waits for the peer's host, at most some two seconds.
 * Return: 0, also for a peer behind an external route; -EACCES when the peer's
 * address has no such QP; -EHOSTUNREACH when the peer's host does not have the
 * address; -ETIMEDOUT when it does not answer; -ENETUNREACH; -EINTR.
 */
int ff_tenant_check(struct ff_dev *dev, const struct ff_tenant_claim *claim)
{
	int err = judge(dev, claim);

	if (err == -EACCES || err == -EHOSTUNREACH)
		atomic64_inc(&dev->peer_refusals);
	else if (err == -ETIMEDOUT)
		atomic64_inc(&dev->peer_timeouts);
	else
		return err;
	trace_ff_peer_refused(dev->ibdev.name, dev->table, &claim->dst,
			      claim->qpn, err);
	return err;
}
