// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run.h"

int ffctl_main(int argc, char **argv);

/* Let @stream write to a file in memory; answers where it wrote before. */
static int divert(FILE *stream, int memory)
{
	int before = dup(fileno(stream));

	fflush(stream);
	dup2(memory, fileno(stream));
	return before;
}

static void restore(FILE *stream, int before, int memory, char *text,
		    size_t size)
{
	ssize_t len;

	fflush(stream);
	dup2(before, fileno(stream));
	close(before);
	len = pread(memory, text, size - 1, 0);
	text[len < 0 ? 0 : len] = '\0';
	close(memory);
}

const struct outcome *run(const char *line)
{
	static struct outcome outcome;
	char *copy = strdup(line);
	char *rest = copy;
	char *argv[64] = { "ffctl" };
	int out = memfd_create("out", 0);
	int err = memfd_create("err", 0);
	int argc = 1;
	int old_out, old_err;

	while (rest && argc < 63)
		argv[argc++] = strsep(&rest, " ");
	old_out = divert(stdout, out);
	old_err = divert(stderr, err);
	outcome.status = ffctl_main(argc, argv);
	restore(stdout, old_out, out, outcome.out, sizeof(outcome.out));
	restore(stderr, old_err, err, outcome.err, sizeof(outcome.err));
	free(copy);
	return &outcome;
}

void check_failure(const char *line, int status, const char *sentence)
{
	const struct outcome *outcome = run(line);

	if (!strstr(outcome->err, sentence))
		fail_msg("'%s' said: %s", line, outcome->err);
	assert_int_equal(strncmp(outcome->err, "ffctl: ", 7), 0);
	assert_string_equal(outcome->out, "");
	assert_int_equal(outcome->status, status);
}
