/* SPDX-License-Identifier: GPL-2.0 */
/* Fuzzers run in one process after another; every second one is killed. */
#ifndef FREEFLOW_FUZZ_PROCESS_H
#define FREEFLOW_FUZZ_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz_random.h"

#define FUZZ_MAX_THREADS	16
#define FUZZ_ERRNOS		160

struct fuzz_plan {
	atomic_uint *done;	/* operations, counted by the processes; shared memory */
	unsigned int operations;
	unsigned int per_process;
	uint64_t seed;
	/* In a process of its own: works until *done is end, and exits with 0. */
	void (*run)(void *context, uint64_t seed, unsigned int end);
	void *context;
};

/* False: a process ended otherwise than it should, or nothing moves any more. */
bool fuzz_processes(const struct fuzz_plan *plan);

/*
 * Threads of such a process: they step through a world until *done is end, and the
 * process ends with them. Each has random numbers of its own.
 */
struct fuzz_crew {
	unsigned int threads;
	void (*step)(void *world, struct fuzz_random *random);
	void *world;
	atomic_uint *done;
	unsigned int end;
};

__attribute__((noreturn))
void fuzz_work(const struct fuzz_crew *crew, struct fuzz_random *random);

/* Zeroed memory of all the processes, or the end of this one. */
void *fuzz_map_shared(size_t size);

/* How often what came of an operation. */
void fuzz_print_results(const char *name, atomic_uint results[FUZZ_ERRNOS]);

/* Memory with nothing mapped right before and behind it, or the end of the process. */
uint8_t *fuzz_map_alone(size_t size, int protection);

#endif /* FREEFLOW_FUZZ_PROCESS_H */
