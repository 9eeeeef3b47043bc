/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the modules of two hosts say to each other: one UDP datagram each, on
 * sockets in the initial network namespace.
 *
 *	struct ff_tunnel_header | body of the type | HMAC-SHA256, with a key
 *
 * A datagram is taken up only when all of it is as it must be, its
 * authenticator holds when this host has a key, and its virtual source address
 * is routed to the host that it came from. It may be lost, doubled, late and
 * replayed: what is carried must bear that.
 */
#ifndef FF_TUNNEL_H
#define FF_TUNNEL_H

#include <linux/in6.h>
#include <rdma/ib_mad.h>

#define FF_TUNNEL_VERSION 1

enum ff_tunnel_type {
	FF_TUNNEL_MAD = 1,	/* IB_MGMT_MAD_SIZE bytes, from QP1 to QP1 */
	FF_TUNNEL_ASK,		/* struct ff_tunnel_ask, before a connection */
	FF_TUNNEL_SOURCE,	/* struct ff_tunnel_ask, before UD messages */
	FF_TUNNEL_ANSWER,	/* struct ff_tunnel_answer */
};

/* All in network order. Both addresses are IPv4 ones (mapped) or both IPv6. */
struct ff_tunnel_header {
	u8 version;
	u8 type;
	__be16 zero;
	__be32 table;
	struct in6_addr src;	/* virtual */
	struct in6_addr dst;	/* virtual */
};

struct ff_tunnel_qps {
	__be32 src;	/* FF_TUNNEL_SOURCE: who will send; else zero */
	__be32 dst;
};

/* Is the QP one of the destination address? See tenant.h. */
struct ff_tunnel_ask {
	__be64 nonce;
	struct ff_tunnel_qps qps;
};

enum ff_tunnel_verdict {
	FF_TUNNEL_QP_IS_THERE,
	FF_TUNNEL_NO_SUCH_QP,
	FF_TUNNEL_NO_SUCH_ADDRESS,
};

/* The source address is that which was asked about. */
struct ff_tunnel_answer {
	__be64 nonce;
	__be32 verdict;
	__be32 zero;
};

union ff_tunnel_body {
	u8 mad[IB_MGMT_MAD_SIZE];
	struct ff_tunnel_ask ask;
	struct ff_tunnel_answer answer;
};

/* From where to where a datagram goes, or went. */
struct ff_tunnel_path {
	u32 table;
	struct in6_addr src;	/* virtual */
	struct in6_addr dst;	/* virtual */
	struct in6_addr peer;	/* the other host */
	struct in6_addr here;	/* this one; any: as its routing chooses */
};

struct ff_tunnel_counters {
	atomic64_t sent;
	atomic64_t received;		/* and taken up */
	atomic64_t malformed;
	atomic64_t unauthentic;
	atomic64_t misrouted;		/* the source is not routed to the sender */
	atomic64_t undelivered;		/* nobody here has the destination */
	atomic64_t overrun;
};

extern struct ff_tunnel_counters ff_tunnel_counters;

int ff_tunnel_send(const struct ff_tunnel_path *path, enum ff_tunnel_type type,
		   const void *body);
int ff_tunnel_set_port(u16 port);
u16 ff_tunnel_port(void);

int ff_tunnel_init(void);
void ff_tunnel_exit(void);

#endif /* FF_TUNNEL_H */
