// SPDX-License-Identifier: GPL-2.0
/*
 * window_keep -d DEVICE [-g GID_INDEX]
 *
 * A memory window of type 2 whose peer invalidates it, and whose region then goes,
 * and its memory. Says in each step how many bytes are to be charged for the region
 * and the window, and waits for a line. It is connected to itself.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "verbs_end.h"

#define ROOM_SIZE	65536u
#define ROOM_ACCESS	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND)
#define ODD		100u		/* into a page */
#define LENGTH		5000u		/* over its end */
#define WINDOW_PAGES	8192u

static struct end end;
static uint8_t *room;
static struct ibv_mr *region;
static struct ibv_mw *window;

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "window_keep: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void step(const char *what, uint32_t bytes)
{
	char answer[16];

	printf("%u %s\n", bytes, what);
	fflush(stdout);
	must(fgets(answer, sizeof(answer), stdin), "stdin");
}

static void connect_to_self(void)
{
	struct end_address self;
	const char *why;

	why = end_create_qp(&end, IBV_QPT_RC);
	must(!why, why);
	end_get_address(&end, &self);
	must(!end_connect(&end, &self).err, "connect");
}

static void come(void)
{
	room = mmap(NULL, ROOM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(room != MAP_FAILED, "mmap");
	region = ibv_reg_mr(end.pd, room, ROOM_SIZE, ROOM_ACCESS);
	must(region, "reg_mr");
}

static void go(void)
{
	must(!ibv_dereg_mr(region), "dereg_mr");
	munmap(room, ROOM_SIZE);
}

static void send_and_wait(struct ibv_send_wr wr)
{
	struct ibv_send_wr *bad;
	struct ibv_wc wc;

	wr.send_flags = IBV_SEND_SIGNALED;
	must(!ibv_post_send(end.qp, &wr, &bad), "post_send");
	must(end_wait_completion(end.send_cq, &wc) && !wc.status, "completion");
}

static void bind(void)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_BIND_MW,
		.bind_mw = {
			.mw = window,
			.rkey = ibv_inc_rkey(window->rkey),
			.bind_info = { region, (uintptr_t)room + ODD, LENGTH,
				       IBV_ACCESS_REMOTE_WRITE },
		},
	};

	send_and_wait(wr);
	window->rkey = wr.bind_mw.rkey;
}

static void invalidate(void)
{
	send_and_wait((struct ibv_send_wr){
		.opcode = IBV_WR_LOCAL_INV,
		.invalidate_rkey = window->rkey,
	});
}

static void invalidate_by_peer(void)
{
	struct ibv_recv_wr receive = {}, *bad;
	struct ibv_wc wc;

	must(!ibv_post_recv(end.qp, &receive, &bad), "post_recv");
	send_and_wait((struct ibv_send_wr){
		.opcode = IBV_WR_SEND_WITH_INV,
		.invalidate_rkey = window->rkey,
	});
	must(end_wait_completion(end.recv_cq, &wc) && !wc.status, "receive");
}

static void make_window(void)
{
	window = ibv_alloc_mw(end.pd, IBV_MW_TYPE_2);
	must(window, "alloc_mw");
}

static void drop_window(void)
{
	must(!ibv_dealloc_mw(window), "dealloc_mw");
}

static void bound_again(void)
{
	make_window();
	come();
	step("a region, and no window bound", ROOM_SIZE);
	bind();
	step("a window bound", ROOM_SIZE);
	invalidate_by_peer();
	step("invalidated by the peer", ROOM_SIZE);
	go();
	step("and the region gone", WINDOW_PAGES);
	come();
	step("another region", ROOM_SIZE + WINDOW_PAGES);
	bind();
	step("the window bound again", ROOM_SIZE);
	invalidate();
	go();
	step("invalidated here, and the region gone", 0);
	drop_window();
}

static void deallocated(void)
{
	make_window();
	come();
	bind();
	invalidate_by_peer();
	go();
	step("another window, invalidated by the peer, and the region gone", WINDOW_PAGES);
	end_destroy_qp(&end);
	step("and the QP gone", WINDOW_PAGES);
	drop_window();
	step("and deallocated", 0);
}

/* To be closed with all that a process had. */
static void left_behind(void)
{
	connect_to_self();
	make_window();
	come();
	bind();
	invalidate_by_peer();
	go();
	step("one that is left behind", WINDOW_PAGES);
}

int main(int argc, char **argv)
{
	const char *device = NULL, *why;
	int option, gid_index = 1;

	while ((option = getopt(argc, argv, "d:g:")) != -1) {
		if (option == 'd')
			device = optarg;
		else
			gid_index = atoi(optarg);
	}
	if (!device) {
		fprintf(stderr, "usage: window_keep -d DEVICE [-g GID_INDEX]\n");
		return 2;
	}
	why = end_open(&end, device, gid_index);
	must(!why, why);
	connect_to_self();
	bound_again();
	deallocated();
	left_behind();
	return EXIT_SUCCESS;
}
