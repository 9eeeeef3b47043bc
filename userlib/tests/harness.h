/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/* What every cmocka program includes, in the order that cmocka wants. */
#ifndef HARNESS_H
#define HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "libfreeflow.h"

/* An address from text that is known to be good. */
static inline struct ff_addr addr_of(const char *text)
{
	struct ff_addr addr;

	assert_int_equal(ff_addr_parse(text, &addr), 0);
	return addr;
}

static inline struct ff_prefix prefix_of(const char *text)
{
	struct ff_prefix prefix;

	assert_int_equal(ff_prefix_parse(text, &prefix), 0);
	return prefix;
}

#endif /* HARNESS_H */
