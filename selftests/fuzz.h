/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz_write: one process after another (fuzz_write.c) in which threads throw
 * commands at the same objects (fuzz_commands.c).
 */
#ifndef FREEFLOW_FUZZ_H
#define FREEFLOW_FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fuzz_options.h"
#include "fuzz_process.h"

#define FUZZ_FILES	4
#define FUZZ_SLOTS	12

enum fuzz_kind { FUZZ_PD, FUZZ_CQ, FUZZ_QP, FUZZ_MR, FUZZ_CHANNEL, FUZZ_AH, FUZZ_SRQ, FUZZ_KINDS };

enum fuzz_op {
	FUZZ_OPEN,
	FUZZ_CLOSE,
	FUZZ_GET_CONTEXT,
	FUZZ_QUERY_DEVICE,
	FUZZ_QUERY_DEVICE_EX,
	FUZZ_QUERY_GIDS,
	FUZZ_QUERY_PORT,
	FUZZ_ALLOC_PD,
	FUZZ_DEALLOC_PD,
	FUZZ_CREATE_CHANNEL,
	FUZZ_READ_CHANNEL,
	FUZZ_CLOSE_CHANNEL,
	FUZZ_CREATE_CQ,
	FUZZ_CREATE_CQ_EX,
	FUZZ_RESIZE_CQ,
	FUZZ_DESTROY_CQ,
	FUZZ_NOTIFY_CQ,
	FUZZ_POLL_CQ,
	FUZZ_REG_MR,
	FUZZ_REREG_MR,
	FUZZ_DEREG_MR,
	FUZZ_CREATE_QP,
	FUZZ_CREATE_QP_EX,
	FUZZ_MODIFY_QP,
	FUZZ_MODIFY_QP_EX,
	FUZZ_QUERY_QP,
	FUZZ_DESTROY_QP,
	FUZZ_POST_SEND,
	FUZZ_POST_RECV,
	FUZZ_CREATE_AH,
	FUZZ_DESTROY_AH,
	FUZZ_CREATE_SRQ,
	FUZZ_MODIFY_SRQ,
	FUZZ_QUERY_SRQ,
	FUZZ_DESTROY_SRQ,
	FUZZ_POST_SRQ_RECV,
	FUZZ_MCAST,
	FUZZ_ANY_COMMAND,
	FUZZ_EXTENDED,
	FUZZ_IOCTL,
	FUZZ_MMAP,
	FUZZ_FORK,
	FUZZ_OPS
};

/* Shared by all processes. */
struct fuzz_tally {
	atomic_uint commands;
	atomic_uint results[FUZZ_OPS][FUZZ_ERRNOS];
};

/* The name of an operation, and whether some of it must succeed. */
struct fuzz_op_info {
	const char *name;
	unsigned int weight;
	unsigned int storm_weight;
	bool must_succeed;
};

extern const struct fuzz_op_info fuzz_ops[FUZZ_OPS];

/* Handles that commands have answered, per open file; threads race on them. */
struct fuzz_file {
	atomic_int fd;
	atomic_uint handles[FUZZ_KINDS][FUZZ_SLOTS];
	atomic_uint qpns[FUZZ_SLOTS];
	atomic_uint types[FUZZ_SLOTS];	/* of QPs */
	atomic_uint states[FUZZ_SLOTS];	/* of QPs, as far as known */
	atomic_uint keys[FUZZ_SLOTS];
};

struct fuzz_world {
	const struct fuzz_options *options;
	bool storm;	/* one QP, on which all threads post, destroy and create */
	bool sound;	/* no command is spoilt, no handle another one than it should be */
	unsigned int file_count;	/* up to FUZZ_FILES */
	uint32_t driver_id;
	struct fuzz_tally *tally;
	struct fuzz_file files[FUZZ_FILES];
	uint8_t *arena;		/* mapped, between pages that are not */
	uint8_t *read_only;
};

#define FUZZ_ARENA_SIZE	(1u << 20)

void fuzz_world_init(struct fuzz_world *world);

/* Something to start from, so that no process spends itself on errors. */
void fuzz_furnish(struct fuzz_world *world, struct fuzz_random *random);

/* One operation, with its errno counted. */
void fuzz_shoot(struct fuzz_world *world, struct fuzz_random *random, enum fuzz_op op);

#endif /* FREEFLOW_FUZZ_H */
