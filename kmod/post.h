/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Posting work requests to the lower device: builds a chain of lower requests,
 * guards every lkey, copies inline data in, and posts the chain in one call.
 *
 * A data path calls ff_post_begin_send() with a QP or ff_post_begin_recv() with
 * the receive queue of a QP or an SRQ, then for each request ff_post_room() and
 * one of ff_post_add_send() and ff_post_add_recv(), and at last ff_post_end().
 */
#ifndef FF_POST_H
#define FF_POST_H

#include <linux/jiffies.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/ib_verbs.h>

struct ff_headers;
struct ff_qp;
struct ff_rq;

/* Where a queue's requests are built. */
struct ff_post_buffer {
	void *spare;	/* one is kept; posters at the same time make their own */
	u32 size;
};

struct ff_post {
	struct ff_post_buffer *buffer;
	int (*submit)(struct ff_post *post);
	struct ff_qp *qp;	/* of sends */
	bool limited;	/* they are, since before the first was added */
	unsigned long until;	/* that UD sends wait for other hosts */
	struct ff_rq *rq;	/* of receives */
	struct ff_headers *headers;	/* that they have, or NULL */
	bool may_sleep;
	u8 *scratch;
	u32 used;	/* bytes of the scratch buffer */
	u32 posted;	/* requests that the lower queue took */
	void *first;	/* chain that waits to be posted */
	void **tail;
};

/* Until when a program's post waits for other hosts, with all its requests. */
static inline unsigned long ff_post_patience(void)
{
	return jiffies + msecs_to_jiffies(1300);
}

void ff_post_buffer_init(struct ff_post_buffer *buffer, u32 max_sge,
			 u32 max_inline);
void ff_post_buffer_free(struct ff_post_buffer *buffer);
int ff_post_buffer_fill(struct ff_post_buffer *buffer);

int ff_post_begin_send(struct ff_post *post, struct ff_qp *qp,
		       unsigned long until);
int ff_post_begin_recv(struct ff_post *post, struct ff_rq *rq, bool may_sleep);
struct ib_sge *ff_post_room(struct ff_post *post, u32 num_sge);
int ff_post_add_send(struct ff_post *post, const struct ib_uverbs_send_wr *wr,
		     struct ib_sge *sge);
int ff_post_add_inline(struct ff_post *post, const struct ib_uverbs_send_wr *wr,
		       const void *data, u32 length);
int ff_post_add_failing(struct ff_post *post, u64 wr_id, struct ib_ah *ah);
int ff_post_add_recv(struct ff_post *post, const struct ib_uverbs_recv_wr *wr,
		     struct ib_sge *sge);
int ff_post_end(struct ff_post *post);

#endif /* FF_POST_H */
