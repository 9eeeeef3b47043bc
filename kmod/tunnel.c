// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kcov.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include <uapi/freeflow.h>

#include "ask.h"
#include "compat/net.h"
#include "compat/workqueue.h"
#include "mad.h"
#include "route.h"
#include "tenant.h"
#include "tunnel.h"
#include "tunnel-key.h"
#include "tunnel-queue.h"

struct ff_tunnel_packet {
	struct ff_tunnel_header header;
	union ff_tunnel_body body;
	u8 mac[FF_TUNNEL_MAC_LEN];	/* behind the body, wherever that ends */
} __packed;

static const size_t body_len[] = {
	[FF_TUNNEL_MAD] = IB_MGMT_MAD_SIZE,
	[FF_TUNNEL_ASK] = sizeof(struct ff_tunnel_ask),
	[FF_TUNNEL_SOURCE] = sizeof(struct ff_tunnel_ask),
	[FF_TUNNEL_ANSWER] = sizeof(struct ff_tunnel_answer),
};

struct ff_tunnel_sockets {
	struct socket *v4;
	struct socket *v6;	/* NULL where the host has no IPv6 */
};

/* protects sockets and the port, which is 0 while they are not open */
static DECLARE_RWSEM(sockets_lock);
static struct ff_tunnel_sockets sockets;
static u16 sockets_port;

struct ff_tunnel_counters ff_tunnel_counters;

/* Receiving */

static void dispatch(const struct ff_tunnel_rx *rx)
{
	bool taken = true;
	struct ff_mad mad;

	switch (rx->type) {
	case FF_TUNNEL_MAD:
		mad.src = rx->path.src;
		mad.dst = rx->path.dst;
		memcpy(mad.data, rx->body.mad, sizeof(mad.data));
		taken = ff_mad_deliver(rx->path.table, &mad);
		break;
	case FF_TUNNEL_ASK:
	case FF_TUNNEL_SOURCE:
		ff_tenant_asked(&rx->path, &rx->body.ask);
		break;
	case FF_TUNNEL_ANSWER:
		taken = ff_ask_answered(&rx->path, &rx->body.answer);
		break;
	}
	if (!taken)
		atomic64_inc(&ff_tunnel_counters.undelivered);
}

static void rx_work_fn(struct work_struct *work)
{
	struct ff_tunnel_rx *rx;

	while ((rx = ff_tunnel_dequeue())) {
		kcov_remote_start_common(rx->kcov_handle);
		dispatch(rx);
		kcov_remote_stop();
		kfree(rx);
		cond_resched();
	}
}

static DECLARE_WORK(rx_work, rx_work_fn);

/* Checks all that a datagram says of itself; its length without the MAC. */
static int check_form(const struct ff_tunnel_packet *packet, size_t len)
{
	const struct ff_tunnel_header *header = &packet->header;
	size_t expected;

	if (len < sizeof(*header) || header->version != FF_TUNNEL_VERSION ||
	    header->type >= ARRAY_SIZE(body_len) || !body_len[header->type] ||
	    header->zero)
		return -EBADMSG;
	expected = sizeof(*header) + body_len[header->type];
	if (len != expected && len != expected + FF_TUNNEL_MAC_LEN)
		return -EBADMSG;
	if (header->type == FF_TUNNEL_ASK && packet->body.ask.qps.src)
		return -EBADMSG;
	if (header->type == FF_TUNNEL_SOURCE &&
	    (!packet->body.ask.qps.src ||
	     be32_to_cpu(packet->body.ask.qps.src) & ~IB_QPN_MASK))
		return -EBADMSG;
	if (header->type == FF_TUNNEL_ANSWER && packet->body.answer.zero)
		return -EBADMSG;
	if (ipv6_addr_v4mapped(&header->src) != ipv6_addr_v4mapped(&header->dst))
		return -EBADMSG;
	return expected;
}

static void read_path(const struct sk_buff *skb,
		      const struct ff_tunnel_header *header,
		      struct ff_tunnel_path *path)
{
	if (ip_hdr(skb)->version == 4) {
		ipv6_addr_set_v4mapped(ip_hdr(skb)->saddr, &path->peer);
		ipv6_addr_set_v4mapped(ip_hdr(skb)->daddr, &path->here);
	} else {
		path->peer = ipv6_hdr(skb)->saddr;
		path->here = ipv6_hdr(skb)->daddr;
	}
	path->table = be32_to_cpu(header->table);
	path->src = header->src;
	path->dst = header->dst;
}

/* By a module: others on its host cannot have the port. */
static bool is_from_module(const struct sk_buff *skb)
{
	return udp_hdr(skb)->source == htons(READ_ONCE(sockets_port));
}

/*
 * Sent to an address of a host, with addresses of the header's own family: IPv4 ones
 * in an IPv6 header have passed nothing that looks at those of IPv4.
 */
static bool is_well_addressed(const struct sk_buff *skb,
			      const struct ff_tunnel_path *path)
{
	const bool v4 = ip_hdr(skb)->version == 4;

	return ipv6_addr_v4mapped(&path->peer) == v4 &&
	       ipv6_addr_v4mapped(&path->here) == v4 &&
	       ff_route_may_lead_to(&path->here);
}

/* Whether the sender is the host at which our table has the source address. */
static bool is_routed(const struct ff_tunnel_path *path)
{
	struct ff_route_info route = {};

	return !ff_route_lookup(path->table, &path->src, &route) &&
	       route.key.len != FF_ROUTE_LOCAL && !route.external &&
	       ipv6_addr_equal(&route.host, &path->peer);
}

/* Checks a datagram and queues it; the counter of what became of it. */
static atomic64_t *take_up(struct sk_buff *skb)
{
	struct ff_tunnel_packet packet;
	size_t len = skb->len - sizeof(struct udphdr);
	struct ff_tunnel_path path;
	struct ff_tunnel_rx *rx;
	int signed_len;

	if (len > sizeof(packet) ||
	    skb_copy_bits(skb, sizeof(struct udphdr), &packet, len))
		return &ff_tunnel_counters.malformed;
	signed_len = check_form(&packet, len);
	if (signed_len < 0)
		return &ff_tunnel_counters.malformed;
	if (ff_tunnel_verify(&packet, signed_len, len - signed_len))
		return &ff_tunnel_counters.unauthentic;

	read_path(skb, &packet.header, &path);
	if (!is_from_module(skb) || !is_well_addressed(skb, &path))
		return &ff_tunnel_counters.malformed;
	if (!is_routed(&path))
		return &ff_tunnel_counters.misrouted;

	rx = kzalloc(sizeof(*rx), GFP_ATOMIC);
	if (!rx)
		return &ff_tunnel_counters.overrun;
	rx->path = path;
	rx->type = packet.header.type;
	rx->kcov_handle = skb_get_kcov_handle(skb);
	memcpy(&rx->body, &packet.body, body_len[rx->type]);
	if (!ff_tunnel_enqueue(rx)) {
		kfree(rx);	/* ib_cm, and who asks, send again what is lost */
		return &ff_tunnel_counters.overrun;
	}
	queue_work(ff_system_unbound_wq, &rx_work);
	return &ff_tunnel_counters.received;
}

static int encap_rcv(struct sock *sk, struct sk_buff *skb)
{
	kcov_remote_start_common(skb_get_kcov_handle(skb));
	atomic64_inc(take_up(skb));
	kcov_remote_stop();
	kfree_skb(skb);
	return 0;
}

/* Sending */

union ff_tunnel_address {
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

union ff_tunnel_control {
	struct cmsghdr cmsg;
	u8 space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* The socket that reaches the peer, and the peer's address on it. */
static struct socket *address(const struct ff_tunnel_path *path,
			      union ff_tunnel_address *to, struct msghdr *msg)
{
	lockdep_assert_held(&sockets_lock);
	msg->msg_name = to;
	if (ipv6_addr_v4mapped(&path->peer)) {
		to->in.sin_family = AF_INET;
		to->in.sin_port = htons(sockets_port);
		to->in.sin_addr.s_addr = path->peer.s6_addr32[3];
		msg->msg_namelen = sizeof(to->in);
		return sockets.v4;
	}
	to->in6.sin6_family = AF_INET6;
	to->in6.sin6_port = htons(sockets_port);
	to->in6.sin6_addr = path->peer;
	msg->msg_namelen = sizeof(to->in6);
	return sockets.v6;
}

/* An answer must come from the address that was asked. */
static void set_source(const struct in6_addr *here,
		       union ff_tunnel_control *control, struct msghdr *msg)
{
	struct cmsghdr *cmsg = &control->cmsg;
	struct in6_pktinfo *info6;
	struct in_pktinfo *info4;

	if (ipv6_addr_any(here))
		return;
	msg->msg_control = control;
	if (ipv6_addr_v4mapped(here)) {
		info4 = CMSG_DATA(cmsg);
		info4->ipi_spec_dst.s_addr = here->s6_addr32[3];
		cmsg->cmsg_level = IPPROTO_IP;
		cmsg->cmsg_type = IP_PKTINFO;
		cmsg->cmsg_len = CMSG_LEN(sizeof(*info4));
		msg->msg_controllen = CMSG_SPACE(sizeof(*info4));
	} else {
		info6 = CMSG_DATA(cmsg);
		info6->ipi6_addr = *here;
		cmsg->cmsg_level = IPPROTO_IPV6;
		cmsg->cmsg_type = IPV6_PKTINFO;
		cmsg->cmsg_len = CMSG_LEN(sizeof(*info6));
		msg->msg_controllen = CMSG_SPACE(sizeof(*info6));
	}
}

static int transmit(const struct ff_tunnel_path *path, void *data, size_t len)
{
	struct kvec kvec = { .iov_base = data, .iov_len = len };
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
	union ff_tunnel_control control = {};
	union ff_tunnel_address to = {};
	struct socket *sock;
	int sent;

	sock = address(path, &to, &msg);
	if (!sock)
		return -ENOTCONN;
	set_source(&path->here, &control, &msg);
	sent = kernel_sendmsg(sock, &msg, &kvec, 1, len);
	return min(sent, 0);
}

/**
 * ff_tunnel_send() - send a datagram to the module of another host
 * @path: from where to where
 * @type: what it is
 * @body: as the type has it
 *
 * Context: may sleep.
 * Return: 0, which does not say that it will arrive; -ENOTCONN while the socket
 * is not open; or the error of the host's network.
 */
int ff_tunnel_send(const struct ff_tunnel_path *path, enum ff_tunnel_type type,
		   const void *body)
{
	struct ff_tunnel_packet packet;
	size_t len = sizeof(packet.header) + body_len[type];
	int appended, err;

	packet.header = (struct ff_tunnel_header) {
		.version = FF_TUNNEL_VERSION,
		.type = type,
		.table = cpu_to_be32(path->table),
		.src = path->src,
		.dst = path->dst,
	};
	memcpy(&packet.body, body, body_len[type]);
	appended = ff_tunnel_sign(&packet, len);
	if (appended < 0)
		return appended;

	down_read(&sockets_lock);
	err = transmit(path, &packet, len + appended);
	up_read(&sockets_lock);
	if (!err)
		atomic64_inc(&ff_tunnel_counters.sent);
	return err;
}

/* The sockets */

static int open_socket(sa_family_t family, u16 port, struct socket **sock)
{
	struct udp_port_cfg config = {
		.family = family,
		.local_udp_port = htons(port),
		.use_udp_checksums = true,
		.use_udp6_tx_checksums = true,
		.use_udp6_rx_checksums = true,
		.ipv6_v6only = true,
	};
	struct udp_tunnel_sock_cfg tunnel_config = {
		.encap_type = 1,
		.encap_rcv = encap_rcv,
	};
	int err = udp_sock_create(&init_net, &config, sock);

	if (err)
		return err;
	ff_setup_udp_tunnel_sock(&init_net, *sock, &tunnel_config);
	return 0;
}

/* When this returns, none of the sockets' datagrams is being taken up. */
static void close_sockets(struct ff_tunnel_sockets *old)
{
	if (old->v4)
		ff_udp_tunnel_sock_release(old->v4);
	if (old->v6)
		ff_udp_tunnel_sock_release(old->v6);
	synchronize_rcu();
}

static int open_sockets(u16 port, struct ff_tunnel_sockets *new)
{
	int err = open_socket(AF_INET, port, &new->v4);

	if (err)
		return err;
	err = open_socket(AF_INET6, port, &new->v6);
	if (err == -EAFNOSUPPORT || err == -EPFNOSUPPORT)
		err = 0;
	if (err)
		close_sockets(new);
	return err;
}

/**
 * ff_tunnel_set_port() - move to another UDP port
 * @port: the port, which the other hosts must use too
 *
 * Context: may sleep.
 * Return: 0; -EADDRINUSE and others of the socket, and the old port stays.
 */
int ff_tunnel_set_port(u16 port)
{
	struct ff_tunnel_sockets old = {}, new = {};
	int err = 0;

	down_write(&sockets_lock);
	if (port != sockets_port)
		err = open_sockets(port, &new);
	if (!err && port != sockets_port) {
		old = sockets;
		sockets = new;
		sockets_port = port;
	}
	up_write(&sockets_lock);
	close_sockets(&old);
	return err;
}

u16 ff_tunnel_port(void)
{
	return READ_ONCE(sockets_port);
}

/* A port that is taken is no reason to fail: it can be changed. */
int ff_tunnel_init(void)
{
	int err = ff_tunnel_set_port(FREEFLOW_TUNNEL_PORT);

	if (err)
		pr_warn("freeflow: UDP port %d cannot be had (%d): set another\n",
			FREEFLOW_TUNNEL_PORT, err);
	return 0;
}

void ff_tunnel_exit(void)
{
	struct ff_tunnel_sockets old;
	struct ff_tunnel_rx *rx;

	down_write(&sockets_lock);
	old = sockets;
	sockets = (struct ff_tunnel_sockets) {};
	sockets_port = 0;
	up_write(&sockets_lock);
	close_sockets(&old);
	cancel_work_sync(&rx_work);
	while ((rx = ff_tunnel_dequeue()))
		kfree(rx);
	ff_tunnel_key_exit();
}
