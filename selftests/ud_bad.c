// SPDX-License-Identifier: GPL-2.0
/*
 * ud_bad -d DEVICE [-g GID_INDEX]
 *
 * Sends three UD messages in one list, the second by an address handle that was
 * destroyed. Says what became of each, in the order of the completions, of the QP, and
 * how many came: the same on a bare device and on a virtual one whose requests are in
 * rings.
 */

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"

#define QKEY		0x33333333
#define RECEIVE_SIZE	256
#define MESSAGES	3
#define SETTLE_MS	500

static void die(const char *what)
{
	fprintf(stderr, "ud_bad: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void make_ready(struct end *end)
{
	if (end_create_qp(end, IBV_QPT_UD))
		die("create_qp");
	errno = end_ud_to_rts(end->qp, QKEY);
	if (errno)
		die("modify_qp");
}

static void post_receives(struct end *end)
{
	int i;

	for (i = 0; i < MESSAGES; i++) {
		struct ibv_sge sge = {
			(uintptr_t)end->buffer + i * RECEIVE_SIZE, RECEIVE_SIZE, end->mr->lkey,
		};
		struct ibv_recv_wr *bad, wr = { .wr_id = i, .sg_list = &sge, .num_sge = 1 };

		errno = ibv_post_recv(end->qp, &wr, &bad);
		if (errno)
			die("post_recv");
	}
}

/* To the device itself. */
static struct ibv_ah *make_ah(struct end *end)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = 1,
		.grh = { .dgid = end->gid, .sgid_index = end->gid_index, .hop_limit = 1 },
	};
	struct ibv_ah *ah = ibv_create_ah(end->pd, &attr);

	if (!ah)
		die("create_ah");
	return ah;
}

/* What the library had of one that is no more. */
static struct ibv_ah *make_dead_ah(struct end *end)
{
	struct ibv_ah *ah = make_ah(end);
	size_t size = malloc_usable_size(ah);
	void *copy = malloc(size);

	if (!copy)
		die("malloc");
	memcpy(copy, ah, size);
	errno = ibv_destroy_ah(ah);
	if (errno)
		die("destroy_ah");
	return copy;
}

static void send_all(struct end *from, uint32_t qpn)
{
	struct ibv_ah *good = make_ah(from), *dead = make_dead_ah(from);
	struct ibv_sge sge = { (uintptr_t)from->buffer, 8, from->mr->lkey };
	struct ibv_send_wr *bad, wr[MESSAGES];
	int i;

	for (i = 0; i < MESSAGES; i++)
		wr[i] = (struct ibv_send_wr){
			.wr_id = i,
			.next = i + 1 < MESSAGES ? &wr[i + 1] : NULL,
			.sg_list = &sge,
			.num_sge = 1,
			.opcode = IBV_WR_SEND,
			.send_flags = IBV_SEND_SIGNALED,
			.wr.ud = {
				.ah = i == 1 ? dead : good,
				.remote_qpn = qpn,
				.remote_qkey = QKEY,
			},
		};
	errno = ibv_post_send(from->qp, wr, &bad);
	if (errno)
		die("post_send");
}

int main(int argc, char **argv)
{
	const char *device = NULL, *why;
	int option, gid_index = 1, i, came;
	struct ibv_wc wc[MESSAGES];
	struct end from, to;

	while ((option = getopt(argc, argv, "d:g:")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
	}
	if (!device) {
		fprintf(stderr, "usage: ud_bad -d DEVICE [-g GID_INDEX]\n");
		return 2;
	}
	why = end_open(&from, device, gid_index);
	if (!why)
		why = end_open(&to, device, gid_index);
	if (why) {
		fprintf(stderr, "%s: %s\n", device, why);
		return EXIT_FAILURE;
	}
	make_ready(&from);
	make_ready(&to);
	post_receives(&to);
	send_all(&from, to.qp->qp_num);
	if (!end_wait_completions(from.send_cq, wc, MESSAGES))
		die("completions are missing");
	for (i = 0; i < MESSAGES; i++)
		printf("message %d: %s\n", (int)wc[i].wr_id,
		       ibv_wc_status_str(wc[i].status));
	printf("the QP failed: %d\n", end_wait_state(&from, IBV_QPS_ERR));
	usleep(SETTLE_MS * 1000);
	came = ibv_poll_cq(to.recv_cq, MESSAGES, wc);
	printf("came: %d\n", came);
	return EXIT_SUCCESS;
}
