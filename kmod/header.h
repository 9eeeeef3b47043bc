/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Receives whose first bytes pass through the module.
 *
 * The NIC puts a header with physical addresses in front of a UD message. A
 * program's receive therefore goes down with a piece of the module's memory as
 * its first element, in place of the program's first 40 bytes, under the number
 * of a slot that knows what was replaced. When it completes, the header, by
 * then translated, is written to where the program wanted it.
 */
#ifndef FF_HEADER_H
#define FF_HEADER_H

#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include <rdma/ib_verbs.h>

struct ff_pd;
struct ff_qp;

/* Of the NIC's header, whose forms are in union rdma_network_hdr. */
#define FF_HEADER_LEN 40

/* Elements that a lower request has beyond those of the program's. */
#define FF_HEADER_SGES 1

struct ff_headers {
	struct ff_pd *pd;
	u64 base;		/* wr_id of slot 0 on the lower queue */
	u32 slot_size;
	u32 count;		/* of slots, which only grows */
	struct xarray chunks;	/* of slots, by their number */
	struct rw_semaphore posting;	/* slots are filled; held to reset them */
	spinlock_t lock;	/* protects what follows */
	struct list_head free_list;
};

struct ff_headers *ff_headers_create(struct ff_pd *pd, u32 max_sge, u32 count);
int ff_headers_grow(struct ff_headers *headers, u32 count);
void ff_headers_destroy(struct ff_headers *headers);
void ff_headers_reset(struct ff_headers *headers);

int ff_headers_take(struct ff_headers *headers, struct ib_recv_wr *wr,
		    bool may_sleep);
u64 ff_headers_drop(struct ff_headers *headers, u64 lower_wr_id);
u64 ff_headers_forget(struct ff_headers *headers, const struct ib_wc *wc);
u64 ff_headers_finish(struct ff_headers *headers, struct ff_qp *qp,
		      const struct ib_wc *wc);

#endif /* FF_HEADER_H */
