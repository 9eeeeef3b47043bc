/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One end of a connection: a device with one PD, one memory region, one
 * completion channel and two CQs, and the QP under test. All functions that
 * wait do so with a time limit. Those that return const char * return NULL or
 * a sentence that says what went wrong.
 */
#ifndef FREEFLOW_VERBS_END_H
#define FREEFLOW_VERBS_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <infiniband/verbs.h>

/*
 * Not whole megabytes: rxe of 6.1 reads past an array of its own when a transfer ends
 * at the end of such a region.
 */
#define END_BUFFER_SIZE		((2u << 20) + 16384)
#define END_QUEUE_DEPTH		64
#define END_MAX_SGE		4
#define END_MAX_INLINE		64
#define END_TIMEOUT_MS		20000
#define END_ACCESS		(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
				 IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)

struct end {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *send_cq;
	struct ibv_cq *recv_cq;
	struct ibv_mr *mr;
	struct ibv_qp *qp;
	struct ibv_srq *srq;	/* of a new QP, or NULL */
	enum ibv_qp_type qp_type;
	uint8_t *buffer;
	union ibv_gid gid;
	int gid_index;
	enum ibv_mtu mtu;
	uint32_t psn;
};

/* What one end must know of the other to connect and to name its memory. */
struct end_address {
	union ibv_gid gid;
	uint64_t buffer;
	uint32_t qpn;
	uint32_t psn;
	uint32_t rkey;
	uint32_t mtu;
};

/* Result of end_reach(): a verb's errno and the step that gave it. */
struct end_error {
	const char *step;
	int err;
};

struct ibv_context *end_open_device(const char *name);
int end_gid_of_address(const char *text, union ibv_gid *gid);

const char *end_open(struct end *end, const char *device, int gid_index);
void end_close(struct end *end);

const char *end_create_qp(struct end *end, enum ibv_qp_type type);
void end_destroy_qp(struct end *end);
void end_get_address(const struct end *end, struct end_address *address);

/* RESET -> INIT, INIT -> RTR, RTR -> RTS; each returns 0 or an errno. */
int end_to_init(struct end *end);
int end_to_rtr(struct end *end, const struct end_address *peer);
int end_to_rts(struct end *end);
/* A UD QP, from RESET; 0 or an errno. */
int end_ud_to_rts(struct ibv_qp *qp, uint32_t qkey);
struct end_error end_connect(struct end *end, const struct end_address *peer);

/* The next completions, polled in batches; false when too few came in time. */
bool end_wait_completions(struct ibv_cq *cq, struct ibv_wc *wc, int count);
bool end_wait_completion(struct ibv_cq *cq, struct ibv_wc *wc);

/*
 * Whether a request of which the memory is not there was refused. Of a key that it does not
 * know, rxe of 6.1 says the second of two things; a newer one flushes whatever fails in the
 * queue itself.
 */
bool end_is_refusal(enum ibv_wc_status status, bool newer);

bool end_is_empty(struct ibv_cq *cq);
void end_forget_completions(struct ibv_cq *cq);
bool end_wait_state(struct end *end, enum ibv_qp_state state);
bool end_wait_readable(int fd, int timeout_ms);

long end_now_ms(void);

#endif /* FREEFLOW_VERBS_END_H */
