// SPDX-License-Identifier: GPL-2.0
/*
 * mr_time -d DEVICE
 *	Registers and deregisters memory regions of 4 KB to 256 MB, and says for
 *	each size the medians of the times, in microseconds.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../verbs_end.h"
#include "timing.h"

#define SMALLEST	((size_t)4 << 10)
#define LARGEST		((size_t)256 << 20)
#define MAX_ROUNDS	101
#define SMALL		((size_t)64 << 10)
#define WARM_UP		2000

static void *populated_memory(void)
{
	void *memory = mmap(NULL, LARGEST, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	/* What the kernel makes huge pages of is not the same in every run. */
	if (madvise(memory, LARGEST, MADV_NOHUGEPAGE))
		die("madvise");
	memset(memory, 1, LARGEST);
	return memory;
}

/* The first ones take up to 20 us more by turns, on the bare device as well. */
static void warm_up(struct ibv_pd *pd, void *memory, size_t size)
{
	struct ibv_mr *mr;
	int i;

	for (i = 0; i < WARM_UP; i++) {
		mr = ibv_reg_mr(pd, memory, size, END_ACCESS);
		if (!mr || ibv_dereg_mr(mr))
			die("warm_up");
	}
}

static void time_size(struct ibv_pd *pd, void *memory, size_t size)
{
	double registered[MAX_ROUNDS], deregistered[MAX_ROUNDS], began;
	int i, rounds = size <= (1 << 20) ? MAX_ROUNDS : 15;
	struct ibv_mr *mr;

	if (size <= SMALL)
		warm_up(pd, memory, size);
	for (i = 0; i < rounds; i++) {
		began = now_us();
		mr = ibv_reg_mr(pd, memory, size, END_ACCESS);
		registered[i] = now_us() - began;
		if (!mr)
			die("reg_mr");
		began = now_us();
		if (ibv_dereg_mr(mr))
			die("dereg_mr");
		deregistered[i] = now_us() - began;
	}
	printf("%zu %.2f %.2f\n", size, median(registered, rounds),
	       median(deregistered, rounds));
}

int main(int argc, char **argv)
{
	struct ibv_context *context;
	struct ibv_pd *pd;
	void *memory;
	size_t size;

	if (argc != 3 || strcmp(argv[1], "-d"))
		return 2;
	context = end_open_device(argv[2]);
	pd = context ? ibv_alloc_pd(context) : NULL;
	if (!pd)
		die(argv[2]);
	memory = populated_memory();
	for (size = SMALLEST; size <= LARGEST; size *= 4)
		time_size(pd, memory, size);
	return EXIT_SUCCESS;
}
