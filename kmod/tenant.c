// SPDX-License-Identifier: GPL-2.0-only
#include <linux/xarray.h>
#include <net/ipv6.h>

#include "ask.h"
#include "dev.h"
#include "lower.h"
#include "route.h"
#include "source.h"
#include "tenant.h"
#include "trace.h"
#include "tunnel.h"

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

/*
 * Whether a QP is one of a device's. None is as long as some are on a lower device that
 * had the name before: numbers are those of one. Context: any.
 */
bool ff_tenant_owns(struct ff_dev *dev, u32 qpn)
{
	return list_empty(&dev->old_files) && xa_load(&dev->qpns, qpn);
}

/* From whom the messages of this QP are, which the asker is about to send. */
static void learn_source(const struct ff_dev *dev,
			 const struct ff_tunnel_path *path, u32 qpn)
{
	struct ff_sources *sources = ff_sources_find(path->table);
	struct ff_source_key key = {
		.host = path->peer,
		.qpn = qpn,
		.scope = dev->serial,
	};

	if (!sources)
		return;
	ff_source_learn(sources, &key, &path->src, &path->dst);
	ff_sources_put(sources);
}

/*
 * The number is that of a QP of one lower device: that at the address by which
 * it will be reached.
 */
static enum ff_tunnel_verdict judge_here(const struct ff_tunnel_path *path,
					 const struct ff_tunnel_qps *qps)
{
	struct ff_dev *dev = ff_route_get_local(path->table, &path->dst);
	enum ff_tunnel_verdict verdict = FF_TUNNEL_NO_SUCH_ADDRESS;

	if (!dev)
		return verdict;
	if (ff_lower_has_address(dev->lower_name, &path->here))
		verdict = ff_tenant_owns(dev, be32_to_cpu(qps->dst)) ?
			  FF_TUNNEL_QP_IS_THERE : FF_TUNNEL_NO_SUCH_QP;
	if (verdict == FF_TUNNEL_QP_IS_THERE && qps->src)
		learn_source(dev, path, be32_to_cpu(qps->src));
	ff_dev_put(dev);
	return verdict;
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
		.verdict = cpu_to_be32(judge_here(path, &ask->qps)),
	};
	struct ff_tunnel_path back = *path;

	back.src = path->dst;
	back.dst = path->src;
	ff_tunnel_send(&back, FF_TUNNEL_ANSWER, &answer);
}

static enum ff_tunnel_verdict judge_local(struct ff_dev *dev,
					  const struct ff_tenant_claim *claim,
					  const struct ff_tunnel_qps *qps)
{
	struct ff_tunnel_path path = {
		.table = dev->table,
		.src = claim->src,
		.dst = claim->dst,
		.peer = claim->here,
		.here = claim->host,
	};

	return judge_here(&path, qps);
}

static int judge_remote(struct ff_dev *dev, const struct ff_tenant_claim *claim,
			const struct ff_tunnel_qps *qps,
			enum ff_tunnel_verdict *verdict)
{
	struct ff_tunnel_path path = {
		.table = dev->table,
		.src = claim->src,
		.dst = claim->dst,
		.peer = claim->host,
		.here = claim->here,
	};

	return ff_ask(&path, claim->src_qpn ? FF_TUNNEL_SOURCE : FF_TUNNEL_ASK,
		      qps, claim->until, verdict);
}

static int judge(struct ff_dev *dev, const struct ff_tenant_claim *claim)
{
	struct ff_tunnel_qps qps = {
		.src = cpu_to_be32(claim->src_qpn),
		.dst = cpu_to_be32(claim->qpn),
	};
	enum ff_tunnel_verdict verdict;
	struct ff_route_info route = {};
	bool is_local;
	int err;

	err = ff_route_lookup(dev->table, &claim->dst, &route);
	if (err)
		return err;
	is_local = route.key.len == FF_ROUTE_LOCAL;
	if (!is_local && !ipv6_addr_equal(&route.host, &claim->host))
		return -EHOSTUNREACH;	/* the route has moved meanwhile */
	if (route.external)
		return 0;
	if (is_local)
		verdict = judge_local(dev, claim, &qps);
	else
		err = judge_remote(dev, claim, &qps, &verdict);
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
 * ff_tenant_check() - may a QP reach what it names?
 * @dev: device of the QP
 * @claim: from where and to what
 *
 * Context: may sleep; waits for the peer's host as the claim has it.
 * Return: 0, also for a peer behind an external route; -EACCES when the peer's
 * address has no such QP; -EHOSTUNREACH when the peer's host does not have the
 * address; -ETIMEDOUT when it does not answer; -ENETUNREACH; -EINTR.
 */
int ff_tenant_check(struct ff_dev *dev, const struct ff_tenant_claim *claim)
{
	int err = judge(dev, claim);

	if (err == -EACCES || err == -EHOSTUNREACH)
		ff_count(dev->meter.counts, FREEFLOW_STAT_TALLY_PEER_REFUSALS);
	else if (err == -ETIMEDOUT)
		ff_count(dev->meter.counts, FREEFLOW_STAT_TALLY_PEER_TIMEOUTS);
	else
		return err;
	trace_ff_peer_refused(dev->ibdev.name, dev->table, &claim->dst,
			      claim->qpn, err);
	return err;
}
