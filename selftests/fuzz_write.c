// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_write -d NODE -a ADDRESS [-g GID_INDEX] [-n OPERATIONS] [-s SEED]
 *	      [-j THREADS] [-m storm]
 * fuzz_write -d NODE -a ADDRESS [-g GID_INDEX] [-s SEED] -c CORPUS [-o OUT [-T SECONDS]]
 *
 * A seeded fuzzer of the write() ABI. Processes, one after another, open the
 * node several times; their threads send half-valid commands about the same
 * objects. Every second process is killed in the middle. -m storm: all threads
 * post on, destroy and create one QP. -c: guided, as in fuzz_guide.h.
 */

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "ktap.h"
#include "raw_verbs.h"

#define PROCESS_COMMANDS	4000
/* Enough for one to name what is of another, and soon furnished. */
#define GUIDED_FILES		2

struct fuzz_start {
	const struct fuzz_options *options;
	uint32_t driver_id;
	struct fuzz_tally *tally;
};

static unsigned int weight_of(enum fuzz_op op, bool storm)
{
	return storm ? fuzz_ops[op].storm_weight : fuzz_ops[op].weight;
}

static enum fuzz_op choose_op(struct fuzz_random *random, bool storm)
{
	unsigned int total = 0, pick;
	enum fuzz_op op;

	for (op = 0; op < FUZZ_OPS; op++)
		total += weight_of(op, storm);
	pick = fuzz_below(random, total);
	for (op = 0; pick >= weight_of(op, storm); op++)
		pick -= weight_of(op, storm);
	return op;
}

static void step(void *context, struct fuzz_random *random)
{
	struct fuzz_world *world = context;

	fuzz_shoot(world, random, choose_op(random, world->storm));
}

static void make_world(const struct fuzz_start *start, struct fuzz_random *random,
		       struct fuzz_world *world)
{
	world->options = start->options;
	world->storm = start->options->special;
	world->driver_id = start->driver_id;
	world->tally = start->tally;
	world->arena = fuzz_map_alone(FUZZ_ARENA_SIZE, PROT_READ | PROT_WRITE);
	world->read_only = fuzz_map_alone(4096, PROT_READ);
	world->file_count = FUZZ_FILES;
	if (start->options->guide.corpus) {
		world->file_count = GUIDED_FILES;
		world->sound = true;
	}
	fuzz_world_init(world);
	fuzz_furnish(world, random);
	world->sound = false;
}

static void run_process(void *context, uint64_t seed, unsigned int end)
{
	static struct fuzz_world world;
	const struct fuzz_start *start = context;
	struct fuzz_random random = { .state = seed };

	make_world(start, &random, &world);
	fuzz_work(&(struct fuzz_crew){
		.threads = start->options->threads,
		.step = step,
		.world = &world,
		.done = &start->tally->commands,
		.end = end,
	}, &random);
}

/* The same for all inputs. */
static struct fuzz_world guided_world;

static void begin_input(void *context)
{
	make_world(context, &(struct fuzz_random){ .state = 1 }, &guided_world);
}

static void step_input(__attribute__((unused)) void *context, struct fuzz_random *random)
{
	step(&guided_world, random);
}

/* All that is destroyed with the files. */
static void end_input(__attribute__((unused)) void *context)
{
	unsigned int file;

	for (file = 0; file < FUZZ_FILES; file++)
		close(atomic_load(&guided_world.files[file].fd));
}

static void check_successes(struct fuzz_tally *tally, bool storm)
{
	unsigned int op;

	for (op = 0; op < FUZZ_OPS; op++) {
		if (!fuzz_ops[op].must_succeed || !weight_of(op, storm))
			continue;
		ktap_result(atomic_load(&tally->results[op][0]), "%s succeeded at times",
			    fuzz_ops[op].name);
	}
}

int main(int argc, char **argv)
{
	struct fuzz_options options = {
		.gid_index = 1, .operations = 200000, .seed = 1, .threads = 4,
	};
	struct fuzz_tally *tally;
	struct fuzz_start start;
	bool survived;
	unsigned int op;
	int fd;

	fuzz_parse(argc, argv, "storm", &options);
	tally = fuzz_map_shared(sizeof(*tally));
	fd = raw_open(options.node);
	start = (struct fuzz_start){ &options, raw_driver_id(fd), tally };
	close(fd);
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
		.done = &tally->commands,
		.operations = options.operations,
		.per_process = PROCESS_COMMANDS,
		.seed = options.seed,
		.run = run_process,
		.context = &start,
	});
	for (op = 0; op < FUZZ_OPS; op++)
		fuzz_print_results(fuzz_ops[op].name, tally->results[op]);
	ktap_result(survived, "every process ended as it should");
	ktap_result(atomic_load(&tally->commands) >= options.operations, "%u commands",
		    atomic_load(&tally->commands));
	check_successes(tally, options.special);
	return ktap_finish();
}
