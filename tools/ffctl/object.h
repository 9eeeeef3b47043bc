/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects as they print in lists and in events: everything between the ends. */
#ifndef FFCTL_OBJECT_H
#define FFCTL_OBJECT_H

#include "ffctl.h"

void print_dev(struct ffctl *ctx, const struct ff_dev *dev);
void print_proto(struct printer *printer, const char *label, uint8_t proto);
void print_route(struct ffctl *ctx, const struct ff_route *route);
void print_quota(struct ffctl *ctx, const struct ff_quota *quota);
void print_limit(struct ffctl *ctx, const struct ff_limit *limit);
void print_lower(struct ffctl *ctx, const struct ff_lower *lower);
void print_tunnel(struct ffctl *ctx, const struct ff_tunnel *tunnel);
void print_stat(struct ffctl *ctx, const struct ff_stat *stat);
/* @cmd: that of the event */
void print_alert(struct ffctl *ctx, uint32_t cmd, const struct ff_alert *alert);

/* netns NAME, or its inode number when it has no name */
void print_netns(struct ffctl *ctx, uint32_t inode);
/* Open the namespace @word for a command; @fd stays as it is without one. */
enum status open_netns(const struct ffctl *ctx, const char *word, int *fd);

#endif /* FFCTL_OBJECT_H */
