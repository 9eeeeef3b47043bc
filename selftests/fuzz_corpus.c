// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "fuzz_corpus.h"

static int read_line(struct fuzz_corpus *corpus, const char *line)
{
	static const struct fuzz_blocks none;
	struct fuzz_tape *tape;
	int err = 0;

	if (sscanf(line, "# %u blocks", &corpus->kept_blocks) == 1)
		return 0;
	tape = malloc(sizeof(*tape));
	if (!tape)
		return ENOMEM;
	if (fuzz_tape_read(tape, line))
		fuzz_corpus_add(corpus, tape, &none);
	else
		err = EBADMSG;
	free(tape);
	return err;
}

int fuzz_corpus_read(struct fuzz_corpus *corpus, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!file)
		return errno;
	while (!err && getline(&line, &size, file) > 0)
		err = read_line(corpus, line);
	free(line);
	fclose(file);
	return err;
}

int fuzz_corpus_write(const struct fuzz_corpus *corpus, const char *path)
{
	FILE *file = fopen(path, "we");
	uint32_t i;

	if (!file)
		return errno;
	fprintf(file, "# %u blocks\n", fuzz_blocks_count(&corpus->blocks));
	for (i = 0; i < corpus->count; i++)
		fuzz_tape_write(&corpus->members[i]->tape, file);
	return fclose(file) ? errno : 0;
}

void fuzz_corpus_add(struct fuzz_corpus *corpus, const struct fuzz_tape *tape,
		     const struct fuzz_blocks *blocks)
{
	struct fuzz_member *member;

	if (corpus->count == FUZZ_CORPUS_MAX)
		return;
	member = malloc(sizeof(*member));
	if (!member)
		return;
	member->tape = *tape;
	member->blocks = *blocks;
	corpus->members[corpus->count++] = member;
	fuzz_blocks_add(&corpus->blocks, blocks);
}

/* How many blocks it has that are wanted. */
static uint32_t worth(const struct fuzz_member *member, const struct fuzz_blocks *wanted)
{
	struct fuzz_blocks blocks = member->blocks;

	fuzz_blocks_intersect(&blocks, wanted);
	return fuzz_blocks_count(&blocks);
}

static bool is_better(const struct fuzz_member *member, const struct fuzz_member *other,
		      const struct fuzz_blocks *wanted)
{
	uint32_t here = worth(member, wanted), there = worth(other, wanted);

	if (here != there)
		return here > there;
	return fuzz_tape_length(&member->tape) < fuzz_tape_length(&other->tape);
}

void fuzz_corpus_distil(struct fuzz_corpus *corpus)
{
	struct fuzz_blocks wanted = corpus->blocks;
	struct fuzz_member *best;
	uint32_t kept, i, place;

	for (kept = 0; kept < corpus->count; kept++) {
		place = kept;
		for (i = kept + 1; i < corpus->count; i++) {
			if (is_better(corpus->members[i], corpus->members[place], &wanted))
				place = i;
		}
		best = corpus->members[place];
		if (!worth(best, &wanted))
			break;
		corpus->members[place] = corpus->members[kept];
		corpus->members[kept] = best;
		fuzz_blocks_remove(&wanted, &best->blocks);
	}
	while (corpus->count > kept)
		free(corpus->members[--corpus->count]);
}
