/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fake kernel has: two devices, two routes, and one of everything else. */
#ifndef FFCTL_SERVED_H
#define FFCTL_SERVED_H

struct nlmsghdr;

/* Of the devices; no namespace has this inode number. */
#define NETNS_INODE	1

/* Answers requests, and checks those that change something. */
void serve(const struct nlmsghdr *request);
/* The tunnel, as an answer or, without a request, an event of a command. */
void served_tunnel(const struct nlmsghdr *request, int cmd);

#endif /* FFCTL_SERVED_H */
