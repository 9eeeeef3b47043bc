/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef FREEFLOW_ADDR_H
#define FREEFLOW_ADDR_H

#include "libfreeflow.h"

size_t ff_addr_size(const struct ff_addr *addr);

#endif /* FREEFLOW_ADDR_H */
