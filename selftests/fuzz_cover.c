// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcov.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "fuzz_cover.h"

#define AREA_WORDS	(1u << 19)
#define AFAR_WORDS	(1u << 14)
#define AFAR_HANDLE	(KCOV_SUBSYSTEM_COMMON | 0x4646u)

static int find_module(struct fuzz_cover *cover)
{
	FILE *modules = fopen("/proc/modules", "re");
	char line[512], name[64];
	int err = ENOENT;

	if (!modules)
		return errno;
	while (err && fgets(line, sizeof(line), modules)) {
		if (sscanf(line, "%63s %zu %*s %*s %*s %" SCNxPTR, name, &cover->size,
			   &cover->base) == 3 && !strcmp(name, "freeflow"))
			err = 0;
	}
	fclose(modules);
	return err;
}

int fuzz_cover_open(struct fuzz_cover *cover)
{
	int err = find_module(cover);

	if (err)
		return err;
	cover->numbers = calloc(cover->size, sizeof(*cover->numbers));
	cover->fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (!cover->numbers || cover->fd < 0 || ioctl(cover->fd, KCOV_INIT_TRACE, AREA_WORDS))
		return errno;
	cover->area = mmap(NULL, AREA_WORDS * sizeof(*cover->area), PROT_READ | PROT_WRITE,
			   MAP_SHARED, cover->fd, 0);
	return cover->area == MAP_FAILED ? errno : 0;
}

int fuzz_cover_begin(struct fuzz_cover *cover, bool from_afar)
{
	struct kcov_remote_arg afar = {
		.trace_mode = KCOV_TRACE_PC,
		.area_size = AFAR_WORDS,
		.common_handle = AFAR_HANDLE,
	};

	if (from_afar ? ioctl(cover->fd, KCOV_REMOTE_ENABLE, &afar) :
			ioctl(cover->fd, KCOV_ENABLE, KCOV_TRACE_PC))
		return errno;
	return 0;
}

static uint32_t number_of(struct fuzz_cover *cover, uintptr_t address)
{
	uint32_t *number;

	if (address - cover->base >= cover->size)
		return 0;
	number = &cover->numbers[address - cover->base];
	if (!*number && cover->count < FUZZ_BLOCKS) {
		cover->addresses[cover->count] = address;
		*number = ++cover->count;
	}
	return *number;
}

void fuzz_cover_end(struct fuzz_cover *cover, struct fuzz_blocks *blocks)
{
	unsigned long count = __atomic_load_n(&cover->area[0], __ATOMIC_ACQUIRE), i;
	uint32_t number;

	memset(blocks, 0, sizeof(*blocks));
	for (i = 1; i <= count; i++) {
		number = number_of(cover, cover->area[i]);
		if (number)
			blocks->bits[(number - 1) / 64] |= 1ull << (number - 1) % 64;
	}
	__atomic_store_n(&cover->area[0], 0, __ATOMIC_RELEASE);
}

void fuzz_cover_write(const struct fuzz_cover *cover, const struct fuzz_blocks *blocks, FILE *file)
{
	uint32_t i;

	for (i = 0; i < cover->count; i++) {
		if (blocks->bits[i / 64] >> i % 64 & 1)
			fprintf(file, "%016" PRIxPTR "\n", cover->addresses[i]);
	}
}

uint32_t fuzz_blocks_count(const struct fuzz_blocks *blocks)
{
	uint32_t count = 0, i;

	for (i = 0; i < FUZZ_BLOCKS / 64; i++)
		count += __builtin_popcountll(blocks->bits[i]);
	return count;
}

void fuzz_blocks_add(struct fuzz_blocks *blocks, const struct fuzz_blocks *others)
{
	uint32_t i;

	for (i = 0; i < FUZZ_BLOCKS / 64; i++)
		blocks->bits[i] |= others->bits[i];
}

void fuzz_blocks_remove(struct fuzz_blocks *blocks, const struct fuzz_blocks *others)
{
	uint32_t i;

	for (i = 0; i < FUZZ_BLOCKS / 64; i++)
		blocks->bits[i] &= ~others->bits[i];
}

void fuzz_blocks_intersect(struct fuzz_blocks *blocks, const struct fuzz_blocks *others)
{
	uint32_t i;

	for (i = 0; i < FUZZ_BLOCKS / 64; i++)
		blocks->bits[i] &= others->bits[i];
}

bool fuzz_blocks_contain(const struct fuzz_blocks *blocks, const struct fuzz_blocks *others)
{
	struct fuzz_blocks rest = *others;

	fuzz_blocks_remove(&rest, blocks);
	return !fuzz_blocks_count(&rest);
}
