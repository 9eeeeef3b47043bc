/* SPDX-License-Identifier: GPL-2.0 */
/* The steps of fault_verbs, and what they share. Arrays end with an empty step. */
#ifndef FREEFLOW_FAULT_VERBS_H
#define FREEFLOW_FAULT_VERBS_H

#include "fault_nth.h"
#include "verbs_end.h"

/* There before the first step and after the last. Steps make and destroy its QP. */
extern struct end end;

extern const struct fault_step fault_object_steps[];
extern const struct fault_step fault_extended_steps[];
extern const struct fault_step fault_queue_steps[];
extern const struct fault_step fault_ring_steps[];

/* 0 where a verb made something, else what it left in errno. */
int fault_result(const void *made);
/* To the device's own address. */
struct ibv_ah *fault_create_ah(struct ibv_pd *pd);

/* Each returns 0 or an errno. */
int fault_create_qp(enum ibv_qp_type type);
int fault_destroy_qp(void);
/* A new RC QP that is connected to itself. */
int fault_connect(void);

/* A new QP writes from the buffer to the buffer. Returns NULL or a sentence. */
const char *fault_transfer(void);

#endif /* FREEFLOW_FAULT_VERBS_H */
