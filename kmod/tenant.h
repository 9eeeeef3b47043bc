/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tenant check: a QP is connected only to one that belongs to the virtual
 * address that it names, and a UD message is sent only to such a one. Who knows
 * number, address and packet sequence of another tenant's QP still does not get
 * to it.
 *
 * Every virtual device knows the numbers of its own QPs. About a peer at another
 * host that host's module is asked. For a connection it is asked each time anew:
 * an answer that was kept might be about a number that has a new owner.
 */
#ifndef FF_TENANT_H
#define FF_TENANT_H

#include <linux/in6.h>
#include <linux/types.h>

struct ff_dev;
struct ff_tunnel_ask;
struct ff_tunnel_path;

/* Who wants to connect, or to send UD messages, and to whom. */
struct ff_tenant_claim {
	struct in6_addr src;	/* virtual, of the device */
	struct in6_addr dst;	/* virtual, of the peer */
	struct in6_addr here;	/* address of this host that UD comes from */
	struct in6_addr host;	/* address at which the peer will be reached */
	u32 src_qpn;		/* of a UD QP, to be announced; else 0 */
	u32 qpn;		/* of the peer */
	unsigned long until;	/* when to give up, in jiffies */
};

/* How long a connection may wait. */
#define FF_TENANT_PATIENCE_MS 2500

int ff_tenant_own(struct ff_dev *dev, u32 qpn);
void ff_tenant_disown(struct ff_dev *dev, u32 qpn);
bool ff_tenant_owns(struct ff_dev *dev, u32 qpn);
int ff_tenant_check(struct ff_dev *dev, const struct ff_tenant_claim *claim);

void ff_tenant_asked(const struct ff_tunnel_path *path,
		     const struct ff_tunnel_ask *ask);

#endif /* FF_TENANT_H */
