/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datagrams of other hosts that wait to be carried out. They stand in lines, by
 * virtual source, which take turns: a container that has many sent makes others wait
 * for one of them at a time, and what is too much is lost from its own line.
 */
#ifndef FF_TUNNEL_QUEUE_H
#define FF_TUNNEL_QUEUE_H

#include <linux/skbuff.h>

#include "tunnel.h"

/* A datagram that was taken up. */
struct ff_tunnel_rx {
	struct list_head node;
	struct ff_tunnel_path path;
	enum ff_tunnel_type type;
	union ff_tunnel_body body;
	/* Who hears what it reaches in the work; of a type that kernels differ in. */
	typeof(skb_get_kcov_handle(NULL)) kcov_handle;
};

bool ff_tunnel_enqueue(struct ff_tunnel_rx *rx);
struct ff_tunnel_rx *ff_tunnel_dequeue(void);

#endif /* FF_TUNNEL_QUEUE_H */
