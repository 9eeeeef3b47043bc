// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "handle.h"

/* Room for the refusals of a whole batch. */
#define RECEIVE_QUEUE_SIZE	(256 * 1024)

/* libnl folds errno into its own, coarser numbers; this is the way back. */
int ff_error_from_libnl(int nlerr)
{
	switch (abs(nlerr)) {
	case NLE_SUCCESS:
		return 0;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_AF_NOSUPPORT:
	case NLE_PROTO_MISMATCH:
		return -EPROTONOSUPPORT;
	case NLE_EXIST:
		return -EADDRINUSE;
	default:
		return -EIO;
	}
}

static void set_option(struct nl_sock *sk, int option)
{
	const int on = 1;

	/* Kernels before 4.12 lack extended acks: sentences are then missing. */
	setsockopt(nl_socket_get_fd(sk), SOL_NETLINK, option, &on, sizeof(on));
}

static int connect_requests(struct ff_handle *handle)
{
	int err;

	handle->requests = nl_socket_alloc();
	if (!handle->requests)
		return -ENOMEM;
	err = genl_connect(handle->requests);
	if (err)
		return ff_error_from_libnl(err);

	set_option(handle->requests, NETLINK_EXT_ACK);
	set_option(handle->requests, NETLINK_CAP_ACK);
	nl_socket_set_buffer_size(handle->requests, RECEIVE_QUEUE_SIZE, 0);

	handle->family = genl_ctrl_resolve(handle->requests,
					   FREEFLOW_FAMILY_NAME);
	return handle->family < 0 ? ff_error_from_libnl(handle->family) : 0;
}

/**
 * ff_open() - get ready to talk to the module
 * @handle: where the new handle goes; NULL after an error
 *
 * Needs no privilege. The family is there in the initial network namespace
 * only.
 *
 * Return: 0; -ENOENT when the module is not loaded or the caller is in another
 * network namespace; -ENOMEM, or the error that opening the socket met.
 */
int ff_open(struct ff_handle **handle)
{
	struct ff_handle *new;
	int err;

	*handle = NULL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	err = connect_requests(new);
	if (err) {
		ff_close(new);
		return err;
	}
	*handle = new;
	return 0;
}

/**
 * ff_close() - let go of a handle
 * @handle: from ff_open(), or NULL; its batches must be freed before
 */
void ff_close(struct ff_handle *handle)
{
	if (!handle)
		return;
	nl_socket_free(handle->events);
	nl_socket_free(handle->requests);
	free(handle->event_buffer);
	free(handle);
}

/**
 * ff_strerror() - say what went wrong
 * @handle: the handle that the failed function was given; NULL for ff_open()
 * @err: the negative errno that it answered
 *
 * Return: the kernel's own sentence if it gave one for the last request, else
 * what the error number means. Holds until the next use of the handle or of
 * strerror().
 */
const char *ff_strerror(const struct ff_handle *handle, int err)
{
	if (!handle && err == -ENOENT)
		return "the freeflow module is not loaded";
	if (handle && err == handle->refusal && handle->sentence[0])
		return handle->sentence;
	return strerror(-err);
}
