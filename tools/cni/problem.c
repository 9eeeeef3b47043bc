// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "problem.h"

/* It may quote anything, and is cut off where it is too long. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

int problem_set(struct problem *problem, enum problem_code code,
		const char *format, ...)
{
	va_list args;

	if (problem->code)
		return -1;
	problem->code = code;
	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
	make_printable(problem->text);
	return -1;
}

static bool may_pass(int err)
{
	return err == -EINTR || err == -ENOMEM || err == -ENOBUFS;
}

int problem_library(struct problem *problem, const struct ff_handle *handle,
		    int err, const char *what)
{
	return problem_set(problem,
			   may_pass(err) ? PROBLEM_AGAIN : PROBLEM_REFUSED,
			   "%s: %s", what, ff_strerror(handle, err));
}
