// SPDX-License-Identifier: GPL-2.0
/* What the programs of the benchmark that take times have in common. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "timing.h"

double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}
