/* SPDX-License-Identifier: GPL-2.0-only */
/* What went wrong, as the CNI specification wants to hear it. */
#ifndef CNI_PROBLEM_H
#define CNI_PROBLEM_H

#include <libfreeflow.h>

/* Codes of the specification, and from 100 on our own. */
enum problem_code {
	PROBLEM_VERSION		= 1,
	PROBLEM_FIELD		= 2,
	PROBLEM_ENVIRONMENT	= 4,
	PROBLEM_IO		= 5,
	PROBLEM_JSON		= 6,
	PROBLEM_CONFIG		= 7,
	PROBLEM_AGAIN		= 11,
	PROBLEM_NOT_READY	= 50,
	PROBLEM_REFUSED		= 100,
	PROBLEM_STATE		= 101,
};

/* The first problem stays; @code is 0 while there is none. */
struct problem {
	int code;
	char text[512];
};

/* Both answer -1, for the caller to pass on. */
int problem_set(struct problem *problem, enum problem_code code,
		const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Of the library: @what was tried. @handle is NULL for ff_open(). */
int problem_library(struct problem *problem, const struct ff_handle *handle,
		    int err, const char *what);

#endif /* CNI_PROBLEM_H */
