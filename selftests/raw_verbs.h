/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The write() ABI of a uverbs node without libibverbs, so that every field can
 * be wrong. All calls return 0 or a positive errno.
 */
#ifndef FREEFLOW_RAW_VERBS_H
#define FREEFLOW_RAW_VERBS_H

#include <stddef.h>
#include <stdint.h>

#include <rdma/ib_user_verbs.h>

/* Room behind each response for what any driver adds to it. */
#define RAW_DRIVER_ROOM		64
#define RAW_MAX_COMMAND		8192

/* ib_user_verbs.h leaves these to the kernel's own headers. */
enum raw_qp_type { RAW_QPT_RC = 2, RAW_QPT_UC = 3, RAW_QPT_UD = 4 };
enum raw_qp_state { RAW_QPS_RESET, RAW_QPS_INIT, RAW_QPS_RTR, RAW_QPS_RTS, RAW_QPS_SQD,
		    RAW_QPS_SQE, RAW_QPS_ERR };
enum raw_qp_mask {
	RAW_QP_STATE = 1 << 0,
	RAW_QP_ACCESS_FLAGS = 1 << 3,
	RAW_QP_PKEY_INDEX = 1 << 4,
	RAW_QP_PORT = 1 << 5,
	RAW_QP_QKEY = 1 << 6,
	RAW_QP_AV = 1 << 7,
	RAW_QP_PATH_MTU = 1 << 8,
	RAW_QP_TIMEOUT = 1 << 9,
	RAW_QP_RETRY_CNT = 1 << 10,
	RAW_QP_RNR_RETRY = 1 << 11,
	RAW_QP_RQ_PSN = 1 << 12,
	RAW_QP_MAX_QP_RD_ATOMIC = 1 << 13,
	RAW_QP_MIN_RNR_TIMER = 1 << 15,
	RAW_QP_SQ_PSN = 1 << 16,
	RAW_QP_MAX_DEST_RD_ATOMIC = 1 << 17,
	RAW_QP_DEST_QPN = 1 << 20,

	RAW_QP_TO_INIT = RAW_QP_STATE | RAW_QP_PKEY_INDEX | RAW_QP_PORT | RAW_QP_ACCESS_FLAGS,
	RAW_QP_TO_RTR = RAW_QP_STATE | RAW_QP_AV | RAW_QP_PATH_MTU | RAW_QP_DEST_QPN |
			RAW_QP_RQ_PSN | RAW_QP_MAX_DEST_RD_ATOMIC | RAW_QP_MIN_RNR_TIMER,
	RAW_QP_TO_RTS = RAW_QP_STATE | RAW_QP_TIMEOUT | RAW_QP_RETRY_CNT | RAW_QP_RNR_RETRY |
			RAW_QP_SQ_PSN | RAW_QP_MAX_QP_RD_ATOMIC,
};

#define RAW_ACCESS_LOCAL_WRITE	(1u << 0)
#define RAW_ACCESS_REMOTE_WRITE	(1u << 1)

/* One write() of bytes as they are. */
int raw_write(int fd, const void *bytes, size_t size);

/*
 * A well-formed header before a command of size bytes. Where response_size is
 * not 0, the first field of the command is set to the response's address.
 */
int raw_call(int fd, uint32_t command, void *cmd, size_t size,
	     void *response, size_t response_size);

/*
 * As raw_call(), an extended command: sizes are multiples of 8; behind the
 * response there are driver_size bytes for what the driver adds.
 */
int raw_call_ex(int fd, uint32_t command, const void *cmd, size_t size,
		void *response, size_t response_size, size_t driver_size);

/* The driver that a node says it is, which every ioctl() must name. */
uint32_t raw_driver_id(int fd);

int raw_open(const char *node);
int raw_get_context(int fd);
/* raw_open() and raw_get_context(), or the end of the program. */
int raw_session(const char *node);

int raw_alloc_pd(int fd, uint32_t *handle);
int raw_create_channel(int fd, uint32_t *channel);
int raw_create_cq(int fd, uint32_t cqe, int32_t channel, uint32_t *handle);
int raw_reg_mr(int fd, uint32_t pd, const void *start, uint64_t length, uint32_t access,
	       struct ib_uverbs_reg_mr_resp *mr);

/* A request for an ordinary RC QP; the caller may spoil fields of it. */
struct ib_uverbs_create_qp raw_qp_request(uint32_t pd, uint32_t cq);
int raw_create_qp(int fd, struct ib_uverbs_create_qp request,
		  struct ib_uverbs_create_qp_resp *qp);

/* Requests to move a QP on, to itself or a peer; the caller may spoil them. */
struct ib_uverbs_modify_qp raw_to_init(uint32_t qp);
struct ib_uverbs_modify_qp raw_to_rtr(uint32_t qp, uint32_t peer_qpn,
				      const uint8_t gid[16], uint8_t gid_index);
struct ib_uverbs_modify_qp raw_to_rts(uint32_t qp);
struct ib_uverbs_modify_qp raw_to_state(uint32_t qp, enum raw_qp_state state);
int raw_modify_qp(int fd, struct ib_uverbs_modify_qp request);
int raw_connect(int fd, uint32_t qp, uint32_t peer_qpn, const uint8_t gid[16],
		uint8_t gid_index);

int raw_create_ah(int fd, struct ib_uverbs_create_ah request, uint32_t *handle);
struct ib_uverbs_create_srq raw_srq_request(uint32_t pd);
int raw_create_srq(int fd, struct ib_uverbs_create_srq request, uint32_t *handle);

int raw_dealloc_pd(int fd, uint32_t handle);
int raw_dereg_mr(int fd, uint32_t handle);
int raw_destroy_cq(int fd, uint32_t handle);
int raw_destroy_qp(int fd, uint32_t handle);
int raw_destroy_ah(int fd, uint32_t handle);
int raw_destroy_srq(int fd, uint32_t handle);

#endif /* FREEFLOW_RAW_VERBS_H */
