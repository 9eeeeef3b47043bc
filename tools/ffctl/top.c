// SPDX-License-Identifier: GPL-2.0-only
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "rates.h"
#include "value.h"

/* All devices at one time, sorted by name. */
struct reading {
	struct timespec when;
	struct ff_stat *stats;
	size_t count;
};

struct row {
	const struct ff_stat *stat;
	struct rates rates;
};

static int keep_stat(const struct ff_stat *stat, void *arg)
{
	struct reading *reading = arg;
	struct ff_stat *stats;

	stats = reallocarray(reading->stats, reading->count + 1,
			     sizeof(*stats));
	if (!stats)
		return -ENOMEM;
	reading->stats = stats;
	stats[reading->count++] = *stat;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct ff_stat *first = a, *second = b;

	return strcmp(first->dev, second->dev);
}

static int take_reading(struct ffctl *ctx, struct reading *reading)
{
	int err;

	memset(reading, 0, sizeof(*reading));
	err = ff_stat_list(ctx->handle, FREEFLOW_STAT_SCOPE_DEV, NULL,
			   keep_stat, reading);
	clock_gettime(CLOCK_MONOTONIC, &reading->when);
	if (reading->count)
		qsort(reading->stats, reading->count, sizeof(*reading->stats),
		      by_name);
	return err;
}

static const struct ff_stat *find_stat(const struct reading *reading,
				       const struct ff_stat *like)
{
	return reading->count ?
	       bsearch(like, reading->stats, reading->count,
		       sizeof(*reading->stats), by_name) : NULL;
}

static double seconds_between(const struct reading *before,
			      const struct reading *now)
{
	return now->when.tv_sec - before->when.tv_sec +
	       (now->when.tv_nsec - before->when.tv_nsec) / 1e9;
}

/* The busiest first; those that are as busy by name. */
static int by_bytes(const void *a, const void *b)
{
	const struct row *first = a, *second = b;
	const double x = first->rates.out_bytes + first->rates.in_bytes;
	const double y = second->rates.out_bytes + second->rates.in_bytes;

	if (x != y)
		return x < y ? 1 : -1;
	return strcmp(first->stat->dev, second->stat->dev);
}

/* One more than there are devices: the last is the sum. NULL without memory. */
static struct row *make_rows(const struct reading *before,
			     const struct reading *now)
{
	const double seconds = seconds_between(before, now);
	struct row *rows = calloc(now->count + 1, sizeof(*rows));
	size_t i;

	if (!rows)
		return NULL;
	for (i = 0; i < now->count; i++) {
		rows[i].stat = &now->stats[i];
		rates_between(find_stat(before, &now->stats[i]), &now->stats[i],
			      seconds, &rows[i].rates);
		rates_add(&rows[now->count].rates, &rows[i].rates);
	}
	qsort(rows, now->count, sizeof(*rows), by_bytes);
	return rows;
}

/* Containers choose some names: they must not reach the terminal raw. */
static void copy_printable(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; from[i] && i < size - 1; i++)
		to[i] = from[i] < ' ' || from[i] > '~' ? '?' : from[i];
	to[i] = '\0';
}

#define NAME_WIDTH	12

/* Cut off where the terminal ends. */
static void __attribute__((format(printf, 2, 3)))
put_line(int y, const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	mvaddnstr(y, 0, line, COLS);
}

static void draw_row(struct ffctl *ctx, int y, const struct row *row)
{
	const struct rates *rates = &row->rates;
	char out[RATE_SIZE], in[RATE_SIZE], sent[RATE_SIZE], got[RATE_SIZE];
	char dev[NAME_WIDTH + 1], netns[NAME_WIDTH + 1], errors[RATE_SIZE];
	const char *name = netns_lookup(&ctx->names, NETNS_DIR,
					row->stat->netns_inode);

	copy_printable(dev, sizeof(dev), row->stat->dev);
	if (name)
		copy_printable(netns, sizeof(netns), name);
	else
		snprintf(netns, sizeof(netns), "%u", row->stat->netns_inode);
	put_line(y, "%-*s %-*s %5llu %7s %7s %7s %7s %6s %6.0f%%", NAME_WIDTH,
		 dev, NAME_WIDTH, netns, (unsigned long long)rates->qps,
		 rate_format(rates->out_bytes, out),
		 rate_format(rates->in_bytes, in),
		 rate_format(rates->out_messages, sent),
		 rate_format(rates->in_messages, got),
		 rate_format(rates->errors, errors), rates->held * 100);
}

#define HEAD_LINES	3

static void draw_head(const struct row *sum, size_t count)
{
	char out[RATE_SIZE], in[RATE_SIZE], clock[16];
	const time_t now = time(NULL);
	struct tm tm;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
	put_line(0, "%s  %zu devices  %llu QPs  out %sB/s  in %sB/s  q: quit",
		 clock, count, (unsigned long long)sum->rates.qps,
		 rate_format(sum->rates.out_bytes, out),
		 rate_format(sum->rates.in_bytes, in));
	attron(A_REVERSE);
	put_line(2, "%-*s %-*s %5s %7s %7s %7s %7s %6s %7s", NAME_WIDTH,
		 "DEVICE", NAME_WIDTH, "NETNS", "QPS", "OUT B/s", "IN B/s",
		 "OUT/s", "IN/s", "ERR/s", "HELD");
	attroff(A_REVERSE);
}

/* The last line tells how many devices there was no room for. */
static void draw(struct ffctl *ctx, const struct row *rows, size_t count)
{
	const int lines = LINES;
	const size_t room = lines > HEAD_LINES ? lines - HEAD_LINES : 0;
	const size_t shown = count <= room ? count : room ? room - 1 : 0;
	size_t i;

	erase();
	draw_head(&rows[count], count);
	for (i = 0; i < shown; i++)
		draw_row(ctx, HEAD_LINES + i, &rows[i]);
	if (shown < count)
		put_line(HEAD_LINES + shown, "... and %zu more", count - shown);
	refresh();
}

/* Wait until it is time for the next reading; false to end. */
static bool wait_for_time(uint32_t seconds)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	int ready, key;

	do {
		ready = poll(&input, 1, seconds * 1000);
		if (!ready)
			return true;
		if (ready > 0 && !(input.revents & POLLIN))
			return false;
		/* Interrupted when the terminal has another size: that is a key. */
		key = getch();
	} while (key == ERR);
	return key != 'q' && key != 'Q';
}

static enum status watch(struct ffctl *ctx, uint32_t seconds)
{
	struct reading before = { 0 }, now;
	struct row *rows;
	int err;

	do {
		err = take_reading(ctx, &now);
		rows = err ? NULL : make_rows(&before, &now);
		if (rows)
			draw(ctx, rows, now.count);
		else if (!err)
			err = -ENOMEM;
		free(rows);
		free(before.stats);
		before = now;
		netns_forget(&ctx->names);
	} while (!err && wait_for_time(seconds));
	free(now.stats);
	endwin();
	return ffctl_result(ctx, err);
}

enum status top(struct ffctl *ctx)
{
	uint32_t seconds = 1;
	struct keyword keywords[] = {
		{ "every", value_seconds, &seconds }, { 0 }
	};
	enum status status;
	SCREEN *screen;

	status = take_keywords(ctx, keywords);
	if (!status && ctx->printer.json)
		status = misuse(ctx, "for JSON there is 'stat show'");
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;
	/* Where curses finds no terminal it would end the program. */
	screen = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) ?
		 newterm(NULL, stdout, stdin) : NULL;
	if (!screen)
		return fail(ctx, "this is no terminal that could show it");
	cbreak();
	noecho();
	curs_set(0);
	nodelay(stdscr, true);
	status = watch(ctx, seconds);
	delscreen(screen);
	return status;
}
