// SPDX-License-Identifier: GPL-2.0
/* Cases of abi_errors about objects: handles, responses, MRs, CQs, processes. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi_errors.h"
#include "raw_verbs.h"

#define NO_HANDLE	0x7ffffffeu
#define NOBODY		65534

static uint8_t memory[3 * 4096] __attribute__((aligned(4096)));

static void unknown_handles(int fd, const char *kind, uint32_t handle)
{
	struct ib_uverbs_req_notify_cq notify = { .cq_handle = handle };
	struct ib_uverbs_query_qp query = { .qp_handle = handle };
	struct ib_uverbs_create_qp_resp qp;
	struct ib_uverbs_query_qp_resp attr;
	struct ib_uverbs_reg_mr_resp mr;
	char name[64];

#define SAY(what, call) do {						\
		snprintf(name, sizeof(name), "%s of %s handle", what, kind);	\
		say(name, call);					\
	} while (0)

	SAY("DEALLOC_PD", raw_dealloc_pd(fd, handle));
	SAY("DEREG_MR", raw_dereg_mr(fd, handle));
	SAY("DESTROY_CQ", raw_destroy_cq(fd, handle));
	SAY("DESTROY_QP", raw_destroy_qp(fd, handle));
	SAY("REG_MR", raw_reg_mr(fd, handle, memory, 4096, 0, &mr));
	SAY("CREATE_QP", raw_create_qp(fd, raw_qp_request(handle, handle), &qp));
	SAY("MODIFY_QP", raw_modify_qp(fd, raw_to_init(handle)));
	SAY("REQ_NOTIFY_CQ", raw_call(fd, IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, &notify,
				      sizeof(notify), NULL, 0));
	SAY("QUERY_QP", raw_call(fd, IB_USER_VERBS_CMD_QUERY_QP, &query, sizeof(query),
				 &attr, sizeof(attr)));
#undef SAY
}

/* Handle of a PD, told to everything but the commands that take a PD. */
static void handles_of_another_type(int fd, uint32_t pd)
{
	struct ib_uverbs_create_qp_resp qp;

	say("DEREG_MR of a PD", raw_dereg_mr(fd, pd));
	say("DESTROY_CQ of a PD", raw_destroy_cq(fd, pd));
	say("DESTROY_QP of a PD", raw_destroy_qp(fd, pd));
	say("MODIFY_QP of a PD", raw_modify_qp(fd, raw_to_init(pd)));
	say("CREATE_QP with a PD as CQ", raw_create_qp(fd, raw_qp_request(pd, pd), &qp));
}

void handle_cases(const struct target *target)
{
	int fd = raw_session(target->node), other = raw_session(target->node);
	uint32_t pd;

	unknown_handles(fd, "an unknown", NO_HANDLE);
	unknown_handles(fd, "a wrapped", 0xffffffff);
	say("ALLOC_PD", raw_alloc_pd(fd, &pd));
	unknown_handles(other, "another file's", pd);
	handles_of_another_type(fd, pd);
	say("DEALLOC_PD", raw_dealloc_pd(fd, pd));
	unknown_handles(fd, "a destroyed", pd);
	close(other);
	close(fd);
}

void busy_cases(const struct target *target)
{
	int fd = raw_session(target->node);
	struct ib_uverbs_create_qp_resp qp;
	struct ib_uverbs_reg_mr_resp mr;
	uint32_t pd, cq;

	say("ALLOC_PD", raw_alloc_pd(fd, &pd));
	say("CREATE_CQ", raw_create_cq(fd, 16, -1, &cq));
	say("REG_MR", raw_reg_mr(fd, pd, memory, 4096, RAW_ACCESS_LOCAL_WRITE, &mr));
	say("DEALLOC_PD that has an MR", raw_dealloc_pd(fd, pd));
	say("CREATE_QP", raw_create_qp(fd, raw_qp_request(pd, cq), &qp));
	say("DESTROY_CQ that has a QP", raw_destroy_cq(fd, cq));
	say("DEREG_MR", raw_dereg_mr(fd, mr.mr_handle));
	say("DEREG_MR twice", raw_dereg_mr(fd, mr.mr_handle));
	say("DEALLOC_PD that has a QP", raw_dealloc_pd(fd, pd));
	say("DESTROY_QP", raw_destroy_qp(fd, qp.qp_handle));
	say("DESTROY_QP twice", raw_destroy_qp(fd, qp.qp_handle));
	say("DESTROY_CQ", raw_destroy_cq(fd, cq));
	say("DEALLOC_PD", raw_dealloc_pd(fd, pd));
	close(fd);
}

/* What creates an object must not leave one behind that nobody knows. */
static void create_with_response(int fd, uint32_t pd, const char *where, void *response)
{
	struct ib_uverbs_create_comp_channel channel = {};
	struct ib_uverbs_create_cq cq = { .cqe = 4, .comp_channel = -1 };
	struct ib_uverbs_query_device query = {};
	struct ib_uverbs_alloc_pd alloc = {};
	struct ib_uverbs_reg_mr reg = {
		.start = (uintptr_t)memory,
		.hca_va = (uintptr_t)memory,
		.length = 4096,
		.pd_handle = pd,
	};
	char name[80];

#define SAY(command, cmd) do {								\
		snprintf(name, sizeof(name), "%s, response %s", #command, where);	\
		say(name, raw_call(fd, IB_USER_VERBS_CMD_##command, &cmd, sizeof(cmd),	\
				   response, 256));					\
	} while (0)

	SAY(QUERY_DEVICE, query);
	SAY(ALLOC_PD, alloc);
	SAY(REG_MR, reg);
	SAY(CREATE_COMP_CHANNEL, channel);
	SAY(CREATE_CQ, cq);
#undef SAY
}

void response_cases(const struct target *target)
{
	struct ib_uverbs_alloc_pd alloc = { .response = (uintptr_t)memory };
	int fd = raw_session(target->node);
	struct bad_memory bad = bad_memory_get();
	uint32_t pd;

	say("ALLOC_PD", raw_alloc_pd(fd, &pd));
	create_with_response(fd, pd, "unmapped", bad.unmapped);
	create_with_response(fd, pd, "read-only", bad.read_only);
	create_with_response(fd, pd, "in the kernel", bad.kernel);
	create_with_response(fd, pd, "at NULL", NULL);
	say("ALLOC_PD, response of 0 words",
	    raw_call(fd, IB_USER_VERBS_CMD_ALLOC_PD, &alloc, sizeof(alloc), NULL, 0));
	say("DEALLOC_PD after the failed commands", raw_dealloc_pd(fd, pd));
	close(fd);
}

static int reg_mr_at(int fd, uint32_t pd, uint64_t start, uint64_t length, uint64_t hca_va)
{
	struct {
		struct ib_uverbs_reg_mr_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	struct ib_uverbs_reg_mr cmd = {
		.start = start,
		.length = length,
		.hca_va = hca_va,
		.pd_handle = pd,
		.access_flags = RAW_ACCESS_LOCAL_WRITE,
	};

	return raw_call(fd, IB_USER_VERBS_CMD_REG_MR, &cmd, sizeof(cmd), &answer, sizeof(answer));
}

static void mr_ranges(int fd, uint32_t pd)
{
	const uint64_t start = (uintptr_t)memory;
	struct bad_memory bad = bad_memory_get();

	say("REG_MR of 0 bytes", reg_mr_at(fd, pd, start, 0, start));
	say("REG_MR of 1 byte", reg_mr_at(fd, pd, start, 1, start));
	say("REG_MR that wraps", reg_mr_at(fd, pd, start, -4096ull, start));
	say("REG_MR of everything", reg_mr_at(fd, pd, 0, ~0ull, 0));
	say("REG_MR that ends at the top", reg_mr_at(fd, pd, -4096ull, 4096, -4096ull));
	say("REG_MR at NULL", reg_mr_at(fd, pd, 0, 4096, 0));
	say("REG_MR unmapped", reg_mr_at(fd, pd, (uintptr_t)bad.unmapped, 4096,
					 (uintptr_t)bad.unmapped));
	say("REG_MR in the kernel", reg_mr_at(fd, pd, (uintptr_t)bad.kernel, 4096,
					      (uintptr_t)bad.kernel));
	say("REG_MR read-only with LOCAL_WRITE",
	    reg_mr_at(fd, pd, (uintptr_t)bad.read_only, 4096, (uintptr_t)bad.read_only));
	say("REG_MR, hca_va off by one", reg_mr_at(fd, pd, start, 4096, start + 1));
	say("REG_MR, hca_va another page", reg_mr_at(fd, pd, start, 4096, 0x10000));
	say("REG_MR, hca_va that wraps", reg_mr_at(fd, pd, start, 8192, -4096ull));
	say("REG_MR across pages, unaligned", reg_mr_at(fd, pd, start + 100, 8000, start + 100));
}

static void mr_half_mapped(int fd, uint32_t pd)
{
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(pages + 4096, 4096);
	say("REG_MR half mapped", reg_mr_at(fd, pd, (uintptr_t)pages, 8192, (uintptr_t)pages));
	munmap(pages, 4096);
}

void mr_cases(const struct target *target)
{
	static const struct {
		const char *name;
		uint32_t access;
	} flags[] = {
		{ "REG_MR, no access", 0 },
		{ "REG_MR, remote write without local", RAW_ACCESS_REMOTE_WRITE },
		{ "REG_MR, remote atomic without local write", 1 << 3 },
		{ "REG_MR, remote read", 1 << 2 },
		{ "REG_MR, unknown access", 1 << 10 },
		{ "REG_MR, access bit 31", 1u << 31 },
		{ "REG_MR, on demand", 1 << 6 },
		{ "REG_MR, huge pages", 1 << 7 },
		{ "REG_MR, relaxed ordering", 1 << 20 },
		{ "REG_MR, all access bits", ~0u },
	};
	int fd = raw_session(target->node);
	struct ib_uverbs_reg_mr_resp mr;
	unsigned int i;
	uint32_t pd;

	say("ALLOC_PD", raw_alloc_pd(fd, &pd));
	mr_ranges(fd, pd);
	mr_half_mapped(fd, pd);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		say(flags[i].name, raw_reg_mr(fd, pd, memory, 4096, flags[i].access, &mr));
	close(fd);
}

static int create_cq_on_vector(int fd, uint32_t vector)
{
	uint8_t answer[256];
	struct ib_uverbs_create_cq cmd = { .cqe = 4, .comp_vector = vector, .comp_channel = -1 };

	return raw_call(fd, IB_USER_VERBS_CMD_CREATE_CQ, &cmd, sizeof(cmd),
			answer, sizeof(answer));
}

static int resize_cq(int fd, uint32_t handle, uint32_t cqe)
{
	uint8_t answer[256];
	struct ib_uverbs_resize_cq cmd = { .cq_handle = handle, .cqe = cqe };

	return raw_call(fd, IB_USER_VERBS_CMD_RESIZE_CQ, &cmd, sizeof(cmd),
			answer, sizeof(answer));
}

static void resize_cases(int fd)
{
	struct bad_memory bad = bad_memory_get();
	struct ib_uverbs_resize_cq cmd = { .cqe = 32 };
	uint32_t handle, pd;

	say("ALLOC_PD", raw_alloc_pd(fd, &pd));
	say("CREATE_CQ", raw_create_cq(fd, 16, -1, &handle));
	say("RESIZE_CQ of an unknown CQ", resize_cq(fd, NO_HANDLE, 32));
	say("RESIZE_CQ of a PD", resize_cq(fd, pd, 32));
	say("RESIZE_CQ to 0", resize_cq(fd, handle, 0));
	say("RESIZE_CQ to 2^31", resize_cq(fd, handle, 1u << 31));
	say("RESIZE_CQ to 2^32-1", resize_cq(fd, handle, ~0u));
	say("RESIZE_CQ to 1", resize_cq(fd, handle, 1));
	say("RESIZE_CQ to 1000", resize_cq(fd, handle, 1000));
	cmd.cq_handle = handle;
	say("RESIZE_CQ, response unmapped",
	    raw_call(fd, IB_USER_VERBS_CMD_RESIZE_CQ, &cmd, sizeof(cmd), bad.unmapped, 256));
	say("RESIZE_CQ, response of 4 bytes",
	    raw_call(fd, IB_USER_VERBS_CMD_RESIZE_CQ, &cmd, sizeof(cmd), &cmd, 4));
	say("DESTROY_CQ", raw_destroy_cq(fd, handle));
	say("RESIZE_CQ of a destroyed CQ", resize_cq(fd, handle, 32));
}

void cq_cases(const struct target *target)
{
	int fd = raw_session(target->node), other = raw_session(target->node);
	int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	uint32_t handle, none, channel, others_channel;

	say("CREATE_CQ of 0 entries", raw_create_cq(fd, 0, -1, &handle));
	say("CREATE_CQ of 1 entry", raw_create_cq(fd, 1, -1, &handle));
	say("CREATE_CQ of 2^31 entries", raw_create_cq(fd, 1u << 31, -1, &handle));
	say("CREATE_CQ of 2^32-1 entries", raw_create_cq(fd, ~0u, -1, &handle));
	say("CREATE_CQ, vector 0xffff", create_cq_on_vector(fd, 0xffff));
	say("CREATE_CQ, vector 2^32-1", create_cq_on_vector(fd, ~0u));
	say("CREATE_CQ, channel -2", raw_create_cq(fd, 4, -2, &handle));
	say("CREATE_CQ, channel that is not open", raw_create_cq(fd, 4, 1000, &handle));
	say("CREATE_CQ, channel is a plain file", raw_create_cq(fd, 4, file, &handle));
	say("CREATE_CQ, channel is the node itself", raw_create_cq(fd, 4, fd, &handle));
	say("CREATE_COMP_CHANNEL", raw_create_channel(fd, &channel));
	say("CREATE_COMP_CHANNEL of another file", raw_create_channel(other, &others_channel));
	say("CREATE_CQ, another file's channel", raw_create_cq(fd, 4, others_channel, &handle));
	say("CREATE_CQ with a channel", raw_create_cq(fd, 4, channel, &handle));
	close(channel);
	say("CREATE_CQ, channel closed", raw_create_cq(fd, 4, channel, &none));
	say("DESTROY_CQ whose channel is closed", raw_destroy_cq(fd, handle));
	resize_cases(fd);
	close(file);
	close(others_channel);
	close(other);
	close(fd);
}

/* The privileged half of the Q_Keys belongs to those who may send raw packets. */
static void without_capabilities(const struct target *target)
{
	struct ib_uverbs_modify_qp init;
	struct ib_uverbs_create_qp request;
	struct ib_uverbs_create_qp_resp qp, refused;
	uint32_t pd, cq;
	int fd;

	if (setresuid(NOBODY, NOBODY, NOBODY))
		perror("setresuid");
	fd = raw_session(target->node);
	say("unprivileged ALLOC_PD", raw_alloc_pd(fd, &pd));
	say("unprivileged CREATE_CQ", raw_create_cq(fd, 4, -1, &cq));
	say("unprivileged CREATE_QP", raw_create_qp(fd, raw_qp_request(pd, cq), &qp));
	request = raw_qp_request(pd, cq);
	request.qp_type = 8;
	say("unprivileged CREATE_QP of a raw packet QP", raw_create_qp(fd, request, &refused));
	init = raw_to_init(qp.qp_handle);
	init.attr_mask |= RAW_QP_QKEY;
	init.qkey = 0x80010000;
	say("unprivileged MODIFY_QP, privileged Q_Key", raw_modify_qp(fd, init));
	close(fd);
}

void process_cases(const struct target *target)
{
	in_child(target, without_capabilities);
}
