/* SPDX-License-Identifier: GPL-2.0 */
/* Fuzzers run in one process after another; every second one is killed. */
#ifndef FREEFLOW_FUZZ_PROCESS_H
#define FREEFLOW_FUZZ_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

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

/* Memory with nothing mapped right before and behind it, or the end of the process. */
uint8_t *fuzz_map_alone(size_t size, int protection);

#endif /* FREEFLOW_FUZZ_PROCESS_H */
