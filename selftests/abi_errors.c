// SPDX-License-Identifier: GPL-2.0
/*
 * abi_errors -a ADDRESS [-g GID_INDEX] [-q] NODE
 *
 * Sends malformed and borderline commands to a uverbs node and prints what it
 * answers, one line for each. The output for two nodes can be compared: the
 * list holds only what the common layer of the ABI decides, or what every
 * driver must answer alike. ADDRESS is the node's own, that of GID_INDEX.
 *
 * -q: only POST_RECV and POLL_CQ, which not every driver has as commands.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi_errors.h"
#include "raw_verbs.h"

void say(const char *name, int err)
{
	printf("%s: %s\n", name, err ? strerrorname_np(err) : "ok");
}

struct bad_memory bad_memory_get(void)
{
	struct bad_memory bad = { .kernel = (void *)0xffff888000001000ul };

	bad.read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bad.unmapped = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bad.read_only == MAP_FAILED || bad.unmapped == MAP_FAILED) {
		perror("mmap");
		exit(EXIT_FAILURE);
	}
	munmap(bad.unmapped, 4096);
	return bad;
}

void in_child(const struct target *target, void (*cases)(const struct target *target))
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		cases(target);
		fflush(stdout);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status) {
		fprintf(stderr, "abi_errors: a child failed\n");
		exit(EXIT_FAILURE);
	}
}

static void say_write(int fd, const char *name, const void *bytes, size_t size)
{
	say(name, raw_write(fd, bytes, size));
}

static void short_headers(const struct target *target)
{
	struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_get_context cmd;
		uint32_t more;
	} message = { .header = { IB_USER_VERBS_CMD_GET_CONTEXT, 4, 2 } };
	struct bad_memory bad = bad_memory_get();
	int fd = raw_open(target->node);

	say_write(fd, "write of 0 bytes", &message, 0);
	say_write(fd, "write of 4 bytes", &message, 4);
	say_write(fd, "write of 7 bytes", &message, 7);
	say_write(fd, "write of a header alone", &message, 8);
	say_write(fd, "write of 17 bytes", &message, 17);
	say_write(fd, "in_words below the count", &message, 20);
	say_write(fd, "in_words above the count", &message, 12);
	say_write(fd, "header unmapped", bad.unmapped, 16);
	say_write(fd, "header at NULL", NULL, 16);
	say_write(fd, "header in the kernel", bad.kernel, 16);
	message.header.in_words = 2;
	say_write(fd, "in_words of a header alone", &message, 8);
	message.header.in_words = 0;
	say_write(fd, "in_words 0", &message, 16);
	message.header.in_words = 0xffff;
	say_write(fd, "in_words 0xffff", &message, 16);
	message.header.in_words = 4;
	message.header.out_words = 1;
	say_write(fd, "out_words too few", &message, 16);
	close(fd);
}

/* A command that lies on the edge of mapped memory. */
static void split_commands(const struct target *target)
{
	struct ib_uverbs_cmd_hdr header = { IB_USER_VERBS_CMD_GET_CONTEXT, 4, 2 };
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = raw_open(target->node);

	munmap(pages + 4096, 4096);
	memcpy(pages + 4088, &header, sizeof(header));
	say_write(fd, "body unmapped", pages + 4088, 16);
	memcpy(pages + 4084, &header, sizeof(header));
	say_write(fd, "body half mapped", pages + 4084, 16);
	munmap(pages, 4096);
	close(fd);
}

static void unknown_commands(const struct target *target)
{
	static const struct {
		const char *name;
		uint32_t command;
	} unknown[] = {
		{ "command MODIFY_AH", IB_USER_VERBS_CMD_MODIFY_AH },
		{ "command QUERY_AH", IB_USER_VERBS_CMD_QUERY_AH },
		{ "command REG_SMR", IB_USER_VERBS_CMD_REG_SMR },
		{ "command QUERY_MR", IB_USER_VERBS_CMD_QUERY_MR },
		{ "command BIND_MW", IB_USER_VERBS_CMD_BIND_MW },
		{ "command PEEK_CQ", IB_USER_VERBS_CMD_PEEK_CQ },
		{ "command OPEN_XRCD", IB_USER_VERBS_CMD_OPEN_XRCD },
		{ "command 41", 41 },
		{ "command 255", 255 },
		{ "command with bit 8", 0x100 },
		{ "command with bit 30", 0x40000000 },
		{ "extended command 49", IB_USER_VERBS_CMD_FLAG_EXTENDED | 49 },
		{ "extended command 255", IB_USER_VERBS_CMD_FLAG_EXTENDED | 255 },
		{ "extended command with bit 8", IB_USER_VERBS_CMD_FLAG_EXTENDED | 0x100 },
	};
	uint64_t body[8] = {};
	unsigned int i;
	int fd;

	fd = raw_session(target->node);
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		say(unknown[i].name, raw_call(fd, unknown[i].command, body, sizeof(body), NULL, 0));
	close(fd);
}

void header_cases(const struct target *target)
{
	short_headers(target);
	split_commands(target);
	unknown_commands(target);
}

static void without_context(const struct target *target)
{
	struct ib_uverbs_query_device_resp device;
	struct ib_uverbs_query_device query = {};
	struct ib_uverbs_create_qp_resp qp;
	struct ib_uverbs_reg_mr_resp mr;
	static uint8_t memory[4096];
	int fd = raw_open(target->node);
	uint32_t handle;

	say("QUERY_DEVICE without context", raw_call(fd, IB_USER_VERBS_CMD_QUERY_DEVICE, &query,
						     sizeof(query), &device, sizeof(device)));
	say("ALLOC_PD without context", raw_alloc_pd(fd, &handle));
	say("CREATE_COMP_CHANNEL without context", raw_create_channel(fd, &handle));
	say("CREATE_CQ without context", raw_create_cq(fd, 4, -1, &handle));
	say("REG_MR without context", raw_reg_mr(fd, 0, memory, sizeof(memory), 0, &mr));
	say("CREATE_QP without context", raw_create_qp(fd, raw_qp_request(0, 0), &qp));
	say("DEALLOC_PD without context", raw_dealloc_pd(fd, 0));
	say("DESTROY_QP without context", raw_destroy_qp(fd, 0));
	close(fd);
}

void context_cases(const struct target *target)
{
	struct ib_uverbs_get_context cmd = {};
	struct bad_memory bad = bad_memory_get();
	int fd;

	without_context(target);
	fd = raw_open(target->node);
	say("GET_CONTEXT, response unmapped",
	    raw_call(fd, IB_USER_VERBS_CMD_GET_CONTEXT, &cmd, sizeof(cmd), bad.unmapped, 72));
	say("GET_CONTEXT after a failed one", raw_get_context(fd));
	say("GET_CONTEXT again", raw_get_context(fd));
	close(fd);
}

static void usage(void)
{
	fprintf(stderr, "usage: abi_errors -a ADDRESS [-g GID_INDEX] [-q] NODE\n");
	exit(2);
}

static void parse_address(struct target *target, const char *text)
{
	if (inet_pton(AF_INET6, text, target->gid) == 1)
		return;
	memset(target->gid + 10, 0xff, 2);
	if (inet_pton(AF_INET, text, target->gid + 12) != 1)
		usage();
}

static void all_drivers_cases(const struct target *target)
{
	header_cases(target);
	context_cases(target);
	handle_cases(target);
	busy_cases(target);
	response_cases(target);
	mr_cases(target);
	cq_cases(target);
	qp_cases(target);
	modify_cases(target);
	post_send_cases(target);
	ah_cases(target);
	srq_cases(target);
	ud_cases(target);
	extended_cases(target);
	ioctl_cases(target);
	process_cases(target);
}

int main(int argc, char **argv)
{
	struct target target = { .gid_index = 1 };
	int option, addresses = 0, queues = 0;

	while ((option = getopt(argc, argv, "a:g:q")) != -1) {
		switch (option) {
		case 'a':
			parse_address(&target, optarg);
			addresses++;
			break;
		case 'g':
			target.gid_index = atoi(optarg);
			break;
		case 'q':
			queues++;
			break;
		default:
			usage();
		}
	}
	target.node = argv[optind];
	if (!target.node || addresses != 1)
		usage();
	if (queues)
		queue_cases(&target);
	else
		all_drivers_cases(&target);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
