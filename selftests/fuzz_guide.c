// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_corpus.h"
#include "fuzz_guide.h"
#include "fuzz_mutate.h"
#include "fuzz_process.h"
#include "ktap.h"

#define RUN_LIMIT_S	60
#define NEW_ODDS	8
#define SMALL		0xff

/* What the kernel does by itself makes for some difference. */
#define TOLERANCE_PERCENT	5
#define PLAYS			3

struct guide {
	const struct fuzz_guide_options *options;
	const struct fuzz_target *target;
	struct fuzz_cover cover;
	struct fuzz_corpus corpus;
	struct fuzz_random random;
	struct fuzz_tape *record;	/* of the process that ran last */
	FILE *now;
	time_t deadline;
	uint32_t runs;
	uint32_t bad_ends;
};

bool fuzz_guide_option(struct fuzz_guide_options *options, int option, const char *argument)
{
	switch (option) {
	case 'c':
		options->corpus = argument;
		return true;
	case 'o':
		options->out = argument;
		return true;
	case 'T':
		options->seconds = atoi(argument);
		return true;
	default:
		return false;
	}
}

/* A file beside that of the option -o. */
static FILE *open_beside(const struct guide *guide, const char *suffix)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.%s", guide->options->out, suffix);
	return fopen(path, "we");
}

__attribute__((noreturn))
static void play(struct guide *guide, const struct fuzz_tape *tape)
{
	const struct fuzz_target *target = guide->target;
	struct fuzz_play play = { .tape = tape, .record = guide->record };
	struct fuzz_random random = { .state = tape->seed, .play = &play };
	int err;

	alarm(RUN_LIMIT_S);
	err = fuzz_cover_begin(&guide->cover, target->from_afar);
	if (err) {
		printf("# cannot begin: %s\n", strerror(err));
		_exit(EXIT_FAILURE);
	}
	target->begin(target->context);
	while (fuzz_play_step(&play))
		target->step(target->context, &random);
	if (target->end)
		target->end(target->context);
	_exit(EXIT_SUCCESS);
}

static void note(struct guide *guide, const struct fuzz_tape *tape)
{
	if (!guide->now)
		return;
	rewind(guide->now);
	fuzz_tape_write(tape, guide->now);
	fflush(guide->now);
}

/* False: the process did not end as it should. */
static bool run(struct guide *guide, const struct fuzz_tape *tape, struct fuzz_blocks *blocks)
{
	pid_t process;
	int status;

	note(guide, tape);
	fuzz_tape_clear(guide->record, 0);
	guide->runs++;
	process = fork();
	if (!process)
		play(guide, tape);
	if (process < 0 || waitpid(process, &status, 0) != process)
		status = -1;
	fuzz_cover_end(&guide->cover, blocks);
	if (!status)
		return true;
	printf("# a process ended by %d: ", status);
	fuzz_tape_write(tape, stdout);
	guide->bad_ends++;
	return false;
}

static bool is_over(const struct guide *guide)
{
	return time(NULL) >= guide->deadline;
}

/* Takes what was played in place of the tape, if it still reaches the blocks. */
static bool still_reaches(struct guide *guide, const struct fuzz_tape *trial,
			  const struct fuzz_blocks *wanted, struct fuzz_tape *tape,
			  struct fuzz_blocks *blocks)
{
	struct fuzz_blocks reached;

	if (!run(guide, trial, &reached) || !fuzz_blocks_contain(&reached, wanted))
		return false;
	*tape = *guide->record;
	*blocks = reached;
	return true;
}

/* Leaves the steps out that it does without, tried by so many at least. */
static void shorten(struct guide *guide, struct fuzz_tape *tape, struct fuzz_blocks *blocks,
		    const struct fuzz_blocks *wanted, uint32_t least)
{
	static struct fuzz_tape trial;
	uint32_t gone, at;

	for (gone = (tape->steps + 1) / 2; gone >= least; gone /= 2) {
		for (at = 0; at < tape->steps && !is_over(guide); ) {
			fuzz_splice(&trial, tape, at, gone, tape, 0, 0);
			if (!still_reaches(guide, &trial, wanted, tape, blocks))
				at += gone;
		}
	}
}

/* False: there is none in the step. */
static bool drop_large_numbers(struct fuzz_tape *tape, uint32_t step)
{
	bool dropped = false;
	uint32_t i;

	for (i = fuzz_tape_start(tape, step); i < tape->ends[step]; i++) {
		if (tape->numbers[i] > SMALL) {
			tape->numbers[i] = 0;
			dropped = true;
		}
	}
	return dropped;
}

static void simplify(struct guide *guide, struct fuzz_tape *tape, struct fuzz_blocks *blocks,
		     const struct fuzz_blocks *wanted)
{
	static struct fuzz_tape trial;
	uint32_t step;

	for (step = 0; step < tape->steps && !is_over(guide); step++) {
		trial = *tape;
		if (drop_large_numbers(&trial, step))
			still_reaches(guide, &trial, wanted, tape, blocks);
	}
}

/* Each member is left with what it alone is kept for. */
static void minimise(struct guide *guide)
{
	struct fuzz_blocks reached = { 0 }, wanted;
	struct fuzz_member *member;
	uint32_t i;

	fuzz_corpus_distil(&guide->corpus);
	for (i = 0; i < guide->corpus.count; i++) {
		member = guide->corpus.members[i];
		wanted = member->blocks;
		fuzz_blocks_remove(&wanted, &reached);
		shorten(guide, &member->tape, &member->blocks, &wanted, 1);
		simplify(guide, &member->tape, &member->blocks, &wanted);
		fuzz_blocks_add(&reached, &wanted);
	}
}

/* Keeps what reaches something new, and does so again; somewhat shortened. */
static void try(struct guide *guide, struct fuzz_tape *tape)
{
	struct fuzz_blocks blocks, wanted;

	if (!run(guide, tape, &wanted))
		return;
	*tape = *guide->record;
	fuzz_blocks_remove(&wanted, &guide->corpus.blocks);
	if (!fuzz_blocks_count(&wanted) || !run(guide, tape, &blocks))
		return;
	fuzz_blocks_intersect(&wanted, &blocks);
	if (!fuzz_blocks_count(&wanted))
		return;
	shorten(guide, tape, &blocks, &wanted, 1 + tape->steps / 4);
	fuzz_corpus_add(&guide->corpus, tape, &blocks);
}

static const struct fuzz_tape *any_member(struct guide *guide)
{
	return &guide->corpus.members[fuzz_below(&guide->random, guide->corpus.count)]->tape;
}

static void fuzz(struct guide *guide)
{
	static struct fuzz_tape input;

	while (!is_over(guide)) {
		if (!guide->corpus.count || fuzz_one_in(&guide->random, NEW_ODDS)) {
			fuzz_make(&input, &guide->random);
		} else {
			input = *any_member(guide);
			fuzz_mutate(&input, any_member(guide), &guide->random);
		}
		try(guide, &input);
	}
}

/* What is on the tapes becomes what the fuzzer of today makes of them. */
static void play_corpus(struct guide *guide)
{
	struct fuzz_corpus *corpus = &guide->corpus;
	struct fuzz_member *member;
	uint32_t i;

	for (i = 0; i < corpus->count; i++) {
		member = corpus->members[i];
		if (!run(guide, &member->tape, &member->blocks))
			continue;
		member->tape = *guide->record;
		fuzz_blocks_add(&corpus->blocks, &member->blocks);
	}
}

static bool write_out(struct guide *guide)
{
	FILE *file = open_beside(guide, "blocks");

	if (!file)
		return false;
	fuzz_cover_write(&guide->cover, &guide->corpus.blocks, file);
	return !fclose(file) && !fuzz_corpus_write(&guide->corpus, guide->options->out);
}

/*
 * A third of the time is for leaving out what is not needed. What counts as reached is what
 * those that are kept then reach, not what others did or they by chance.
 */
static void fuzz_and_minimise(struct guide *guide)
{
	time_t end = time(NULL) + guide->options->seconds;

	guide->deadline = end - guide->options->seconds / 3;
	fuzz(guide);
	guide->deadline = end;
	minimise(guide);
	guide->corpus.blocks = (struct fuzz_blocks){ 0 };
	play_corpus(guide);
}

/* Some blocks may be missed in one go. */
static uint32_t play_until_reached(struct guide *guide, uint32_t enough)
{
	uint32_t plays = 0, reached;

	do {
		play_corpus(guide);
		reached = fuzz_blocks_count(&guide->corpus.blocks);
	} while (reached < enough && ++plays < PLAYS);
	return reached;
}

static void guide_on(struct guide *guide)
{
	struct fuzz_corpus *corpus = &guide->corpus;
	uint32_t kept = corpus->kept_blocks, reached;
	uint32_t enough = kept - kept * TOLERANCE_PERCENT / 100;

	reached = play_until_reached(guide, enough);
	ktap_result(reached >= enough, "%u inputs reach %u blocks, of %u when they were kept",
		    corpus->count, reached, kept);
	printf("# %u inputs reach %u blocks, of %u\n", corpus->count, reached, kept);
	if (guide->options->out) {
		fuzz_and_minimise(guide);
		ktap_result(write_out(guide), "what was found is written");
		printf("# after %u runs %u inputs reach %u blocks\n", guide->runs, corpus->count,
		       fuzz_blocks_count(&corpus->blocks));
	}
	ktap_result(!guide->bad_ends, "every process ended as it should");
}

int fuzz_guide(const struct fuzz_guide_options *options, const struct fuzz_target *target,
	       uint64_t seed)
{
	static struct guide guide;
	int err;

	guide.options = options;
	guide.target = target;
	guide.random.state = seed;
	guide.record = fuzz_map_shared(sizeof(*guide.record));
	ktap_start();
	err = fuzz_cover_open(&guide.cover);
	ktap_result(!err, "the kernel tells what is reached: %s", strerror(err));
	if (!err) {
		err = fuzz_corpus_read(&guide.corpus, options->corpus);
		ktap_result(!err, "the corpus is read: %s", strerror(err));
	}
	if (!err && options->out)
		guide.now = open_beside(&guide, "now");
	if (!err)
		guide_on(&guide);
	return ktap_finish();
}
