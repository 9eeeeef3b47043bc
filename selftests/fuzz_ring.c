// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_ring -d NODE -a ADDRESS [-g GID_INDEX] [-n OPERATIONS] [-s SEED]
 *	     [-j THREADS] [-m sound]
 * fuzz_ring -d NODE -a ADDRESS [-g GID_INDEX] [-s SEED] -c CORPUS [-o OUT [-T SECONDS]]
 *
 * A seeded fuzzer of mapped queues, in the rxe ABI. Processes, one after
 * another, open the node; their threads fill queues with half-valid entries,
 * scribble over them, set their indices to anything, and ring the doorbell.
 * Every second process is killed in the middle. -m sound: only what a program in
 * its senses does. -c: guided, as in fuzz_guide.h.
 */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_ring.h"
#include "ktap.h"

#define PROCESS_OPERATIONS	20000

struct ring_start {
	const struct fuzz_options *options;
	struct ring_tally *tally;
};

static void make_world(const struct ring_start *start, struct ring_world *world)
{
	int err;

	world->options = start->options;
	world->sound = start->options->special;
	world->tally = start->tally;
	world->arena = fuzz_map_alone(RING_ARENA, PROT_READ | PROT_WRITE);
	err = ring_world_init(world);
	if (err) {
		printf("# cannot begin: %s\n", strerrorname_np(err));
		_exit(EXIT_FAILURE);
	}
}

static void run_process(void *context, uint64_t seed, unsigned int end)
{
	const struct ring_start *start = context;
	static struct ring_world world;
	struct fuzz_random random = { .state = seed };

	make_world(start, &world);
	fuzz_work(&(struct fuzz_crew){
		.threads = start->options->threads,
		.step = ring_step,
		.world = &world,
		.done = &start->tally->operations,
		.end = end,
	}, &random);
}

static struct ring_world guided_world;

static void begin_input(void *context)
{
	make_world(context, &guided_world);
}

static void step_input(__attribute__((unused)) void *context, struct fuzz_random *random)
{
	ring_step(&guided_world, random);
}

static void end_input(__attribute__((unused)) void *context)
{
	ring_world_exit(&guided_world);
}

static void print_tally(struct ring_tally *tally)
{
	unsigned int op;

	for (op = 0; op < RING_OPS; op++)
		fuzz_print_results(ring_ops[op].name, tally->results[op]);
	printf("# completions      good %u bad %u\n", atomic_load(&tally->good_completions),
	       atomic_load(&tally->bad_completions));
}

/* That the fuzzer reached what it fuzzes. */
static void check_successes(struct ring_tally *tally)
{
	unsigned int op;

	for (op = 0; op < RING_OPS; op++) {
		if (ring_ops[op].must_succeed)
			ktap_result(atomic_load(&tally->results[op][0]), "%s succeeded at times",
				    ring_ops[op].name);
	}
	ktap_result(atomic_load(&tally->good_completions), "there were good completions");
	ktap_result(atomic_load(&tally->binds), "memory windows were bound");
}

int main(int argc, char **argv)
{
	struct fuzz_options options = {
		.gid_index = 1, .operations = 500000, .seed = 1, .threads = 2,
	};
	struct ring_tally *tally;
	struct ring_start start;
	bool survived;

	fuzz_parse(argc, argv, "sound", &options);
	tally = fuzz_map_shared(sizeof(*tally));
	start = (struct ring_start){ &options, tally };
	if (options.guide.corpus)
		return fuzz_guide(&options.guide, &(struct fuzz_target){
			.begin = begin_input,
			.step = step_input,
			.end = end_input,
			.context = &start,
		}, options.seed);
	ktap_start();
	printf("# seed %llu\n", (unsigned long long)options.seed);
	survived = fuzz_processes(&(struct fuzz_plan){
		.done = &tally->operations,
		.operations = options.operations,
		.per_process = PROCESS_OPERATIONS,
		.seed = options.seed,
		.run = run_process,
		.context = &start,
	});
	print_tally(tally);
	ktap_result(survived, "every process ended as it should");
	ktap_result(atomic_load(&tally->operations) >= options.operations, "%u operations",
		    atomic_load(&tally->operations));
	check_successes(tally);
	return ktap_finish();
}
