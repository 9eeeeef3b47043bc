// SPDX-License-Identifier: GPL-2.0
/*
 * ud_mail -d DEVICE [-g GID_INDEX]
 *	Says "qpn NUMBER" of a UD QP and then of each message that it gets
 *	"from GID to GID", as the header has it, until it is killed.
 * ud_mail -d DEVICE [-g GID_INDEX] -n ADDRESS -q QPN [-c COUNT]
 *	Sends a message to such a QP, and to those of the following numbers, in
 *	one list, and says "sent".
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"

#define QKEY		0x11111111
#define GRH_LEN		40
#define MESSAGE		64
#define DEPTH		16

struct mailbox {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	struct ibv_mr *mr;
	char buffers[DEPTH][GRH_LEN + MESSAGE];
};

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void make_qp(struct mailbox *box)
{
	struct ibv_qp_init_attr init = {
		.send_cq = box->cq,
		.recv_cq = box->cq,
		.cap = { DEPTH, DEPTH, 1, 1, 0 },
		.qp_type = IBV_QPT_UD,
	};

	box->qp = ibv_create_qp(box->pd, &init);
	if (!box->qp)
		die("create_qp");
	errno = end_ud_to_rts(box->qp, QKEY);
	if (errno)
		die("modify_qp");
}

static void open_box(struct mailbox *box, const char *device)
{
	box->context = end_open_device(device);
	if (!box->context)
		die(device);
	box->pd = ibv_alloc_pd(box->context);
	box->channel = ibv_create_comp_channel(box->context);
	if (!box->pd || !box->channel)
		die("pd");
	box->cq = ibv_create_cq(box->context, 2 * DEPTH, NULL, box->channel, 0);
	box->mr = ibv_reg_mr(box->pd, box->buffers, sizeof(box->buffers),
			     IBV_ACCESS_LOCAL_WRITE);
	if (!box->cq || !box->mr)
		die("cq");
	make_qp(box);
}

static void wait_completion(struct mailbox *box, struct ibv_wc *wc)
{
	struct ibv_cq *cq;
	void *context;

	while (ibv_poll_cq(box->cq, 1, wc) == 0) {
		if (ibv_req_notify_cq(box->cq, 0))
			die("req_notify");
		if (ibv_poll_cq(box->cq, 1, wc))
			break;
		if (ibv_get_cq_event(box->channel, &cq, &context))
			die("get_cq_event");
		ibv_ack_cq_events(cq, 1);
	}
	if (wc->status != IBV_WC_SUCCESS) {
		fprintf(stderr, "completion: %s\n", ibv_wc_status_str(wc->status));
		exit(EXIT_FAILURE);
	}
}

static void post_recv(struct mailbox *box, uint64_t i)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)box->buffers[i],
		.length = sizeof(box->buffers[i]),
		.lkey = box->mr->lkey,
	};
	struct ibv_recv_wr wr = { .wr_id = i, .sg_list = &sge, .num_sge = 1 }, *bad;

	errno = ibv_post_recv(box->qp, &wr, &bad);
	if (errno)
		die("post_recv");
}

/* The addresses of either form of the header. */
static void print_header(const char *buffer)
{
	const struct iphdr *ip = (const void *)(buffer + GRH_LEN - sizeof(*ip));
	const struct ibv_grh *grh = (const void *)buffer;
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	if (ip->version == 4 && ip->ihl == 5 && !grh->version_tclass_flow) {
		inet_ntop(AF_INET, &ip->saddr, from, sizeof(from));
		inet_ntop(AF_INET, &ip->daddr, to, sizeof(to));
	} else {
		inet_ntop(AF_INET6, &grh->sgid, from, sizeof(from));
		inet_ntop(AF_INET6, &grh->dgid, to, sizeof(to));
	}
	printf("from %s to %s\n", from, to);
}

static void receive(struct mailbox *box)
{
	struct ibv_wc wc;
	int i;

	for (i = 0; i < DEPTH; i++)
		post_recv(box, i);
	printf("qpn %u\n", box->qp->qp_num);
	for (;;) {
		wait_completion(box, &wc);
		print_header(box->buffers[wc.wr_id]);
		post_recv(box, wc.wr_id);
	}
}

static void post(struct mailbox *box, const char *address, uint32_t qpn, int count, int gid_index)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = 1,
		.grh = { .sgid_index = gid_index, .hop_limit = 64 },
	};
	struct ibv_sge sge = {
		.addr = (uintptr_t)box->buffers[0],
		.length = MESSAGE,
		.lkey = box->mr->lkey,
	};
	struct ibv_send_wr list[DEPTH], *bad;
	struct ibv_ah *ah;
	struct ibv_wc wc;
	int i;

	if (end_gid_of_address(address, &attr.grh.dgid))
		die(address);
	ah = ibv_create_ah(box->pd, &attr);
	if (!ah)
		die("create_ah");
	for (i = 0; i < count; i++)
		list[i] = (struct ibv_send_wr) {
			.next = i + 1 < count ? &list[i + 1] : NULL,
			.sg_list = &sge,
			.num_sge = 1,
			.opcode = IBV_WR_SEND,
			.send_flags = IBV_SEND_SIGNALED,
			.wr.ud = { ah, qpn + i, QKEY },
		};
	errno = ibv_post_send(box->qp, list, &bad);
	if (errno)
		die("post_send");
	for (i = 0; i < count; i++)
		wait_completion(box, &wc);
	printf("sent\n");
}

int main(int argc, char **argv)
{
	const char *device = NULL, *address = NULL;
	static struct mailbox box;
	int option, count = 1, gid_index = 1;
	uint32_t qpn = 0;

	while ((option = getopt(argc, argv, "c:d:g:n:q:")) != -1) {
		switch (option) {
		case 'c':
			count = atoi(optarg);
			break;
		case 'd':
			device = optarg;
			break;
		case 'g':
			gid_index = atoi(optarg);
			break;
		case 'n':
			address = optarg;
			break;
		case 'q':
			qpn = strtoul(optarg, NULL, 0);
			break;
		default:
			return 2;
		}
	}
	if (!device || count < 1 || count > DEPTH)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_box(&box, device);
	if (address)
		post(&box, address, qpn, count, gid_index);
	else
		receive(&box);
	return EXIT_SUCCESS;
}
