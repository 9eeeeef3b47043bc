// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_nth.h"

/* No step comes near it. */
#define MAX_FAULTS	20000

static int control = -1;

bool fault_open(void)
{
	control = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return control >= 0;
}

void fault_arm(unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(control, text, length, 0) != length) {
		perror("fail-nth");
		exit(EXIT_FAILURE);
	}
}

/* Where the next fault is the one, it is these that meet it; they are repeated. */
bool fault_disarm(void)
{
	char text[16] = "";
	bool met = pread(control, text, sizeof(text) - 1, 0) > 0 && !atoi(text);

	if (pwrite(control, "0", 1, 0) != 1)
		fault_arm(0);
	return met;
}

/*
 * What a program that ran out of memory can expect, on the bare device, too, of
 * which each QP has a socket (ENFILE), and which looks for routes (ENOBUFS).
 */
static bool is_understood(int err)
{
	return err == ENOMEM || err == EFAULT || err == EAGAIN ||
	       err == ENFILE || err == ENOBUFS;
}

/* One shot. Returns NULL or a sentence; sets met. */
static const char *shoot(const struct fault_step *step, unsigned int n, bool *met, int *err)
{
	static char why[160];
	int failure = step->prepare ? step->prepare() : 0;

	if (failure) {
		snprintf(why, sizeof(why), "before fault %u: %s", n, strerror(failure));
		return why;
	}
	fault_arm(n);
	*err = step->act();
	*met = fault_disarm();
	failure = step->undo ? step->undo() : 0;
	/* It was destroyed, and the copy that would have said so failed. */
	if (failure == ENOENT && *err == EFAULT)
		failure = 0;
	if (failure) {
		snprintf(why, sizeof(why), "after fault %u (%s): %s", n,
			 *err ? strerror(*err) : "no error", strerror(failure));
		return why;
	}
	if (*err && (!*met || !is_understood(*err))) {
		snprintf(why, sizeof(why), "%s fault %u: %s", *met ? "with" : "without", n,
			 strerror(*err));
		return why;
	}
	return NULL;
}

const char *fault_run(const struct fault_step *step, struct fault_tally *tally)
{
	unsigned int n;

	*tally = (struct fault_tally){};
	for (n = 1; n <= MAX_FAULTS; n++) {
		bool met = false;
		int err = 0;
		const char *why = shoot(step, n, &met, &err);

		if (why)
			return why;
		if (!met)
			return NULL;
		tally->faults++;
		tally->errors += !!err;
	}
	return "no end of faults";
}
