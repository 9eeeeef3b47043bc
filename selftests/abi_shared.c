// SPDX-License-Identifier: GPL-2.0
/* Cases of abi_errors about address handles, SRQs, UD QPs and multicast. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "abi_errors.h"
#include "raw_verbs.h"

#define NO_HANDLE	0x7ffffffeu
#define QKEY		0x11111111u

static const uint8_t group[16] = { 0xff, 0x1e, [15] = 0x12 };

static struct ib_uverbs_create_ah sound_ah(const struct target *target, uint32_t pd)
{
	struct ib_uverbs_create_ah request = {
		.pd_handle = pd,
		.attr = {
			.is_global = 1,
			.port_num = 1,
			.grh = { .sgid_index = target->gid_index, .hop_limit = 64 },
		},
	};

	memcpy(request.attr.grh.dgid, target->gid, sizeof(request.attr.grh.dgid));
	return request;
}

void ah_cases(const struct target *target)
{
	int fd = raw_session(target->node);
	struct bad_memory bad = bad_memory_get();
	struct ib_uverbs_create_ah request;
	uint32_t pd, ah = NO_HANDLE;

	say("ALLOC_PD", raw_alloc_pd(fd, &pd));

#define SAY(name, field, value) do {					\
		request = sound_ah(target, pd);				\
		request.field = value;					\
		say("CREATE_AH, " name, raw_create_ah(fd, request, &ah));	\
	} while (0)

	SAY("unknown PD", pd_handle, NO_HANDLE);
	SAY("port 0", attr.port_num, 0);
	SAY("port 2", attr.port_num, 2);
	SAY("not global", attr.is_global, 0);
	SAY("GID index without an address", attr.grh.sgid_index, 20);
#undef SAY
	request = sound_ah(target, pd);
	say("CREATE_AH, response unmapped",
	    raw_call(fd, IB_USER_VERBS_CMD_CREATE_AH, &request, sizeof(request), bad.unmapped, 64));
	say("CREATE_AH", raw_create_ah(fd, request, &ah));
	say("DEALLOC_PD that has an AH", raw_dealloc_pd(fd, pd));
	say("DESTROY_AH of a PD", raw_destroy_ah(fd, pd));
	say("DESTROY_AH", raw_destroy_ah(fd, ah));
	say("DESTROY_AH twice", raw_destroy_ah(fd, ah));
	say("DEALLOC_PD", raw_dealloc_pd(fd, pd));
	close(fd);
}

/* Behind MODIFY_SRQ a driver may have data of its own. */
static int modify_srq(int fd, uint32_t srq, uint32_t mask, uint32_t max_wr, uint32_t limit)
{
	struct {
		struct ib_uverbs_modify_srq core;
		uint64_t driver;
	} request = { .core = { srq, mask, max_wr, limit } };

	return raw_call(fd, IB_USER_VERBS_CMD_MODIFY_SRQ, &request, sizeof(request), NULL, 0);
}

static int query_srq(int fd, uint32_t srq, void *response)
{
	struct ib_uverbs_query_srq request = { .srq_handle = srq };

	return raw_call(fd, IB_USER_VERBS_CMD_QUERY_SRQ, &request, sizeof(request), response,
			sizeof(struct ib_uverbs_query_srq_resp));
}

static int create_xsrq(int fd, uint32_t pd, uint32_t cq, uint32_t type, uint32_t *srq)
{
	struct {
		struct ib_uverbs_create_srq_resp resp;
		uint8_t driver[RAW_DRIVER_ROOM];
	} answer = {};
	struct ib_uverbs_create_xsrq request = {
		.pd_handle = pd,
		.max_wr = 8,
		.max_sge = 1,
		.srq_type = type,
		.cq_handle = cq,
		.xrcd_handle = NO_HANDLE,
	};
	int err = raw_call(fd, IB_USER_VERBS_CMD_CREATE_XSRQ, &request, sizeof(request), &answer,
			   sizeof(answer));

	*srq = answer.resp.srq_handle;
	return err;
}

static void create_srq_cases(int fd, uint32_t pd)
{
	struct ib_uverbs_create_srq request;
	uint32_t srq;

#define SAY(name, field, value) do {					\
		request = raw_srq_request(pd);				\
		request.field = value;					\
		say("CREATE_SRQ, " name, raw_create_srq(fd, request, &srq));	\
	} while (0)

	SAY("unknown PD", pd_handle, NO_HANDLE);
	SAY("max_wr 0", max_wr, 0);
	SAY("max_wr 2^32-1", max_wr, ~0u);
	SAY("max_sge 1000", max_sge, 1000);
	SAY("max_sge 2^32-1", max_sge, ~0u);
#undef SAY
	say("CREATE_XSRQ, XRC without a domain", create_xsrq(fd, pd, NO_HANDLE, 1, &srq));
	say("CREATE_XSRQ, tag matching, unknown CQ", create_xsrq(fd, pd, NO_HANDLE, 2, &srq));
	say("CREATE_XSRQ, type 99", create_xsrq(fd, pd, NO_HANDLE, 99, &srq));
	say("CREATE_XSRQ, basic", create_xsrq(fd, pd, NO_HANDLE, 0, &srq));
	say("DESTROY_SRQ", raw_destroy_srq(fd, srq));
}

void srq_cases(const struct target *target)
{
	int fd = raw_session(target->node);
	struct bad_memory bad = bad_memory_get();
	struct ib_uverbs_create_qp_resp qp;
	struct ib_uverbs_query_srq_resp is;
	struct ib_uverbs_create_qp request;
	uint32_t pd, cq, srq;

	say("ALLOC_PD", raw_alloc_pd(fd, &pd));
	say("CREATE_CQ", raw_create_cq(fd, 16, -1, &cq));
	create_srq_cases(fd, pd);
	say("CREATE_SRQ", raw_create_srq(fd, raw_srq_request(pd), &srq));
	say("QUERY_SRQ, unknown", query_srq(fd, NO_HANDLE, &is));
	say("QUERY_SRQ, response unmapped", query_srq(fd, srq, bad.unmapped));
	say("QUERY_SRQ", query_srq(fd, srq, &is));
	printf("max_sge %u, limit %u\n", is.max_sge, is.srq_limit);
	say("MODIFY_SRQ, unknown", modify_srq(fd, NO_HANDLE, 2, 0, 0));
	say("MODIFY_SRQ of nothing", modify_srq(fd, srq, 0, 0, 0));
	say("MODIFY_SRQ, limit 4", modify_srq(fd, srq, 2, 0, 4));
	say("MODIFY_SRQ, limit 2^32-1", modify_srq(fd, srq, 2, 0, ~0u));
	say("MODIFY_SRQ, max_wr 2^32-1", modify_srq(fd, srq, 1, ~0u, 0));
	say("MODIFY_SRQ, max_wr below the limit", modify_srq(fd, srq, 1, 1, 0));
	request = raw_qp_request(pd, cq);
	request.is_srq = 1;
	request.srq_handle = NO_HANDLE;
	say("CREATE_QP, unknown SRQ", raw_create_qp(fd, request, &qp));
	request.srq_handle = srq;
	say("CREATE_QP with an SRQ", raw_create_qp(fd, request, &qp));
	say("DESTROY_SRQ that has a QP", raw_destroy_srq(fd, srq));
	say("DESTROY_QP", raw_destroy_qp(fd, qp.qp_handle));
	say("DEALLOC_PD that has an SRQ", raw_dealloc_pd(fd, pd));
	say("DESTROY_SRQ", raw_destroy_srq(fd, srq));
	say("DESTROY_SRQ twice", raw_destroy_srq(fd, srq));
	close(fd);
}

static int multicast(int fd, uint32_t command, uint32_t qp, const uint8_t gid[16], uint16_t lid)
{
	struct ib_uverbs_attach_mcast request = { .qp_handle = qp, .mlid = lid };

	memcpy(request.gid, gid, sizeof(request.gid));
	return raw_call(fd, command, &request, sizeof(request), NULL, 0);
}

static void mcast_cases(const struct target *target, int fd, uint32_t rc, uint32_t ud)
{
	static const uint8_t other[16] = { 0xff, 0x1e, [15] = 0x13 };

#define SAY(name, command, qp, gid, lid) \
	say(name, multicast(fd, IB_USER_VERBS_CMD_##command##_MCAST, qp, gid, lid))

	SAY("ATTACH_MCAST, unknown QP", ATTACH, NO_HANDLE, group, 0);
	SAY("ATTACH_MCAST of an RC QP", ATTACH, rc, group, 0);
	SAY("ATTACH_MCAST, no group", ATTACH, ud, target->gid, 0);
	SAY("DETACH_MCAST, not attached", DETACH, ud, group, 0);
	SAY("ATTACH_MCAST", ATTACH, ud, group, 0);
	SAY("ATTACH_MCAST twice", ATTACH, ud, group, 0);
	SAY("DETACH_MCAST, another group", DETACH, ud, other, 0);
	SAY("DETACH_MCAST, another LID", DETACH, ud, group, 7);
	say("DESTROY_QP while attached", raw_destroy_qp(fd, ud));
	SAY("DETACH_MCAST, unknown QP", DETACH, NO_HANDLE, group, 0);
	SAY("DETACH_MCAST", DETACH, ud, group, 0);
	SAY("DETACH_MCAST twice", DETACH, ud, group, 0);
#undef SAY
}

static int post_ud(int fd, uint32_t qp, uint32_t ah, uint32_t opcode)
{
	struct {
		struct ib_uverbs_post_send cmd;
		struct ib_uverbs_send_wr wr;
	} request = {
		.cmd = { .qp_handle = qp, .wr_count = 1, .wqe_size = sizeof(request.wr) },
		.wr = { .opcode = opcode, .wr.ud = { .ah = ah, .remote_qpn = 0xfffff0,
						    .remote_qkey = QKEY } },
	};
	struct ib_uverbs_post_send_resp resp;

	return raw_call(fd, IB_USER_VERBS_CMD_POST_SEND, &request, sizeof(request), &resp,
			sizeof(resp));
}

static struct ib_uverbs_modify_qp ud_to_init(uint32_t qp)
{
	struct ib_uverbs_modify_qp request = raw_to_init(qp);

	request.attr_mask = RAW_QP_STATE | RAW_QP_PKEY_INDEX | RAW_QP_PORT | RAW_QP_QKEY;
	request.qkey = QKEY;
	return request;
}

static void ud_to_rts_cases(int fd, uint32_t qp)
{
	struct ib_uverbs_modify_qp request;

	say("MODIFY_QP of UD as of RC", raw_modify_qp(fd, raw_to_init(qp)));
	say("MODIFY_QP of UD to INIT", raw_modify_qp(fd, ud_to_init(qp)));
	say("MODIFY_QP of UD to RTR", raw_modify_qp(fd, raw_to_state(qp, RAW_QPS_RTR)));
	request = raw_to_state(qp, RAW_QPS_RTS);
	request.attr_mask |= RAW_QP_SQ_PSN;
	say("MODIFY_QP of UD to RTS", raw_modify_qp(fd, request));
}

void ud_cases(const struct target *target)
{
	struct ib_uverbs_create_qp request;
	struct ib_uverbs_create_qp_resp rc, ud;
	int fd = raw_session(target->node);
	uint32_t pd, cq, ah;

	say("ALLOC_PD", raw_alloc_pd(fd, &pd));
	say("CREATE_CQ", raw_create_cq(fd, 16, -1, &cq));
	say("CREATE_QP", raw_create_qp(fd, raw_qp_request(pd, cq), &rc));
	request = raw_qp_request(pd, cq);
	request.qp_type = RAW_QPT_UD;
	request.max_recv_sge = ~0u;
	say("CREATE_QP, UD, max_recv_sge 2^32-1", raw_create_qp(fd, request, &ud));
	request.max_recv_sge = 2;
	say("CREATE_QP, UD", raw_create_qp(fd, request, &ud));
	printf("max_recv_sge %u\n", ud.max_recv_sge);
	say("CREATE_AH", raw_create_ah(fd, sound_ah(target, pd), &ah));
	say("POST_SEND of UD in RESET", post_ud(fd, ud.qp_handle, ah, IB_UVERBS_WR_SEND));
	ud_to_rts_cases(fd, ud.qp_handle);
	say("POST_SEND of UD, unknown AH",
	    post_ud(fd, ud.qp_handle, NO_HANDLE, IB_UVERBS_WR_SEND));
	say("POST_SEND of UD, a PD as AH", post_ud(fd, ud.qp_handle, pd, IB_UVERBS_WR_SEND));
	say("POST_SEND of UD, RDMA_WRITE",
	    post_ud(fd, ud.qp_handle, ah, IB_UVERBS_WR_RDMA_WRITE));
	say("POST_SEND of UD, SEND_WITH_INV",
	    post_ud(fd, ud.qp_handle, ah, IB_UVERBS_WR_SEND_WITH_INV));
	say("POST_SEND of UD", post_ud(fd, ud.qp_handle, ah, IB_UVERBS_WR_SEND));
	mcast_cases(target, fd, rc.qp_handle, ud.qp_handle);
	say("DESTROY_QP, UD", raw_destroy_qp(fd, ud.qp_handle));
	say("DESTROY_AH", raw_destroy_ah(fd, ah));
	close(fd);
}
