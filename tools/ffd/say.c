// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "say.h"

void say(int priority, const char *format, ...)
{
	char line[1024];
	va_list args;
	char *byte;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (byte = line; *byte; byte++)
		if (*byte < ' ' || *byte > '~')
			*byte = '?';
	if (getenv("JOURNAL_STREAM"))
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "ffd: %s\n", line);
}
