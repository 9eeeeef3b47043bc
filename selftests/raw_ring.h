/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues that are mapped into the process, as the rxe ABI has them
 * (rdma_user_rxe.h), without libibverbs. All calls return 0 or a positive errno.
 */
#ifndef FREEFLOW_RAW_RING_H
#define FREEFLOW_RAW_RING_H

#include <stddef.h>
#include <stdint.h>

#include <rdma/rdma_user_rxe.h>

#include "raw_verbs.h"

/*
 * A place in the address space that stays: whatever queue is mapped there, reads
 * and writes of all of it are sound for the process.
 */
#define RAW_RING_ROOM	(1u << 18)

struct raw_ring {
	uint8_t *room;
	uint64_t offset;	/* by which the device maps it */
	uint32_t size;		/* of what is mapped at its start */
	uint32_t element;	/* bytes of one entry, as the kernel wrote it at first */
	uint32_t mask;
};

int raw_ring_init(struct raw_ring *ring);
void raw_ring_exit(struct raw_ring *ring);
int raw_ring_map(struct raw_ring *ring, int fd, const struct mminfo *where);

static inline struct rxe_queue_buf *raw_ring_queue(const struct raw_ring *ring)
{
	return (struct rxe_queue_buf *)ring->room;
}

/* The entry at an index, by the size and number of entries as they were. */
static inline void *raw_ring_at(const struct raw_ring *ring, uint32_t index)
{
	return raw_ring_queue(ring)->data + (size_t)(index & ring->mask) * ring->element;
}

int raw_ring_create_cq(int fd, uint32_t cqe, int32_t channel, uint32_t *handle,
		       struct raw_ring *ring);
int raw_ring_resize_cq(int fd, uint32_t handle, uint32_t cqe, struct raw_ring *ring);
int raw_ring_create_srq(int fd, uint32_t pd, uint32_t max_wr, uint32_t *handle,
			struct raw_ring *ring);
/* Where the request names an SRQ there is no receive queue, and rq stays. */
int raw_ring_create_qp(int fd, const struct ib_uverbs_create_qp *request,
		       struct ib_uverbs_create_qp_resp *qp, struct raw_ring *sq,
		       struct raw_ring *rq);

int raw_ring_create_ah(int fd, uint32_t pd, const uint8_t gid[16], uint8_t gid_index,
		       uint32_t *ah_num);

/* The command that tells of new entries in a send queue. */
int raw_ring_doorbell(int fd, uint32_t qp);

#endif /* FREEFLOW_RAW_RING_H */
