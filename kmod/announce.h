/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must be settled before a UD message is sent to another host: that its
 * peer is a QP of the address that the address handle names, and that the peer's
 * host knows from which virtual address the message comes (source.h). It is
 * asked and told at the first message, and again from time to time, as either
 * may have changed there.
 */
#ifndef FF_ANNOUNCE_H
#define FF_ANNOUNCE_H

#include <linux/spinlock.h>
#include <linux/time64.h>

struct ff_ah;
struct ff_qp;

#define FF_ANNOUNCED_MAX 8

/*
 * Who was announced to whom through an address handle, the last ones. Times are
 * in seconds since boot.
 */
struct ff_announced {
	spinlock_t lock;	/* protects what follows */
	u32 next;		/* to give up */
	bool silent;		/* the host did not answer */
	time64_t silent_until;	/* before which it is not asked again */
	struct {
		u32 qpn;
		u32 peer_qpn;
		time64_t until;
		bool allowed;
	} pairs[FF_ANNOUNCED_MAX];
};

void ff_announced_init(struct ff_announced *announced);
bool ff_announce(struct ff_ah *ah, const struct ff_qp *qp, u32 peer_qpn,
		 unsigned long until);

#endif /* FF_ANNOUNCE_H */
