// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "alert.h"
#include "dev.h"
#include "handle.h"
#include "limit.h"
#include "lower.h"
#include "quota.h"
#include "route.h"
#include "stat.h"
#include "tunnel.h"

/* Bytes of events that may wait to be read. */
#define EVENT_QUEUE_SIZE	(1024 * 1024)

static int join_group(struct ff_handle *handle, struct nl_sock *sk)
{
	int group;
	int err;

	group = genl_ctrl_resolve_grp(handle->requests, FREEFLOW_FAMILY_NAME,
				      FREEFLOW_MCGRP_EVENTS);
	if (group < 0)
		return ff_error_from_libnl(group);
	err = genl_connect(sk);
	if (!err)
		err = nl_socket_add_membership(sk, group);
	if (!err)
		err = nl_socket_set_nonblocking(sk);
	if (err)
		return ff_error_from_libnl(err);
	nl_socket_set_buffer_size(sk, EVENT_QUEUE_SIZE, 0);
	return 0;
}

/**
 * ff_events_subscribe() - be told of what changes from now on
 * @handle: from ff_open()
 *
 * Return: 0, also when subscribed already; -ENOMEM; -ENOENT when the module
 * has gone.
 */
int ff_events_subscribe(struct ff_handle *handle)
{
	struct nl_sock *sk;
	int err;

	if (handle->events)
		return 0;
	sk = nl_socket_alloc();
	handle->event_buffer = malloc(FF_RECEIVE_SIZE);
	err = sk && handle->event_buffer ? join_group(handle, sk) : -ENOMEM;
	if (err) {
		free(handle->event_buffer);
		handle->event_buffer = NULL;
		nl_socket_free(sk);
		return err;
	}
	handle->events = sk;
	return 0;
}

/**
 * ff_events_fd() - file descriptor to poll for events
 * @handle: a subscribed handle
 *
 * It becomes readable when ff_events_next() has something to say. Read all
 * there is, until -EAGAIN, before polling again.
 *
 * Return: the file descriptor, which stays the handle's; -EINVAL when not
 * subscribed.
 */
int ff_events_fd(const struct ff_handle *handle)
{
	return handle->events ? nl_socket_get_fd(handle->events) : -EINVAL;
}

/* Read an event; 0, -EBADMSG, or -ENOMSG for one that is not known here. */
static int parse_event(struct nlmsghdr *nlh, struct ff_event *event)
{
	if (!genlmsg_valid_hdr(nlh, 0))
		return -EBADMSG;
	memset(event, 0, sizeof(*event));
	event->cmd = genlmsg_hdr(nlh)->cmd;
	switch (event->cmd) {
	case FREEFLOW_CMD_DEV_NEW:
	case FREEFLOW_CMD_DEV_SET:
	case FREEFLOW_CMD_DEV_DEL:
		return ff_dev_parse(nlh, &event->dev);
	case FREEFLOW_CMD_ROUTE_NEW:
	case FREEFLOW_CMD_ROUTE_DEL:
		return ff_route_parse(nlh, &event->route);
	case FREEFLOW_CMD_ROUTE_FLUSH:
		return ff_route_parse_flush(nlh, &event->flush);
	case FREEFLOW_CMD_QUOTA_SET:
		return ff_quota_parse(nlh, &event->quota);
	case FREEFLOW_CMD_LOWER_NEW:
	case FREEFLOW_CMD_LOWER_SET:
	case FREEFLOW_CMD_LOWER_DEL:
		return ff_lower_parse(nlh, &event->lower);
	case FREEFLOW_CMD_TUNNEL_SET:
		return ff_tunnel_parse(nlh, &event->tunnel);
	case FREEFLOW_CMD_STAT_SET:
		return ff_stat_parse(nlh, &event->stat);
	case FREEFLOW_CMD_QUOTA_HIT:
	case FREEFLOW_CMD_LIMIT_HIT:
	case FREEFLOW_CMD_QP_FATAL:
		return ff_alert_parse(nlh, &event->alert);
	case FREEFLOW_CMD_LIMIT_SET:
	case FREEFLOW_CMD_LIMIT_DEL:
		return ff_limit_parse(nlh, &event->limit);
	default:
		return -ENOMSG;
	}
}

/* The next message of the group; 0 or a negative errno. */
static int next_message(struct ff_handle *handle, struct nlmsghdr **nlh)
{
	int received;

	if (!nlmsg_ok(handle->event, handle->event_left)) {
		received = ff_socket_receive(handle->events,
					     handle->event_buffer,
					     FF_RECEIVE_SIZE);
		if (received < 0)
			return received;
		handle->event = (struct nlmsghdr *)handle->event_buffer;
		handle->event_left = received;
		if (!nlmsg_ok(handle->event, handle->event_left))
			return -EBADMSG;
	}
	*nlh = handle->event;
	handle->event = nlmsg_next(handle->event, &handle->event_left);
	return 0;
}

/**
 * ff_events_next() - take the next event; never waits
 * @handle: a subscribed handle
 * @event: where the event goes
 *
 * Return: 0; -EAGAIN when there is none yet; -ENOBUFS when events came faster
 * than they were read and some are lost; -EBADMSG for one that makes no sense;
 * -EINVAL when not subscribed. After -ENOBUFS and -EBADMSG the next call goes
 * on.
 */
int ff_events_next(struct ff_handle *handle, struct ff_event *event)
{
	struct nlmsghdr *nlh;
	int err;

	if (!handle->events)
		return -EINVAL;
	do {
		err = next_message(handle, &nlh);
		if (err)
			return err;
		if (nlh->nlmsg_type == handle->family)
			err = parse_event(nlh, event);
		else
			err = -ENOMSG;
	} while (err == -ENOMSG);
	return err;
}
