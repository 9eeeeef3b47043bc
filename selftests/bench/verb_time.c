// SPDX-License-Identifier: GPL-2.0
/*
 * verb_time -v VERB -d DEVICE
 *	The median of the times that a verb takes in libibverbs and below, in
 *	microseconds.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../verbs_end.h"
#include "timing.h"

#define SAMPLES	101

struct verb {
	const char *name;
	int (*run)(struct end *end);
	bool fills;	/* the receive queue of a QP */
};

static int req_notify_cq(struct end *end)
{
	return ibv_req_notify_cq(end->recv_cq, 0);
}

static int poll_cq(struct end *end)
{
	struct ibv_wc wc;

	return ibv_poll_cq(end->recv_cq, 1, &wc);
}

static int post_recv(struct end *end)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)end->buffer,
		.length = 64,
		.lkey = end->mr->lkey,
	};
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	return ibv_post_recv(end->qp, &wr, &bad);
}

static int query_port(struct end *end)
{
	struct ibv_port_attr attr;

	return ibv_query_port(end->context, 1, &attr);
}

static const struct verb verbs[] = {
	{ "poll_cq", poll_cq, false },
	{ "post_recv", post_recv, true },
	{ "query_port", query_port, false },
	{ "req_notify_cq", req_notify_cq, false },
};

static const struct verb *verb_of(const char *name)
{
	const struct verb *verb;

	for (verb = verbs; verb < verbs + sizeof(verbs) / sizeof(verbs[0]); verb++)
		if (!strcmp(verb->name, name))
			return verb;
	exit(2);
}

/* As often as a receive queue has room: each sample gets a QP if it fills that. */
static double sample(struct end *end, const struct verb *verb)
{
	double began, took;
	int i, err = 0;

	if (verb->fills && (end_create_qp(end, IBV_QPT_RC) || end_to_init(end)))
		die("create_qp");
	began = now_us();
	for (i = 0; i < END_QUEUE_DEPTH && !err; i++)
		err = verb->run(end);
	took = (now_us() - began) / END_QUEUE_DEPTH;
	if (err) {
		errno = err;
		die(verb->name);
	}
	if (verb->fills)
		end_destroy_qp(end);
	return took;
}

int main(int argc, char **argv)
{
	const char *device = NULL, *why;
	const struct verb *verb = NULL;
	double samples[SAMPLES];
	struct end end;
	int option, i;

	while ((option = getopt(argc, argv, "d:v:")) != -1) {
		switch (option) {
		case 'd':
			device = optarg;
			break;
		case 'v':
			verb = verb_of(optarg);
			break;
		default:
			return 2;
		}
	}
	if (!device || !verb)
		return 2;
	why = end_open(&end, device, 1);
	if (why) {
		fprintf(stderr, "%s: %s\n", device, why);
		return EXIT_FAILURE;
	}
	for (i = 0; i < SAMPLES; i++)
		samples[i] = sample(&end, verb);
	printf("%.3f\n", median(samples, SAMPLES));
	end_close(&end);
	return EXIT_SUCCESS;
}
