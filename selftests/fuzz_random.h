/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of the fuzzers: the same from the same seed everywhere. Or those of a
 * tape, and those from the seed where it has no more.
 */
#ifndef FREEFLOW_FUZZ_RANDOM_H
#define FREEFLOW_FUZZ_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz_tape.h"

struct fuzz_random {
	uint64_t state;
	struct fuzz_play *play;	/* or NULL */
};

uint64_t fuzz_next(struct fuzz_random *random);
uint32_t fuzz_below(struct fuzz_random *random, uint32_t limit);
bool fuzz_one_in(struct fuzz_random *random, uint32_t odds);
/* Bytes that are one number on a tape. */
void fuzz_fill(struct fuzz_random *random, void *data, size_t len);

#endif /* FREEFLOW_FUZZ_RANDOM_H */
