/* SPDX-License-Identifier: GPL-2.0 */
/* What fuzzers are told. */
#ifndef FREEFLOW_FUZZ_OPTIONS_H
#define FREEFLOW_FUZZ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz_guide.h"

struct fuzz_options {
	const char *node;
	uint8_t gid[16];	/* of peers */
	uint8_t gid_index;
	uint64_t seed;
	unsigned int operations;
	unsigned int threads;
	bool special;		/* in the other mode that the fuzzer has */
	struct fuzz_guide_options guide;
};

/*
 * -d NODE -a ADDRESS [-g GID_INDEX] [-n OPERATIONS] [-s SEED] [-j THREADS] [-m MODE],
 * or those of fuzz_guide.h instead of -n, -j and -m.
 *
 * options: defaults, which are replaced; mode: the one that -m may ask for. Ends the
 * program, with 2, if the arguments are not so.
 */
void fuzz_parse(int argc, char **argv, const char *mode, struct fuzz_options *options);

#endif /* FREEFLOW_FUZZ_OPTIONS_H */
