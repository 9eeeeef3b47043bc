// SPDX-License-Identifier: GPL-2.0
/* Cases of abi_errors about extended commands. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi_errors.h"
#include "raw_verbs.h"

/* An extended CREATE_CQ as it is written, with room for the words behind it. */
struct message {
	struct ib_uverbs_cmd_hdr header;
	struct ib_uverbs_ex_cmd_hdr ex;
	struct ib_uverbs_ex_create_cq cmd;
	uint64_t more[2];
};

struct answer {
	struct ib_uverbs_ex_create_cq_resp resp;
	uint64_t more[2];
	uint8_t driver[RAW_DRIVER_ROOM];
};

#define CMD_SIZE	offsetof(struct message, more)

static struct message sound_message(struct answer *answer)
{
	return (struct message){
		.header = {
			.command = IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_EX_CMD_CREATE_CQ,
			.in_words = sizeof(struct ib_uverbs_ex_create_cq) / 8,
			.out_words = sizeof(answer->resp) / 8,
		},
		.ex = {
			.response = (uintptr_t)answer,
			.provider_out_words = RAW_DRIVER_ROOM / 8,
		},
		.cmd = { .cqe = 4, .comp_channel = -1 },
	};
}

static void extended_headers(int fd)
{
	struct bad_memory bad = bad_memory_get();
	struct message message;
	struct answer answer;

#define SAY(name, size, field, value) do {				\
		message = sound_message(&answer);			\
		message.field = (value);				\
		say("extended CREATE_CQ, " name, raw_write(fd, &message, size)); \
	} while (0)

	SAY("sound", CMD_SIZE, header.in_words, sizeof(message.cmd) / 8);
	SAY("header alone", 8, header.in_words, 0);
	SAY("one byte of the second header missing", 23, header.in_words, 0);
	SAY("both headers alone", 24, header.in_words, 0);
	SAY("in_words below the count", CMD_SIZE, header.in_words, 3);
	SAY("in_words above the count", CMD_SIZE, header.in_words, 5);
	SAY("in_words 0xffff", CMD_SIZE, header.in_words, 0xffff);
	SAY("provider words not there", CMD_SIZE, ex.provider_in_words, 1);
	SAY("provider words there", CMD_SIZE + 8, ex.provider_in_words, 1);
	SAY("odd count", CMD_SIZE + 1, ex.provider_in_words, 0);
	SAY("reserved word of the header", CMD_SIZE, ex.cmd_hdr_reserved, 1);
	SAY("words of a response at NULL", CMD_SIZE, ex.response, 0);
	SAY("response unmapped", CMD_SIZE, ex.response, (uintptr_t)bad.unmapped);
	SAY("response read-only", CMD_SIZE, ex.response, (uintptr_t)bad.read_only);
	SAY("response in the kernel", CMD_SIZE, ex.response, (uintptr_t)bad.kernel);
	SAY("zeros behind the command", CMD_SIZE + 16, header.in_words, 6);
#undef SAY
	message = sound_message(&answer);
	message.header.in_words = 6;
	message.more[1] = 1;
	say("extended CREATE_CQ, something behind the command",
	    raw_write(fd, &message, CMD_SIZE + 16));
	message = sound_message(&answer);
	message.header.out_words = 0;
	message.ex.provider_out_words = 0;
	say("extended CREATE_CQ, no words of a response", raw_write(fd, &message, CMD_SIZE));
}

static void extended_cqs(int fd)
{
	struct ib_uverbs_ex_create_cq cmd;
	struct answer answer = {};

#define SAY(name, field, value) do {					\
		cmd = (struct ib_uverbs_ex_create_cq){ .cqe = 4, .comp_channel = -1 }; \
		cmd.field = value;					\
		say("extended CREATE_CQ, " name,			\
		    raw_call_ex(fd, IB_USER_VERBS_EX_CMD_CREATE_CQ, &cmd, sizeof(cmd), \
				&answer, sizeof(answer.resp), RAW_DRIVER_ROOM)); \
	} while (0)

	SAY("comp_mask", comp_mask, 1);
	SAY("reserved", reserved, 1);
	SAY("vector 0xffff", comp_vector, 0xffff);
	SAY("channel that is not open", comp_channel, 1000);
	SAY("0 entries", cqe, 0);
	SAY("2^32-1 entries", cqe, ~0u);
	SAY("timestamps", flags, IB_UVERBS_CQ_FLAGS_TIMESTAMP_COMPLETION);
	SAY("overruns ignored", flags, IB_UVERBS_CQ_FLAGS_IGNORE_OVERRUN);
	SAY("all flags", flags, ~0u);
	SAY("4 entries", cqe, 4);
#undef SAY
	printf("response_length %u\n", answer.resp.response_length);
	say("DESTROY_CQ", raw_destroy_cq(fd, answer.resp.base.cq_handle));
}

/* The response may be shorter than the command knows, or longer. */
static void response_lengths(int fd)
{
	struct ib_uverbs_ex_create_cq cmd = { .cqe = 4, .comp_channel = -1 };
	struct answer answer;
	size_t size;

	for (size = 8; size <= sizeof(answer.resp) + sizeof(answer.more); size += 8) {
		memset(&answer, 0xff, sizeof(answer));
		printf("response of %zu bytes, ", size);
		say("extended CREATE_CQ",
		    raw_call_ex(fd, IB_USER_VERBS_EX_CMD_CREATE_CQ, &cmd, sizeof(cmd),
				&answer, size, RAW_DRIVER_ROOM));
		if (size < sizeof(answer.resp))
			continue;	/* the driver's own data lies there */
		printf("comp_mask %#x, response_length %#x\n",
		       answer.resp.comp_mask, answer.resp.response_length);
		if (size > sizeof(answer.resp))
			printf("behind it %#llx\n", (unsigned long long)answer.more[0]);
	}
}

static void extended_query(int fd)
{
	struct ib_uverbs_ex_query_device cmd = {};
	struct {
		struct ib_uverbs_ex_query_device_resp resp;
		uint64_t more;
	} answer;

#define SAY(name, size) do {						\
		memset(&answer, 0xff, sizeof(answer));			\
		say("extended QUERY_DEVICE, " name,			\
		    raw_call_ex(fd, IB_USER_VERBS_EX_CMD_QUERY_DEVICE, &cmd, sizeof(cmd), \
				&answer, size, 0));			\
	} while (0)

	SAY("response of 8 bytes", 8);
	SAY("whole response", sizeof(answer.resp));
	printf("comp_mask %u, response_length %u\n", answer.resp.comp_mask,
	       answer.resp.response_length);
	SAY("longer response", sizeof(answer));
	printf("response_length %u, behind it %#llx\n", answer.resp.response_length,
	       (unsigned long long)answer.more);
	cmd.comp_mask = 1;
	SAY("comp_mask", sizeof(answer.resp));
	cmd.comp_mask = 0;
	cmd.reserved = 1;
	SAY("reserved", sizeof(answer.resp));
#undef SAY
}

static void extended_qps(int fd, uint32_t pd, uint32_t cq)
{
	struct {
		struct ib_uverbs_ex_create_qp_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	const struct ib_uverbs_ex_create_qp sound = {
		.pd_handle = pd,
		.send_cq_handle = cq,
		.recv_cq_handle = cq,
		.max_send_wr = 16,
		.max_recv_wr = 16,
		.max_send_sge = 1,
		.max_recv_sge = 1,
		.qp_type = RAW_QPT_RC,
	};
	struct ib_uverbs_ex_create_qp cmd;
	unsigned int flag;
	char name[40];

#define SAY(name, field, value) do {					\
		cmd = sound;						\
		cmd.field = value;					\
		say(name, raw_call_ex(fd, IB_USER_VERBS_EX_CMD_CREATE_QP, &cmd, sizeof(cmd), \
				      &answer, sizeof(answer.resp), RAW_DRIVER_ROOM)); \
	} while (0)

	SAY("extended CREATE_QP, comp_mask 2", comp_mask, 2);
	SAY("extended CREATE_QP, comp_mask of all bits", comp_mask, ~0u);
	SAY("extended CREATE_QP, indirection table", comp_mask, 1);
	SAY("extended CREATE_QP, reserved", reserved, 1);
	SAY("extended CREATE_QP, type SMI", qp_type, 0);
	SAY("extended CREATE_QP, unknown PD", pd_handle, 0x7ffffffe);
	SAY("extended CREATE_QP, source QPN without its flag", source_qpn, 1);
	for (flag = 0; flag < 32; flag++) {
		snprintf(name, sizeof(name), "extended CREATE_QP, flag %u", flag);
		SAY(name, create_flags, 1u << flag);
	}
	SAY("extended CREATE_QP", source_qpn, 0);
#undef SAY
	printf("response_length %u, max_send_sge %s\n", answer.resp.response_length,
	       answer.resp.base.max_send_sge ? "set" : "0");
	say("DESTROY_QP", raw_destroy_qp(fd, answer.resp.base.qp_handle));
}

static void extended_modify(int fd, uint32_t pd, uint32_t cq)
{
	struct {
		struct ib_uverbs_ex_modify_qp_resp resp;
		uint64_t more;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer;
	struct ib_uverbs_ex_modify_qp cmd;
	struct ib_uverbs_create_qp_resp qp;

	say("CREATE_QP", raw_create_qp(fd, raw_qp_request(pd, cq), &qp));
#define SAY(name, field, value) do {					\
		cmd = (struct ib_uverbs_ex_modify_qp){ .base = raw_to_init(qp.qp_handle) }; \
		cmd.field = value;					\
		memset(&answer, 0xff, sizeof(answer));			\
		say("extended MODIFY_QP, " name,			\
		    raw_call_ex(fd, IB_USER_VERBS_EX_CMD_MODIFY_QP, &cmd, sizeof(cmd), \
				&answer, sizeof(answer.resp) + sizeof(answer.more), \
				RAW_DRIVER_ROOM));			\
	} while (0)

	SAY("unknown QP", base.qp_handle, 0x7ffffffe);
	SAY("rate limit", base.attr_mask, RAW_QP_TO_INIT | 1 << 25);
	SAY("rate limit of an unknown QP", base, ((struct ib_uverbs_modify_qp){
		.qp_handle = 0x7ffffffe, .attr_mask = 1 << 25 }));
	SAY("bit 21", base.attr_mask, RAW_QP_TO_INIT | 1 << 21);
	SAY("bit 31", base.attr_mask, RAW_QP_TO_INIT | 1u << 31);
	SAY("port 2", base.port_num, 2);
	SAY("a limit that the mask leaves out", rate_limit, 7);
#undef SAY
	printf("comp_mask %#x, response_length %u, behind it %#llx\n", answer.resp.comp_mask,
	       answer.resp.response_length, (unsigned long long)answer.more);
}

void extended_cases(const struct target *target)
{
	int fd = raw_session(target->node);
	uint32_t pd, cq;

	extended_headers(fd);
	extended_cqs(fd);
	response_lengths(fd);
	extended_query(fd);
	say("ALLOC_PD", raw_alloc_pd(fd, &pd));
	say("CREATE_CQ", raw_create_cq(fd, 16, -1, &cq));
	extended_qps(fd, pd, cq);
	extended_modify(fd, pd, cq);
	close(fd);
}
