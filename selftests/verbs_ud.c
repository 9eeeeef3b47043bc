// SPDX-License-Identifier: GPL-2.0
/*
 * UD messages and multicast between containers, of whatever tables and hosts.
 *
 *   verbs_ud -d DEVICE [-g GID_INDEX] [-t SECONDS] listen [GROUP...]
 *   verbs_ud -d DEVICE [-g GID_INDEX] [-q QPN] [-w] send ADDRESS|GROUP TEXT
 *
 * listen makes a UD QP, attaches it to the groups and says "ready QPN", and a
 * line for each message: "10.88.0.1 > 239.1.2.3: TEXT", by the addresses in the
 * header in front of it. It ends when the time is up, or after a message "detach" when it
 * has detached from all groups and said "detached". send -w says "ready" once it
 * has its address handle, and sends at the end of its input.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"

#define QKEY		0x22222222
#define HEADER		40
#define RECEIVE_SIZE	256
#define RECEIVES	16
#define MULTICAST_QPN	0xffffff

static void die(const char *what)
{
	fprintf(stderr, "verbs_ud: %s: %s\n", what, strerror(errno));
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

static void post_receive(struct end *end, uint64_t slot)
{
	struct ibv_sge sge = {
		(uintptr_t)end->buffer + slot * RECEIVE_SIZE, RECEIVE_SIZE, end->mr->lkey,
	};
	struct ibv_recv_wr *bad, wr = { .wr_id = slot, .sg_list = &sge, .num_sge = 1 };

	errno = ibv_post_recv(end->qp, &wr, &bad);
	if (errno)
		die("post_recv");
}

static void attach(struct end *end, char **groups, bool on)
{
	union ibv_gid gid;

	for (; *groups; groups++) {
		if (end_gid_of_address(*groups, &gid))
			die(*groups);
		errno = on ? ibv_attach_mcast(end->qp, &gid, 0) :
			     ibv_detach_mcast(end->qp, &gid, 0);
		if (errno)
			die(on ? "attach_mcast" : "detach_mcast");
	}
}

static void print_message(const uint8_t *header, uint32_t length)
{
	char source[INET6_ADDRSTRLEN], dest[INET6_ADDRSTRLEN];
	bool v6 = header[0] >> 4 == 6;

	inet_ntop(v6 ? AF_INET6 : AF_INET, header + (v6 ? 8 : 32), source, sizeof(source));
	inet_ntop(v6 ? AF_INET6 : AF_INET, header + (v6 ? 24 : 36), dest, sizeof(dest));
	printf("%s > %s: %.*s\n", source, dest, (int)length - HEADER,
	       (const char *)header + HEADER);
}

/* Where a CQ is polled in own memory, it does not say that the device is gone. */
static bool device_is_gone(struct end *end)
{
	struct ibv_async_event event;

	if (!end_wait_readable(end->context->async_fd, 0))
		return false;
	if (ibv_get_async_event(end->context, &event))
		die("get_async_event");
	ibv_ack_async_event(&event);
	return event.event_type == IBV_EVENT_DEVICE_FATAL;
}

/* Returns at the end of the time, or after a message that asks to detach. */
static void take_messages(struct end *end, int seconds, bool attached)
{
	long deadline = end_now_ms() + seconds * 1000L;
	bool detach = false;
	struct ibv_wc wc;

	while (end_now_ms() < deadline && !detach) {
		int polled = ibv_poll_cq(end->recv_cq, 1, &wc);
		const uint8_t *message;

		if (polled < 0)
			die("poll_cq");
		if (!polled) {
			if (device_is_gone(end)) {
				puts("device is gone");
				exit(1);
			}
			usleep(1000);
			continue;
		}
		if (wc.status != IBV_WC_SUCCESS) {
			printf("receive: %s\n", ibv_wc_status_str(wc.status));
			return;
		}
		message = end->buffer + wc.wr_id * RECEIVE_SIZE;
		print_message(message, wc.byte_len);
		detach = attached && wc.byte_len == HEADER + 6 &&
			 !memcmp(message + HEADER, "detach", 6);
		post_receive(end, wc.wr_id);
	}
}

static void listen_to(struct end *end, char **groups, int seconds)
{
	uint64_t slot;

	make_ready(end);
	for (slot = 0; slot < RECEIVES; slot++)
		post_receive(end, slot);
	attach(end, groups, true);
	attach(end, groups, true);	/* twice is once */
	printf("ready %u\n", end->qp->qp_num);
	take_messages(end, seconds, true);
	attach(end, groups, false);
	puts("detached");
	take_messages(end, 2, false);
}

static void send_to(struct end *end, const char *address, uint32_t qpn, const char *text,
		    bool wait)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.port_num = 1,
		.grh = { .sgid_index = end->gid_index, .hop_limit = 1 },
	};
	struct ibv_sge sge = { (uintptr_t)end->buffer, strlen(text), end->mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.ud = { .remote_qpn = qpn, .remote_qkey = QKEY },
	};
	struct ibv_wc wc;

	if (end_gid_of_address(address, &attr.grh.dgid))
		die(address);
	wr.wr.ud.ah = ibv_create_ah(end->pd, &attr);
	if (!wr.wr.ud.ah)
		die("create_ah");
	make_ready(end);
	if (wait) {
		puts("ready");
		while (getchar() != EOF)
			continue;
	}
	memcpy(end->buffer, text, sge.length);
	errno = ibv_post_send(end->qp, &wr, &bad);
	if (errno)
		die("post_send");
	if (!end_wait_completion(end->send_cq, &wc) || wc.status != IBV_WC_SUCCESS)
		die("no completion");
	ibv_destroy_ah(wr.wr.ud.ah);
}

int main(int argc, char **argv)
{
	const char *device = NULL, *why;
	int option, gid_index = 1, seconds = 60;
	uint32_t qpn = MULTICAST_QPN;
	bool wait = false;
	struct end end;

	while ((option = getopt(argc, argv, "d:g:q:t:w")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
		else if (option == 'q')
			qpn = strtoul(optarg, NULL, 0);
		else if (option == 'w')
			wait = true;
		else if (option == 't')
			seconds = atoi(optarg);
		else
			device = NULL, optind = argc;
	}
	if (!device || argc - optind < 1) {
		fprintf(stderr, "usage: verbs_ud -d DEVICE [-g GID_INDEX] [-t SECONDS] listen [GROUP...]\n"
			"       verbs_ud -d DEVICE [-g GID_INDEX] [-q QPN] [-w] send ADDRESS|GROUP TEXT\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	why = end_open(&end, device, gid_index);
	if (why) {
		fprintf(stderr, "%s: %s\n", device, why);
		return EXIT_FAILURE;
	}
	if (!strcmp(argv[optind], "listen"))
		listen_to(&end, argv + optind + 1, seconds);
	else if (argc - optind == 3)
		send_to(&end, argv[optind + 1], qpn, argv[optind + 2], wait);
	end_close(&end);
	return EXIT_SUCCESS;
}
