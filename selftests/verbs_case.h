/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What verbs_data runs: cases that two connected ends go through together,
 * one active (it posts the requests), one passive.
 */
#ifndef FREEFLOW_VERBS_CASE_H
#define FREEFLOW_VERBS_CASE_H

#include <stdbool.h>

#include "verbs_end.h"

struct pair {
	struct end end;
	struct end_address remote;
	int line;
	bool active;
	bool is_virtual;	/* not the bare device */
	bool reliable_only;	/* a message that is lost is sent again */
	bool always_event;	/* for any receive, also where solicited ones are asked for */
	bool connectable;	/* a connection that failed is the last one tried */
};

/* Each prints its KTAP lines through report_case(). */
void run_transfers(struct pair *pair);
void run_behaviours(struct pair *pair);
void run_datagrams(struct pair *pair);
void run_shared(struct pair *pair);

const char *pair_connect(struct pair *pair, enum ibv_qp_type type);
const char *pair_connect_ud(struct pair *pair);
const char *pair_exchange_datagrams(struct pair *pair);
void pair_disconnect(struct pair *pair);

/* Agree with the peer on the result of a case and print it. */
void report_case(struct pair *pair, const char *why, const char *name);

#endif /* FREEFLOW_VERBS_CASE_H */
