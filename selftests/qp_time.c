// SPDX-License-Identifier: GPL-2.0
/*
 * qp_time -d DEVICE [-g GID_INDEX] [-n COUNT]
 *	Connects COUNT pairs of RC QPs of a device, one after the other, and
 *	says the median of the times, in microseconds, from create_qp to RTS at
 *	both ends.
 *
 * qp_time -d DEVICE [-g GID_INDEX] [-n COUNT] -p PORT [ADDRESS]
 *	Does that with another qp_time, the one of which listens at a TCP port at
 *	ADDRESS; each says the times of its own end, without what they then tell
 *	each other.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verbs_end.h"
#include "verbs_peer.h"

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

static void connect_to(struct end *end, const struct end_address *peer)
{
	struct end_error error = end_connect(end, peer);

	if (error.err)
		die(error.step, error.err);
}

static double time_pair(struct end *ends)
{
	double began = now_us(), took;
	struct end_address addresses[2];
	int i;

	for (i = 0; i < 2; i++) {
		create(&ends[i]);
		end_get_address(&ends[i], &addresses[i]);
	}
	connect_to(&ends[0], &addresses[1]);
	connect_to(&ends[1], &addresses[0]);
	took = now_us() - began;

	end_destroy_qp(&ends[0]);
	end_destroy_qp(&ends[1]);
	return took;
}

static double time_end(struct end *end, int line)
{
	double began = now_us(), took;
	struct end_address own, peer;

	create(end);
	took = now_us() - began;
	end_get_address(end, &own);
	peer_swap(line, &own, &peer, sizeof(own));
	began = now_us();
	connect_to(end, &peer);
	took += now_us() - began;

	peer_meet(line);
	end_destroy_qp(end);
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
	int option, i, count = 200, gid_index = 1, line = -1;
	const char *device = NULL, *port = NULL;
	struct end ends[2];

	while ((option = getopt(argc, argv, "d:g:n:p:")) != -1) {
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
		case 'p':
			port = optarg;
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
	if (port)
		line = optind < argc ? peer_dial(argv[optind], port) :
				       peer_listen(port, false);
	for (i = 0; i < count; i++)
		times[i] = port ? time_end(ends, line) : time_pair(ends);
	qsort(times, count, sizeof(times[0]), compare);
	printf("%.0f\n", times[count / 2]);
	end_close(&ends[0]);
	end_close(&ends[1]);
	return EXIT_SUCCESS;
}
