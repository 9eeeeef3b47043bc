// SPDX-License-Identifier: GPL-2.0
/* The processes of a fuzzer. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_process.h"
#include "fuzz_random.h"

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
	struct fuzz_random random = { plan->seed };
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
