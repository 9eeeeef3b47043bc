// SPDX-License-Identifier: GPL-2.0
#include "fuzz_mutate.h"

#define MAX_CHANGES	6
#define MAX_RUN		8
#define MAX_NEW_STEPS	32

void fuzz_make(struct fuzz_tape *tape, struct fuzz_random *random)
{
	uint32_t steps = 1 + fuzz_below(random, MAX_NEW_STEPS);

	fuzz_tape_clear(tape, fuzz_next(random));
	while (steps--)
		fuzz_tape_add_step(tape);
}

void fuzz_splice(struct fuzz_tape *to, const struct fuzz_tape *tape, uint32_t at, uint32_t gone,
		 const struct fuzz_tape *from, uint32_t first, uint32_t count)
{
	fuzz_tape_clear(to, tape->seed);
	fuzz_tape_append(to, tape, 0, at);
	fuzz_tape_append(to, from, first, count);
	fuzz_tape_append(to, tape, at + gone, tape->steps);
}

static void change_number(struct fuzz_tape *tape, struct fuzz_random *random)
{
	uint32_t length = fuzz_tape_length(tape);
	uint64_t *number;

	if (!length)
		return;
	number = &tape->numbers[fuzz_below(random, length)];
	switch (fuzz_below(random, 5)) {
	case 0:
		*number = fuzz_next(random);
		break;
	case 1:
		*number ^= 1ull << fuzz_below(random, fuzz_one_in(random, 2) ? 64 : 8);
		break;
	case 2:
		*number += fuzz_one_in(random, 2) ? 1 : -1;
		break;
	case 3:
		*number = 0;
		break;
	default:
		*number = fuzz_below(random, 64);
	}
}

/* The first numbers of a step stay, those behind them are chosen when it is played. */
static void cut_step(struct fuzz_tape *tape, uint32_t step, struct fuzz_random *random)
{
	static struct fuzz_tape old;
	uint32_t start = fuzz_tape_start(tape, step), i;
	uint32_t end = start + fuzz_below(random, tape->ends[step] - start + 1);

	old = *tape;
	fuzz_tape_clear(tape, fuzz_next(random));
	fuzz_tape_append(tape, &old, 0, step);
	fuzz_tape_add_step(tape);
	for (i = start; i < end; i++)
		fuzz_tape_add(tape, old.numbers[i]);
	fuzz_tape_append(tape, &old, step + 1, old.steps);
}

static void change_steps(struct fuzz_tape *tape, const struct fuzz_tape *other,
			 struct fuzz_random *random)
{
	static struct fuzz_tape old, made;
	uint32_t at = fuzz_below(random, tape->steps + 1);
	uint32_t count = 1 + fuzz_below(random, MAX_RUN);

	old = *tape;
	switch (fuzz_below(random, 5)) {
	case 0:
		fuzz_splice(tape, &old, at, count, &old, 0, 0);
		break;
	case 1:
		fuzz_make(&made, random);
		fuzz_splice(tape, &old, at, 0, &made, 0, count);
		tape->seed = made.seed;
		break;
	case 2:
		fuzz_splice(tape, &old, at, 0, &old, fuzz_below(random, old.steps + 1), count);
		break;
	case 3:
		fuzz_splice(tape, &old, at, 0, other, fuzz_below(random, other->steps + 1), count);
		break;
	default:	/* the end of another one */
		fuzz_splice(tape, &old, at, old.steps, other,
			    fuzz_below(random, other->steps + 1), other->steps);
	}
}

void fuzz_mutate(struct fuzz_tape *tape, const struct fuzz_tape *other,
		 struct fuzz_random *random)
{
	uint32_t changes = 1 + fuzz_below(random, MAX_CHANGES);

	while (changes--) {
		switch (fuzz_below(random, 5)) {
		case 0:
		case 1:
			change_steps(tape, other, random);
			break;
		case 2:
			if (tape->steps)
				cut_step(tape, fuzz_below(random, tape->steps), random);
			break;
		default:
			change_number(tape, random);
		}
	}
}
