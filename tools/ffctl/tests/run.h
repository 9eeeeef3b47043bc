/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs ffctl inside the test and keeps what it said. */
#ifndef FFCTL_TESTS_RUN_H
#define FFCTL_TESTS_RUN_H

#include "harness.h"

struct outcome {
	int status;
	char out[32768];
	char err[4096];
};

/* Run "ffctl LINE", the line split at spaces. Holds until the next call. */
const struct outcome *run(const char *line);

/* Run a line that must fail, without a word on stdout. */
void check_failure(const char *line, int status, const char *sentence);

#endif /* FFCTL_TESTS_RUN_H */
