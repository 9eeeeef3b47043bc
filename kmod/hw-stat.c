// SPDX-License-Identifier: GPL-2.0-only
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <net/net_namespace.h>
#include <rdma/ib_verbs.h>

#include "dev.h"
#include "hw-stat.h"
#include "meter.h"

enum {
	HW_STAT_OPS,
	HW_STAT_SUCCESSES = HW_STAT_OPS + 2 * (FREEFLOW_STAT_OP_MAX + 1),
	HW_STAT_FAILURES,
	HW_STAT_TALLIES,
	HW_STATS = HW_STAT_TALLIES + FREEFLOW_STAT_TALLY_MAX + 1,
};

#define HW_STAT_OP(op, stat)						\
	[HW_STAT_OPS + 2 * FREEFLOW_STAT_OP_##op] = {			\
		.name = stat "_messages" },				\
	[HW_STAT_OPS + 2 * FREEFLOW_STAT_OP_##op + 1] = {		\
		.name = stat "_bytes" }
#define HW_STAT_TALLY(tally, stat)					\
	[HW_STAT_TALLIES + FREEFLOW_STAT_TALLY_##tally] = { .name = stat }

static const struct rdma_stat_desc descs[HW_STATS] = {
	HW_STAT_OP(SEND, "send"),
	HW_STAT_OP(WRITE, "write"),
	HW_STAT_OP(READ, "read"),
	HW_STAT_OP(ATOMIC, "atomic"),
	HW_STAT_OP(BIND, "bind"),
	HW_STAT_OP(RECV, "recv"),
	HW_STAT_OP(RECV_WRITE, "recv_write"),
	[HW_STAT_SUCCESSES] = { .name = "completions" },
	[HW_STAT_FAILURES] = { .name = "completions_with_error" },
	HW_STAT_TALLY(DOORBELLS, "doorbells"),
	HW_STAT_TALLY(POLLS, "polls"),
	HW_STAT_TALLY(RECV_POSTS, "recv_posts"),
	HW_STAT_TALLY(THROTTLED, "throttled"),
	HW_STAT_TALLY(THROTTLED_NS, "throttled_ns"),
	HW_STAT_TALLY(ROUTE_MISSES, "route_misses"),
	HW_STAT_TALLY(PEER_REFUSALS, "peer_refusals"),
	HW_STAT_TALLY(PEER_TIMEOUTS, "peer_timeouts"),
	HW_STAT_TALLY(QUOTA_REFUSALS, "quota_refusals"),
	HW_STAT_TALLY(CM_SENT, "cm_sent"),
	HW_STAT_TALLY(CM_RECEIVED, "cm_received"),
	HW_STAT_TALLY(CM_DROPPED, "cm_dropped"),
	HW_STAT_TALLY(QPS_MADE, "qps_made"),
	HW_STAT_TALLY(QPS_GONE, "qps_gone"),
};

static struct rdma_hw_stats *ff_alloc_hw_port_stats(struct ib_device *ibdev,
						    u32 port)
{
	return rdma_alloc_hw_stats_struct(descs, HW_STATS,
					  RDMA_HW_STATS_DEFAULT_LIFESPAN);
}

/* Any namespace can ask for them, and see them in sysfs, unless the mode is exclusive. */
static bool may_read(const struct ff_dev *dev)
{
	const struct net *net = current->nsproxy->net_ns;

	return net_eq(net, &init_net) || net_eq(net, dev_net(dev->netdev));
}

static int ff_get_hw_stats(struct ib_device *ibdev, struct rdma_hw_stats *stats,
			   u32 port, int index)
{
	struct ff_counts counts;
	u64 *value = stats->value;
	int i;

	if (!may_read(to_ff_dev(ibdev)))
		return -EPERM;
	ff_meter_read(&to_ff_dev(ibdev)->meter, &counts);
	for (i = 0; i <= FREEFLOW_STAT_OP_MAX; i++) {
		value[HW_STAT_OPS + 2 * i] = counts.ops[i].messages;
		value[HW_STAT_OPS + 2 * i + 1] = counts.ops[i].bytes;
	}
	value[HW_STAT_SUCCESSES] = counts.completions[IB_WC_SUCCESS];
	value[HW_STAT_FAILURES] = 0;
	for (i = IB_WC_SUCCESS + 1; i <= FREEFLOW_STAT_STATUS_MAX; i++)
		value[HW_STAT_FAILURES] += counts.completions[i];
	memcpy(&value[HW_STAT_TALLIES], counts.tallies, sizeof(counts.tallies));
	return HW_STATS;
}

const struct ib_device_ops ff_hw_stat_ops = {
	.alloc_hw_port_stats = ff_alloc_hw_port_stats,
	.get_hw_stats = ff_get_hw_stats,
};
