/* SPDX-License-Identifier: GPL-2.0 */
/* KTAP output for the test programs; selftests/lib.sh does the same for shell. */
#ifndef FREEFLOW_KTAP_H
#define FREEFLOW_KTAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned int ktap_count;
static unsigned int ktap_failures;

static inline void ktap_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
}

__attribute__((format(printf, 2, 3)))
static inline void ktap_result(bool passed, const char *fmt, ...)
{
	va_list args;

	ktap_count++;
	if (!passed)
		ktap_failures++;
	printf("%s %u - ", passed ? "ok" : "not ok", ktap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static inline int ktap_finish(void)
{
	printf("1..%u\n", ktap_count);
	return ktap_failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif /* FREEFLOW_KTAP_H */
