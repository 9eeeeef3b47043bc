/* SPDX-License-Identifier: GPL-2.0-only */
/* Which addresses may stand for what. */
#ifndef FFD_ADDRESS_H
#define FFD_ADDRESS_H

#include <libfreeflow.h>

bool address_equal(const struct ff_addr *one, const struct ff_addr *other);

/* A host's: unicast, as the module asks for. */
bool address_is_host(const struct ff_addr *addr);

/* A container's that other hosts can reach: not of a link only, either. */
bool address_is_virtual(const struct ff_addr *addr);

#endif /* FFD_ADDRESS_H */
