/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program calls the receives that the lower queue has, by their numbers. There
 * is a slot for the low bits of a number. A QP of an SRQ may keep a receive for long
 * while others complete all those after it: one whose slot is needed again is set
 * apart.
 *
 * All under the lock of the receive queue, but create and destroy.
 */
#ifndef FF_RING_RECV_H
#define FF_RING_RECV_H

#include <linux/xarray.h>

struct ff_ring_recv {
	u64 wr_id;
	u64 seq;	/* its number, from 1 on; 0: not under way */
	bool bad;	/* the entry made no sense; its failure says so */
};

struct ff_ring_recvs {
	struct xarray apart;	/* seq -> struct ff_ring_recv */
	u64 first;		/* what has a number before it is not under way */
	u32 mask;
	struct ff_ring_recv slots[];
};

struct ff_ring_recvs *ff_ring_recvs_create(u32 mask);
void ff_ring_recvs_destroy(struct ff_ring_recvs *recvs);
struct ff_ring_recv *ff_ring_recvs_claim(struct ff_ring_recvs *recvs, u64 seq);
bool ff_ring_recvs_complete(struct ff_ring_recvs *recvs, u64 seq,
			    struct ff_ring_recv *recv);
void ff_ring_recvs_forget(struct ff_ring_recvs *recvs, u64 first);
int ff_ring_recvs_copy(struct ff_ring_recvs *to,
		       const struct ff_ring_recvs *from, u64 end, u32 *pos);

#endif /* FF_RING_RECV_H */
