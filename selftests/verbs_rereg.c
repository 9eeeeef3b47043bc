// SPDX-License-Identifier: GPL-2.0
/*
 * verbs_rereg -d DEVICE [-g GID_INDEX] [-n]
 *
 * Registers memory regions anew, in KTAP. The providers that serve soft devices
 * have no rereg_mr, so the command is given as a provider with one would. With -n errors are
 * those of newer kernels than 6.1.
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"
#include "raw_verbs.h"
#include "verbs_end.h"

#define SIZE	4096

static bool newer;
static struct end here, there;
static uint8_t *memory;	/* two pages, beside the registered buffer */

static int rereg(struct ib_uverbs_rereg_mr cmd, void *response, size_t size)
{
	return raw_call(here.context->cmd_fd, IB_USER_VERBS_CMD_REREG_MR, &cmd, sizeof(cmd),
			response, size);
}

/* Registers the region of here anew and takes its new keys. */
static int rereg_here(struct ib_uverbs_rereg_mr cmd)
{
	struct ib_uverbs_rereg_mr_resp resp;
	int err;

	cmd.mr_handle = here.mr->handle;
	err = rereg(cmd, &resp, sizeof(resp));
	if (!err) {
		here.mr->lkey = resp.lkey;
		here.mr->rkey = resp.rkey;
	}
	return err;
}

/* What a WRITE from an address of here to the buffer of there completes with. */
static enum ibv_wc_status status_of_write(const void *from, uint32_t lkey)
{
	struct end_address a, b;
	struct ibv_sge sge = { (uintptr_t)from, SIZE, lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
	}, *bad;
	struct ibv_wc wc = { .status = IBV_WC_GENERAL_ERR };

	if (end_create_qp(&here, IBV_QPT_RC) || end_create_qp(&there, IBV_QPT_RC))
		return IBV_WC_GENERAL_ERR;
	end_get_address(&here, &a);
	end_get_address(&there, &b);
	wr.wr.rdma.remote_addr = b.buffer;
	wr.wr.rdma.rkey = b.rkey;
	if (!end_connect(&here, &b).err && !end_connect(&there, &a).err &&
	    !ibv_post_send(here.qp, &wr, &bad))
		end_wait_completion(here.send_cq, &wc);
	end_destroy_qp(&here);
	end_destroy_qp(&there);
	return wc.status;
}

static bool writes(const void *from, uint8_t value)
{
	memset((void *)from, value, SIZE);
	memset(there.buffer, 0, SIZE);
	return status_of_write(from, here.mr->lkey) == IBV_WC_SUCCESS &&
	       there.buffer[0] == value && there.buffer[SIZE - 1] == value;
}

static bool is_refused(const void *from, uint32_t lkey)
{
	return end_is_refusal(status_of_write(from, lkey), newer);
}

static void translation(void)
{
	const uint32_t old = here.mr->lkey;
	struct ib_uverbs_rereg_mr cmd = {
		.flags = IBV_REREG_MR_CHANGE_TRANSLATION,
		.start = (uintptr_t)memory,
		.hca_va = (uintptr_t)memory,
		.length = 2 * SIZE,
	};

	ktap_result(!rereg_here(cmd), "to other memory");
	ktap_result(writes(memory, 0x5a), "the new memory can be sent");
	ktap_result(is_refused(here.buffer, here.mr->lkey), "the old memory cannot");
	ktap_result(old == here.mr->lkey || is_refused(memory, old), "the old key names nothing");
}

static void access_flags(void)
{
	struct ib_uverbs_rereg_mr cmd = {
		.flags = IBV_REREG_MR_CHANGE_ACCESS,
		.access_flags = END_ACCESS,
	};

	ktap_result(!rereg_here(cmd), "to other access");
	ktap_result(writes(memory + SIZE, 0x77), "the memory is as it was");
}

static void protection_domain(void)
{
	struct ibv_pd *other = ibv_alloc_pd(here.context), *first = here.pd;
	struct ib_uverbs_rereg_mr cmd = {
		.flags = IBV_REREG_MR_CHANGE_PD,
		.pd_handle = other->handle,
	};

	ktap_result(!rereg_here(cmd), "to another PD");
	ktap_result(is_refused(memory, here.mr->lkey), "the first PD has it no more");
	ktap_result(ibv_dealloc_pd(other) == EBUSY, "the other PD is busy");
	here.pd = other;
	ktap_result(writes(memory, 0x31), "the other PD has it");
	here.pd = first;
	cmd.pd_handle = first->handle;
	ktap_result(!rereg_here(cmd), "and back");
	ktap_result(!rereg_here(cmd), "to the PD where it is");
	ktap_result(!ibv_dealloc_pd(other), "the other PD goes");
	ktap_result(writes(memory, 0x13), "the first PD has it again");
}

/* After each of these, the region is what it was. */
static void errors(void)
{
	const struct ib_uverbs_rereg_mr sound = {
		.mr_handle = here.mr->handle,
		.flags = IBV_REREG_MR_CHANGE_TRANSLATION,
		.start = (uintptr_t)here.buffer,
		.hca_va = (uintptr_t)here.buffer,
		.length = SIZE,
	};
	struct ib_uverbs_rereg_mr_resp resp;
	struct ib_uverbs_rereg_mr cmd;
	void *unmapped = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(unmapped, SIZE);
#define EXPECT(error, name, field, value) do {				\
		cmd = sound;						\
		cmd.field = value;					\
		ktap_result(rereg(cmd, &resp, sizeof(resp)) == (error), name ": " #error); \
	} while (0)

	EXPECT(EINVAL, "no flags", flags, 0);
	EXPECT(EOPNOTSUPP, "unknown flags", flags, 8);
	EXPECT(ENOENT, "unknown region", mr_handle, 0x7ffffffe);
	EXPECT(EINVAL, "a PD as region", mr_handle, here.pd->handle);
	EXPECT(EINVAL, "another offset in the page", hca_va, (uintptr_t)here.buffer + 1);
	EXPECT(EFAULT, "unmapped memory", start, (uintptr_t)unmapped);
	cmd = sound;
	cmd.flags = IBV_REREG_MR_CHANGE_ACCESS;
	cmd.access_flags = IBV_ACCESS_REMOTE_WRITE;
	ktap_result(rereg(cmd, &resp, sizeof(resp)) == EINVAL, "remote write alone: EINVAL");
	cmd.access_flags = IBV_ACCESS_ON_DEMAND;
	ktap_result(rereg(cmd, &resp, sizeof(resp)) == (newer ? EOPNOTSUPP : EINVAL),
		    "on demand: refused");
	cmd.flags = IBV_REREG_MR_CHANGE_PD;
	cmd.pd_handle = 0x7ffffffe;
	ktap_result(rereg(cmd, &resp, sizeof(resp)) == ENOENT, "unknown PD: ENOENT");
	ktap_result(rereg(sound, unmapped, sizeof(resp)) == EFAULT, "response unmapped: EFAULT");
#undef EXPECT
	ktap_result(writes(memory, 0x44), "the region is what it was");
	ktap_result(is_refused(here.buffer, here.mr->lkey), "and nothing more");
}

int main(int argc, char **argv)
{
	const char *device = NULL, *why;
	int option, gid_index = 1;

	while ((option = getopt(argc, argv, "d:g:n")) != -1) {
		if (option == 'd')
			device = optarg;
		else if (option == 'g')
			gid_index = atoi(optarg);
		else
			newer = true;
	}
	if (!device) {
		fprintf(stderr, "usage: verbs_rereg -d DEVICE [-g GID_INDEX] [-n]\n");
		return 2;
	}
	ktap_start();
	why = end_open(&here, device, gid_index);
	if (!why)
		why = end_open(&there, device, gid_index);
	if (why) {
		fprintf(stderr, "%s: %s\n", device, why);
		return EXIT_FAILURE;
	}
	memory = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	translation();
	access_flags();
	protection_domain();
	errors();
	end_close(&here);
	end_close(&there);
	return ktap_finish();
}
