// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_windows -d DEVICE [-g GID_INDEX] [-b]
 *
 * Memory windows of both types, through a QP connected to itself. Prints for
 * each step what its completion said, and of a WRITE whether the data came, so
 * that two devices can be compared. With -b instead, what is beside a window is
 * written to, which rxe of Linux 6.1 lets happen: fails if the data came.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"

/* Not 256 pages: rxe of Linux 6.1 looks beyond its list of them. */
#define ROOM_SIZE	((1u << 20) - 8192)
#define SOURCE_AT	(1u << 20)
#define ODD		100u		/* into a page */
#define LENGTH		5000u		/* over page ends */
#define WRITES		IBV_ACCESS_REMOTE_WRITE
#define READS		IBV_ACCESS_REMOTE_READ
#define ROOM_ACCESS	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_MW_BIND)

struct world {
	struct end end;
	struct ibv_mr *room;		/* the first part of the buffer */
	struct ibv_mr *unbindable;
	struct ibv_mr *unwritable;
	struct ibv_mw *mw;
	bool failed;			/* a request of this QP did */
	uint8_t pattern;
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "verbs_windows: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void connect_to_self(struct world *world)
{
	struct end_address self;
	struct end_error error;
	const char *why;

	why = end_create_qp(&world->end, IBV_QPT_RC);
	must(!why, why);
	world->failed = false;
	end_get_address(&world->end, &self);
	error = end_connect(&world->end, &self);
	errno = error.err;
	must(!error.err, error.step);
}

static void begin(struct world *world, const char *title, enum ibv_mw_type type)
{
	printf("type %d, %s\n", type == IBV_MW_TYPE_1 ? 1 : 2, title);
	connect_to_self(world);
	world->mw = ibv_alloc_mw(world->end.pd, type);
	must(world->mw, "alloc_mw");
}

static void drop_window(struct world *world)
{
	errno = ibv_dealloc_mw(world->mw);
	must(!errno, "dealloc_mw");
	world->mw = NULL;
}

/* The window first: the bare soft device waits for it when it destroys its QP. */
static void finish(struct world *world)
{
	if (world->mw)
		drop_window(world);
	end_destroy_qp(&world->end);
	end_forget_completions(world->end.send_cq);
	end_forget_completions(world->end.recv_cq);
}

static enum ibv_wc_status completed(struct world *world)
{
	struct ibv_wc wc;

	must(end_wait_completion(world->end.send_cq, &wc), "no completion");
	world->failed |= wc.status != IBV_WC_SUCCESS;
	return wc.status;
}

static enum ibv_wc_status post(struct world *world, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad;

	wr->send_flags |= IBV_SEND_SIGNALED;
	must(!ibv_post_send(world->end.qp, wr, &bad), "post_send");
	return completed(world);
}

/*
 * The QP is its own peer: the first request that it refuses may be flushed there before the
 * NAK comes.
 */
static enum ibv_wc_status post_to_peer(struct world *world, struct ibv_send_wr *wr)
{
	bool sound = !world->failed;
	enum ibv_wc_status status = post(world, wr);

	return sound && status == IBV_WC_WR_FLUSH_ERR ? IBV_WC_REM_ACCESS_ERR : status;
}

static struct ibv_send_wr bind_wr(struct world *world, struct ibv_mr *mr, uint64_t addr,
				  uint64_t length, unsigned int access)
{
	return (struct ibv_send_wr){
		.opcode = IBV_WR_BIND_MW,
		.bind_mw = {
			.mw = world->mw,
			.rkey = ibv_inc_rkey(world->mw->rkey),
			.bind_info = { mr, addr, length, access },
		},
	};
}

static void say(const char *what, enum ibv_wc_status status)
{
	printf("  %s: %s\n", what, ibv_wc_status_str(status));
}

static uint64_t room(struct world *world, uint32_t offset)
{
	return (uintptr_t)world->end.buffer + offset;
}

/* By a key of its own choice. */
static void bind_as(struct world *world, uint32_t rkey)
{
	struct ibv_send_wr wr = bind_wr(world, world->room, room(world, ODD), LENGTH, WRITES);

	wr.bind_mw.rkey = rkey;
	say("bind", post(world, &wr));
	world->mw->rkey = rkey;
}

static void bind(struct world *world, const char *what, struct ibv_mr *mr, uint64_t addr,
		 uint64_t length, unsigned int access)
{
	struct ibv_send_wr wr = bind_wr(world, mr, addr, length, access);
	enum ibv_wc_status status = post(world, &wr);

	say(what, status);
	if (status == IBV_WC_SUCCESS)
		world->mw->rkey = wr.bind_mw.rkey;
}

static struct ibv_sge source(struct world *world, uint32_t length)
{
	return (struct ibv_sge){ room(world, SOURCE_AT), length, world->end.mr->lkey };
}

/* WRITEs or READs by a key; the bytes are seen to change, or not to. */
static bool transfer(struct world *world, const char *what, enum ibv_wr_opcode opcode,
		     uint32_t rkey, uint64_t addr, uint32_t length)
{
	struct ibv_sge sge = source(world, length);
	struct ibv_send_wr wr = {
		.opcode = opcode,
		.sg_list = &sge,
		.num_sge = 1,
		.wr.rdma = { addr, rkey },
	};
	uint8_t *target = opcode == IBV_WR_RDMA_READ ? world->end.buffer + SOURCE_AT :
						       (void *)(uintptr_t)addr;
	uint8_t *from = opcode == IBV_WR_RDMA_READ ? (void *)(uintptr_t)addr :
						     world->end.buffer + SOURCE_AT;
	enum ibv_wc_status status;
	uint32_t i;

	world->pattern++;
	for (i = 0; i < length; i++)
		from[i] = world->pattern + i % 251;
	memset(target, 0, length);
	status = post_to_peer(world, &wr);
	for (i = 0; i < length && target[i] == (uint8_t)(world->pattern + i % 251); i++)
		continue;
	printf("  %s: %s, data %s\n", what, ibv_wc_status_str(status),
	       i == length ? "came" : "did not come");
	return i == length;
}

static void write_by(struct world *world, const char *what, uint32_t rkey)
{
	transfer(world, what, IBV_WR_RDMA_WRITE, rkey, room(world, ODD), LENGTH);
}

static void bind_usual(struct world *world, unsigned int access)
{
	bind(world, "bind", world->room, room(world, ODD), LENGTH, access);
}

static void invalidate(struct world *world, uint32_t rkey)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_LOCAL_INV, .invalidate_rkey = rkey };

	say("invalidate", post(world, &wr));
}

/* Returns what was received. */
static struct ibv_wc invalidate_by_peer(struct world *world, uint32_t rkey,
					enum ibv_wc_status *sent)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND_WITH_INV, .invalidate_rkey = rkey };
	struct ibv_recv_wr receive = {}, *bad;
	struct ibv_wc wc;

	must(!ibv_post_recv(world->end.qp, &receive, &bad), "post_recv");
	*sent = post(world, &wr);
	must(end_wait_completion(world->end.recv_cq, &wc), "no receive");
	return wc;
}

static void send_invalidate(struct world *world, uint32_t rkey)
{
	enum ibv_wc_status sent;
	struct ibv_wc wc = invalidate_by_peer(world, rkey, &sent);

	say("send with invalidate", sent);
	printf("  received: %s, key %s\n", ibv_wc_status_str(wc.status),
	       wc.invalidated_rkey == rkey ? "told" : "not told");
}

static void accesses(struct world *world, enum ibv_mw_type type)
{
	begin(world, "written to", type);
	bind_usual(world, WRITES);
	write_by(world, "write", world->mw->rkey);
	finish(world);

	begin(world, "for reads", type);
	bind_usual(world, READS);
	transfer(world, "read", IBV_WR_RDMA_READ, world->mw->rkey, room(world, ODD), LENGTH);
	write_by(world, "write", world->mw->rkey);
	finish(world);

	begin(world, "for nothing", type);
	bind_usual(world, 0);
	write_by(world, "write", world->mw->rkey);
	finish(world);

	begin(world, "of a region for reads", type);
	bind(world, "bind", world->unwritable, room(world, ODD), LENGTH, READS);
	transfer(world, "read", IBV_WR_RDMA_READ, world->mw->rkey, room(world, ODD), LENGTH);
	finish(world);

	begin(world, "of all of a region", type);
	bind(world, "bind", world->room, room(world, 0), ROOM_SIZE, WRITES);
	transfer(world, "write", IBV_WR_RDMA_WRITE, world->mw->rkey, room(world, 0), ROOM_SIZE);
	finish(world);
}

/* Returns whether the memory beside the window stayed as it was. */
static bool bounds(struct world *world, enum ibv_mw_type type)
{
	bool came;

	begin(world, "written to, and beyond its end", type);
	bind_usual(world, WRITES);
	write_by(world, "write", world->mw->rkey);
	came = transfer(world, "write one byte more", IBV_WR_RDMA_WRITE, world->mw->rkey,
			room(world, ODD), LENGTH + 1);
	finish(world);

	begin(world, "written to before its start", type);
	bind_usual(world, WRITES);
	came |= transfer(world, "write", IBV_WR_RDMA_WRITE, world->mw->rkey,
			 room(world, ODD - 1), 2);
	finish(world);
	return !came;
}

struct refusal {
	const char *what;
	size_t mr;		/* where in struct world */
	uint32_t offset;
	uint64_t length;
	unsigned int access;
};

#define OF(mr) offsetof(struct world, mr)

static const struct refusal refusals[] = {
	{ "of a region that windows may not be of", OF(unbindable), 0, 64, WRITES },
	{ "to write to a region that is not for it", OF(unwritable), 0, 64, WRITES },
	{ "for atomics on a region that is not for it", OF(unwritable), 0, 64,
	  IBV_ACCESS_REMOTE_ATOMIC },
	{ "one byte too long", OF(room), 1, ROOM_SIZE, WRITES },
	{ "beyond the region", OF(room), ROOM_SIZE + 4096, 64, WRITES },
};

static void refused(struct world *world, enum ibv_mw_type type)
{
	struct ibv_mr wrong;
	unsigned int i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *refusal = &refusals[i];

		begin(world, refusal->what, type);
		bind(world, "bind", *(struct ibv_mr **)((uint8_t *)world + refusal->mr),
		     room(world, refusal->offset), refusal->length, refusal->access);
		write_by(world, "write", ibv_inc_rkey(world->mw->rkey));
		finish(world);
	}
	begin(world, "of no region", type);
	wrong = *world->room;
	wrong.lkey ^= 0x5a;
	bind(world, "bind", &wrong, room(world, 0), 64, WRITES);
	finish(world);

	begin(world, "by a key it does not have", type);
	world->mw->rkey ^= 0x5a;
	bind_usual(world, WRITES);
	finish(world);
}

static void drop_room(struct world *world)
{
	must(!ibv_dereg_mr(world->room), "dereg_mr");
}

static void make_room(struct world *world)
{
	world->room = ibv_reg_mr(world->end.pd, world->end.buffer, ROOM_SIZE, ROOM_ACCESS);
	must(world->room, "reg_mr");
}

static void register_anew(struct world *world)
{
	drop_room(world);
	make_room(world);
	puts("  region registered anew");
}

static void ends(struct world *world, enum ibv_mw_type type)
{
	uint32_t rkey;

	begin(world, "bound, and no more", type);
	bind_usual(world, WRITES);
	printf("  dereg_mr while bound: %s\n", ibv_dereg_mr(world->room) ? "refused" : "done");
	write_by(world, "write", world->mw->rkey);
	rkey = world->mw->rkey;
	drop_window(world);
	write_by(world, "write after dealloc_mw", rkey);
	finish(world);
	register_anew(world);
}

/* Bound anew in many ways; what it opened before is closed. */
static void type_1(struct world *world)
{
	uint32_t old;

	begin(world, "bound anew", IBV_MW_TYPE_1);
	bind_usual(world, WRITES);
	old = world->mw->rkey;
	bind(world, "bind elsewhere", world->room, room(world, 65536), 64, WRITES);
	transfer(world, "write", IBV_WR_RDMA_WRITE, world->mw->rkey, room(world, 65536), 64);
	write_by(world, "write by the old key", old);
	finish(world);

	begin(world, "unbound", IBV_MW_TYPE_1);
	bind(world, "bind nothing", world->room, room(world, 0), 0, 0);
	bind_usual(world, WRITES);
	write_by(world, "write", world->mw->rkey);
	bind(world, "bind nothing", world->room, room(world, 0), 0, 0);
	bind_usual(world, WRITES);
	bind(world, "bind nothing", world->room, room(world, 0), 0, 0);
	write_by(world, "write", world->mw->rkey);
	finish(world);

	begin(world, "invalidated", IBV_MW_TYPE_1);
	bind_usual(world, WRITES);
	invalidate(world, world->mw->rkey);
	finish(world);
}

/* Whose window then is the program's again, and its region too. */
static void invalidated_by_peer(struct world *world)
{
	uint32_t old;

	begin(world, "invalidated by the peer", IBV_MW_TYPE_2);
	bind_usual(world, WRITES);
	send_invalidate(world, world->mw->rkey);
	register_anew(world);
	bind_usual(world, WRITES);
	write_by(world, "write", world->mw->rkey);
	send_invalidate(world, world->mw->rkey);
	write_by(world, "write after that", world->mw->rkey);
	finish(world);

	begin(world, "invalidated by the peer, and bound again", IBV_MW_TYPE_2);
	bind_usual(world, WRITES);
	old = world->mw->rkey;
	send_invalidate(world, old);
	bind_usual(world, WRITES);
	write_by(world, "write", world->mw->rkey);
	write_by(world, "write by the old key", old);
	finish(world);

	begin(world, "invalidated by the peer, and bound by the same key", IBV_MW_TYPE_2);
	bind_usual(world, WRITES);
	old = world->mw->rkey;
	send_invalidate(world, old);
	bind_as(world, old);
	write_by(world, "write", old);
	send_invalidate(world, old);
	bind_as(world, old);
	write_by(world, "write", old);
	finish(world);

	begin(world, "invalidated by the peer, and never bound again", IBV_MW_TYPE_2);
	bind_usual(world, WRITES);
	send_invalidate(world, world->mw->rkey);
	register_anew(world);
	finish(world);

	begin(world, "invalidated by the peer, and bound by another QP", IBV_MW_TYPE_2);
	bind_usual(world, WRITES);
	send_invalidate(world, world->mw->rkey);
	end_destroy_qp(&world->end);
	connect_to_self(world);
	puts("  another QP");
	bind_usual(world, WRITES);
	write_by(world, "write", world->mw->rkey);
	finish(world);
}

static void type_2(struct world *world)
{
	begin(world, "bound while bound", IBV_MW_TYPE_2);
	bind_usual(world, WRITES);
	bind_usual(world, WRITES);
	finish(world);

	begin(world, "of no bytes", IBV_MW_TYPE_2);
	bind(world, "bind", world->room, room(world, 0), 0, WRITES);
	finish(world);

	begin(world, "invalidated", IBV_MW_TYPE_2);
	bind_usual(world, WRITES);
	invalidate(world, world->mw->rkey);
	register_anew(world);
	bind_usual(world, WRITES);
	write_by(world, "write", world->mw->rkey);
	invalidate(world, world->mw->rkey);
	write_by(world, "write after that", world->mw->rkey);
	finish(world);

	invalidated_by_peer(world);

	begin(world, "invalidated by another key", IBV_MW_TYPE_2);
	bind_usual(world, WRITES);
	invalidate(world, world->mw->rkey ^ 0x5a);
	finish(world);

	begin(world, "a region invalidated", IBV_MW_TYPE_2);
	invalidate(world, world->end.mr->rkey);
	finish(world);
}

static void post_quietly(struct world *world, struct ibv_send_wr wr)
{
	struct ibv_send_wr *bad;

	wr.send_flags &= ~IBV_SEND_SIGNALED;	/* which post() leaves in it */
	must(!ibv_post_send(world->end.qp, &wr, &bad), "post_send");
	if (wr.opcode == IBV_WR_BIND_MW)
		world->mw->rkey = wr.bind_mw.rkey;
}

/* Without waiting for one before the next. */
static void at_once(struct world *world, enum ibv_mw_type type)
{
	struct ibv_send_wr wr = { .opcode = IBV_WR_LOCAL_INV };
	struct ibv_sge sge = source(world, 64);
	struct ibv_send_wr wr_write = {
		.opcode = IBV_WR_RDMA_WRITE,
		.sg_list = &sge,
		.num_sge = 1,
		.wr.rdma.remote_addr = room(world, 4096),
	};
	unsigned int round;

	begin(world, "bound again and again, at once", type);
	for (round = 0; round < 50; round++) {
		post_quietly(world, bind_wr(world, world->room, room(world, 0), 64, WRITES));
		if (type == IBV_MW_TYPE_2) {
			wr.invalidate_rkey = world->mw->rkey;
			post_quietly(world, wr);
		}
		post_quietly(world, bind_wr(world, world->room, room(world, 4096), 64, WRITES));
		wr_write.wr.rdma.rkey = world->mw->rkey;
		if (post(world, &wr_write))
			break;
		wr.invalidate_rkey = world->mw->rkey;
		if (type == IBV_MW_TYPE_2 && post(world, &wr))
			break;
	}
	printf("  %u rounds\n", round);
	finish(world);
}

/* By each key that a window can have, and by the first again. */
static void all_keys(struct world *world)
{
	enum ibv_wc_status sent;
	unsigned int round;

	begin(world, "invalidated by the peer again and again", IBV_MW_TYPE_2);
	for (round = 0; round < 300; round++) {
		post_quietly(world, bind_wr(world, world->room, room(world, 0), 64, WRITES));
		if (invalidate_by_peer(world, world->mw->rkey, &sent).status || sent)
			break;
		if (round % 50 == 0) {
			drop_room(world);
			make_room(world);
		}
	}
	printf("  %u rounds\n", round);
	finish(world);
}

/* Requests that wait in the queue when it fails are flushed. */
static void flushed(struct world *world, enum ibv_mw_type type)
{
	begin(world, "bound by a QP in ERR", type);
	write_by(world, "write by its key before", world->mw->rkey);
	bind_usual(world, WRITES);
	end_destroy_qp(&world->end);
	connect_to_self(world);
	puts("  another QP");
	bind_usual(world, WRITES);
	write_by(world, "write", world->mw->rkey);
	finish(world);
}

static void all(struct world *world)
{
	static const enum ibv_mw_type types[] = { IBV_MW_TYPE_1, IBV_MW_TYPE_2 };
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		accesses(world, types[i]);
		refused(world, types[i]);
		ends(world, types[i]);
		at_once(world, types[i]);
		flushed(world, types[i]);
	}
	type_1(world);
	type_2(world);
	all_keys(world);
}

int main(int argc, char **argv)
{
	bool only_bounds = false, good = true;
	const char *device = NULL, *why;
	struct world world = {};
	int option, gid_index = 1;

	while ((option = getopt(argc, argv, "d:g:b")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
		else
			only_bounds = true;
	}
	if (!device) {
		fprintf(stderr, "usage: verbs_windows -d DEVICE [-g GID_INDEX] [-b]\n");
		return 2;
	}
	why = end_open(&world.end, device, gid_index);
	must(!why, why);
	world.room = ibv_reg_mr(world.end.pd, world.end.buffer, ROOM_SIZE, ROOM_ACCESS);
	world.unbindable = ibv_reg_mr(world.end.pd, world.end.buffer, ROOM_SIZE, END_ACCESS);
	world.unwritable = ibv_reg_mr(world.end.pd, world.end.buffer, ROOM_SIZE,
				      IBV_ACCESS_MW_BIND);
	must(world.room && world.unbindable && world.unwritable, "reg_mr");
	if (only_bounds)
		good = bounds(&world, IBV_MW_TYPE_1) & bounds(&world, IBV_MW_TYPE_2);
	else
		all(&world);
	must(!ibv_dereg_mr(world.unwritable) && !ibv_dereg_mr(world.unbindable) &&
	     !ibv_dereg_mr(world.room), "dereg_mr");
	end_close(&world.end);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
