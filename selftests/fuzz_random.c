// SPDX-License-Identifier: GPL-2.0
#include "fuzz_random.h"

static uint64_t generate(struct fuzz_random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static bool is_played(struct fuzz_random *random, uint64_t *number)
{
	return random->play && fuzz_play_next(random->play, number);
}

static uint64_t record(struct fuzz_random *random, uint64_t number)
{
	if (random->play)
		fuzz_tape_add(random->play->record, number);
	return number;
}

uint64_t fuzz_next(struct fuzz_random *random)
{
	uint64_t number;

	if (!is_played(random, &number))
		number = generate(random);
	return record(random, number);
}

/* On a tape is what came of it, which is short and holds for any limit above it. */
uint32_t fuzz_below(struct fuzz_random *random, uint32_t limit)
{
	uint64_t number;

	if (!is_played(random, &number))
		number = (generate(random) >> 32) * limit >> 32;
	else if (number >= limit)
		number = limit ? number % limit : 0;
	return record(random, number);
}

bool fuzz_one_in(struct fuzz_random *random, uint32_t odds)
{
	return !fuzz_below(random, odds);
}

void fuzz_fill(struct fuzz_random *random, void *data, size_t len)
{
	struct fuzz_random bytes = { .state = fuzz_next(random) };
	uint8_t *byte = data;

	while (len--)
		*byte++ = generate(&bytes);
}
