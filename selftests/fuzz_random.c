// SPDX-License-Identifier: GPL-2.0
#include "fuzz_random.h"

uint64_t fuzz_next(struct fuzz_random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint32_t fuzz_below(struct fuzz_random *random, uint32_t limit)
{
	return (fuzz_next(random) >> 32) * limit >> 32;
}

bool fuzz_one_in(struct fuzz_random *random, uint32_t odds)
{
	return !fuzz_below(random, odds);
}
