// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <rdma/ib_addr.h>

#include "dev.h"
#include "file.h"
#include "grh.h"
#include "mcast.h"
#include "qp.h"
#include "source.h"

/* A header's content, whatever its form. */
struct ff_grh {
	struct in6_addr source;
	struct in6_addr dest;
	u16 length;	/* of what follows an IP header */
	u16 id;
	__be16 frag_off;
	u8 traffic_class;
	u8 hop_limit;
	__be32 flow_label;
};

static bool is_ipv4(const struct ib_wc *wc, const union rdma_network_hdr *header)
{
	if (wc->wc_flags & IB_WC_WITH_NETWORK_HDR_TYPE)
		return wc->network_hdr_type == RDMA_NETWORK_IPV4;
	return ib_get_rdma_header_version(header) == 4;
}

static void parse_ipv4(const struct iphdr *ip, struct ff_grh *grh)
{
	ipv6_addr_set_v4mapped(ip->saddr, &grh->source);
	ipv6_addr_set_v4mapped(ip->daddr, &grh->dest);
	grh->length = ntohs(ip->tot_len) - sizeof(*ip);
	grh->id = ntohs(ip->id);
	grh->frag_off = ip->frag_off;
	grh->traffic_class = ip->tos;
	grh->hop_limit = ip->ttl;
	grh->flow_label = 0;
}

static void parse_ipv6(const struct ipv6hdr *ip, struct ff_grh *grh)
{
	grh->source = ip->saddr;
	grh->dest = ip->daddr;
	grh->length = ntohs(ip->payload_len);
	grh->id = 0;
	grh->frag_off = htons(IP_DF);
	grh->traffic_class = ipv6_get_dsfield(ip);
	grh->hop_limit = ip->hop_limit;
	grh->flow_label = ip6_flowlabel(ip);
}

static void write_ipv4(union rdma_network_hdr *header, const struct ff_grh *grh)
{
	struct iphdr *ip = &header->roce4grh;

	memset(header, 0, sizeof(*header));
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = grh->traffic_class;
	ip->tot_len = htons(grh->length + sizeof(*ip));
	ip->id = htons(grh->id);
	ip->frag_off = grh->frag_off;
	ip->ttl = grh->hop_limit;
	ip->protocol = IPPROTO_UDP;
	ip->saddr = grh->source.s6_addr32[3];
	ip->daddr = grh->dest.s6_addr32[3];
	ip_send_check(ip);
}

static void write_ipv6(union rdma_network_hdr *header, const struct ff_grh *grh)
{
	struct ipv6hdr *ip = (struct ipv6hdr *)header;

	static_assert(sizeof(*ip) == sizeof(*header));
	ip6_flow_hdr(ip, grh->traffic_class, grh->flow_label);
	ip->payload_len = htons(grh->length);
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = grh->hop_limit;
	ip->saddr = grh->source;
	ip->daddr = grh->dest;
}

/* Replaces the addresses. Of what nobody told us they become zero. */
static void translate(struct ff_qp *qp, u32 src_qpn, struct ff_grh *grh)
{
	struct ff_source_key key = {
		.host = grh->source,
		.qpn = src_qpn,
		.scope = qp->obj.file->dev->serial,
	};
	struct in6_addr group = grh->dest;
	bool multicast = rdma_is_multicast_addr(&group);

	if (multicast)
		key.scope = FF_SOURCE_MULTICAST;
	grh->source = in6addr_any;
	grh->dest = in6addr_any;
	ff_source_find(qp->sources, &key, &grh->source, &grh->dest);
	if (multicast && !ff_mcast_virtual(qp, &group, &grh->dest))
		grh->dest = in6addr_any;
}

/* The form that goes with the addresses; with none, that of the physical one. */
static bool becomes_ipv4(const struct ff_grh *grh, bool was_ipv4)
{
	if (ipv6_addr_any(&grh->dest))
		return was_ipv4;
	return ipv6_addr_v4mapped(&grh->dest) &&
	       (ipv6_addr_v4mapped(&grh->source) ||
		ipv6_addr_any(&grh->source));
}

/**
 * ff_grh_translate() - replace the physical addresses of a UD message's header
 * @qp: the QP that got the message
 * @wc: its completion
 * @header: as the lower device wrote it; is written anew with the addresses
 *          that the sender's address handle names, or with zeroes when the
 *          sender is not known
 *
 * Context: any.
 */
void ff_grh_translate(struct ff_qp *qp, const struct ib_wc *wc,
		      union rdma_network_hdr *header)
{
	bool ipv4 = is_ipv4(wc, header);
	struct ff_grh grh;

	if (ipv4)
		parse_ipv4(&header->roce4grh, &grh);
	else
		parse_ipv6((struct ipv6hdr *)header, &grh);
	translate(qp, wc->src_qp, &grh);
	if (becomes_ipv4(&grh, ipv4))
		write_ipv4(header, &grh);
	else
		write_ipv6(header, &grh);
}
