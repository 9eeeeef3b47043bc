// SPDX-License-Identifier: GPL-2.0
/* What goes into a command of fuzz_write, how it is spoilt and sent. */

#include <string.h>

#include "fuzz_shot.h"

/* Low ones more often, so that objects fit together at times. */
uint32_t pick_slot(struct shot *shot)
{
	struct fuzz_random *random = shot->random;

	return shot->world->storm ? 0 :
	       fuzz_below(random, 1 + fuzz_below(random, FUZZ_SLOTS));
}

/* A slot that holds a handle, as far as a few tries find one. */
uint32_t pick_used_slot(struct shot *shot, enum fuzz_kind kind)
{
	unsigned int tries;
	uint32_t slot = 0;

	for (tries = 0; tries < FUZZ_SLOTS; tries++) {
		slot = pick_slot(shot);
		if (atomic_load(&shot->file->handles[kind][slot]) != NO_HANDLE)
			break;
	}
	return slot;
}

uint32_t pick_handle(struct shot *shot, enum fuzz_kind kind)
{
	struct fuzz_random *random = shot->random;

	if (shot->world->sound)
		return atomic_load(&shot->file->handles[kind][0]);
	if (fuzz_one_in(random, 40))
		kind = fuzz_below(random, FUZZ_KINDS);
	if (fuzz_one_in(random, 60))
		return fuzz_next(random);
	if (fuzz_one_in(random, 40))
		return atomic_load(&shot->world->files[fuzz_below(random, shot->world->file_count)]
				   .handles[kind][pick_slot(shot)]);
	return atomic_load(&shot->file->handles[kind][pick_used_slot(shot, kind)]);
}

void remember(struct shot *shot, enum fuzz_kind kind, uint32_t handle)
{
	atomic_store(&shot->file->handles[kind][shot->slot], handle);
}

uint64_t pick_address(struct shot *shot)
{
	struct fuzz_random *random = shot->random;
	uint64_t arena = (uintptr_t)shot->world->arena;

	switch (fuzz_below(random, 40)) {
	case 0:
		return 0;
	case 1:
		return fuzz_next(random);
	case 2:
		return 0xffff888000000000ull + fuzz_below(random, 1u << 30);
	case 3:
		return (uintptr_t)shot->world->read_only + fuzz_below(random, 4096);
	case 4:
		return arena + FUZZ_ARENA_SIZE - fuzz_below(random, 64);
	case 5:
		return -(uint64_t)fuzz_below(random, 8192);
	default:
		return arena + fuzz_below(random, FUZZ_ARENA_SIZE / 2);
	}
}

uint32_t pick_length(struct shot *shot)
{
	switch (fuzz_below(shot->random, 20)) {
	case 0:
		return fuzz_next(shot->random);
	case 1:
		return 0;
	case 2:
		return fuzz_below(shot->random, FUZZ_ARENA_SIZE);
	default:
		return fuzz_below(shot->random, 4096);
	}
}

uint32_t pick_key(struct shot *shot)
{
	if (fuzz_one_in(shot->random, 10))
		return fuzz_next(shot->random);
	return atomic_load(&shot->file->keys[pick_slot(shot)]);
}

static void spoil_pointer(struct shot *shot)
{
	uint64_t address = pick_address(shot);

	memcpy(shot->message.body, &address, sizeof(address));
}

void spoil(struct shot *shot)
{
	struct fuzz_random *random = shot->random;
	uint64_t word;

	switch (fuzz_below(random, 7)) {
	case 0:
		shot->message.header.in_words = fuzz_next(random);
		break;
	case 1:
		shot->message.header.out_words = fuzz_below(random, 8);
		break;
	case 2:
		shot->size = fuzz_below(random, sizeof(shot->message.body));
		shot->message.header.in_words = (sizeof(shot->message.header) + shot->size) / 4;
		break;
	case 3:
		if (shot->response)
			spoil_pointer(shot);
		break;
	case 4:
		if (shot->size > 8)
			shot->message.body[8 + fuzz_below(random, shot->size - 8)] = fuzz_next(random);
		break;
	case 5:
		word = fuzz_one_in(random, 2) ? fuzz_next(random) : -1ull << fuzz_below(random, 64);
		if (shot->size > 16)
			memcpy(shot->message.body + 8 + (fuzz_below(random, shot->size - 12) & ~3u),
			       &word, 4);
		break;
	default:
		shot->message.header.command ^= 1u << fuzz_below(random, 32);
	}
}

int send_message(struct shot *shot)
{
	return raw_write(atomic_load(&shot->file->fd), &shot->message,
			 sizeof(shot->message.header) + shot->size);
}

void place_response(struct shot *shot, size_t size)
{
	shot->response = NULL;
	if (!size)
		return;
	shot->response = shot->world->arena + FUZZ_ARENA_SIZE / 2 +
			 (fuzz_below(shot->random, FUZZ_ARENA_SIZE / 2 - 65536) & ~7u);
	memset(shot->response, 0xff, size);
}

int fire(struct shot *shot, uint32_t command, size_t size, size_t response_size)
{
	uint64_t address;

	shot->size = size;
	shot->message.header.command = command;
	shot->message.header.in_words = (sizeof(shot->message.header) + size) / 4;
	shot->message.header.out_words = response_size / 4;
	place_response(shot, response_size);
	if (response_size) {
		address = (uintptr_t)shot->response;
		memcpy(shot->message.body, &address, sizeof(address));
	}
	if (!shot->world->sound && fuzz_one_in(shot->random, 6))
		spoil(shot);
	return send_message(shot);
}

void *body(struct shot *shot, size_t size)
{
	memset(shot->message.body, 0, size);
	return shot->message.body;
}

void random_body(struct shot *shot, size_t size)
{
	size_t i;

	body(shot, size);
	for (i = 8; i < size; i += 4)
		*(uint32_t *)(shot->message.body + i) =
			fuzz_one_in(shot->random, 2) ?
			pick_handle(shot, fuzz_below(shot->random, FUZZ_KINDS)) :
			fuzz_next(shot->random);
}
