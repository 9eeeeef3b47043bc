/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz_ring: one process after another (fuzz_ring.c) in which threads write into
 * the same mapped queues (fuzz_ring_ops.c, fuzz_ring_mw.c).
 */
#ifndef FREEFLOW_FUZZ_RING_H
#define FREEFLOW_FUZZ_RING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fuzz_options.h"
#include "fuzz_process.h"
#include "raw_ring.h"

#define RING_ARENA	(1u << 16)

enum ring_op {
	RING_SEND,
	RING_RECV,
	RING_DOORBELL,
	RING_CONSUME,
	RING_NOTIFY,
	RING_RESET_QP,
	RING_RECREATE_QP,
	RING_RESIZE_CQ,
	RING_RECREATE_MW,
	/* what no program in its senses does, from here on */
	RING_SCRIBBLE,
	RING_INDEX,
	RING_SHAPE,
	RING_REMAP,
	RING_OPS
};

struct ring_op_info {
	const char *name;
	unsigned int weight;
	bool must_succeed;
};

extern const struct ring_op_info ring_ops[RING_OPS];

/* Shared by all processes. */
struct ring_tally {
	atomic_uint operations;
	atomic_uint results[RING_OPS][FUZZ_ERRNOS];
	atomic_uint good_completions;
	atomic_uint bad_completions;
	atomic_uint binds;	/* of memory windows, that completed well */
};

/*
 * Two UC QPs that are connected to each other, one with the SRQ, a UD QP, and an
 * RC QP for what is done to memory windows, which nobody answers.
 */
enum { RING_QP_UC, RING_QP_UC_SRQ, RING_QP_UD, RING_QP_RC, RING_QPS };
enum { RING_CQS = 2, RING_MWS = 4 };

struct ring_mw {
	atomic_uint handle;
	atomic_uint rkey;
	atomic_bool bound;
};

struct ring_world {
	const struct fuzz_options *options;
	bool sound;		/* only what a program in its senses does */
	struct ring_tally *tally;
	int fd;
	uint32_t pd;
	uint32_t ah_num;
	uint32_t lkey;
	uint32_t rkey;
	uint8_t *arena;		/* registered; between pages that are not mapped */
	uint32_t cqs[RING_CQS];
	uint32_t srq;
	struct ring_mw mws[RING_MWS];	/* of type 1 and 2 in turn */
	atomic_uint qps[RING_QPS];
	atomic_uint qpns[RING_QPS];
	struct raw_ring cq_rings[RING_CQS];
	struct raw_ring srq_ring;
	struct raw_ring send_rings[RING_QPS];
	struct raw_ring recv_rings[RING_QPS];
	pthread_mutex_t starting;	/* held while QPs are, after a reset or made anew */
};

/* Opens the node and makes all of it. Returns an errno. */
int ring_world_init(struct ring_world *world);
/* All of it goes when nothing of the node is mapped or open any more. */
void ring_world_exit(struct ring_world *world);

/* One operation on a struct ring_world, with its errno counted. */
void ring_step(void *context, struct fuzz_random *random);

/* Memory windows: an entry of a send queue, and the objects. */
void ring_fill_window(struct ring_world *world, struct fuzz_random *random,
		      struct rxe_send_wqe *wqe);
int ring_create_mw(struct ring_world *world, unsigned int index);
int ring_recreate_mw(struct ring_world *world, struct fuzz_random *random);

#endif /* FREEFLOW_FUZZ_RING_H */
