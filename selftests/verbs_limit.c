// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_limit -d DEVICE [-g GID_INDEX] [-b] [-n]
 *
 * What becomes of requests that a limit holds. A QP is connected to itself; the
 * program says "limit" when its device is to be limited to almost nothing, and
 * "lift" when no more, and reads a line when that is done. What it says of a case
 * is "ok NAME" or "not ok NAME: WHY". With -b address handles can be destroyed
 * while a request that waits names them, with -n the rxe is that of a newer kernel than 6.1.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"

#define COUNT		16
#define SIZE		4096u
#define INLINED		32u
#define QKEY		0x11111111
#define TARGET		(END_BUFFER_SIZE / 2)

/* Of this the limit lets nothing pass for longer than any case takes. */
#define DEBT		(256u << 10)

/* Flushed at once; one that waited for its turn would take minutes. */
#define PROMPTLY_MS	5000

static struct end end;
static struct end_address self;
static bool ah_may_go;
static bool newer;

static void die(const char *why)
{
	printf("not ok %s: %s\n", why, strerror(errno));
	exit(EXIT_FAILURE);
}

static void ask(const char *what)
{
	char answer[16];

	puts(what);
	if (!fgets(answer, sizeof(answer), stdin))
		exit(EXIT_FAILURE);
}

static void connect_to_self(enum ibv_qp_type type)
{
	const char *why = end_create_qp(&end, type);

	if (why)
		die(why);
	end_get_address(&end, &self);
	if (type == IBV_QPT_UD ? end_ud_to_rts(end.qp, QKEY) : end_connect(&end, &self).err)
		die("connect");
}

static int post_signaled(enum ibv_wr_opcode opcode, uint64_t id, uint32_t from, uint32_t to,
			 uint32_t size, unsigned int flags)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)end.buffer + from,
		.length = size,
		.lkey = end.mr->lkey,
	};
	struct ibv_send_wr wr = {
		.wr_id = id,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = flags,
		.wr.rdma.remote_addr = self.buffer + to,
		.wr.rdma.rkey = self.rkey,
	};
	struct ibv_send_wr *bad;

	return ibv_post_send(end.qp, &wr, &bad);
}

static int post_write(uint64_t id, uint32_t size)
{
	return post_signaled(IBV_WR_RDMA_WRITE, id, 0, TARGET, size, IBV_SEND_SIGNALED);
}

/* After this, nothing passes. */
static const char *indebt(void)
{
	struct ibv_wc wc;

	if (post_write(0, DEBT) || !end_wait_completion(end.send_cq, &wc) ||
	    wc.status != IBV_WC_SUCCESS)
		return "the first request did not pass";
	return NULL;
}

/* The requests 1 to COUNT, that wait. */
static const char *post_some(void)
{
	const char *why = indebt();
	uint64_t id;

	for (id = 1; id <= COUNT && !why; id++)
		if (post_write(id, SIZE))
			why = "post_send failed";
	usleep(200000);
	if (!why && !end_is_empty(end.send_cq))
		why = "a request did not wait";
	return why;
}

/* COUNT completions in order, those before @good good and others flushed. */
static const char *expect(unsigned int good)
{
	long began = end_now_ms();
	struct ibv_wc wc[COUNT];
	unsigned int i;

	if (!end_wait_completions(end.send_cq, wc, COUNT))
		return "too few completions";
	for (i = 0; i < COUNT; i++) {
		if (wc[i].wr_id != i + 1)
			return "completions out of order";
		if (wc[i].status != (i < good ? IBV_WC_SUCCESS : IBV_WC_WR_FLUSH_ERR))
			return ibv_wc_status_str(wc[i].status);
	}
	return end_now_ms() - began > PROMPTLY_MS ? "it took too long" : NULL;
}

static const char *in_order(void)
{
	const char *why = post_some();

	ask("lift");
	return why ?: expect(COUNT);
}

static const char *to_error(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	const char *why = post_some();

	if (!why && ibv_modify_qp(end.qp, &attr, IBV_QP_STATE))
		why = "modify_qp failed";
	return why ?: expect(0);
}

/* What is before fails by itself; nobody changes the QP's state. */
static const char *after_failure(void)
{
	struct ibv_sge sge = { .addr = (uintptr_t)end.buffer, .length = DEBT, .lkey = end.mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma.remote_addr = self.buffer,
		.wr.rdma.rkey = ~self.rkey,
	};
	struct ibv_wc wc;
	uint64_t id;

	if (ibv_post_send(end.qp, &wr, &bad))
		return "post_send failed";
	for (id = 1; id <= COUNT; id++)
		if (post_write(id, SIZE))
			return "post_send of what follows failed";
	if (!end_wait_completion(end.send_cq, &wc) || wc.status == IBV_WC_SUCCESS)
		return "the first request passed";
	return expect(0);
}

static const char *to_reset(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };
	const char *why = post_some();

	if (why)
		return why;
	if (ibv_modify_qp(end.qp, &attr, IBV_QP_STATE))
		return "modify_qp failed";
	ask("lift");
	usleep(200000);
	if (!end_is_empty(end.send_cq))
		return "a request completed";
	if (end_connect(&end, &self).err)
		return "the QP does not connect again";
	return indebt();
}

static const char *destroyed(void)
{
	const char *why = post_some();

	if (!why && ibv_destroy_qp(end.qp))
		why = "destroy_qp failed";
	end.qp = NULL;
	ask("lift");
	usleep(200000);
	if (!why && !end_is_empty(end.send_cq))
		why = "a request completed";
	return why;
}

/* As many wait as the queue takes, of which nothing is under way. */
static const char *full(void)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	const char *why = indebt();
	unsigned int count = 0;
	struct ibv_wc wc;

	if (!why && ibv_query_qp(end.qp, &attr, IBV_QP_CAP, &init))
		why = "query_qp failed";
	while (!why && count <= init.cap.max_send_wr && !post_write(count + 1, 1))
		count++;
	/* A ring tells full from empty by the one that is left. */
	if (!why && (count > init.cap.max_send_wr || count < END_QUEUE_DEPTH))
		why = "more or fewer wait than the queue takes";
	ask("lift");
	for (; !why && count; count--)
		if (!end_wait_completion(end.send_cq, &wc) || wc.status != IBV_WC_SUCCESS)
			why = "too few completions";
	return why;
}

/* The data is that of the time of the post. */
static const char *inlined(void)
{
	const char *why = indebt();
	struct ibv_wc wc[2];
	unsigned int i;

	memset(end.buffer, 1, INLINED);
	memset(end.buffer + TARGET, 0, 2 * INLINED);
	if (!why && (post_signaled(IBV_WR_RDMA_WRITE, 1, 0, TARGET, INLINED,
				   IBV_SEND_SIGNALED | IBV_SEND_INLINE) ||
		     post_signaled(IBV_WR_RDMA_WRITE, 2, 0, TARGET + INLINED, INLINED,
				   IBV_SEND_SIGNALED)))
		why = "post_send failed";
	memset(end.buffer, 2, INLINED);
	ask("lift");
	if (!why && !end_wait_completions(end.send_cq, wc, 2))
		why = "too few completions";
	for (i = 0; i < INLINED && !why; i++)
		if (end.buffer[TARGET + i] != 1 || end.buffer[TARGET + INLINED + i] != 2)
			why = "other data arrived";
	return why;
}

/* The memory must be there when the request is carried out. */
static const char *deregistered(void)
{
	struct ibv_mr *mr = end.mr;
	const char *why = indebt();
	struct ibv_wc wc;

	end.mr = ibv_reg_mr(end.pd, end.buffer, END_BUFFER_SIZE, END_ACCESS);
	if (!end.mr)
		die("reg_mr");
	if (!why && post_write(1, SIZE))
		why = "post_send failed";
	if (ibv_dereg_mr(end.mr) && !why)
		why = "dereg_mr failed";
	end.mr = mr;
	ask("lift");
	if (!why && !end_wait_completion(end.send_cq, &wc))
		why = "no completion";
	else if (!why && !end_is_refusal(wc.status, newer))
		why = ibv_wc_status_str(wc.status);
	return why;
}

/* Most of it comes to the wire before it fails; the next is of another QP. */
static const char *fails_late(enum ibv_wr_opcode opcode)
{
	struct ibv_sge sges[] = {
		{ (uintptr_t)end.buffer, DEBT, end.mr->lkey },
		{ (uintptr_t)end.buffer, 1, 0 },
	};
	struct ibv_send_wr *bad, wr = {
		.sg_list = sges,
		.num_sge = 2,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma.remote_addr = self.buffer + TARGET,
		.wr.rdma.rkey = self.rkey,
	};
	const char *why = NULL;
	struct ibv_wc wc;

	if (ibv_post_send(end.qp, &wr, &bad))
		why = "post_send failed";
	else if (!end_wait_completion(end.send_cq, &wc) || wc.status == IBV_WC_SUCCESS)
		why = "it did not fail";
	end_destroy_qp(&end);
	connect_to_self(IBV_QPT_RC);
	if (!why && post_write(1, SIZE))
		why = "post_send of the next failed";
	usleep(200000);
	if (!why && !end_is_empty(end.send_cq))
		why = "the next did not wait";
	ask("lift");
	if (!why && (!end_wait_completion(end.send_cq, &wc) || wc.status != IBV_WC_SUCCESS))
		why = "the next did not pass";
	return why;
}

static const char *write_fails_late(void)
{
	return fails_late(IBV_WR_RDMA_WRITE);
}

static const char *read_fails_late(void)
{
	return fails_late(IBV_WR_RDMA_READ);
}

static int post_datagram(struct ibv_ah *ah, uint64_t id, uint32_t size)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)end.buffer,
		.length = size,
		.lkey = end.mr->lkey,
	};
	struct ibv_send_wr *bad, wr = {
		.wr_id = id,
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.ud = { ah, self.qpn, QKEY },
	};

	return ibv_post_send(end.qp, &wr, &bad);
}

/* The first pass, and the last is held with its address handle. */
static const char *datagrams(void)
{
	struct ibv_ah_attr attr = {
		.is_global = 1,
		.grh = { .dgid = end.gid, .sgid_index = end.gid_index, .hop_limit = 64 },
		.port_num = 1,
	};
	struct ibv_ah *ah = ibv_create_ah(end.pd, &attr);
	const char *why = NULL;
	struct ibv_wc wc;
	unsigned int i;

	if (!ah)
		return "create_ah failed";
	for (i = 0; i < 2 && !why; i++)
		if (post_datagram(ah, i, 1024))
			why = "post_send failed";
	if (!why && (!end_wait_completion(end.send_cq, &wc) || wc.status != IBV_WC_SUCCESS))
		why = "the first did not pass";
	usleep(200000);
	if (!why && !end_is_empty(end.send_cq))
		why = "the second did not wait";
	if (!why && !ah_may_go && ibv_destroy_ah(ah) != EBUSY)
		why = "the address handle of a request that waits is destroyed";
	ask("lift");
	if (!why && (!end_wait_completion(end.send_cq, &wc) || wc.status != IBV_WC_SUCCESS))
		why = "the second did not pass";
	if (!why && ibv_destroy_ah(ah))
		why = "destroy_ah failed";
	return why;
}

static const struct {
	const char *name;
	const char *(*run)(void);
	enum ibv_qp_type type;
} cases[] = {
	{ "what waits goes in order when the limit is lifted", in_order, IBV_QPT_RC },
	{ "to ERR: what waits is flushed", to_error, IBV_QPT_RC },
	{ "a failure: what waits is flushed", after_failure, IBV_QPT_RC },
	{ "to RESET: what waits is forgotten", to_reset, IBV_QPT_RC },
	{ "destroyed with what waits", destroyed, IBV_QPT_RC },
	{ "as many wait as the queue takes", full, IBV_QPT_RC },
	{ "inline data is that of the post", inlined, IBV_QPT_RC },
	{ "memory that is deregistered meanwhile", deregistered, IBV_QPT_RC },
	{ "a WRITE is paid for that fails at its last element", write_fails_late, IBV_QPT_RC },
	{ "a READ is paid for that fails at its last element", read_fails_late, IBV_QPT_RC },
	{ "a UC QP waits, too", in_order, IBV_QPT_UC },
	{ "a datagram waits with its address handle", datagrams, IBV_QPT_UD },
};

int main(int argc, char **argv)
{
	const char *device = NULL, *why;
	int option, gid_index = 1;
	unsigned int i;

	while ((option = getopt(argc, argv, "d:g:bn")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
		else if (option == 'n')
			newer = true;
		else
			ah_may_go = true;
	}
	if (!device) {
		fprintf(stderr, "usage: verbs_limit -d DEVICE [-g GID_INDEX] [-b] [-n]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	why = end_open(&end, device, gid_index);
	if (why)
		die(why);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		connect_to_self(cases[i].type);
		ask("limit");
		why = cases[i].run();
		if (why)
			printf("not ok %s: %s\n", cases[i].name, why);
		else
			printf("ok %s\n", cases[i].name);
		end_destroy_qp(&end);
		end_forget_completions(end.send_cq);
		end_forget_completions(end.recv_cq);
	}
	connect_to_self(IBV_QPT_RC);
	ask("limit");
	why = post_some();
	/* The end, with requests that wait. */
	printf("%sok the program ends with what waits\n", why ? "not " : "");
	return EXIT_SUCCESS;
}
