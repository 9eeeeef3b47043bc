/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a fuzzer chose, to be chosen again: the numbers that it drew, step by step.
 *
 * As text it is a line of hexadecimal numbers: the seed, and for each step a "/" and
 * what it drew.
 */
#ifndef FREEFLOW_FUZZ_TAPE_H
#define FREEFLOW_FUZZ_TAPE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define FUZZ_TAPE_STEPS		64
#define FUZZ_TAPE_NUMBERS	4096

struct fuzz_tape {
	uint64_t seed;		/* of numbers that are drawn beyond those of a step */
	uint32_t steps;
	uint32_t ends[FUZZ_TAPE_STEPS];
	uint64_t numbers[FUZZ_TAPE_NUMBERS];
};

/* A tape that is played, while what is drawn goes onto another one. */
struct fuzz_play {
	const struct fuzz_tape *tape;
	uint32_t step;		/* that follows */
	uint32_t next;
	uint32_t end;
	struct fuzz_tape *record;
};

void fuzz_tape_clear(struct fuzz_tape *tape, uint64_t seed);
uint32_t fuzz_tape_start(const struct fuzz_tape *tape, uint32_t step);
uint32_t fuzz_tape_length(const struct fuzz_tape *tape);
/* Both do nothing where there is no more room, and say so. */
bool fuzz_tape_add_step(struct fuzz_tape *tape);
bool fuzz_tape_add(struct fuzz_tape *tape, uint64_t number);
/* Appends steps of another tape, as far as there is room. */
void fuzz_tape_append(struct fuzz_tape *tape, const struct fuzz_tape *from, uint32_t first,
		      uint32_t count);

void fuzz_tape_write(const struct fuzz_tape *tape, FILE *file);
/* False: the line is not one of a tape. */
bool fuzz_tape_read(struct fuzz_tape *tape, const char *line);

/* Begins the next step. False: it was the last one, or the record is full. */
bool fuzz_play_step(struct fuzz_play *play);
/* False: the step has no more. */
bool fuzz_play_next(struct fuzz_play *play, uint64_t *number);

#endif /* FREEFLOW_FUZZ_TAPE_H */
