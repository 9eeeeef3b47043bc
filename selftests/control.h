/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The groups of cases that verbs_control runs, one file each. What they print
 * does not depend on the device, so that two of them can be compared.
 */
#ifndef FREEFLOW_CONTROL_H
#define FREEFLOW_CONTROL_H

#include <stdbool.h>

#include "verbs_end.h"

/* Two connected ends on one device. */
struct loop {
	struct end a;
	struct end b;
};

/* The device under test. */
extern const char *control_device;
extern int control_gid_index;

/* One line of output: the case and the name of its errno, or "ok". */
void show(const char *name, int err);

/* The end of the program, where what a case needs cannot be had. */
__attribute__((format(printf, 1, 2), noreturn))
void give_up(const char *fmt, ...);

void loop_open(struct loop *loop, enum ibv_qp_type type);
void loop_close(struct loop *loop);
void loop_connect(struct loop *loop);

/* Sends from a to b in order, wr_id counting from first; no more than fit. */
void loop_send(struct loop *loop, uint64_t first, int count, unsigned int flags);
/* Receives for b, of 0 bytes each, and as many of them completed. */
void loop_receive(struct loop *loop, int count);
bool loop_received(struct loop *loop, int count);
/* As many completions come, all well and in order from first on. */
bool loop_completions(struct ibv_cq *cq, uint64_t first, int count);

void gid_cases(void);
void cq_cases(void);
void state_cases(void);
void event_cases(void);
void process_cases(void);

#endif /* FREEFLOW_CONTROL_H */
