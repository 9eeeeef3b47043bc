/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tapes that are kept, in a file with one on a line. The first line is how many blocks
 * they reach.
 */
#ifndef FREEFLOW_FUZZ_CORPUS_H
#define FREEFLOW_FUZZ_CORPUS_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz_cover.h"
#include "fuzz_tape.h"

#define FUZZ_CORPUS_MAX	512

struct fuzz_member {
	struct fuzz_tape tape;
	struct fuzz_blocks blocks;
};

struct fuzz_corpus {
	struct fuzz_member *members[FUZZ_CORPUS_MAX];
	uint32_t count;
	uint32_t kept_blocks;	/* as the file has it */
	struct fuzz_blocks blocks;	/* of all members */
};

/* Returns 0 or an errno. */
int fuzz_corpus_read(struct fuzz_corpus *corpus, const char *path);
int fuzz_corpus_write(const struct fuzz_corpus *corpus, const char *path);
/* Does nothing when it is full. */
void fuzz_corpus_add(struct fuzz_corpus *corpus, const struct fuzz_tape *tape,
		     const struct fuzz_blocks *blocks);
/* Leaves a few that reach the same. */
void fuzz_corpus_distil(struct fuzz_corpus *corpus);

#endif /* FREEFLOW_FUZZ_CORPUS_H */
