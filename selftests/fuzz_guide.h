/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fuzzing by what is reached: inputs are tapes, each played in a process of its own.
 * Those that reach new blocks of the module are kept, as short as they still do, and
 * what is tried next is made of them.
 */
#ifndef FREEFLOW_FUZZ_GUIDE_H
#define FREEFLOW_FUZZ_GUIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz_random.h"

/* -c CORPUS [-o OUT [-T SECONDS]] */
#define FUZZ_GUIDE_OPTIONS	"c:o:T:"

struct fuzz_guide_options {
	const char *corpus;	/* tapes to begin with; NULL: no guide */
	const char *out;	/* where those go that are left at the end, or NULL */
	unsigned int seconds;	/* of fuzzing, after the corpus was played */
};

/* What is fuzzed. */
struct fuzz_target {
	/* In the process, before the first step and after the last one; the latter or NULL. */
	void (*begin)(void *context);
	void (*step)(void *context, struct fuzz_random *random);
	void (*end)(void *context);
	void *context;
	bool from_afar;		/* as in fuzz_cover.h */
};

/* Whether the option is one of these. */
bool fuzz_guide_option(struct fuzz_guide_options *options, int option, const char *argument);

/*
 * Prints KTAP: that the corpus reaches the blocks that it reached when it was kept, and
 * that no process ended otherwise than it should. Beside OUT, OUT.blocks has their
 * addresses, and OUT.now the input that was played when the kernel stopped.
 * Returns the status of the program.
 */
int fuzz_guide(const struct fuzz_guide_options *options, const struct fuzz_target *target,
	       uint64_t seed);

#endif /* FREEFLOW_FUZZ_GUIDE_H */
