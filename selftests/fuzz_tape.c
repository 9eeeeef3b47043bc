// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "fuzz_tape.h"

void fuzz_tape_clear(struct fuzz_tape *tape, uint64_t seed)
{
	tape->seed = seed;
	tape->steps = 0;
}

uint32_t fuzz_tape_start(const struct fuzz_tape *tape, uint32_t step)
{
	return step ? tape->ends[step - 1] : 0;
}

uint32_t fuzz_tape_length(const struct fuzz_tape *tape)
{
	return fuzz_tape_start(tape, tape->steps);
}

bool fuzz_tape_add_step(struct fuzz_tape *tape)
{
	if (tape->steps == FUZZ_TAPE_STEPS)
		return false;
	tape->ends[tape->steps] = fuzz_tape_length(tape);
	tape->steps++;
	return true;
}

bool fuzz_tape_add(struct fuzz_tape *tape, uint64_t number)
{
	uint32_t *end;

	if (!tape->steps || fuzz_tape_length(tape) == FUZZ_TAPE_NUMBERS)
		return false;
	end = &tape->ends[tape->steps - 1];
	tape->numbers[(*end)++] = number;
	return true;
}

void fuzz_tape_append(struct fuzz_tape *tape, const struct fuzz_tape *from, uint32_t first,
		      uint32_t count)
{
	uint32_t step, i;

	for (step = first; step < first + count && step < from->steps; step++) {
		if (!fuzz_tape_add_step(tape))
			return;
		for (i = fuzz_tape_start(from, step); i < from->ends[step]; i++)
			fuzz_tape_add(tape, from->numbers[i]);
	}
}

void fuzz_tape_write(const struct fuzz_tape *tape, FILE *file)
{
	uint32_t step, i;

	fprintf(file, "%" PRIx64, tape->seed);
	for (step = 0; step < tape->steps; step++) {
		fputs(" /", file);
		for (i = fuzz_tape_start(tape, step); i < tape->ends[step]; i++)
			fprintf(file, " %" PRIx64, tape->numbers[i]);
	}
	fputc('\n', file);
}

bool fuzz_tape_read(struct fuzz_tape *tape, const char *line)
{
	uint64_t number;
	char *end;

	fuzz_tape_clear(tape, strtoull(line, &end, 16));
	if (end == line)
		return false;
	for (;;) {
		line = end;
		number = strtoull(line, &end, 16);
		if (end != line) {
			if (!fuzz_tape_add(tape, number))
				return false;
			continue;
		}
		while (*line == ' ')
			line++;
		if (*line != '/')
			return !*line || *line == '\n';
		if (!fuzz_tape_add_step(tape))
			return false;
		end = (char *)line + 1;
	}
}

bool fuzz_play_step(struct fuzz_play *play)
{
	if (play->step == play->tape->steps ||
	    fuzz_tape_length(play->record) == FUZZ_TAPE_NUMBERS ||
	    !fuzz_tape_add_step(play->record))
		return false;
	play->next = fuzz_tape_start(play->tape, play->step);
	play->end = play->tape->ends[play->step++];
	return true;
}

bool fuzz_play_next(struct fuzz_play *play, uint64_t *number)
{
	if (play->next == play->end)
		return false;
	*number = play->tape->numbers[play->next++];
	return true;
}
