/* SPDX-License-Identifier: GPL-2.0 */
/* A command of fuzz_write under way: what goes into it, and how it is sent. */
#ifndef FREEFLOW_FUZZ_SHOT_H
#define FREEFLOW_FUZZ_SHOT_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz.h"
#include "raw_verbs.h"

#define NO_HANDLE	0xfffffff0u

struct shot {
	struct fuzz_world *world;
	struct fuzz_random *random;
	struct fuzz_file *file;
	unsigned int slot;
	struct {
		struct ib_uverbs_cmd_hdr header;
		uint8_t body[1024];
	} message;
	size_t size;		/* of the body */
	void *response;		/* in the arena, or NULL when the command has none */
};

uint32_t pick_slot(struct shot *shot);
uint32_t pick_used_slot(struct shot *shot, enum fuzz_kind kind);
/* Mostly a handle of the kind that was answered, now and then anything. */
uint32_t pick_handle(struct shot *shot, enum fuzz_kind kind);
uint64_t pick_address(struct shot *shot);
uint32_t pick_length(struct shot *shot);
uint32_t pick_key(struct shot *shot);

void pick_sge(struct shot *shot, struct ib_uverbs_sge *sge);
void remember(struct shot *shot, enum fuzz_kind kind, uint32_t handle);

/* The body of the command, cleared. */
void *body(struct shot *shot, size_t size);
/* Handles and anything else, but for the response's address. */
void random_body(struct shot *shot, size_t size);
void spoil(struct shot *shot);
/* Send the message as it stands. Returns an errno. */
int send_message(struct shot *shot);
/* Room in the arena for a response, or none. */
void place_response(struct shot *shot, size_t size);
/* Put a header before the body, spoil it at times, and send it. */
int fire(struct shot *shot, uint32_t command, size_t size, size_t response_size);

/* fuzz_shared.c */
int do_create_ah(struct shot *shot);
int do_create_srq(struct shot *shot);
int do_modify_srq(struct shot *shot);
int do_query_srq(struct shot *shot);
int do_post_srq_recv(struct shot *shot);
int do_mcast(struct shot *shot);
struct ib_uverbs_modify_qp ud_step(struct shot *shot, uint32_t qp, uint32_t state);
void aim_ud(struct shot *shot, struct ib_uverbs_send_wr *wr);

/* fuzz_extended.c */
int do_query_device_ex(struct shot *shot);
int do_create_cq_ex(struct shot *shot);
int do_create_qp_ex(struct shot *shot);
int do_modify_qp_ex(struct shot *shot);
int do_extended(struct shot *shot);
int do_query_gids(struct shot *shot);
int do_ioctl(struct shot *shot);

#endif /* FREEFLOW_FUZZ_SHOT_H */
