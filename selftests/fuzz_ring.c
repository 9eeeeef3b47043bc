// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_ring -d NODE -a ADDRESS [-g GID_INDEX] [-n OPERATIONS] [-s SEED]
 *	     [-j THREADS] [-m sound]
 *
 * A seeded fuzzer of mapped queues, in the rxe ABI. Processes, one after
 * another, open the node; their threads fill queues with half-valid entries,
 * scribble over them, set their indices to anything, and ring the doorbell.
 * Every second process is killed in the middle. -m sound: only what a program in
 * its senses does.
 */

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_process.h"
#include "fuzz_ring.h"
#include "ktap.h"

#define MAX_THREADS		16
#define PROCESS_OPERATIONS	20000

struct ring_start {
	const struct ring_options *options;
	struct ring_tally *tally;
};

struct fuzzer {
	struct ring_world *world;
	pthread_t thread;
	uint64_t seed;
	unsigned int end;
};

static void *fuzz_thread(void *arg)
{
	struct fuzzer *fuzzer = arg;
	struct fuzz_random random = { fuzzer->seed };

	while (atomic_load(&fuzzer->world->tally->operations) < fuzzer->end)
		ring_step(fuzzer->world, &random);
	return NULL;
}

static void run_process(void *context, uint64_t seed, unsigned int end)
{
	const struct ring_start *start = context;
	static struct ring_world world;
	struct fuzzer fuzzers[MAX_THREADS];
	struct fuzz_random random = { seed };
	unsigned int i;
	int err;

	world.options = start->options;
	world.tally = start->tally;
	world.arena = fuzz_map_alone(RING_ARENA, PROT_READ | PROT_WRITE);
	err = ring_world_init(&world);
	if (err) {
		printf("# cannot begin: %s\n", strerrorname_np(err));
		_exit(EXIT_FAILURE);
	}
	for (i = 0; i < world.options->threads; i++) {
		fuzzers[i] = (struct fuzzer){ &world, 0, fuzz_next(&random), end };
		if (pthread_create(&fuzzers[i].thread, NULL, fuzz_thread, &fuzzers[i]))
			_exit(EXIT_FAILURE);
	}
	for (i = 0; i < world.options->threads; i++)
		pthread_join(fuzzers[i].thread, NULL);
	_exit(EXIT_SUCCESS);
}

static void print_tally(struct ring_tally *tally)
{
	unsigned int op, err, count;

	for (op = 0; op < RING_OPS; op++) {
		printf("# %-12s", ring_ops[op].name);
		for (err = 0; err < RING_ERRNOS; err++) {
			count = atomic_load(&tally->results[op][err]);
			if (count)
				printf(" %s %u", err ? strerrorname_np(err) : "ok", count);
		}
		printf("\n");
	}
	printf("# completions  good %u bad %u\n", atomic_load(&tally->good_completions),
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
}

static void usage(void)
{
	fprintf(stderr,
		"usage: fuzz_ring -d NODE -a ADDRESS [-g GID_INDEX] [-n OPERATIONS] [-s SEED] [-j THREADS] [-m sound]\n");
	exit(2);
}

static void parse(int argc, char **argv, struct ring_options *options)
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
			options->operations = atoi(optarg);
			break;
		case 's':
			options->seed = strtoull(optarg, NULL, 0);
			break;
		case 'j':
			options->threads = atoi(optarg);
			break;
		case 'm':
			options->sound = !strcmp(optarg, "sound");
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
	struct ring_options options = {
		.gid_index = 1, .operations = 500000, .seed = 1, .threads = 2,
	};
	struct ring_tally *tally;
	bool survived;

	parse(argc, argv, &options);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED) {
		perror("mmap");
		return EXIT_FAILURE;
	}
	ktap_start();
	printf("# seed %llu\n", (unsigned long long)options.seed);
	survived = fuzz_processes(&(struct fuzz_plan){
		.done = &tally->operations,
		.operations = options.operations,
		.per_process = PROCESS_OPERATIONS,
		.seed = options.seed,
		.run = run_process,
		.context = &(struct ring_start){ &options, tally },
	});
	print_tally(tally);
	ktap_result(survived, "every process ended as it should");
	ktap_result(atomic_load(&tally->operations) >= options.operations, "%u operations",
		    atomic_load(&tally->operations));
	check_successes(tally);
	return ktap_finish();
}
