// SPDX-License-Identifier: GPL-2.0
/* Cases of abi_errors about QPs: creation, state changes, posts and polls. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "abi_errors.h"
#include "raw_verbs.h"

/* An open file with what QPs need. */
struct session {
	int fd;
	uint32_t pd;
	uint32_t cq;
};

static struct session session_open(const struct target *target)
{
	struct session session = { .fd = raw_session(target->node) };

	if (raw_alloc_pd(session.fd, &session.pd) ||
	    raw_create_cq(session.fd, 64, -1, &session.cq)) {
		fprintf(stderr, "%s: no PD or CQ\n", target->node);
		exit(EXIT_FAILURE);
	}
	return session;
}

static struct ib_uverbs_create_qp_resp session_qp(const struct session *session)
{
	struct ib_uverbs_create_qp_resp qp;

	if (raw_create_qp(session->fd, raw_qp_request(session->pd, session->cq), &qp)) {
		fprintf(stderr, "no QP\n");
		exit(EXIT_FAILURE);
	}
	return qp;
}

static void qp_types(const struct session *session)
{
	static const struct {
		const char *name;
		uint8_t type;
	} types[] = {
		{ "CREATE_QP, type SMI", 0 },
		{ "CREATE_QP, type GSI", 1 },
		{ "CREATE_QP, type RAW_IPV6", 5 },
		{ "CREATE_QP, type RAW_ETHERTYPE", 6 },
		{ "CREATE_QP, type RAW_PACKET", 8 },
		{ "CREATE_QP, type XRC_INI", 9 },
		{ "CREATE_QP, type XRC_TGT", 10 },
		{ "CREATE_QP, type 100", 100 },
		{ "CREATE_QP, type DRIVER", 255 },
	};
	struct ib_uverbs_create_qp request;
	struct ib_uverbs_create_qp_resp qp;
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		request = raw_qp_request(session->pd, session->cq);
		request.qp_type = types[i].type;
		say(types[i].name, raw_create_qp(session->fd, request, &qp));
	}
}

void qp_cases(const struct target *target)
{
	struct session session = session_open(target);
	struct ib_uverbs_create_qp_resp qp;
	struct ib_uverbs_create_qp request;

#define SAY(name, field, value) do {						\
		request = raw_qp_request(session.pd, session.cq);		\
		request.field = value;						\
		say("CREATE_QP, " name, raw_create_qp(session.fd, request, &qp)); \
	} while (0)

	qp_types(&session);
	SAY("unknown PD", pd_handle, 0x7ffffffe);
	SAY("CQ as PD", pd_handle, session.cq);
	SAY("unknown send CQ", send_cq_handle, 0x7ffffffe);
	SAY("unknown receive CQ", recv_cq_handle, 0x7ffffffe);
	SAY("PD as receive CQ", recv_cq_handle, session.pd);
	SAY("max_send_wr 2^31", max_send_wr, 1u << 31);
	SAY("max_send_wr 2^32-1", max_send_wr, ~0u);
	SAY("max_recv_wr 2^32-1", max_recv_wr, ~0u);
	SAY("max_send_sge 2^16", max_send_sge, 1u << 16);
	SAY("max_recv_sge 2^32-1", max_recv_sge, ~0u);
	SAY("max_inline_data 2^20", max_inline_data, 1u << 20);
	SAY("max_inline_data 2^32-1", max_inline_data, ~0u);
	SAY("UC", qp_type, RAW_QPT_UC);
	SAY("sq_sig_all 255", sq_sig_all, 255);
#undef SAY
	close(session.fd);
}

static void modify_to_init(int fd, uint32_t qp)
{
	struct ib_uverbs_modify_qp request;

#define SAY(name, field, value) do {					\
		request = raw_to_init(qp);				\
		request.field = value;					\
		say("MODIFY_QP to INIT, " name, raw_modify_qp(fd, request)); \
	} while (0)

	SAY("empty mask", attr_mask, 0);
	SAY("mask without port", attr_mask, RAW_QP_TO_INIT & ~RAW_QP_PORT);
	SAY("mask with PSN", attr_mask, RAW_QP_TO_INIT | RAW_QP_SQ_PSN);
	SAY("mask with rate limit", attr_mask, RAW_QP_TO_INIT | 1 << 25);
	SAY("mask of all bits", attr_mask, ~0u);
	SAY("port 0", port_num, 0);
	SAY("port 2", port_num, 2);
	SAY("port 255", port_num, 255);
	SAY("state 7", qp_state, 7);
	SAY("state 255", qp_state, 255);
	SAY("Q_Key in the mask", attr_mask, RAW_QP_TO_INIT | RAW_QP_QKEY);
#undef SAY
	say("MODIFY_QP from RESET to RTS", raw_modify_qp(fd, raw_to_rts(qp)));
	say("MODIFY_QP from RESET to SQD", raw_modify_qp(fd, raw_to_state(qp, RAW_QPS_SQD)));
	say("MODIFY_QP from RESET to RESET", raw_modify_qp(fd, raw_to_state(qp, RAW_QPS_RESET)));
	say("MODIFY_QP to INIT", raw_modify_qp(fd, raw_to_init(qp)));
	say("MODIFY_QP from INIT to INIT", raw_modify_qp(fd, raw_to_init(qp)));
	say("MODIFY_QP from INIT to RTS", raw_modify_qp(fd, raw_to_rts(qp)));
}

static void modify_to_rtr(int fd, uint32_t qp, uint32_t peer, const struct target *target)
{
	struct ib_uverbs_modify_qp request;

#define SAY(name, field, value) do {					\
		request = raw_to_rtr(qp, peer, target->gid, target->gid_index); \
		request.field = value;					\
		say("MODIFY_QP to RTR, " name, raw_modify_qp(fd, request)); \
	} while (0)

	SAY("mask without AV", attr_mask, RAW_QP_TO_RTR & ~RAW_QP_AV);
	SAY("mask with port", attr_mask, RAW_QP_TO_RTR | RAW_QP_PORT);
	SAY("no GRH", dest.is_global, 0);
	SAY("AV port 0", dest.port_num, 0);
	SAY("AV port 2", dest.port_num, 2);
	SAY("empty source GID", dest.sgid_index, 31);
	SAY("path MTU 6", path_mtu, 6);
	SAY("path MTU 255", path_mtu, 255);
#undef SAY
	request = raw_to_rtr(qp, peer, target->gid, target->gid_index);
	say("MODIFY_QP to RTR", raw_modify_qp(fd, request));
	say("MODIFY_QP from RTR to RTR", raw_modify_qp(fd, request));
}

static void modify_to_rts(int fd, uint32_t qp)
{
	struct ib_uverbs_modify_qp request;

#define SAY(name, field, value) do {					\
		request = raw_to_rts(qp);				\
		request.field = value;					\
		say("MODIFY_QP to RTS, " name, raw_modify_qp(fd, request)); \
	} while (0)

	SAY("mask without PSN", attr_mask, RAW_QP_TO_RTS & ~RAW_QP_SQ_PSN);
	SAY("timeout 32", timeout, 32);
	SAY("max_rd_atomic 255", max_rd_atomic, 255);
#undef SAY
	say("MODIFY_QP to RTS", raw_modify_qp(fd, raw_to_rts(qp)));
	say("MODIFY_QP from RTS to INIT", raw_modify_qp(fd, raw_to_init(qp)));
	say("MODIFY_QP from RTS to ERR", raw_modify_qp(fd, raw_to_state(qp, RAW_QPS_ERR)));
	say("MODIFY_QP from ERR to RTS", raw_modify_qp(fd, raw_to_rts(qp)));
	say("MODIFY_QP from ERR to ERR", raw_modify_qp(fd, raw_to_state(qp, RAW_QPS_ERR)));
	say("MODIFY_QP from ERR to RESET", raw_modify_qp(fd, raw_to_state(qp, RAW_QPS_RESET)));
	say("MODIFY_QP to INIT after RESET", raw_modify_qp(fd, raw_to_init(qp)));
}

static void query_ports(int fd)
{
	static const uint8_t ports[] = { 0, 1, 2, 255 };
	struct ib_uverbs_query_port_resp resp;
	struct ib_uverbs_query_port query = {};
	char name[32];
	unsigned int i;

	for (i = 0; i < sizeof(ports); i++) {
		query.port_num = ports[i];
		snprintf(name, sizeof(name), "QUERY_PORT %u", ports[i]);
		say(name, raw_call(fd, IB_USER_VERBS_CMD_QUERY_PORT, &query, sizeof(query),
				   &resp, sizeof(resp)));
	}
}

void modify_cases(const struct target *target)
{
	struct session session = session_open(target);
	struct ib_uverbs_create_qp_resp qp = session_qp(&session), peer = session_qp(&session);

	modify_to_init(session.fd, qp.qp_handle);
	modify_to_rtr(session.fd, qp.qp_handle, peer.qpn, target);
	modify_to_rts(session.fd, qp.qp_handle);
	query_ports(session.fd);
	close(session.fd);
}

/* Two work requests and two SGEs behind the command, to be cut short or spoilt. */
struct post_send {
	struct ib_uverbs_post_send cmd;
	struct ib_uverbs_send_wr wr[2];
	struct ib_uverbs_sge sge[2];
};

struct post_recv {
	struct ib_uverbs_post_recv cmd;
	struct ib_uverbs_recv_wr wr[2];
	struct ib_uverbs_sge sge[2];
};

static struct post_send sound_send(uint32_t qp)
{
	return (struct post_send){
		.cmd = {
			.qp_handle = qp,
			.wr_count = 2,
			.sge_count = 2,
			.wqe_size = sizeof(struct ib_uverbs_send_wr),
		},
		.wr = {
			{ .num_sge = 1, .opcode = IB_UVERBS_WR_SEND },
			{ .num_sge = 1, .opcode = IB_UVERBS_WR_SEND },
		},
	};
}

static struct post_recv sound_recv(uint32_t qp)
{
	return (struct post_recv){
		.cmd = {
			.qp_handle = qp,
			.wr_count = 2,
			.sge_count = 2,
			.wqe_size = sizeof(struct ib_uverbs_recv_wr),
		},
		.wr = { { .num_sge = 1 }, { .num_sge = 1 } },
	};
}

/* Where the driver refused a request, it says which; the common layer does not. */
static void say_bad_wr(int fd, uint32_t command, const char *name, void *post, size_t size)
{
	struct ib_uverbs_post_send_resp resp = {};
	int err = raw_call(fd, command, post, size, &resp, sizeof(resp));

	printf("%s: %s, bad_wr %u\n", name, err ? strerrorname_np(err) : "ok", resp.bad_wr);
}

static void say_post(int fd, uint32_t command, const char *name, void *post, size_t size)
{
	struct ib_uverbs_post_send_resp resp;

	say(name, raw_call(fd, command, post, size, &resp, sizeof(resp)));
}

static void post_send_framing(int fd, uint32_t qp)
{
	struct post_send post;

#define SAY(name, field, value) do {					\
		post = sound_send(qp);					\
		post.field = value;					\
		say_post(fd, IB_USER_VERBS_CMD_POST_SEND, "POST_SEND, " name, &post, sizeof(post)); \
	} while (0)

	SAY("unknown QP", cmd.qp_handle, 0x7ffffffe);
	SAY("wr_count beyond the command", cmd.wr_count, 3);
	SAY("wr_count 2^32-1", cmd.wr_count, ~0u);
	SAY("wr_count below what is there", cmd.wr_count, 1);
	SAY("sge_count beyond the command", cmd.sge_count, 3);
	SAY("sge_count 2^32-1", cmd.sge_count, ~0u);
	SAY("sge_count 2^28", cmd.sge_count, 1u << 28);
	SAY("wqe_size 0", cmd.wqe_size, 0);
	SAY("wqe_size 4", cmd.wqe_size, 4);
	SAY("wqe_size one too small", cmd.wqe_size, sizeof(struct ib_uverbs_send_wr) - 1);
	SAY("wqe_size 2^31", cmd.wqe_size, 1u << 31);
	SAY("wqe_size 2^32-1", cmd.wqe_size, ~0u);
	SAY("num_sge beyond sge_count", wr[0].num_sge, 3);
	SAY("num_sge 2^32-1", wr[0].num_sge, ~0u);
	/* Not wr[1].num_sge = 2^32-1: ib_uverbs' sum wraps, and it says ENOMEM. */
	SAY("num_sges together beyond sge_count", wr[1].num_sge, 2);
	SAY("opcode LOCAL_INV", wr[0].opcode, IB_UVERBS_WR_LOCAL_INV);
	SAY("opcode BIND_MW", wr[1].opcode, IB_UVERBS_WR_BIND_MW);
	SAY("opcode TSO", wr[0].opcode, IB_UVERBS_WR_TSO);
	SAY("opcode READ_WITH_INV", wr[0].opcode, IB_UVERBS_WR_RDMA_READ_WITH_INV);
	SAY("opcode masked CMP_SWP", wr[0].opcode, IB_UVERBS_WR_MASKED_ATOMIC_CMP_AND_SWP);
	SAY("opcode REG_MR", wr[0].opcode, 0x20);
	SAY("opcode 2^32-1", wr[1].opcode, ~0u);
#undef SAY
	post = sound_send(qp);
	say_post(fd, IB_USER_VERBS_CMD_POST_SEND, "POST_SEND cut short", &post, 24);
	post.cmd.wr_count = 0;
	post.cmd.sge_count = 0;
	say_post(fd, IB_USER_VERBS_CMD_POST_SEND, "POST_SEND of nothing, too long", &post, sizeof(post));
	say_post(fd, IB_USER_VERBS_CMD_POST_SEND, "POST_SEND of nothing", &post, sizeof(post.cmd));
}

static void post_recv_framing(int fd, uint32_t qp)
{
	struct post_recv post;

#define SAY(name, field, value) do {					\
		post = sound_recv(qp);					\
		post.field = value;					\
		say_post(fd, IB_USER_VERBS_CMD_POST_RECV, "POST_RECV, " name, &post, sizeof(post)); \
	} while (0)

	SAY("unknown QP", cmd.qp_handle, 0x7ffffffe);
	SAY("wr_count beyond the command", cmd.wr_count, 3);
	SAY("wr_count 2^32-1", cmd.wr_count, ~0u);
	SAY("sge_count beyond the command", cmd.sge_count, 3);
	SAY("sge_count 2^32-1", cmd.sge_count, ~0u);
	SAY("wqe_size 0", cmd.wqe_size, 0);
	SAY("wqe_size one too small", cmd.wqe_size, sizeof(struct ib_uverbs_recv_wr) - 1);
	SAY("wqe_size 2^32-1", cmd.wqe_size, ~0u);
	SAY("num_sge beyond sge_count", wr[0].num_sge, 3);
	SAY("num_sge 2^32-1", wr[0].num_sge, ~0u);
	SAY("num_sge that wraps", wr[1].num_sge, ~0u);
#undef SAY
	post = sound_recv(qp);
	say_post(fd, IB_USER_VERBS_CMD_POST_RECV, "POST_RECV cut short", &post, 24);
	say_bad_wr(fd, IB_USER_VERBS_CMD_POST_RECV, "POST_RECV of two", &post, sizeof(post));
}

/* A receive of more SGEs than the QP has room for, and more receives. */
static void post_recv_capacity(int fd, const struct ib_uverbs_create_qp_resp *qp)
{
	struct {
		struct ib_uverbs_post_recv cmd;
		struct ib_uverbs_recv_wr wr;
		struct ib_uverbs_sge sge[64];
	} post = {
		.cmd = {
			.qp_handle = qp->qp_handle,
			.wr_count = 1,
			.sge_count = 64,
			.wqe_size = sizeof(post.wr),
		},
		.wr = { .num_sge = 64 },
	};
	struct ib_uverbs_post_recv_resp resp;
	int posts = 0, err;

	say_bad_wr(fd, IB_USER_VERBS_CMD_POST_RECV, "POST_RECV of 64 SGEs", &post, sizeof(post));
	post.cmd.sge_count = 0;
	post.wr.num_sge = 0;
	do {
		err = raw_call(fd, IB_USER_VERBS_CMD_POST_RECV, &post,
			       sizeof(post.cmd) + sizeof(post.wr), &resp, sizeof(resp));
	} while (!err && ++posts < 100000);
	say("POST_RECV until the queue is full", err);
}

void post_send_cases(const struct target *target)
{
	struct session session = session_open(target);
	struct ib_uverbs_create_qp_resp qp = session_qp(&session);
	struct post_send send = sound_send(qp.qp_handle);
	int fd = session.fd;

	say_bad_wr(fd, IB_USER_VERBS_CMD_POST_SEND, "POST_SEND in RESET", &send, sizeof(send));
	say("MODIFY_QP to INIT", raw_modify_qp(fd, raw_to_init(qp.qp_handle)));
	say_bad_wr(fd, IB_USER_VERBS_CMD_POST_SEND, "POST_SEND in INIT", &send, sizeof(send));
	say("MODIFY_QP to RESET", raw_modify_qp(fd, raw_to_state(qp.qp_handle, RAW_QPS_RESET)));
	say("connect", raw_connect(fd, qp.qp_handle, qp.qpn, target->gid, target->gid_index));
	post_send_framing(fd, qp.qp_handle);
	close(fd);
}

static void post_recv_cases(const struct target *target)
{
	struct session session = session_open(target);
	struct ib_uverbs_create_qp_resp qp = session_qp(&session);
	struct post_recv recv = sound_recv(qp.qp_handle);
	int fd = session.fd;

	say_bad_wr(fd, IB_USER_VERBS_CMD_POST_RECV, "POST_RECV in RESET", &recv, sizeof(recv));
	say("MODIFY_QP to INIT", raw_modify_qp(fd, raw_to_init(qp.qp_handle)));
	post_recv_framing(fd, qp.qp_handle);
	post_recv_capacity(fd, &qp);
	close(fd);
}

static int poll_cq(const struct session *session, uint32_t ne, void *response, size_t size)
{
	struct ib_uverbs_poll_cq cmd = { .cq_handle = session->cq, .ne = ne };

	return raw_call(session->fd, IB_USER_VERBS_CMD_POLL_CQ, &cmd, sizeof(cmd), response, size);
}

static void empty_poll_cases(const struct target *target)
{
	struct session session = session_open(target);
	struct bad_memory bad = bad_memory_get();
	struct ib_uverbs_poll_cq_resp resp;

	say("POLL_CQ of 1", poll_cq(&session, 1, &resp, sizeof(resp)));
	say("POLL_CQ of 0", poll_cq(&session, 0, &resp, sizeof(resp)));
	say("POLL_CQ of 2^32-1", poll_cq(&session, ~0u, &resp, sizeof(resp)));
	say("POLL_CQ, response of 4 bytes", poll_cq(&session, 1, &resp, 4));
	say("POLL_CQ, response unmapped", poll_cq(&session, 1, bad.unmapped, sizeof(resp)));
	say("POLL_CQ, response read-only", poll_cq(&session, 1, bad.read_only, sizeof(resp)));
	say("POLL_CQ, response in the kernel", poll_cq(&session, 1, bad.kernel, sizeof(resp)));
	close(session.fd);
}

/* As many receives as flush into the CQ when the QP goes to ERR. */
static void flush_receives(const struct session *session, uint32_t count)
{
	struct ib_uverbs_create_qp_resp qp = session_qp(session);
	struct post_recv recv = sound_recv(qp.qp_handle);
	struct ib_uverbs_post_recv_resp resp;
	uint32_t i;

	say("MODIFY_QP to INIT", raw_modify_qp(session->fd, raw_to_init(qp.qp_handle)));
	recv.cmd.wr_count = 1;
	recv.cmd.sge_count = 0;
	recv.wr[0].num_sge = 0;
	for (i = 0; i < count; i++)
		raw_call(session->fd, IB_USER_VERBS_CMD_POST_RECV, &recv,
			 sizeof(recv.cmd) + sizeof(recv.wr[0]), &resp, sizeof(resp));
	say("MODIFY_QP to ERR",
	    raw_modify_qp(session->fd, raw_to_state(qp.qp_handle, RAW_QPS_ERR)));
}

/* Flushing takes its time: poll until something comes of it, 10 s at most. */
static int poll_until_some(const struct session *session, uint32_t ne,
			   struct ib_uverbs_poll_cq_resp *response, size_t size)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	int tries, err = 0;

	response->count = 0;
	for (tries = 0; tries < 1000 && !err && !response->count; tries++) {
		if (tries)
			nanosleep(&pause, NULL);
		err = poll_cq(session, ne, response, size);
	}
	return err;
}

/*
 * A response with room for two completions under a poll for all: the node
 * goes by ne, as ib_uverbs does, and must stop where the memory ends.
 */
static void full_poll_cases(const struct target *target)
{
	struct {
		struct ib_uverbs_poll_cq_resp resp;
		struct ib_uverbs_wc wc[2];
	} *answer;
	struct session session = session_open(target);
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(pages + 4096, 4096);
	answer = (void *)(pages + 4096 - sizeof(*answer));
	flush_receives(&session, 1);
	say("POLL_CQ of 2^32-1 with a completion there",
	    poll_until_some(&session, ~0u, &answer->resp, sizeof(*answer)));
	printf("completions: %u\n", answer->resp.count);
	answer = (void *)(pages + 4096 - sizeof(answer->resp));
	flush_receives(&session, 1);
	say("POLL_CQ of a completion without memory for it",
	    poll_until_some(&session, ~0u, &answer->resp, sizeof(*answer)));
	munmap(pages, 4096);
	close(session.fd);
}

void queue_cases(const struct target *target)
{
	post_recv_cases(target);
	empty_poll_cases(target);
	full_poll_cases(target);
}
