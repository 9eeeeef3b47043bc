/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The GID table as programs see it: the virtual addresses, which ib_core takes
 * from the container's interface.
 */
#ifndef FF_GID_H
#define FF_GID_H

struct ff_ioctl;

int ff_gid_query_table(struct ff_ioctl *ioctl);
int ff_gid_query_entry(struct ff_ioctl *ioctl);

#endif /* FF_GID_H */
