/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels in their network code.
 */
#ifndef FF_COMPAT_NET_H
#define FF_COMPAT_NET_H

#include <linux/version.h>
#include <net/ipv6.h>
#include <net/udp_tunnel.h>

/* Before, IPv6 may be a module, which is not to be loaded for this. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
#define ff_ipv6_sock_mc_join	ipv6_sock_mc_join
#else
#include <net/ipv6_stubs.h>
#define ff_ipv6_sock_mc_join	ipv6_stub->ipv6_sock_mc_join
#endif

/*
 * Tunnels take the socket's sock since 7.2, and in some stable kernels before: what
 * a function of this type as it is since takes of a socket.
 */
#define ff_tunnel_takes(function, type, sock)				\
	__builtin_choose_expr(						\
		__builtin_types_compatible_p(typeof(&(function)), type),	\
		(sock)->sk, sock)

static inline void
ff_setup_udp_tunnel_sock(struct net *net, struct socket *sock,
			 struct udp_tunnel_sock_cfg *config)
{
	setup_udp_tunnel_sock(net,
			      ff_tunnel_takes(setup_udp_tunnel_sock,
					      void (*)(struct net *,
						       struct sock *,
						       struct udp_tunnel_sock_cfg *),
					      sock),
			      config);
}

static inline void ff_udp_tunnel_sock_release(struct socket *sock)
{
	udp_tunnel_sock_release(ff_tunnel_takes(udp_tunnel_sock_release,
						void (*)(struct sock *), sock));
}

#endif /* FF_COMPAT_NET_H */
