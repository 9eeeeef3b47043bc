/* SPDX-License-Identifier: GPL-2.0 */
/* The numbers of the fuzzers: the same from the same seed everywhere. */
#ifndef FREEFLOW_FUZZ_RANDOM_H
#define FREEFLOW_FUZZ_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct fuzz_random {
	uint64_t state;
};

uint64_t fuzz_next(struct fuzz_random *random);
uint32_t fuzz_below(struct fuzz_random *random, uint32_t limit);
bool fuzz_one_in(struct fuzz_random *random, uint32_t odds);

#endif /* FREEFLOW_FUZZ_RANDOM_H */
