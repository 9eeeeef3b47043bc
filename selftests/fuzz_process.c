// SPDX-License-Identifier: GPL-2.0
/* The processes of a fuzzer. */

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_process.h"

#define STALL_S		60
#define GUARD		65536

uint8_t *fuzz_map_alone(size_t size, int protection)
{
	uint8_t *all = mmap(NULL, size + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (all == MAP_FAILED || mprotect(all + GUARD, size, protection)) {
		perror("mmap");
		_exit(EXIT_FAILURE);
	}
	return all + GUARD;
}

void *fuzz_map_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	return memory;
}

void fuzz_print_results(const char *name, atomic_uint results[FUZZ_ERRNOS])
{
	unsigned int err, count;

	printf("# %-16s", name);
	for (err = 0; err < FUZZ_ERRNOS; err++) {
		count = atomic_load(&results[err]);
		if (count)
			printf(" %s %u", err ? strerrorname_np(err) : "ok", count);
	}
	printf("\n");
}

struct worker {
	const struct fuzz_crew *crew;
	pthread_t thread;
	uint64_t seed;
};

static void *work(void *arg)
{
	const struct worker *worker = arg;
	const struct fuzz_crew *crew = worker->crew;
	struct fuzz_random random = { .state = worker->seed };

	while (atomic_load(crew->done) < crew->end)
		crew->step(crew->world, &random);
	return NULL;
}

void fuzz_work(const struct fuzz_crew *crew, struct fuzz_random *random)
{
	struct worker workers[FUZZ_MAX_THREADS];
	unsigned int i;

	for (i = 0; i < crew->threads; i++) {
		workers[i] = (struct worker){ crew, 0, fuzz_next(random) };
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			_exit(EXIT_FAILURE);
	}
	for (i = 0; i < crew->threads; i++)
		pthread_join(workers[i].thread, NULL);
	_exit(EXIT_SUCCESS);
}

/*
 * Returns when the process has ended, killed at kill_at operations if that is
 * not 0. False: it ended otherwise than it should, or nothing moves any more.
 */
static bool watch(pid_t process, atomic_uint *done, unsigned int kill_at)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	unsigned int operations, before = 0;
	time_t moved = time(NULL);
	bool killed = false;
	int status;

	while (waitpid(process, &status, WNOHANG) != process) {
		operations = atomic_load(done);
		if (operations != before)
			moved = time(NULL);
		before = operations;
		if (kill_at && operations >= kill_at && !killed) {
			kill(process, SIGKILL);
			killed = true;
		}
		if (time(NULL) - moved > STALL_S) {
			printf("# nothing moves after %u operations\n", operations);
			return false;
		}
		nanosleep(&pause, NULL);
	}
	if (WIFSIGNALED(status) && !(killed && WTERMSIG(status) == SIGKILL))
		printf("# process ended by signal %d\n", WTERMSIG(status));
	return killed || (WIFEXITED(status) && !WEXITSTATUS(status));
}

bool fuzz_processes(const struct fuzz_plan *plan)
{
	struct fuzz_random random = { .state = plan->seed };
	unsigned int done, end, kill_at, number;
	pid_t process;

	for (number = 0; ; number++) {
		done = atomic_load(plan->done);
		if (done >= plan->operations)
			return true;
		end = done + plan->per_process;
		kill_at = number % 2 ? done + 1 + fuzz_below(&random, plan->per_process) : 0;
		process = fork();
		if (process < 0)
			return false;
		if (!process)
			plan->run(plan->context, fuzz_next(&random), end);
		fuzz_next(&random);
		if (!watch(process, plan->done, kill_at))
			return false;
	}
}
