/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Posting work requests to the lower QP: builds a chain of lower requests,
 * guards every lkey, copies inline data in, and posts the chain in one call.
 *
 * A data path calls ff_post_begin_send() or _recv(), then for each request ff_post_room() and
 * one of ff_post_add_send() and ff_post_add_recv(), and at last ff_post_end().
 */
#ifndef FF_POST_H
#define FF_POST_H

#include <rdma/ib_user_verbs.h>
#include <rdma/ib_verbs.h>

struct ff_qp;

struct ff_post {
	struct ff_qp *qp;
	int (*submit)(struct ff_post *post);
	u8 *scratch;
	u32 used;	/* bytes of the scratch buffer */
	u32 posted;	/* requests that the lower QP took */
	void *first;	/* chain that waits to be posted */
	void **tail;
};

u32 ff_post_scratch_size(const struct ib_qp_cap *cap);
int ff_post_begin_send(struct ff_post *post, struct ff_qp *qp);
int ff_post_begin_recv(struct ff_post *post, struct ff_qp *qp);
struct ib_sge *ff_post_room(struct ff_post *post, u32 num_sge);
int ff_post_add_send(struct ff_post *post, const struct ib_uverbs_send_wr *wr,
		     struct ib_sge *sge);
void ff_post_add_recv(struct ff_post *post, const struct ib_uverbs_recv_wr *wr,
		      struct ib_sge *sge);
int ff_post_end(struct ff_post *post);

#endif /* FF_POST_H */
