// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as what ffctl reads of others: lines of a batch, a key, messages of the
 * kernel, the agent's answer. The first byte says which. What is refused is refused
 * with a sentence, text is printable, and JSON is JSON.
 */
#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cdi-spec.h"
#include "cmd.h"
#include "fake_kernel.h"

int ffctl_main(int argc, char **argv);

#define WORDS_MAX	16
#define NAME_SIZE	32

#define MIN(a, b)	((a) < (b) ? (a) : (b))

static const char *agent;
static const uint8_t *messages;
static size_t messages_left;

/* A file in memory, read from its beginning. */
static int memory(const void *data, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	assert(!lseek(fd, 0, SEEK_SET));
	return fd;
}

/* What ffctl would reach by a path: the agent, whatever the path, and no file. */

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int input = memory(agent, strlen(agent));

	(void)addr;
	(void)len;
	assert(dup2(input, fd) == fd);
	close(input);
	return 0;
}

int mkostemp(char *template, int flags)
{
	(void)template;
	(void)flags;
	errno = EROFS;
	return -1;
}

int cdi_spec_write(struct ff_handle *handle, const char *path,
		   cdi_unnamed_cb unnamed, void *arg, const char **what)
{
	(void)handle;
	(void)unnamed;
	(void)arg;
	*what = path;
	return -EROFS;
}

/* Who waits for an event is told that there will be none. */
int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds;
	(void)count;
	(void)timeout;
	fake_event_errno(EIO);
	return 1;
}

/*
 * The next of the messages up to an end: a byte for the type, one for the length in
 * words, two for the flags, and what follows the header.
 */
static bool next_message(struct fake_msg *msg, uint32_t seq)
{
	static const uint16_t types[] = { FAKE_FAMILY, NLMSG_ERROR, NLMSG_DONE };
	struct nlmsghdr *nlh = (struct nlmsghdr *)msg->data;
	const uint8_t *head = messages;
	uint16_t flags;
	size_t len;

	if (messages_left < 4)
		return false;
	messages += 4;
	messages_left -= 4;
	if (head[0] % 4 == 3)
		return false;
	len = MIN(head[1] * 4UL, messages_left);
	memcpy(&flags, head + 2, sizeof(flags));
	*nlh = (struct nlmsghdr){
		.nlmsg_len = NLMSG_HDRLEN + len,
		.nlmsg_type = types[head[0] % 4],
		.nlmsg_flags = flags,
		.nlmsg_seq = seq,
	};
	memcpy(msg->data + NLMSG_HDRLEN, messages, len);
	msg->len = nlh->nlmsg_len;
	messages += len;
	messages_left -= len;
	return true;
}

/*
 * After its messages the kernel agrees, but to one in four lines. Of a batch of routes
 * only refusals and the end are told.
 */
static void answer(const struct nlmsghdr *request)
{
	const bool is_dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	const int err = messages || request->nlmsg_seq % 4 ? 0 : -EEXIST;
	struct fake_msg msg;

	while (next_message(&msg, request->nlmsg_seq))
		fake_send(&msg);
	if (is_dump)
		fake_done(request, err, "there is one");
	else if (err || request->nlmsg_flags & NLM_F_ACK)
		fake_ack(request, err, "there is one");
}

static void check_json(const char *text)
{
	struct json_tokener *tokener = json_tokener_new();

	while (*text) {
		json_object_put(json_tokener_parse_ex(tokener, text,
						      strlen(text)));
		assert(json_tokener_get_error(tokener) == json_tokener_success);
		text += json_tokener_get_parse_end(tokener);
		text += strspn(text, "\n");
	}
	json_tokener_free(tokener);
}

static void check_text(const char *text)
{
	for (; *text; text++)
		assert(*text == '\n' || (*text >= ' ' && *text <= '~'));
}

/* Runs a line; its last word may be missing. */
static void run(const char *line, const char *last)
{
	const bool is_json = !strncmp(line, "-j", 2);
	FILE *const old_out = stdout, *const old_err = stderr;
	char *argv[WORDS_MAX + 1] = { "ffctl" };
	char *copy = strdup(line), *rest = copy;
	char *out = NULL, *err = NULL;
	size_t out_size, err_size;
	int argc = 1, status;

	while (rest && argc < WORDS_MAX - 1)
		argv[argc++] = strsep(&rest, " ");
	if (last)
		argv[argc++] = (char *)last;
	stdout = open_memstream(&out, &out_size);
	stderr = open_memstream(&err, &err_size);
	assert(copy && stdout && stderr);
	status = ffctl_main(argc, argv);
	fclose(stdout);
	fclose(stderr);
	stdout = old_out;
	stderr = old_err;
	assert(!status == !*err);
	assert(!*err || !strncmp(err, "ffctl: ", 7));
	if (is_json)
		check_json(out);
	else
		check_text(out);
	free(out);
	free(err);
	free(copy);
}

static void read_file(const char *line, const char *text, size_t size)
{
	int input = memory(text, size);
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", input);
	run(line, name);
	close(input);
}

static void read_messages(const char *text, size_t size)
{
	static const char *const lines[] = {
		"dev show", "-j dev show", "-j -p dev show ff0",
		"route show", "-j route show", "route get 10.0.0.1",
		"quota show", "-j quota show",
		"-j quota show netns /proc/self/ns/net",
		"limit show", "-j limit show", "-j limit show dev ff0",
		"lower show", "-j lower show",
		"res show qp", "-j res show qp", "-j -p res show mr",
		"stat show", "-j stat show", "-j -p stat show per qp dev ff0",
		"stat export -",
		"tunnel show", "-j tunnel show",
	};
	const uint8_t number = *text;

	messages = (const uint8_t *)text + 1;
	messages_left = size - 1;
	run(lines[number % (sizeof(lines) / sizeof(lines[0]))], NULL);
}

static void read_events(const char *text, size_t size)
{
	struct fake_msg msg;

	messages = (const uint8_t *)text + 1;
	messages_left = size - 1;
	while (next_message(&msg, 0))
		fake_event(&msg);
	run(*text % 2 ? "-j monitor" : "monitor", NULL);
}

static void read_agent(const char *text)
{
	agent = text + 1;
	run(*text % 2 ? "-j cluster show" : "cluster show table 7", NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size < 2)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	fake_kernel_reset(answer);
	agent = "";
	messages = NULL;
	messages_left = 0;
	switch (*data % 5) {
	case 0:
		read_file("-f -b", text, strlen(text));
		break;
	case 1:
		read_file("tunnel set key", text, strlen(text));
		break;
	case 2:
		read_messages((const char *)data + 1, size - 1);
		break;
	case 3:
		read_events((const char *)data + 1, size - 1);
		break;
	case 4:
		if (*text)
			read_agent(text);
		break;
	}
	free(text);
	return 0;
}
