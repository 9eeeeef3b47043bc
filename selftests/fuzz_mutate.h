/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FREEFLOW_FUZZ_MUTATE_H
#define FREEFLOW_FUZZ_MUTATE_H

#include "fuzz_random.h"

/*
 * Changes a tape: a number of it, or steps that go, come, come again, or are those of
 * another tape, or chosen anew.
 */
void fuzz_mutate(struct fuzz_tape *tape, const struct fuzz_tape *other,
		 struct fuzz_random *random);

/* A tape of steps that are chosen when it is played. */
void fuzz_make(struct fuzz_tape *tape, struct fuzz_random *random);

/* to: the tape with some of its steps replaced by those of another one. */
void fuzz_splice(struct fuzz_tape *to, const struct fuzz_tape *tape, uint32_t at, uint32_t gone,
		 const struct fuzz_tape *from, uint32_t first, uint32_t count);

#endif /* FREEFLOW_FUZZ_MUTATE_H */
