// SPDX-License-Identifier: GPL-2.0
/*
 * lkey_guard -d DEVICE [-g GID_INDEX]
 *
 * Requests and receives whose SGEs name memory that the QP's owner did not
 * register for them, on a QP connected to itself. Prints for each what the
 * completion said and the state of the QP after it, so that two devices can be
 * compared; the exit status says whether any of them reached memory or
 * succeeded.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verbs_end.h"
#include "verbs_peer.h"

#define LENGTH		64u
#define PAGE		4096u
#define CANARY		0xee
#define ROOM_AT		(64u << 10)	/* where the buffer takes what is sent */
#define SOURCE_AT	(128u << 10)	/* what a READ fetches */

#define SWEEP_BELOW	4
#define SWEEP_ABOVE	2
#define SWEEP_INDICES	4096

struct guard {
	struct end end;
	struct end_address self;
	uint8_t *secret;		/* canary page, never registered in our PD to stay */
	uint8_t *read_only;		/* registered in our PD without LOCAL_WRITE */
	struct ibv_pd *other_pd;
	struct ibv_mr *others;
	struct ibv_mr *without_write;
	uint32_t destroyed_lkey;
	uint32_t childs_lkey;
	pid_t child;
	int release_child;
	bool failed;
};

/* An SGE, and whether a device may read from or write to it. */
struct attempt {
	const char *name;
	struct ibv_sge sge;
	bool readable;
	bool writable;
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "lkey_guard: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void fail(struct guard *guard, const char *name, const char *what)
{
	guard->failed = true;
	printf("FAIL %s: %s\n", name, what);
}

static uint8_t *map_page(void)
{
	uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(page != MAP_FAILED, "mmap");
	memset(page, CANARY, PAGE);
	return page;
}

/* The child's copy of the secret page, registered by the child. */
static void hold_in_child(const char *device, uint8_t *secret, int answer, int release)
{
	struct ibv_context *context = end_open_device(device);
	struct ibv_mr *mr = NULL;
	struct ibv_pd *pd = NULL;
	uint32_t lkey = 0;
	char byte;

	if (context)
		pd = ibv_alloc_pd(context);
	if (pd)
		mr = ibv_reg_mr(pd, secret, PAGE, IBV_ACCESS_LOCAL_WRITE);
	if (mr)
		lkey = mr->lkey;
	if (write(answer, &lkey, sizeof(lkey)) != sizeof(lkey) || read(release, &byte, 1) < 0)
		_exit(EXIT_FAILURE);
	_exit(secret[0] == CANARY && !memcmp(secret, secret + 1, PAGE - 1) ?
	      EXIT_SUCCESS : EXIT_FAILURE);
}

static void start_child(struct guard *guard, const char *device)
{
	int answer[2], release[2];

	must(!pipe(answer) && !pipe(release), "pipe");
	guard->child = fork();
	must(guard->child >= 0, "fork");
	if (!guard->child) {
		close(release[1]);
		hold_in_child(device, guard->secret, answer[1], release[0]);
	}
	close(release[0]);
	close(answer[1]);
	guard->release_child = release[1];
	must(read(answer[0], &guard->childs_lkey, sizeof(guard->childs_lkey)) ==
	     sizeof(guard->childs_lkey) && guard->childs_lkey, "the child's MR");
	close(answer[0]);
}

static void finish_child(struct guard *guard)
{
	int status;

	close(guard->release_child);
	must(waitpid(guard->child, &status, 0) == guard->child, "waitpid");
	if (status)
		fail(guard, "memory of another process", "changed");
}

static void prepare(struct guard *guard, const char *device, int gid_index)
{
	struct ibv_mr *gone;
	const char *why;

	guard->secret = map_page();
	guard->read_only = map_page();
	start_child(guard, device);
	why = end_open(&guard->end, device, gid_index);
	must(!why, why);
	guard->other_pd = ibv_alloc_pd(guard->end.context);
	must(guard->other_pd, "alloc_pd");
	guard->others = ibv_reg_mr(guard->other_pd, guard->secret, PAGE, END_ACCESS);
	guard->without_write = ibv_reg_mr(guard->end.pd, guard->read_only, PAGE, 0);
	gone = ibv_reg_mr(guard->end.pd, guard->secret, PAGE, END_ACCESS);
	must(guard->others && guard->without_write && gone, "reg_mr");
	guard->destroyed_lkey = gone->lkey;
	must(!ibv_dereg_mr(gone), "dereg_mr");
}

static void finish(struct guard *guard)
{
	finish_child(guard);
	ibv_dereg_mr(guard->without_write);
	ibv_dereg_mr(guard->others);
	ibv_dealloc_pd(guard->other_pd);
	end_close(&guard->end);
}

static void connect_to_self(struct guard *guard)
{
	struct end_error error;
	const char *why;

	why = end_create_qp(&guard->end, IBV_QPT_RC);
	must(!why, why);
	end_get_address(&guard->end, &guard->self);
	error = end_connect(&guard->end, &guard->self);
	errno = error.err;
	must(!error.err, error.step);
}

static void disconnect(struct guard *guard)
{
	struct ibv_wc wc;

	end_destroy_qp(&guard->end);
	while (ibv_poll_cq(guard->end.send_cq, 1, &wc) > 0 ||
	       ibv_poll_cq(guard->end.recv_cq, 1, &wc) > 0)
		continue;
}

static const char *qp_state(struct guard *guard)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	must(!ibv_query_qp(guard->end.qp, &attr, IBV_QP_STATE, &init), "query_qp");
	return attr.qp_state == IBV_QPS_ERR ? "QP in ERR" :
	       attr.qp_state == IBV_QPS_RTS ? "QP in RTS" : "QP in another state";
}

static void post_receive(struct guard *guard, struct ibv_sge sge)
{
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	must(!ibv_post_recv(guard->end.qp, &wr, &bad), "post_recv");
}

static struct ibv_sge own_memory(struct guard *guard, uint32_t offset)
{
	return (struct ibv_sge){
		.addr = (uintptr_t)guard->end.buffer + offset,
		.length = LENGTH,
		.lkey = guard->end.mr->lkey,
	};
}

static void post_request(struct guard *guard, enum ibv_wr_opcode opcode, struct ibv_sge sge,
			 unsigned int flags)
{
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED | flags,
		.wr.rdma.remote_addr = guard->self.buffer +
				       (opcode == IBV_WR_RDMA_READ ? SOURCE_AT : ROOM_AT),
		.wr.rdma.rkey = guard->self.rkey,
	}, *bad;
	int err = ibv_post_send(guard->end.qp, &wr, &bad);

	errno = err;
	must(!err, "post_send");
}

static enum ibv_wc_status wait_status(struct ibv_cq *cq)
{
	struct ibv_wc wc;

	must(end_wait_completion(cq, &wc), "no completion");
	return wc.status;
}

static bool untouched(const uint8_t *page)
{
	return page[0] == CANARY && !memcmp(page, page + 1, PAGE - 1);
}

static void check_canaries(struct guard *guard, const char *name)
{
	unsigned int i;

	if (!untouched(guard->secret))
		fail(guard, name, "wrote to memory of another");
	if (!untouched(guard->read_only))
		fail(guard, name, "wrote to memory without LOCAL_WRITE");
	for (i = 0; i < LENGTH; i++)
		if (guard->end.buffer[ROOM_AT + i] == CANARY)
			break;
	if (i < LENGTH)
		fail(guard, name, "read memory of another");
}

static void try_request(struct guard *guard, const struct attempt *attempt,
			const char *verb, enum ibv_wr_opcode opcode)
{
	bool allowed = opcode == IBV_WR_RDMA_READ ? attempt->writable : attempt->readable;
	enum ibv_wc_status status;
	char name[96];

	snprintf(name, sizeof(name), "%s, %s", verb, attempt->name);
	memset(guard->end.buffer + ROOM_AT, 0, LENGTH);
	memset(guard->end.buffer + SOURCE_AT, 0x11, LENGTH);
	connect_to_self(guard);
	post_receive(guard, own_memory(guard, ROOM_AT));
	post_request(guard, opcode, attempt->sge, 0);
	status = wait_status(guard->end.send_cq);
	if (status != IBV_WC_SUCCESS)
		end_wait_state(&guard->end, IBV_QPS_ERR);
	printf("%s: %s, %s\n", name, ibv_wc_status_str(status), qp_state(guard));
	if ((status == IBV_WC_SUCCESS) != allowed)
		fail(guard, name, allowed ? "must succeed" : "must not succeed");
	if (!allowed)
		check_canaries(guard, name);
	disconnect(guard);
}

static void try_receive(struct guard *guard, const struct attempt *attempt)
{
	enum ibv_wc_status status;
	char name[96];

	snprintf(name, sizeof(name), "receive, %s", attempt->name);
	memset(guard->end.buffer + ROOM_AT, 0, LENGTH);
	connect_to_self(guard);
	post_receive(guard, attempt->sge);
	post_request(guard, IBV_WR_SEND, own_memory(guard, SOURCE_AT), 0);
	status = wait_status(guard->end.recv_cq);
	if (status != IBV_WC_SUCCESS)
		end_wait_state(&guard->end, IBV_QPS_ERR);
	printf("%s: %s, %s\n", name, ibv_wc_status_str(status), qp_state(guard));
	if ((status == IBV_WC_SUCCESS) != attempt->writable)
		fail(guard, name, attempt->writable ? "must succeed" : "must not succeed");
	if (!attempt->writable)
		check_canaries(guard, name);
	disconnect(guard);
}

static void try_everything(struct guard *guard)
{
	const uint64_t own = (uintptr_t)guard->end.buffer, secret = (uintptr_t)guard->secret;
	const uint64_t end = own + END_BUFFER_SIZE;
	const uint32_t lkey = guard->end.mr->lkey;
	const struct attempt attempts[] = {
		{ "own memory", { own, LENGTH, lkey }, true, true },
		{ "last bytes of own memory", { end - LENGTH, LENGTH, lkey }, true, true },
		{ "lkey of another PD", { secret, LENGTH, guard->others->lkey }, false, false },
		{ "lkey of another process", { secret, LENGTH, guard->childs_lkey }, false, false },
		{ "lkey of a destroyed MR", { secret, LENGTH, guard->destroyed_lkey }, false, false },
		{ "lkey 0", { secret, LENGTH, 0 }, false, false },
		{ "lkey 2^32-1", { secret, LENGTH, ~0u }, false, false },
		{ "own lkey with a wrong low byte", { own, LENGTH, lkey ^ 1 }, false, false },
		{ "own lkey with a wrong index", { own, LENGTH, lkey ^ 0x800000 }, false, false },
		{ "memory outside the MR", { secret, LENGTH, lkey }, false, false },
		{ "one byte beyond the MR", { end - LENGTH + 1, LENGTH, lkey }, false, false },
		{ "one byte before the MR", { own - 1, LENGTH, lkey }, false, false },
		{ "range that wraps", { -32ull, LENGTH, lkey }, false, false },
		{ "kernel address", { 0xffff888000100000ull, LENGTH, lkey }, false, false },
		{ "memory without LOCAL_WRITE", { (uintptr_t)guard->read_only, LENGTH,
		  guard->without_write->lkey }, true, false },
	};
	unsigned int i;

	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		try_request(guard, &attempts[i], "SEND", IBV_WR_SEND);
		try_request(guard, &attempts[i], "WRITE", IBV_WR_RDMA_WRITE);
		try_request(guard, &attempts[i], "READ", IBV_WR_RDMA_READ);
		try_receive(guard, &attempts[i]);
	}
}

/* Inline data needs no lkey, and empty SGEs name no memory. */
static void try_without_key(struct guard *guard)
{
	struct ibv_sge sge = { (uintptr_t)guard->read_only, END_MAX_INLINE, 0xdeadbeef };
	enum ibv_wc_status status;

	connect_to_self(guard);
	memset(guard->end.buffer + ROOM_AT, 0, LENGTH);
	post_request(guard, IBV_WR_RDMA_WRITE, sge, IBV_SEND_INLINE);
	status = wait_status(guard->end.send_cq);
	printf("inline WRITE with a wrong lkey: %s\n", ibv_wc_status_str(status));
	if (status != IBV_WC_SUCCESS ||
	    memcmp(guard->end.buffer + ROOM_AT, guard->read_only, END_MAX_INLINE))
		fail(guard, "inline WRITE", "did not write");
	sge.length = 0;
	post_request(guard, IBV_WR_RDMA_WRITE, sge, 0);
	status = wait_status(guard->end.send_cq);
	printf("WRITE of 0 bytes with a wrong lkey: %s\n", ibv_wc_status_str(status));
	disconnect(guard);
}

/* One bad request among good ones: completions in order, the rest flushed. */
static void try_in_a_list(struct guard *guard)
{
	struct ibv_sge good = own_memory(guard, 0), wrong = good;
	struct ibv_send_wr wr[3], *bad;
	struct ibv_wc wc[3];
	int i;

	wrong.lkey ^= 1;
	connect_to_self(guard);
	for (i = 0; i < 3; i++) {
		wr[i] = (struct ibv_send_wr){
			.wr_id = i,
			.next = i < 2 ? &wr[i + 1] : NULL,
			.sg_list = i == 1 ? &wrong : &good,
			.num_sge = 1,
			.opcode = IBV_WR_RDMA_WRITE,
			.send_flags = IBV_SEND_SIGNALED,
			.wr.rdma.remote_addr = guard->self.buffer + ROOM_AT,
			.wr.rdma.rkey = guard->self.rkey,
		};
	}
	must(!ibv_post_send(guard->end.qp, wr, &bad), "post_send");
	must(end_wait_completions(guard->end.send_cq, wc, 3), "no completions of a list");
	for (i = 0; i < 3; i++)
		printf("list with a wrong lkey in the middle, wr_id %u: %s\n",
		       (unsigned int)wc[i].wr_id, ibv_wc_status_str(wc[i].status));
	disconnect(guard);
}

static void revive(struct guard *guard)
{
	struct ibv_qp_attr reset = { .qp_state = IBV_QPS_RESET };
	struct end_error error;

	must(!ibv_modify_qp(guard->end.qp, &reset, IBV_QP_STATE), "modify_qp to RESET");
	error = end_connect(&guard->end, &guard->self);
	errno = error.err;
	must(!error.err, error.step);
}

static bool try_key(struct guard *guard, uint32_t lkey)
{
	struct ibv_sge sge = { (uintptr_t)guard->secret, LENGTH, lkey };
	enum ibv_wc_status status;

	post_request(guard, IBV_WR_RDMA_WRITE, sge, 0);
	status = wait_status(guard->end.send_cq);
	if (status == IBV_WC_SUCCESS) {
		printf("lkey %#x reaches memory\n", lkey);
		return true;
	}
	revive(guard);
	return false;
}

/*
 * Keys of MRs near in number to ours with every low byte, where a kernel PD's
 * key to all memory would be, and every index with the low byte 0.
 */
static void sweep(struct guard *guard)
{
	const uint32_t own = guard->end.mr->lkey, index = own >> 8;
	uint32_t first = index > SWEEP_BELOW ? index - SWEEP_BELOW : 0, key;
	unsigned int reached = 0;

	connect_to_self(guard);
	memset(guard->end.buffer + ROOM_AT, 0, LENGTH);
	for (key = first << 8; key < (index + SWEEP_ABOVE) << 8; key++)
		reached += try_key(guard, key);
	for (key = 0; key < SWEEP_INDICES << 8; key += 0x100)
		reached += try_key(guard, key);
	disconnect(guard);
	printf("sweep of keys: %u reach memory\n", reached);
	if (reached)
		fail(guard, "sweep of keys", "must not succeed");
	check_canaries(guard, "sweep of keys");
}

int main(int argc, char **argv)
{
	struct guard guard = {};
	const char *device = NULL;
	int option, gid_index = 1;

	while ((option = getopt(argc, argv, "d:g:")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
		else
			device = NULL;
	}
	if (!device) {
		fprintf(stderr, "usage: lkey_guard -d DEVICE [-g GID_INDEX]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare(&guard, device, gid_index);
	try_everything(&guard);
	try_without_key(&guard);
	try_in_a_list(&guard);
	sweep(&guard);
	finish(&guard);
	return guard.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
