// SPDX-License-Identifier: GPL-2.0
/*
 * router_time socket|memory
 *	The round trip, in microseconds, of a request as long as that of a verb to
 *	a process that answers at once: over a Unix socket, or through shared
 *	memory at which that process looks all the time. It is how FreeFlow of
 *	NSDI'19 has a router carry out the verbs of containers; what the router
 *	does with the device comes on top.
 */

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "timing.h"

/* POST_SEND of one request with one element, and its response. */
#define REQUEST_SIZE	168
#define RESPONSE_SIZE	4
#define SAMPLES		101
#define ROUND_TRIPS	200

struct way {
	const char *name;
	void (*serve)(void);
	void (*ask)(const uint8_t *request, uint8_t *response);
};

enum { PROGRAM, ROUTER };
static int ends[2];

static struct slot {
	_Atomic uint32_t asked;
	_Atomic uint32_t answered;
	uint8_t request[REQUEST_SIZE];
	uint8_t response[RESPONSE_SIZE];
} *slot;

static void socket_serve(void)
{
	uint8_t request[REQUEST_SIZE], response[RESPONSE_SIZE] = { 0 };

	while (read(ends[ROUTER], request, sizeof(request)) == sizeof(request))
		if (write(ends[ROUTER], response, sizeof(response)) != sizeof(response))
			break;
}

static void socket_ask(const uint8_t *request, uint8_t *response)
{
	if (write(ends[PROGRAM], request, REQUEST_SIZE) != REQUEST_SIZE ||
	    read(ends[PROGRAM], response, RESPONSE_SIZE) != RESPONSE_SIZE)
		die("socket");
}

static void memory_serve(void)
{
	uint8_t request[REQUEST_SIZE];
	uint32_t count = 0;

	for (;;) {
		while (atomic_load_explicit(&slot->asked, memory_order_acquire) == count)
			;
		memcpy(request, slot->request, sizeof(request));
		memset(slot->response, request[0], sizeof(slot->response));
		atomic_store_explicit(&slot->answered, ++count, memory_order_release);
	}
}

static void memory_ask(const uint8_t *request, uint8_t *response)
{
	static uint32_t count;

	memcpy(slot->request, request, REQUEST_SIZE);
	atomic_store_explicit(&slot->asked, ++count, memory_order_release);
	while (atomic_load_explicit(&slot->answered, memory_order_acquire) != count)
		;
	memcpy(response, slot->response, RESPONSE_SIZE);
}

static const struct way ways[] = {
	{ "socket", socket_serve, socket_ask },
	{ "memory", memory_serve, memory_ask },
};

static const struct way *way_of(const char *name)
{
	const struct way *way;

	for (way = ways; way < ways + sizeof(ways) / sizeof(ways[0]); way++)
		if (!strcmp(way->name, name))
			return way;
	exit(2);
}

static double sample(const struct way *way)
{
	uint8_t request[REQUEST_SIZE] = { 0 }, response[RESPONSE_SIZE];
	double began = now_us();
	int i;

	for (i = 0; i < ROUND_TRIPS; i++)
		way->ask(request, response);
	return (now_us() - began) / ROUND_TRIPS;
}

int main(int argc, char **argv)
{
	const struct way *way = way_of(argc == 2 ? argv[1] : "");
	double samples[SAMPLES];
	pid_t router;
	int i;

	slot = mmap(NULL, sizeof(*slot), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slot == MAP_FAILED)
		die("mmap");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair");
	router = fork();
	if (router < 0)
		die("fork");
	if (!router) {
		way->serve();
		_exit(EXIT_SUCCESS);
	}
	for (i = 0; i < SAMPLES; i++)
		samples[i] = sample(way);
	kill(router, SIGKILL);
	printf("%.3f\n", median(samples, SAMPLES));
	return EXIT_SUCCESS;
}
