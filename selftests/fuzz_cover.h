/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which blocks of the module were reached, as the kernel tells (KCOV) where it and the
 * module are built so: by the calls of a process, or, from afar, by what came of the
 * datagrams that it sent.
 */
#ifndef FREEFLOW_FUZZ_COVER_H
#define FREEFLOW_FUZZ_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FUZZ_BLOCKS	32768

struct fuzz_blocks {
	uint64_t bits[FUZZ_BLOCKS / 64];
};

struct fuzz_cover {
	int fd;
	unsigned long *area;		/* how many addresses, and they */
	uintptr_t base;			/* of the module */
	size_t size;
	uint32_t *numbers;		/* by offset: of the block, from 1, once reached */
	uint32_t count;
	uintptr_t addresses[FUZZ_BLOCKS];	/* by number, less 1 */
};

/* Before the processes are forked. Returns an errno. */
int fuzz_cover_open(struct fuzz_cover *cover);
/* In a process, for what it does from now until it ends. Returns an errno. */
int fuzz_cover_begin(struct fuzz_cover *cover, bool from_afar);
/* After its end: what was reached. Makes ready for the next one. */
void fuzz_cover_end(struct fuzz_cover *cover, struct fuzz_blocks *blocks);
/* The addresses of blocks, as the kernel's symbols have them, one on a line. */
void fuzz_cover_write(const struct fuzz_cover *cover, const struct fuzz_blocks *blocks, FILE *file);

uint32_t fuzz_blocks_count(const struct fuzz_blocks *blocks);
void fuzz_blocks_add(struct fuzz_blocks *blocks, const struct fuzz_blocks *others);
void fuzz_blocks_remove(struct fuzz_blocks *blocks, const struct fuzz_blocks *others);
void fuzz_blocks_intersect(struct fuzz_blocks *blocks, const struct fuzz_blocks *others);
bool fuzz_blocks_contain(const struct fuzz_blocks *blocks, const struct fuzz_blocks *others);

#endif /* FREEFLOW_FUZZ_COVER_H */
