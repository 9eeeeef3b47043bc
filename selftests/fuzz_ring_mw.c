// SPDX-License-Identifier: GPL-2.0
/* What fuzz_ring does to memory windows. */

#include "fuzz_ring.h"

static bool is_type_1(unsigned int mw)
{
	return mw % 2;
}

/* Binds what is not bound, and the other way round, but for races and accidents. */
void ring_fill_window(struct ring_world *world, struct fuzz_random *random,
		      struct rxe_send_wqe *wqe)
{
	unsigned int index = fuzz_below(random, RING_MWS);
	struct ring_mw *mw = &world->mws[index];
	uint32_t rkey = atomic_load(&mw->rkey);
	uint32_t start = fuzz_below(random, RING_ARENA);

	if (!is_type_1(index) && atomic_exchange(&mw->bound, !atomic_load(&mw->bound))) {
		wqe->wr.opcode = IB_UVERBS_WR_LOCAL_INV;
		wqe->wr.ex.invalidate_rkey = rkey;
		return;
	}
	wqe->wr.opcode = IB_UVERBS_WR_BIND_MW;
	wqe->wr.wr.mw.addr = (uintptr_t)world->arena + start;
	wqe->wr.wr.mw.length = fuzz_below(random, RING_ARENA - start) + !is_type_1(index);
	wqe->wr.wr.mw.mr_lkey = world->lkey;
	wqe->wr.wr.mw.mw_rkey = rkey;
	wqe->wr.wr.mw.rkey = (rkey & ~0xffu) | fuzz_below(random, 256);
	wqe->wr.wr.mw.access = RAW_ACCESS_REMOTE_WRITE;
	atomic_store(&mw->rkey, wqe->wr.wr.mw.rkey);
}

int ring_create_mw(struct ring_world *world, unsigned int index)
{
	struct ib_uverbs_alloc_mw request = {
		.pd_handle = world->pd,
		.mw_type = is_type_1(index) ? 1 : 2,
	};
	struct ib_uverbs_alloc_mw_resp resp;
	int err;

	err = raw_call(world->fd, IB_USER_VERBS_CMD_ALLOC_MW, &request, sizeof(request),
		       &resp, sizeof(resp));
	if (err)
		return err;
	atomic_store(&world->mws[index].handle, resp.mw_handle);
	atomic_store(&world->mws[index].bound, false);
	atomic_store(&world->mws[index].rkey, resp.rkey);
	return 0;
}

int ring_recreate_mw(struct ring_world *world, struct fuzz_random *random)
{
	unsigned int index = fuzz_below(random, RING_MWS);
	struct ib_uverbs_dealloc_mw request = {
		.mw_handle = atomic_load(&world->mws[index].handle),
	};
	int err;

	err = raw_call(world->fd, IB_USER_VERBS_CMD_DEALLOC_MW, &request, sizeof(request),
		       NULL, 0);
	return err ? err : ring_create_mw(world, index);
}
