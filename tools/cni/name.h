/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of devices. A name is made from nothing but what the runtime says of
 * the container, the same each time, so that nothing needs to be kept: "ff-",
 * 10 digits that stand for the network, "-", 12 for container and interface.
 */
#ifndef CNI_NAME_H
#define CNI_NAME_H

#include <stdbool.h>

#include "config.h"

#define NAME_SIZE	(sizeof("ff-") + 10 + 1 + 12)

void name_make(char name[NAME_SIZE], const char *network,
	       const struct attachment *attachment);
/* Whether a device was made for this network. */
bool name_is_of(const char *name, const char *network);

#endif /* CNI_NAME_H */
