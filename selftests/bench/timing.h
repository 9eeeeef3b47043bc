/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FREEFLOW_TIMING_H
#define FREEFLOW_TIMING_H

#include <stddef.h>

/* The monotonic clock, in microseconds. */
double now_us(void);

/* Sorts the values. */
double median(double *values, size_t count);

/* Ends the program, with what errno says. */
void die(const char *what) __attribute__((noreturn));

#endif /* FREEFLOW_TIMING_H */
