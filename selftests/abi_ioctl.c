// SPDX-License-Identifier: GPL-2.0
/* Cases of abi_errors about the ioctl() ABI: the GID table, and what is left to write(). */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#include "abi_errors.h"
#include "raw_verbs.h"

#define MAX_ENTRIES	64

struct method {
	struct ib_uverbs_ioctl_hdr header;
	struct ib_uverbs_attr attr[8];
};

static struct ib_uverbs_gid_entry entries[MAX_ENTRIES];
static uint64_t count;
static uint32_t driver_id;

static struct method method_of(uint16_t object, uint16_t id, uint16_t num_attrs)
{
	return (struct method){
		.header = {
			.length = sizeof(struct ib_uverbs_ioctl_hdr) +
				  num_attrs * sizeof(struct ib_uverbs_attr),
			.object_id = object,
			.method_id = id,
			.num_attrs = num_attrs,
			.driver_id = driver_id,
		},
	};
}

static struct ib_uverbs_attr attr_of(uint16_t id, uint16_t len, uint64_t data)
{
	return (struct ib_uverbs_attr){
		.attr_id = id,
		.len = len,
		.flags = UVERBS_ATTR_F_MANDATORY,
		.data = data,
	};
}

/* A query of one entry as libibverbs makes it. */
static struct method sound_entry(const struct target *target)
{
	struct method method = method_of(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_ENTRY, 4);

	method.attr[0] = attr_of(UVERBS_ATTR_QUERY_GID_ENTRY_PORT, 8, 1);
	method.attr[1] = attr_of(UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX, 8, target->gid_index);
	method.attr[2] = attr_of(UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS, 4, 0);
	method.attr[3] = attr_of(UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, sizeof(entries[0]),
				 (uintptr_t)entries);
	return method;
}

static struct method sound_table(void)
{
	struct method method = method_of(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE, 4);

	method.attr[0] = attr_of(UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE, 8, sizeof(entries[0]));
	method.attr[1] = attr_of(UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, 4, 0);
	method.attr[2] = attr_of(UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, sizeof(entries),
				 (uintptr_t)entries);
	method.attr[3] = attr_of(UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, 8,
				 (uintptr_t)&count);
	return method;
}

static int call(int fd, struct method *method)
{
	return ioctl(fd, RDMA_VERBS_IOCTL, method) < 0 ? errno : 0;
}

static void headers(int fd, const struct target *target)
{
	struct bad_memory bad = bad_memory_get();
	struct method method;

#define SAY(name, field, value) do {				\
		method = sound_entry(target);			\
		method.field = (value);				\
		say("ioctl, " name, call(fd, &method));		\
	} while (0)

	SAY("sound", header.reserved1, 0);
	SAY("length one too short", header.length, method.header.length - 1);
	SAY("length without attributes", header.length, sizeof(method.header));
	SAY("length 0xffff", header.length, 0xffff);
	SAY("more attributes than the length", header.num_attrs, 5);
	SAY("0xffff attributes", header.num_attrs, 0xffff);
	SAY("first reserved word", header.reserved1, 1);
	SAY("second reserved word", header.reserved2, 1);
	SAY("another driver", header.driver_id, driver_id + 1);
	SAY("unknown object", header.object_id, 0xfff);
	SAY("a driver's object", header.object_id, 0x1000);
	SAY("unknown method", header.method_id, 0xfff);
	SAY("a driver's method", header.method_id, 0x1000);
#undef SAY
	say("ioctl, header unmapped", call(fd, bad.unmapped));
	say("ioctl, header in the kernel", call(fd, bad.kernel));
	method = method_of(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_ENTRY, 0);
	say("ioctl, no attributes", call(fd, &method));
}

/* A header whose attributes lie on the edge of mapped memory. */
static void split_method(int fd, const struct target *target)
{
	struct method method = sound_entry(target);
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t size = method.header.length;

	munmap(pages + 4096, 4096);
	memcpy(pages + 4096 - size, &method, size);
	say("ioctl, all attributes mapped", call(fd, (void *)(pages + 4096 - size)));
	memcpy(pages + 4096 - size + 8, &method, size - 8);
	say("ioctl, last attribute half mapped", call(fd, (void *)(pages + 4096 - size + 8)));
	munmap(pages, 4096);
}

static void attributes(int fd, const struct target *target)
{
	struct method method;

#define SAY(name, field, value) do {				\
		method = sound_entry(target);			\
		method.field = (value);				\
		say("GID entry, " name, call(fd, &method));	\
	} while (0)

	SAY("unknown mandatory attribute instead of one", attr[0].attr_id, 9);
	SAY("one attribute twice", attr[0].attr_id, 1);
	SAY("a number in 4 bytes", attr[0].len, 4);
	SAY("a number in 9 bytes", attr[0].len, 9);
	SAY("a number in 0 bytes", attr[0].len, 0);
	SAY("reserved bits of a number", attr[0].attr_data.reserved, 1);
	SAY("reserved bits of the entry", attr[3].attr_data.reserved, 0x100);
	SAY("flags in 8 bytes", attr[2].len, 8);
	SAY("flags in 5 bytes", attr[2].len, 5);
	SAY("flags in 3 bytes", attr[2].len, 3);
	SAY("a flag", attr[2].data, 1);
	SAY("a flag beyond the 4 bytes", attr[2].data, 1ull << 32);
	SAY("unknown attribute flags", attr[0].flags, 0xfffd);
	SAY("three of the attributes", header.num_attrs, 3);
#undef SAY
	method = sound_entry(target);
	method.header.num_attrs = 3;
	method.header.length -= sizeof(method.attr[0]);
	say("GID entry, no place for it", call(fd, &method));
	method = sound_entry(target);
	method.attr[4] = attr_of(9, 8, 0);
	method.attr[4].flags = 0;
	method.header.num_attrs = 5;
	method.header.length += sizeof(method.attr[0]);
	say("GID entry, unknown optional attribute", call(fd, &method));
	method.attr[4].attr_id = 0x1005;
	method.attr[4].flags = UVERBS_ATTR_F_MANDATORY;
	say("GID entry, unknown mandatory attribute of a driver", call(fd, &method));
}

static void gid_entry(int fd, const struct target *target)
{
	struct bad_memory bad = bad_memory_get();
	struct method method;

#define SAY(name, field, value) do {				\
		method = sound_entry(target);			\
		method.field = (value);				\
		say("GID entry, " name, call(fd, &method));	\
	} while (0)

	SAY("port 0", attr[0].data, 0);
	SAY("port 2", attr[0].data, 2);
	SAY("port 2^32 + 1", attr[0].data, (1ull << 32) + 1);
	SAY("an empty one", attr[1].data, 31);
	SAY("index 2^31", attr[1].data, 1u << 31);
	SAY("index 2^32", attr[1].data, 1ull << 32);
	SAY("31 bytes for it", attr[3].len, 31);
	SAY("0 bytes for it", attr[3].len, 0);
	SAY("unmapped", attr[3].data, (uintptr_t)bad.unmapped);
	SAY("read-only", attr[3].data, (uintptr_t)bad.read_only);
	SAY("in the kernel", attr[3].data, (uintptr_t)bad.kernel);
	SAY("at NULL", attr[3].data, 0);
	memset(entries, 0xff, sizeof(entries));
	SAY("64 bytes for it", attr[3].len, 64);
#undef SAY
	printf("GID %s, index %u, port %u, type %u, interface %s, behind it %llx %llx, flags %#x\n",
	       memcmp(entries[0].gid, target->gid, 16) ? "wrong" : "right", entries[0].gid_index,
	       entries[0].port_num, entries[0].gid_type, entries[0].netdev_ifindex ? "set" : "0",
	       (unsigned long long)entries[1].gid[0], (unsigned long long)entries[2].gid[0],
	       method.attr[3].flags);
}

static void gid_table_lengths(int fd)
{
	static const unsigned int sizes[] = { 8, 32, 40 };
	struct method method;
	unsigned int i, n;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (n = 1; n <= 4; n++) {
			method = sound_table();
			method.attr[0].data = sizes[i];
			method.attr[2].len = n * sizes[i];
			memset(entries, 0xff, sizeof(entries));
			count = 99;
			printf("room for %u of %u bytes, ", n, sizes[i]);
			say("GID table", call(fd, &method));
			printf("%llu found, flags %#x\n", (unsigned long long)count,
			       method.attr[2].flags | method.attr[3].flags);
		}
	}
}

static void gid_table(int fd)
{
	struct bad_memory bad = bad_memory_get();
	struct method method;

#define SAY(name, field, value) do {				\
		method = sound_table();			\
		method.field = (value);				\
		say("GID table, " name, call(fd, &method));	\
	} while (0)

	SAY("sound", attr[1].data, 0);
	SAY("a flag", attr[1].data, 1);
	SAY("flags left out", attr[1], attr_of(9, 0, 0));
	SAY("flags left out, no attribute in their place",
	    attr[1], ((struct ib_uverbs_attr){ .attr_id = 9 }));
	SAY("entries of 0 bytes", attr[0].data, 0);
	SAY("entries of 1 byte", attr[0].data, 1);
	SAY("entries of 2^32 bytes", attr[0].data, 1ull << 32);
	SAY("entries of 2^64 - 1 bytes", attr[0].data, ~0ull);
	SAY("entries that do not fit in", attr[0].data, 33);
	SAY("room for 0 bytes", attr[2].len, 0);
	SAY("entries unmapped", attr[2].data, (uintptr_t)bad.unmapped);
	SAY("entries read-only", attr[2].data, (uintptr_t)bad.read_only);
	SAY("entries in the kernel", attr[2].data, (uintptr_t)bad.kernel);
	SAY("count in 4 bytes", attr[3].len, 4);
	SAY("count unmapped", attr[3].data, (uintptr_t)bad.unmapped);
	SAY("count read-only", attr[3].data, (uintptr_t)bad.read_only);
#undef SAY
	gid_table_lengths(fd);
}

void ioctl_cases(const struct target *target)
{
	struct method entry, table;
	int fd = raw_open(target->node);

	driver_id = raw_driver_id(fd);
	entry = sound_entry(target);
	table = sound_table();
	say("GID entry without context", call(fd, &entry));
	say("GID table without context", call(fd, &table));
	say("GET_CONTEXT", raw_get_context(fd));
	say("unknown ioctl", ioctl(fd, 0xdead, 0) < 0 ? errno : 0);
	headers(fd, target);
	split_method(fd, target);
	attributes(fd, target);
	gid_entry(fd, target);
	gid_table(fd);
	close(fd);
}
