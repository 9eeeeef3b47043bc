// SPDX-License-Identifier: GPL-2.0
/*
 * fault_verbs -d DEVICE [-g GID_INDEX] [-r] [-s STEPS]
 *
 * Of each verb, all that the kernel allocates and copies for it fails once, one
 * after the other. Prints for each "ok VERB: 31 faults, 28 errors", or "not ok"
 * with the reason; then, as once before the first, "settled", and waits for a line
 * of input: what is in use must be the same each time.
 *
 *  -r  what only rings have, too: memory windows, and sends that make no sense
 *  -s  only the steps of such a name, a pattern
 */

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_verbs.h"

#define LENGTH	4096
#define TARGET	(1u << 20)

struct end end;

int fault_result(const void *made)
{
	if (made)
		return 0;
	return errno ? errno : EPROTO;
}

struct ibv_ah *fault_create_ah(struct ibv_pd *pd)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = 1,
		.grh = { .dgid = end.gid, .sgid_index = end.gid_index, .hop_limit = 64 },
	};

	errno = 0;
	return ibv_create_ah(pd, &attr);
}

int fault_create_qp(enum ibv_qp_type type)
{
	errno = 0;
	return end_create_qp(&end, type) ? fault_result(NULL) : 0;
}

int fault_destroy_qp(void)
{
	int err = end.qp ? ibv_destroy_qp(end.qp) : 0;

	end.qp = NULL;
	end_forget_completions(end.send_cq);
	end_forget_completions(end.recv_cq);
	return err;
}

int fault_connect(void)
{
	struct end_address self;
	int err = fault_create_qp(IBV_QPT_RC);

	if (err)
		return err;
	end_get_address(&end, &self);
	return end_connect(&end, &self).err;
}

const char *fault_transfer(void)
{
	struct ibv_sge sge = { (uintptr_t)end.buffer, LENGTH, end.mr->lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { (uintptr_t)end.buffer + TARGET, end.mr->rkey },
	}, *bad;
	static uint8_t pattern;
	const char *why = NULL;
	struct ibv_wc wc;

	if (fault_connect())
		return "a new QP does not connect";
	memset(end.buffer, ++pattern, LENGTH);
	if (ibv_post_send(end.qp, &wr, &bad))
		why = "a new QP takes no request";
	else if (!end_wait_completion(end.send_cq, &wc) || wc.status != IBV_WC_SUCCESS)
		why = "a request of a new QP fails";
	else if (memcmp(end.buffer, end.buffer + TARGET, LENGTH))
		why = "the data of a new QP does not come";
	if (fault_destroy_qp() && !why)
		why = "a new QP does not go";
	return why;
}

static void settle(void)
{
	char line[16];

	printf("settled\n");
	if (!fgets(line, sizeof(line), stdin))
		exit(EXIT_FAILURE);
}

static void run_step(const struct fault_step *step)
{
	struct fault_tally tally;
	const char *why = fault_run(step, &tally);

	if (!why)
		why = fault_transfer();
	if (why)
		printf("not ok %s: %s\n", step->name, why);
	else
		printf("ok %s: %u faults, %u errors\n", step->name, tally.faults, tally.errors);
	settle();
}

static void run_steps(const struct fault_step *step, const char *only)
{
	for (; step->name; step++) {
		if (!fnmatch(only, step->name, 0))
			run_step(step);
	}
}

int main(int argc, char **argv)
{
	const char *device = NULL, *only = "*", *why;
	int option, gid_index = 1;
	bool rings = false;

	while ((option = getopt(argc, argv, "d:g:rs:")) != -1) {
		switch (option) {
		case 'd':
			device = optarg;
			break;
		case 'g':
			gid_index = atoi(optarg);
			break;
		case 'r':
			rings = true;
			break;
		case 's':
			only = optarg;
			break;
		}
	}
	if (!device) {
		fprintf(stderr, "usage: fault_verbs -d DEVICE [-g GID_INDEX] [-r] [-s STEPS]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!fault_open()) {
		perror("fail-nth");
		return EXIT_FAILURE;
	}
	why = end_open(&end, device, gid_index);
	if (!why)
		why = fault_transfer();
	if (why) {
		fprintf(stderr, "%s: %s\n", device, why);
		return EXIT_FAILURE;
	}
	settle();
	run_steps(fault_object_steps, only);
	run_steps(fault_extended_steps, only);
	run_steps(fault_queue_steps, only);
	if (rings)
		run_steps(fault_ring_steps, only);
	end_close(&end);
	return EXIT_SUCCESS;
}
