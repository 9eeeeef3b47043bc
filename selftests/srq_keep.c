// SPDX-License-Identifier: GPL-2.0
/*
 * srq_keep -d DEVICE [-g GID_INDEX] [-l]
 *
 * A QP keeps a receive of an SRQ, as its peer broke off in the middle of a message.
 * Meanwhile another QP completes many times as many as the SRQ holds, which is
 * resized, too. Every receive completes once, under the number that it was posted
 * with, also that which was kept, when its QP goes to ERR; with -l that one is lost.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"

#define RECEIVES	16u
#define RESIZED		64u
#define ROUNDS		400
#define FIRST		0x5eed00000000u
#define MESSAGE		4096u

static struct end base;
static uint64_t posted = FIRST;

static void die(const char *what)
{
	fprintf(stderr, "srq_keep: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void post_receive(void)
{
	struct ibv_sge sge = { (uintptr_t)base.buffer, 2 * MESSAGE, base.mr->lkey };
	struct ibv_recv_wr *bad, wr = { .wr_id = posted, .sg_list = &sge, .num_sge = 1 };

	errno = ibv_post_srq_recv(base.srq, &wr, &bad);
	if (errno)
		die("post_srq_recv");
	posted++;
}

static void post_send(struct ibv_qp *qp, struct ibv_sge *sge, int num_sge)
{
	struct ibv_send_wr *bad, wr = {
		.sg_list = sge,
		.num_sge = num_sge,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	};

	errno = ibv_post_send(qp, &wr, &bad);
	if (errno)
		die("post_send");
}

static void expect(struct ibv_cq *cq, enum ibv_wc_status status, uint64_t wr_id)
{
	struct ibv_wc wc;

	if (!end_wait_completion(cq, &wc)) {
		errno = ETIMEDOUT;
		die("no completion");
	}
	if (wc.status == status && wc.wr_id == wr_id)
		return;
	fprintf(stderr, "srq_keep: %s of %#llx instead of %s of %#llx\n",
		ibv_wc_status_str(wc.status), (unsigned long long)wc.wr_id,
		ibv_wc_status_str(status), (unsigned long long)wr_id);
	exit(EXIT_FAILURE);
}

static void connect_ends(struct end *a, struct end *b)
{
	struct end_address of_a, of_b;

	end_get_address(a, &of_a);
	end_get_address(b, &of_b);
	if (end_connect(a, &of_b).err || (a != b && end_connect(b, &of_a).err))
		die("connect");
}

/* The first part goes, and of the second the key is none. */
static void break_off(struct end *end)
{
	struct ibv_sge sges[] = {
		{ (uintptr_t)base.buffer, MESSAGE, base.mr->lkey },
		{ (uintptr_t)base.buffer, MESSAGE, 0 },
	};
	struct ibv_wc wc;

	post_send(end->qp, sges, 2);
	if (!end_wait_completion(base.send_cq, &wc) || wc.status == IBV_WC_SUCCESS) {
		errno = EPROTO;
		die("it does not break off");
	}
	usleep(100000);
}

static void resize(void)
{
	struct ibv_srq_attr attr = { .max_wr = RESIZED };

	errno = ibv_modify_srq(base.srq, &attr, IBV_SRQ_MAX_WR);
	if (errno)
		die("modify_srq");
}

static void go_on(struct end *end)
{
	struct ibv_sge sge = { (uintptr_t)base.buffer, 64, base.mr->lkey };
	int round;

	for (round = 0; round < ROUNDS; round++) {
		post_send(end->qp, &sge, 1);
		expect(base.send_cq, IBV_WC_SUCCESS, 0);
		expect(base.recv_cq, IBV_WC_SUCCESS, FIRST + 1 + round);
		post_receive();
		if (round == ROUNDS / 2)
			resize();
	}
}

static void give_back(struct end *end)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };

	errno = ibv_modify_qp(end->qp, &attr, IBV_QP_STATE);
	if (errno)
		die("modify_qp to ERR");
	expect(base.recv_cq, IBV_WC_WR_FLUSH_ERR, FIRST);
}

static void create(struct end *end)
{
	const char *why;

	*end = base;
	why = end_create_qp(end, IBV_QPT_RC);
	if (why)
		die(why);
}

int main(int argc, char **argv)
{
	struct ibv_srq_init_attr attr = { .attr = { .max_wr = RECEIVES, .max_sge = 1 } };
	struct end breaks_off, keeps, goes_on;
	const char *device = NULL, *why;
	int option, gid_index = 1;
	bool lost = false;
	unsigned int i;

	while ((option = getopt(argc, argv, "d:g:l")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
		else if (option == 'l')
			lost = true;
	}
	if (!device) {
		fprintf(stderr, "usage: srq_keep -d DEVICE [-g GID_INDEX] [-l]\n");
		return 2;
	}
	why = end_open(&base, device, gid_index);
	if (why)
		die(why);
	base.srq = ibv_create_srq(base.pd, &attr);
	if (!base.srq)
		die("create_srq");
	create(&breaks_off);
	create(&keeps);
	create(&goes_on);
	connect_ends(&breaks_off, &keeps);
	connect_ends(&goes_on, &goes_on);
	for (i = 0; i < RECEIVES; i++)
		post_receive();
	break_off(&breaks_off);
	go_on(&goes_on);
	if (!lost)
		give_back(&keeps);
	return EXIT_SUCCESS;
}
