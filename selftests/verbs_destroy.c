// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_destroy -d DEVICE -g GID_INDEX [-n ROUNDS] [-k] [-r]
 *
 * Destroys QPs while data arrives at them. In each round one thread writes to a
 * QP that the other destroys; then the writer's QP goes with its requests still
 * queued. Another pair on the same CQs lives on: each of its completions comes,
 * once, and none ever names a QP that was destroyed; with -k, for CQs in the
 * program's memory, none but those that it had not polled before. With -r a QP is reset
 * before it is destroyed.
 */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"

#define WRITE_SIZE	32768u
#define LASTING_ID	1000000u

struct options {
	int rounds;
	bool keeps;
	bool resets;
};

struct round {
	struct end *source;
	struct ibv_qp *qp;
	struct end_address target;
	atomic_bool stop;
};

static int post_write(struct end *source, struct ibv_qp *qp, const struct end_address *target,
		      uint64_t id, uint32_t size)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)source->buffer,
		.length = size,
		.lkey = source->mr->lkey,
	};
	struct ibv_send_wr wr = {
		.wr_id = id,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma.remote_addr = target->buffer,
		.wr.rdma.rkey = target->rkey,
	};
	struct ibv_send_wr *bad;

	return ibv_post_send(qp, &wr, &bad);
}

static void *write_on(void *arg)
{
	struct round *round = arg;

	while (!atomic_load(&round->stop))
		if (post_write(round->source, round->qp, &round->target, 0, WRITE_SIZE))
			sched_yield();	/* the queue is full */
	return NULL;
}

static const char *connect_ends(struct end *source, struct end *target)
{
	struct end_address from, to;
	const char *why;

	why = end_create_qp(source, IBV_QPT_RC);
	if (!why)
		why = end_create_qp(target, IBV_QPT_RC);
	if (why)
		return why;
	end_get_address(source, &from);
	end_get_address(target, &to);
	if (end_connect(source, &to).err || end_connect(target, &from).err)
		return "the ends did not connect";
	return NULL;
}

/* Takes completions until that of the lasting pair is there. */
static const char *expect_lasting(struct end *source, const struct ibv_qp *lasting,
				  uint32_t doomed, uint64_t id)
{
	struct ibv_wc wc;

	while (end_wait_completion(source->send_cq, &wc)) {
		if (wc.qp_num == doomed)
			continue;
		if (wc.qp_num != lasting->qp_num)
			return "a completion names a QP that was destroyed";
		if (wc.status != IBV_WC_SUCCESS)
			return "a write of the lasting pair failed";
		if (wc.wr_id != id)
			return "a completion of the lasting pair came twice or out of order";
		return NULL;
	}
	return "a completion of the lasting pair did not come";
}

static const char *reset(struct end *target)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };

	return ibv_modify_qp(target->qp, &attr, IBV_QP_STATE) ? "modify_qp to RESET failed" : NULL;
}

static const char *run_round(struct end *source, struct end *target, struct ibv_qp *lasting,
			     const struct end_address *beyond, uint64_t id,
			     const struct options *options)
{
	struct round round = { .source = source };
	uint32_t doomed;
	pthread_t writer;
	const char *why;

	why = connect_ends(source, target);
	if (why)
		return why;
	round.qp = source->qp;
	doomed = source->qp->qp_num;
	end_get_address(target, &round.target);
	if (pthread_create(&writer, NULL, write_on, &round))
		return "no thread";
	if (post_write(source, lasting, beyond, id, WRITE_SIZE))
		why = "post_send failed";
	if (!why)
		why = expect_lasting(source, lasting, doomed, id);
	if (!why && options->resets)
		why = reset(target);
	end_destroy_qp(target);
	atomic_store(&round.stop, true);
	pthread_join(writer, NULL);
	if (!why && post_write(source, lasting, beyond, id + 1, WRITE_SIZE))
		why = "post_send failed";
	end_destroy_qp(source);
	return why ?: expect_lasting(source, lasting, options->keeps ? doomed : 0, id + 1);
}

static const char *run_rounds(struct end *source, struct end *target,
			      const struct options *options)
{
	struct ibv_qp *lasting[2];
	struct end_address beyond;
	const char *why;
	int i;

	why = connect_ends(source, target);
	if (why)
		return why;
	lasting[0] = source->qp;
	lasting[1] = target->qp;
	end_get_address(target, &beyond);
	for (i = 0; i < options->rounds && !why; i++)
		why = run_round(source, target, lasting[0], &beyond, LASTING_ID + 2 * i,
				options);
	source->qp = lasting[0];
	target->qp = lasting[1];
	return why;
}

int main(int argc, char **argv)
{
	const char *device = NULL, *why;
	struct end source, target;
	struct options options = { .rounds = 100 };
	int option, gid_index = -1;

	while ((option = getopt(argc, argv, "d:g:kn:r")) != -1) {
		switch (option) {
		case 'd':
			device = optarg;
			break;
		case 'g':
			gid_index = atoi(optarg);
			break;
		case 'k':
			options.keeps = true;
			break;
		case 'n':
			options.rounds = atoi(optarg);
			break;
		case 'r':
			options.resets = true;
			break;
		default:
			device = NULL;
			optind = argc;
		}
	}
	if (!device || gid_index < 0) {
		fprintf(stderr,
			"usage: verbs_destroy -d DEVICE -g GID_INDEX [-n ROUNDS] [-k] [-r]\n");
		return 2;
	}
	why = end_open(&source, device, gid_index);
	if (!why) {
		why = end_open(&target, device, gid_index);
		if (!why) {
			why = run_rounds(&source, &target, &options);
			end_close(&target);
		}
		end_close(&source);
	}
	if (why)
		fprintf(stderr, "%s\n", why);
	return why ? EXIT_FAILURE : EXIT_SUCCESS;
}
