// SPDX-License-Identifier: GPL-2.0
/*
 * qp_time -d DEVICE [-g GID_INDEX] [-n COUNT]
 *	Connects COUNT pairs of RC QPs of a device, one after the other, and
 *	says the median of the times, in microseconds, from create_qp to RTS at
 *	both ends.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verbs_end.h"

#define MAX_COUNT	10000

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void die(const char *why, int err)
{
	fprintf(stderr, "%s: %s\n", why, strerror(err));
	exit(EXIT_FAILURE);
}

static void create(struct end *end)
{
	const char *why = end_create_qp(end, IBV_QPT_RC);

	if (why)
		die(why, 0);
}

static void connect_to(struct end *end, const struct end *peer)
{
	struct end_address address;
	struct end_error error;

	end_get_address(peer, &address);
	error = end_connect(end, &address);
	if (error.err)
		die(error.step, error.err);
}

static double time_pair(struct end *ends)
{
	double began = now_us(), took;

	create(&ends[0]);
	create(&ends[1]);
	connect_to(&ends[0], &ends[1]);
	connect_to(&ends[1], &ends[0]);
	took = now_us() - began;

	end_destroy_qp(&ends[0]);
	end_destroy_qp(&ends[1]);
	return took;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	static double times[MAX_COUNT];
	int option, i, count = 200, gid_index = 1;
	const char *device = NULL;
	struct end ends[2];

	while ((option = getopt(argc, argv, "d:g:n:")) != -1) {
		switch (option) {
		case 'd':
			device = optarg;
			break;
		case 'g':
			gid_index = atoi(optarg);
			break;
		case 'n':
			count = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (!device || count < 1 || count > MAX_COUNT)
		return 2;
	for (i = 0; i < 2; i++) {
		const char *why = end_open(&ends[i], device, gid_index);

		if (why)
			die(why, 0);
	}
	for (i = 0; i < count; i++)
		times[i] = time_pair(ends);
	qsort(times, count, sizeof(times[0]), compare);
	printf("%.0f\n", times[count / 2]);
	end_close(&ends[0]);
	end_close(&ends[1]);
	return EXIT_SUCCESS;
}
