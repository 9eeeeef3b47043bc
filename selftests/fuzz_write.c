// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_write -d NODE -a ADDRESS [-g GID_INDEX] [-n COMMANDS] [-s SEED]
 *	      [-j THREADS] [-m storm]
 *
 * A seeded fuzzer of the write() ABI. Processes, one after another, open the
 * node several times; their threads send half-valid commands about the same
 * objects. Every second process is killed in the middle. -m storm: all threads
 * post on, destroy and create one QP.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_process.h"
#include "ktap.h"
#include "raw_verbs.h"

#define MAX_THREADS		16
#define PROCESS_COMMANDS	4000

struct fuzz_start {
	const struct fuzz_options *options;
	struct fuzz_tally *tally;
};

struct fuzzer {
	struct fuzz_world *world;
	pthread_t thread;
	uint64_t seed;
	unsigned int end;
};

static unsigned int weight_of(const struct fuzz_options *options, enum fuzz_op op)
{
	return options->storm ? fuzz_ops[op].storm_weight : fuzz_ops[op].weight;
}

static enum fuzz_op choose_op(const struct fuzz_options *options, struct fuzz_random *random)
{
	unsigned int total = 0, pick;
	enum fuzz_op op;

	for (op = 0; op < FUZZ_OPS; op++)
		total += weight_of(options, op);
	pick = fuzz_below(random, total);
	for (op = 0; pick >= weight_of(options, op); op++)
		pick -= weight_of(options, op);
	return op;
}

static void *fuzz_thread(void *arg)
{
	struct fuzzer *fuzzer = arg;
	struct fuzz_world *world = fuzzer->world;
	struct fuzz_random random = { fuzzer->seed };

	while (atomic_load(&world->tally->commands) < fuzzer->end)
		fuzz_step(world, &random, choose_op(world->options, &random));
	return NULL;
}

static void run_process(void *context, uint64_t seed, unsigned int end)
{
	static struct fuzz_world world;
	const struct fuzz_start *start = context;
	const struct fuzz_options *options = start->options;
	struct fuzzer fuzzers[MAX_THREADS];
	struct fuzz_random random = { seed };
	unsigned int i;

	world.options = options;
	world.tally = start->tally;
	world.arena = fuzz_map_alone(FUZZ_ARENA_SIZE, PROT_READ | PROT_WRITE);
	world.read_only = fuzz_map_alone(4096, PROT_READ);
	fuzz_world_init(&world);
	fuzz_furnish(&world, &random);
	for (i = 0; i < options->threads; i++) {
		fuzzers[i] = (struct fuzzer){ &world, 0, fuzz_next(&random), end };
		if (pthread_create(&fuzzers[i].thread, NULL, fuzz_thread, &fuzzers[i]))
			_exit(EXIT_FAILURE);
	}
	for (i = 0; i < options->threads; i++)
		pthread_join(fuzzers[i].thread, NULL);
	_exit(EXIT_SUCCESS);
}

static void print_tally(struct fuzz_tally *tally)
{
	unsigned int op, err, count;

	for (op = 0; op < FUZZ_OPS; op++) {
		printf("# %-16s", fuzz_ops[op].name);
		for (err = 0; err < FUZZ_ERRNOS; err++) {
			count = atomic_load(&tally->results[op][err]);
			if (count)
				printf(" %s %u", err ? strerrorname_np(err) : "ok", count);
		}
		printf("\n");
	}
}

static void check_successes(const struct fuzz_options *options, struct fuzz_tally *tally)
{
	unsigned int op;

	for (op = 0; op < FUZZ_OPS; op++) {
		if (!fuzz_ops[op].must_succeed || !weight_of(options, op))
			continue;
		ktap_result(atomic_load(&tally->results[op][0]), "%s succeeded at times",
			    fuzz_ops[op].name);
	}
}

static void usage(void)
{
	fprintf(stderr,
		"usage: fuzz_write -d NODE -a ADDRESS [-g GID_INDEX] [-n COMMANDS] [-s SEED] [-j THREADS] [-m storm]\n");
	exit(2);
}

static void parse(int argc, char **argv, struct fuzz_options *options)
{
	bool addressed = false;
	int option;

	while ((option = getopt(argc, argv, "d:a:g:n:s:j:m:")) != -1) {
		switch (option) {
		case 'd':
			options->node = optarg;
			break;
		case 'a':
			memset(options->gid + 10, 0xff, 2);
			addressed = inet_pton(AF_INET, optarg, options->gid + 12) == 1 ||
				    inet_pton(AF_INET6, optarg, options->gid) == 1;
			break;
		case 'g':
			options->gid_index = atoi(optarg);
			break;
		case 'n':
			options->commands = atoi(optarg);
			break;
		case 's':
			options->seed = strtoull(optarg, NULL, 0);
			break;
		case 'j':
			options->threads = atoi(optarg);
			break;
		case 'm':
			options->storm = !strcmp(optarg, "storm");
			break;
		default:
			usage();
		}
	}
	if (!options->node || !addressed || options->threads < 1 ||
	    options->threads > MAX_THREADS || optind != argc)
		usage();
}

int main(int argc, char **argv)
{
	struct fuzz_options options = {
		.gid_index = 1, .commands = 200000, .seed = 1, .threads = 4,
	};
	struct fuzz_tally *tally;
	struct fuzz_start start;
	bool survived;
	int fd;

	parse(argc, argv, &options);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	fd = raw_open(options.node);
	options.driver_id = raw_driver_id(fd);
	close(fd);
	ktap_start();
	printf("# seed %llu\n", (unsigned long long)options.seed);
	start = (struct fuzz_start){ &options, tally };
	survived = fuzz_processes(&(struct fuzz_plan){
		.done = &tally->commands,
		.operations = options.commands,
		.per_process = PROCESS_COMMANDS,
		.seed = options.seed,
		.run = run_process,
		.context = &start,
	});
	print_tally(tally);
	ktap_result(survived, "every process ended as it should");
	ktap_result(atomic_load(&tally->commands) >= options.commands, "%u commands",
		    atomic_load(&tally->commands));
	check_successes(&options, tally);
	return ktap_finish();
}
