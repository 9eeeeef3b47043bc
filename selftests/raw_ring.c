// SPDX-License-Identifier: GPL-2.0
/* Queues that are mapped into the process, without libibverbs. */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "raw_ring.h"

int raw_ring_init(struct raw_ring *ring)
{
	void *room = mmap(NULL, RAW_RING_ROOM, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED)
		return errno;
	*ring = (struct raw_ring){ .room = room };
	return 0;
}

void raw_ring_exit(struct raw_ring *ring)
{
	munmap(ring->room, RAW_RING_ROOM);
}

static int check_shape(const struct rxe_queue_buf *queue, uint32_t size)
{
	if (queue->log2_elem_size > 12 ||
	    sizeof(*queue) + (((uint64_t)queue->index_mask + 1) << queue->log2_elem_size) > size)
		return EMSGSIZE;
	return 0;
}

/* Moved into the room when it is there: at no time is there nothing. */
int raw_ring_map(struct raw_ring *ring, int fd, const struct mminfo *where)
{
	struct rxe_queue_buf *queue;
	int err;

	if (where->size < sizeof(*queue) || where->size > RAW_RING_ROOM)
		return EMSGSIZE;
	queue = mmap(NULL, where->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, where->offset);
	if (queue == MAP_FAILED)
		return errno;
	err = check_shape(queue, where->size);
	if (err) {
		munmap(queue, where->size);
		return err;
	}
	ring->offset = where->offset;
	ring->size = where->size;
	ring->element = 1u << queue->log2_elem_size;
	ring->mask = queue->index_mask;
	if (mremap(queue, where->size, where->size, MREMAP_MAYMOVE | MREMAP_FIXED,
		   ring->room) == MAP_FAILED)
		return errno;
	return 0;
}

int raw_ring_create_cq(int fd, uint32_t cqe, int32_t channel, uint32_t *handle,
		       struct raw_ring *ring)
{
	struct {
		struct ib_uverbs_create_cq_resp resp;
		struct rxe_create_cq_resp driver;
	} answer = {};
	struct ib_uverbs_create_cq cmd = { .cqe = cqe, .comp_channel = channel };
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_CQ, &cmd, sizeof(cmd),
		       &answer, sizeof(answer));
	if (err)
		return err;
	*handle = answer.resp.cq_handle;
	return raw_ring_map(ring, fd, &answer.driver.mi);
}

int raw_ring_resize_cq(int fd, uint32_t handle, uint32_t cqe, struct raw_ring *ring)
{
	struct {
		struct ib_uverbs_resize_cq_resp resp;
		struct rxe_resize_cq_resp driver;
	} answer = {};
	struct ib_uverbs_resize_cq cmd = { .cq_handle = handle, .cqe = cqe };
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_RESIZE_CQ, &cmd, sizeof(cmd),
		       &answer, sizeof(answer));
	return err ? err : raw_ring_map(ring, fd, &answer.driver.mi);
}

int raw_ring_create_srq(int fd, uint32_t pd, uint32_t max_wr, uint32_t *handle,
			struct raw_ring *ring)
{
	struct {
		struct ib_uverbs_create_srq_resp resp;
		struct rxe_create_srq_resp driver;
	} answer = {};
	struct ib_uverbs_create_srq cmd = { .pd_handle = pd, .max_wr = max_wr, .max_sge = 2 };
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_SRQ, &cmd, sizeof(cmd),
		       &answer, sizeof(answer));
	if (err)
		return err;
	*handle = answer.resp.srq_handle;
	return raw_ring_map(ring, fd, &answer.driver.mi);
}

int raw_ring_create_qp(int fd, const struct ib_uverbs_create_qp *request,
		       struct ib_uverbs_create_qp_resp *qp, struct raw_ring *sq,
		       struct raw_ring *rq)
{
	struct {
		struct ib_uverbs_create_qp_resp resp;
		struct rxe_create_qp_resp driver;
	} answer = {};
	struct ib_uverbs_create_qp cmd = *request;
	int err;

	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_QP, &cmd, sizeof(cmd),
		       &answer, sizeof(answer));
	if (err)
		return err;
	*qp = answer.resp;
	err = raw_ring_map(sq, fd, &answer.driver.sq_mi);
	if (!err && !request->is_srq)
		err = raw_ring_map(rq, fd, &answer.driver.rq_mi);
	return err;
}

int raw_ring_create_ah(int fd, uint32_t pd, const uint8_t gid[16], uint8_t gid_index,
		       uint32_t *ah_num)
{
	struct {
		struct ib_uverbs_create_ah_resp resp;
		struct rxe_create_ah_resp driver;
	} answer = {};
	struct ib_uverbs_create_ah cmd = {
		.pd_handle = pd,
		.attr = {
			.is_global = 1,
			.port_num = 1,
			.grh = { .sgid_index = gid_index, .hop_limit = 64 },
		},
	};
	int err;

	memcpy(cmd.attr.grh.dgid, gid, sizeof(cmd.attr.grh.dgid));
	err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_AH, &cmd, sizeof(cmd),
		       &answer, sizeof(answer));
	*ah_num = answer.driver.ah_num;
	return err;
}

int raw_ring_doorbell(int fd, uint32_t qp)
{
	struct ib_uverbs_post_send_resp resp = {};
	struct ib_uverbs_post_send cmd = {
		.qp_handle = qp,
		.wqe_size = sizeof(struct ib_uverbs_send_wr),
	};

	return raw_call(fd, IB_USER_VERBS_CMD_POST_SEND, &cmd, sizeof(cmd), &resp, sizeof(resp));
}
