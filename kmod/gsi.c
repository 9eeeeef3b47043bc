// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <rdma/ib_cm.h>
#include <rdma/ib_mad.h>
#include <rdma/ibta_vol1_c12.h>

#include "abi.h"
#include "dev.h"
#include "gsi.h"
#include "kverbs.h"
#include "lower.h"
#include "mad.h"
#include "tenant.h"

#define FF_GSI_QPN 1
#define FF_GSI_MAX_WR 8192
#define FF_GSI_MAX_SEND_SGE 2
#define FF_GSI_HOP_LIMIT 64

struct ff_gsi_send {
	struct ib_cqe *cqe;
	struct ff_kah *ah;	/* is there until the send completes */
	bool signaled;
	struct ff_mad mad;
};

struct ff_gsi_recv {
	struct ib_cqe *cqe;
	void *buf;
};

struct ff_gsi {
	struct ib_qp ibqp;
	struct work_struct send_work;
	struct ib_qp_init_attr init_attr;

	spinlock_t lock;	/* protects what follows */
	enum ib_qp_state state;
	u32 qkey;
	struct ff_gsi_send *sends;
	u32 send_head, send_count;
	struct ff_gsi_recv *recvs;
	u32 recv_head, recv_count;
};

/* What a receive starts with: an IPv4 header fills the end of the GRH. */
struct ff_gsi_header {
	union {
		struct ib_grh grh;
		struct {
			u8 zero[sizeof(struct ib_grh) - sizeof(struct iphdr)];
			struct iphdr ip4;
		};
	};
};

#define FF_GSI_RECV_LEN (sizeof(struct ff_gsi_header) + IB_MGMT_MAD_SIZE)

static struct workqueue_struct *gsi_wq;

static struct ff_gsi *to_ff_gsi(struct ib_qp *ibqp)
{
	return container_of(ibqp, struct ff_gsi, ibqp);
}

/* Sends */

static void complete_send(struct ff_gsi *gsi, const struct ff_gsi_send *send,
			  enum ib_wc_status status)
{
	struct ib_wc wc = {
		.wr_cqe = send->cqe,
		.status = status,
		.opcode = IB_WC_SEND,
		.qp = &gsi->ibqp,
		.port_num = FF_PORT,
	};

	if (send->signaled || status != IB_WC_SUCCESS)
		ff_kcq_push(gsi->ibqp.send_cq, &wc);
}

/* Takes the oldest send; returns whether there was one. */
static bool take_send(struct ff_gsi *gsi, struct ff_gsi_send *send, bool *flush)
{
	bool taken = false;

	spin_lock_irq(&gsi->lock);
	if (gsi->send_count) {
		*send = gsi->sends[gsi->send_head];
		*flush = gsi->state == IB_QPS_ERR;
		gsi->send_head = (gsi->send_head + 1) %
				 gsi->init_attr.cap.max_send_wr;
		gsi->send_count--;
		taken = true;
	}
	spin_unlock_irq(&gsi->lock);
	return taken;
}

/*
 * Who learns the number of a UD QP by rdma_cm may send to it at once, and nobody
 * sends again what comes before a receive is there.
 */
static void have_receives_taken(struct ff_dev *dev, const struct ff_mad *mad)
{
	const struct cm_sidr_rep_msg *rep = (const void *)mad->data;
	u32 port, qpn = IBA_GET(CM_SIDR_REP_QPN, rep);
	struct ib_device *lower;

	if (!dev->abi->take_receives ||
	    rep->hdr.mgmt_class != IB_MGMT_CLASS_CM ||
	    rep->hdr.attr_id != CM_SIDR_REP_ATTR_ID || !ff_tenant_owns(dev, qpn))
		return;
	lower = ff_lower_get_ibdev(dev->lower_name, &port);
	if (!lower)
		return;
	dev->abi->take_receives(lower, qpn);
	ib_device_put(lower);
}

/*
 * A datagram that finds no route completes with an error, so that a connect
 * fails at once; those behind it are not held up.
 */
static enum ib_wc_status send_one(struct ff_dev *dev,
				  const struct ff_gsi_send *send)
{
	have_receives_taken(dev, &send->mad);
	if (!ff_mad_send(dev, &send->mad))
		return IB_WC_SUCCESS;
	WRITE_ONCE(send->ah->stuck, true);
	return IB_WC_GENERAL_ERR;
}

static void send_work(struct work_struct *work)
{
	struct ff_gsi *gsi = container_of(work, struct ff_gsi, send_work);
	struct ff_dev *dev = to_ff_dev(gsi->ibqp.device);
	struct ff_gsi_send send;
	bool flush;

	while (take_send(gsi, &send, &flush))
		complete_send(gsi, &send, flush ? IB_WC_WR_FLUSH_ERR :
						  send_one(dev, &send));
}

static int gather(const struct ib_send_wr *wr, u8 *data)
{
	u32 len = 0;
	int i;

	for (i = 0; i < wr->num_sge; i++) {
		const struct ib_sge *sge = &wr->sg_list[i];

		if (sge->length > IB_MGMT_MAD_SIZE - len)
			return -EMSGSIZE;
		memcpy(data + len, (void *)(uintptr_t)sge->addr, sge->length);
		len += sge->length;
	}
	return len == IB_MGMT_MAD_SIZE ? 0 : -EMSGSIZE;
}

/*
 * The ib_mad of 7.3 waits for the answer even if the send completed with an error, and
 * sends again. What still has no way then is refused, so that a connect fails after the
 * first such wait, not after all.
 */
static int check_again(struct ff_gsi *gsi, const struct ff_gsi_send *send)
{
	if (likely(!READ_ONCE(send->ah->stuck)))
		return 0;
	return ff_mad_check(to_ff_dev(gsi->ibqp.device), &send->mad);
}

static int queue_send_locked(struct ff_gsi *gsi, const struct ib_send_wr *wr)
{
	const struct ib_ud_wr *ud = ud_wr(wr);
	u32 size = gsi->init_attr.cap.max_send_wr;
	struct ff_gsi_send *send;
	int err;

	lockdep_assert_held(&gsi->lock);
	if (gsi->state != IB_QPS_RTS && gsi->state != IB_QPS_ERR)
		return -EINVAL;
	if (gsi->send_count == size)
		return -ENOMEM;
	if (wr->opcode != IB_WR_SEND || wr->num_sge > FF_GSI_MAX_SEND_SGE ||
	    ud->remote_qpn != FF_GSI_QPN || !ud->ah)
		return -EINVAL;

	send = &gsi->sends[(gsi->send_head + gsi->send_count) % size];
	send->cqe = wr->wr_cqe;
	send->signaled = wr->send_flags & IB_SEND_SIGNALED ||
			 gsi->init_attr.sq_sig_type == IB_SIGNAL_ALL_WR;
	send->ah = to_ff_kah(ud->ah);
	send->mad.src = send->ah->src;
	send->mad.dst = send->ah->dst;
	if (gather(wr, send->mad.data))
		return -EINVAL;
	err = check_again(gsi, send);
	if (err)
		return err;
	gsi->send_count++;
	return 0;
}

static int ff_gsi_post_send(struct ib_qp *ibqp, const struct ib_send_wr *wr,
			    const struct ib_send_wr **bad_wr)
{
	struct ff_gsi *gsi = to_ff_gsi(ibqp);
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&gsi->lock, flags);
	for (; wr; wr = wr->next) {
		err = queue_send_locked(gsi, wr);
		if (err) {
			*bad_wr = wr;
			break;
		}
	}
	spin_unlock_irqrestore(&gsi->lock, flags);
	queue_work(gsi_wq, &gsi->send_work);
	return err;
}

/* Receives */

static int queue_recv_locked(struct ff_gsi *gsi, const struct ib_recv_wr *wr)
{
	u32 size = gsi->init_attr.cap.max_recv_wr;
	struct ff_gsi_recv *recv;

	lockdep_assert_held(&gsi->lock);
	if (gsi->state == IB_QPS_RESET)
		return -EINVAL;
	if (gsi->recv_count == size)
		return -ENOMEM;
	if (wr->num_sge != 1 || wr->sg_list[0].length < FF_GSI_RECV_LEN)
		return -EINVAL;
	recv = &gsi->recvs[(gsi->recv_head + gsi->recv_count) % size];
	recv->cqe = wr->wr_cqe;
	recv->buf = (void *)(uintptr_t)wr->sg_list[0].addr;
	gsi->recv_count++;
	return 0;
}

static struct ff_gsi_recv *take_recv_locked(struct ff_gsi *gsi)
{
	struct ff_gsi_recv *recv = &gsi->recvs[gsi->recv_head];

	lockdep_assert_held(&gsi->lock);
	if (!gsi->recv_count)
		return NULL;
	gsi->recv_head = (gsi->recv_head + 1) % gsi->init_attr.cap.max_recv_wr;
	gsi->recv_count--;
	return recv;
}

static void flush_recvs_locked(struct ff_gsi *gsi)
{
	struct ff_gsi_recv *recv;

	while ((recv = take_recv_locked(gsi))) {
		struct ib_wc wc = {
			.wr_cqe = recv->cqe,
			.status = IB_WC_WR_FLUSH_ERR,
			.opcode = IB_WC_RECV,
			.qp = &gsi->ibqp,
		};

		ff_kcq_push(gsi->ibqp.recv_cq, &wc);
	}
}

static int ff_gsi_post_recv(struct ib_qp *ibqp, const struct ib_recv_wr *wr,
			    const struct ib_recv_wr **bad_wr)
{
	struct ff_gsi *gsi = to_ff_gsi(ibqp);
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&gsi->lock, flags);
	for (; wr; wr = wr->next) {
		err = queue_recv_locked(gsi, wr);
		if (err) {
			*bad_wr = wr;
			break;
		}
	}
	if (gsi->state == IB_QPS_ERR)
		flush_recvs_locked(gsi);
	spin_unlock_irqrestore(&gsi->lock, flags);
	return err;
}

static enum rdma_network_type build_header(struct ff_gsi_header *header,
					   const struct ff_mad *mad)
{
	memset(header, 0, sizeof(*header));
	if (ipv6_addr_v4mapped(&mad->dst)) {
		struct iphdr *ip4 = &header->ip4;

		ip4->version = 4;
		ip4->ihl = sizeof(*ip4) / 4;
		ip4->tot_len = cpu_to_be16(sizeof(*ip4) + IB_MGMT_MAD_SIZE);
		ip4->ttl = FF_GSI_HOP_LIMIT;
		ip4->protocol = IPPROTO_UDP;
		ip4->saddr = mad->src.s6_addr32[3];
		ip4->daddr = mad->dst.s6_addr32[3];
		ip4->check = ip_fast_csum(ip4, ip4->ihl);
		return RDMA_NETWORK_IPV4;
	}
	header->grh.version_tclass_flow = cpu_to_be32(6 << 28);
	header->grh.paylen = cpu_to_be16(IB_MGMT_MAD_SIZE);
	header->grh.next_hdr = IPPROTO_UDP;
	header->grh.hop_limit = FF_GSI_HOP_LIMIT;
	memcpy(&header->grh.sgid, &mad->src, sizeof(header->grh.sgid));
	memcpy(&header->grh.dgid, &mad->dst, sizeof(header->grh.dgid));
	return RDMA_NETWORK_IPV6;
}

static bool receive_locked(struct ff_gsi *gsi, const struct ff_mad *mad)
{
	struct ib_wc wc = {
		.status = IB_WC_SUCCESS,
		.opcode = IB_WC_RECV,
		.byte_len = FF_GSI_RECV_LEN,
		.qp = &gsi->ibqp,
		.src_qp = FF_GSI_QPN,
		.port_num = FF_PORT,
		.wc_flags = IB_WC_GRH | IB_WC_WITH_NETWORK_HDR_TYPE,
	};
	struct ff_gsi_recv *recv;

	lockdep_assert_held(&gsi->lock);
	if (gsi->state != IB_QPS_RTR && gsi->state != IB_QPS_RTS)
		return false;
	recv = take_recv_locked(gsi);
	if (!recv)
		return false;
	wc.wr_cqe = recv->cqe;
	wc.network_hdr_type = build_header(recv->buf, mad);
	memcpy(recv->buf + sizeof(struct ff_gsi_header), mad->data,
	       sizeof(mad->data));
	ff_kcq_push(gsi->ibqp.recv_cq, &wc);
	return true;
}

/**
 * ff_gsi_receive() - a datagram for a device has come
 * @dev: the device that has the destination address, held
 * @mad: the datagram
 *
 * Context: any.
 * Return: whether a receive was posted; without one the datagram is lost.
 */
bool ff_gsi_receive(struct ff_dev *dev, const struct ff_mad *mad)
{
	bool received = false;
	unsigned long flags;
	struct ff_gsi *gsi;

	rcu_read_lock();
	gsi = rcu_dereference(dev->gsi);
	if (gsi) {
		spin_lock_irqsave(&gsi->lock, flags);
		received = receive_locked(gsi, mad);
		spin_unlock_irqrestore(&gsi->lock, flags);
	}
	rcu_read_unlock();
	return received;
}

/* The queue pair */

static int check_init_attr(const struct ib_qp_init_attr *attr)
{
	const struct ib_qp_cap *cap = &attr->cap;

	if (attr->qp_type != IB_QPT_GSI)
		return -EOPNOTSUPP;
	if (attr->srq || attr->create_flags || attr->port_num != FF_PORT ||
	    !cap->max_send_wr || cap->max_send_wr > FF_GSI_MAX_WR ||
	    !cap->max_recv_wr || cap->max_recv_wr > FF_GSI_MAX_WR ||
	    cap->max_send_sge > FF_GSI_MAX_SEND_SGE || cap->max_recv_sge > 1 ||
	    cap->max_inline_data)
		return -EINVAL;
	return 0;
}

static void free_queues(struct ff_gsi *gsi)
{
	kvfree(gsi->sends);
	kvfree(gsi->recvs);
}

static int ff_gsi_create(struct ib_qp *ibqp, struct ib_qp_init_attr *attr,
			 struct ib_udata *udata)
{
	struct ff_dev *dev = to_ff_dev(ibqp->device);
	struct ff_gsi *gsi = to_ff_gsi(ibqp);
	int err = check_init_attr(attr);

	if (err)
		return err;
	spin_lock_init(&gsi->lock);
	INIT_WORK(&gsi->send_work, send_work);
	gsi->init_attr = *attr;
	gsi->state = IB_QPS_RESET;
	gsi->sends = kvcalloc(attr->cap.max_send_wr, sizeof(*gsi->sends),
			      GFP_KERNEL);
	gsi->recvs = kvcalloc(attr->cap.max_recv_wr, sizeof(*gsi->recvs),
			      GFP_KERNEL);
	if (!gsi->sends || !gsi->recvs) {
		free_queues(gsi);
		return -ENOMEM;
	}
	ibqp->qp_num = FF_GSI_QPN;
	if (unrcu_pointer(cmpxchg(&dev->gsi, NULL, RCU_INITIALIZER(gsi)))) {
		free_queues(gsi);
		return -EBUSY;
	}
	return 0;
}

static int ff_gsi_destroy(struct ib_qp *ibqp, struct ib_udata *udata)
{
	struct ff_gsi *gsi = to_ff_gsi(ibqp);

	RCU_INIT_POINTER(to_ff_dev(ibqp->device)->gsi, NULL);
	synchronize_rcu();
	cancel_work_sync(&gsi->send_work);
	ff_kcq_sweep(ibqp->send_cq, ibqp);
	ff_kcq_sweep(ibqp->recv_cq, ibqp);
	free_queues(gsi);
	return 0;
}

static void enter_state_locked(struct ff_gsi *gsi, enum ib_qp_state state)
{
	lockdep_assert_held(&gsi->lock);
	gsi->state = state;
	if (state == IB_QPS_RESET) {
		gsi->send_count = 0;
		gsi->recv_count = 0;
	} else if (state == IB_QPS_ERR) {
		flush_recvs_locked(gsi);
	}
}

static int ff_gsi_modify(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
			 struct ib_udata *udata)
{
	struct ff_gsi *gsi = to_ff_gsi(ibqp);
	enum ib_qp_state from, to;
	int err = 0;

	spin_lock_irq(&gsi->lock);
	from = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : gsi->state;
	to = mask & IB_QP_STATE ? attr->qp_state : gsi->state;
	if (ib_modify_qp_is_ok(from, to, IB_QPT_GSI, mask)) {
		if (mask & IB_QP_QKEY)
			gsi->qkey = attr->qkey;
		enter_state_locked(gsi, to);
	} else {
		err = -EINVAL;
	}
	spin_unlock_irq(&gsi->lock);
	if (err)
		return err;

	if (to == IB_QPS_ERR)
		queue_work(gsi_wq, &gsi->send_work);
	else if (to == IB_QPS_RESET)
		flush_work(&gsi->send_work);
	return 0;
}

static int ff_gsi_query(struct ib_qp *ibqp, struct ib_qp_attr *attr, int mask,
			struct ib_qp_init_attr *init_attr)
{
	struct ff_gsi *gsi = to_ff_gsi(ibqp);

	memset(attr, 0, sizeof(*attr));
	spin_lock_irq(&gsi->lock);
	attr->qp_state = gsi->state;
	attr->cur_qp_state = gsi->state;
	attr->qkey = gsi->qkey;
	spin_unlock_irq(&gsi->lock);
	attr->port_num = FF_PORT;
	attr->cap = gsi->init_attr.cap;
	*init_attr = gsi->init_attr;
	return 0;
}

const struct ib_device_ops ff_gsi_ops = {
	.create_qp = ff_gsi_create,
	.destroy_qp = ff_gsi_destroy,
	.modify_qp = ff_gsi_modify,
	.post_recv = ff_gsi_post_recv,
	.post_send = ff_gsi_post_send,
	.query_qp = ff_gsi_query,

	INIT_RDMA_OBJ_SIZE(ib_qp, ff_gsi, ibqp),
};

int ff_gsi_init(void)
{
	gsi_wq = alloc_workqueue("ff_gsi", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return gsi_wq ? 0 : -ENOMEM;
}

void ff_gsi_exit(void)
{
	destroy_workqueue(gsi_wq);
}
