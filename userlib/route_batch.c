// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "route.h"

/*
 * Requests not sent yet, one after the other in @data. Only the last one asks
 * to be acknowledged: the kernel answers refusals unasked.
 *
 * @first: sequence number of the first request
 * @last: the last request in @data
 * @ids: what the caller calls each route
 */
struct ff_route_batch {
	struct ff_handle *handle;
	ff_refusal_cb refused;
	void *arg;
	unsigned int count;
	uint32_t first;
	size_t used;
	struct nlmsghdr *last;
	uint64_t ids[LIBFREEFLOW_BATCH_MAX];
	char data[LIBFREEFLOW_BATCH_MAX * ROUTE_REQUEST_MAX];
};

/**
 * ff_route_batch_new() - get ready to send many routes at once
 * @handle: from ff_open(); while the batch holds routes, nothing else may use
 *	it: send the batch first
 * @refused: called, while the batch is sent, for each route that the kernel
 *	refuses, with the route's id, a negative errno and a sentence; it must
 *	not use the handle
 * @arg: for @refused
 * @batch: where the new batch goes
 *
 * Return: 0 or -ENOMEM.
 */
int ff_route_batch_new(struct ff_handle *handle, ff_refusal_cb refused,
		       void *arg, struct ff_route_batch **batch)
{
	*batch = calloc(1, sizeof(**batch));
	if (!*batch)
		return -ENOMEM;
	(*batch)->handle = handle;
	(*batch)->refused = refused;
	(*batch)->arg = arg;
	return 0;
}

/**
 * ff_route_batch_add() - put a route into a batch
 * @batch: from ff_route_batch_new()
 * @op: add, replace or delete
 * @route: the route; for FF_ROUTE_DEL its table and prefix suffice
 * @id: what to call this route when it is refused
 *
 * Sends the batch when it holds LIBFREEFLOW_BATCH_MAX routes.
 *
 * Return: 0; -EINVAL for a route that makes no sense; the errors of
 * ff_route_batch_send().
 */
int ff_route_batch_add(struct ff_route_batch *batch, enum ff_route_op op,
		       const struct ff_route *route, uint64_t id)
{
	struct nlmsghdr *nlh;
	struct nl_msg *msg;
	int err;

	err = ff_route_request(batch->handle, op, route, &msg);
	if (err)
		return err;
	nlh = nlmsg_hdr(msg);
	if (!batch->count)
		batch->first = nlh->nlmsg_seq;
	/* A route that was found senseless has used up a number. */
	nlh->nlmsg_seq = batch->first + batch->count;

	batch->last = (struct nlmsghdr *)(batch->data + batch->used);
	memcpy(batch->last, nlh, nlh->nlmsg_len);
	batch->used += NLMSG_ALIGN(nlh->nlmsg_len);
	batch->ids[batch->count++] = id;
	nlmsg_free(msg);

	if (batch->count < LIBFREEFLOW_BATCH_MAX)
		return 0;
	return ff_route_batch_send(batch);
}

static void take_refusal(uint32_t seq, int err, const char *sentence, void *arg)
{
	const struct ff_route_batch *batch = arg;

	batch->refused(batch->ids[seq - batch->first], err, sentence,
		       batch->arg);
}

/**
 * ff_route_batch_send() - send what a batch holds
 * @batch: from ff_route_batch_new(); empty afterwards
 *
 * Each route stands for itself: the refusal of one does not keep the others
 * from being taken.
 *
 * Return: 0, also when routes were refused; -EBUSY inside the receiver of a
 * list; the error that the socket met.
 */
int ff_route_batch_send(struct ff_route_batch *batch)
{
	const struct ff_answers answers = {
		.first = batch->first,
		.last = batch->first + batch->count - 1,
		.on_refusal = take_refusal,
		.arg = batch,
	};
	int err;

	if (!batch->count)
		return 0;
	if (batch->handle->busy)
		return -EBUSY;
	batch->handle->busy = true;
	batch->last->nlmsg_flags |= NLM_F_ACK;
	err = ff_request_send(batch->handle, batch->data, batch->used);
	if (!err)
		err = ff_answers_receive(batch->handle, &answers);
	batch->handle->busy = false;
	batch->count = 0;
	batch->used = 0;
	return err;
}

/**
 * ff_route_batch_free() - let go of a batch
 * @batch: from ff_route_batch_new(), or NULL; what it holds is not sent
 */
void ff_route_batch_free(struct ff_route_batch *batch)
{
	free(batch);
}
