// SPDX-License-Identifier: GPL-2.0
/*
 * A host that speaks to the tunnel of another one, well or badly.
 *
 * tunnel_probe -a HOST [-p PORT] [-t TABLE] -S SOURCE -D DESTINATION -q QPN
 *	Asks whether the QP is one of DESTINATION, a virtual address, in the name
 *	of SOURCE, and says what is answered: "there", "no such QP", "no such
 *	address", or "silence" after a second, or $SLOWNESS of them.
 * tunnel_probe ... [-L HOST] [-l PORT]
 *	Asks from this address, from a port that is not a module's.
 * tunnel_probe ... -m
 *	Asks as fast as it can, until it is killed, and waits for no answer.
 * tunnel_probe ... -f FROM -F TO
 *	Asks in a packet of which FROM and TO are the IPv6 addresses, whatever they
 *	are, and waits for no answer.
 * tunnel_probe ... [-s SEED] -n DATAGRAMS
 *	Sends garbage, and what is almost right: truncated, overlong, with
 *	flipped bits, from sources that are not routed here, answers to nobody.
 * tunnel_probe ... [-s SEED] -c CORPUS [-o OUT [-T SECONDS]]
 *	The same, guided as in fuzz_guide.h.
 */

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz_guide.h"

#define TUNNEL_VERSION	1
#define TUNNEL_MAD	1
#define TUNNEL_ASK	2
#define TUNNEL_SOURCE	3
#define TUNNEL_ANSWER	4

#define MAD_CLASS_CM	7
#define MAD_SEND	3
#define MAD_CM_REQ	0x10

#define ANSWER_TIMEOUT_MS	1000
#define BATCH			64
#define MAX_DATAGRAM		600
#define MAX_QUESTIONS		20
#define QPN_MASK		0xffffff

/* As kmod/tunnel.h has it. */
struct datagram {
	uint8_t version;
	uint8_t type;
	uint16_t zero;
	uint32_t table;
	struct in6_addr src;
	struct in6_addr dst;
	union {
		uint8_t mad[256];
		struct {
			uint64_t nonce;
			union {
				struct {
					uint32_t src_qpn;
					uint32_t qpn;
				};
				struct {
					uint32_t verdict;
					uint32_t reserved;
				};
			};
		};
	};
} __attribute__((packed));

#define HEADER_LEN	offsetof(struct datagram, mad)
#define QUESTION_LEN	(HEADER_LEN + 16)
#define MAD_LEN		(HEADER_LEN + 256)

struct options {
	const char *host;
	const char *port;
	const char *own_host;	/* if it matters */
	const char *own_port;	/* if it is another */
	uint32_t table;
	struct in6_addr src;
	struct in6_addr dst;
	uint32_t qpn;
	bool crowd;
	bool forge;
	struct in6_addr from;
	struct in6_addr to;
	uint64_t seed;
	unsigned long count;
	struct fuzz_guide_options guide;
};

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void parse_address6(const char *text, struct in6_addr *addr)
{
	if (inet_pton(AF_INET6, text, addr) != 1) {
		fprintf(stderr, "%s: not an address\n", text);
		exit(2);
	}
}

static void parse_address(const char *text, struct in6_addr *addr)
{
	char mapped[INET6_ADDRSTRLEN + 8];

	snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
	parse_address6(mapped, addr);
}

/* Hosts answer to their own port, and take up what is sent from there. */
static int open_socket(const struct options *options)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *to, *from;
	int fd;

	if (getaddrinfo(options->host, options->port, &hints, &to))
		die(options->host);
	hints.ai_family = to->ai_family;
	hints.ai_flags |= AI_PASSIVE;
	if (getaddrinfo(options->own_host, options->own_port ?: options->port, &hints, &from))
		die("own address");
	fd = socket(to->ai_family, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, from->ai_addr, from->ai_addrlen) ||
	    connect(fd, to->ai_addr, to->ai_addrlen))
		die(options->host);
	freeaddrinfo(to);
	freeaddrinfo(from);
	return fd;
}

static void start_datagram(const struct options *options, struct datagram *datagram,
			   uint8_t type)
{
	memset(datagram, 0, sizeof(*datagram));
	datagram->version = TUNNEL_VERSION;
	datagram->type = type;
	datagram->table = htonl(options->table);
	datagram->src = options->src;
	datagram->dst = options->dst;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static bool is_answer(const struct datagram *answer, ssize_t len,
		      const struct datagram *question)
{
	return len == (ssize_t)QUESTION_LEN && answer->version == TUNNEL_VERSION &&
	       answer->type == TUNNEL_ANSWER && !answer->zero &&
	       answer->table == question->table &&
	       !memcmp(&answer->src, &question->dst, sizeof(answer->src)) &&
	       !memcmp(&answer->dst, &question->src, sizeof(answer->dst)) &&
	       answer->nonce == question->nonce && !answer->reserved;
}

static int answer_timeout_ms(void)
{
	const char *slowness = getenv("SLOWNESS");

	return ANSWER_TIMEOUT_MS * (slowness ? atoi(slowness) : 1);
}

/* What else comes meanwhile is read, and said when there is no answer. */
static const char *wait_for_verdict(const struct datagram *question, int fd)
{
	static const char *const verdicts[] = { "there", "no such QP", "no such address" };
	int64_t end = now_ms() + answer_timeout_ms(), left;
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	const char *said = "silence";
	struct datagram answer;
	uint32_t verdict;
	ssize_t len;

	while ((left = end - now_ms()) > 0 && poll(&wait, 1, left) == 1) {
		len = recv(fd, &answer, sizeof(answer), 0);
		if (len < 0)	/* the port is closed */
			return "silence";
		if (!is_answer(&answer, len, question)) {
			said = "an answer to something else";
			continue;
		}
		verdict = ntohl(answer.verdict);
		return verdict < 3 ? verdicts[verdict] : "an unknown verdict";
	}
	return said;
}

static void start_question(const struct options *options, struct datagram *question)
{
	static uint32_t questions;

	start_datagram(options, question, TUNNEL_ASK);
	question->nonce = htobe64((uint64_t)getpid() << 32 | ++questions);
	question->qpn = htonl(options->qpn);
}

static const char *ask(const struct options *options, int fd)
{
	struct datagram question;

	start_question(options, &question);
	if (send(fd, &question, QUESTION_LEN, 0) != (ssize_t)QUESTION_LEN)
		return strerror(errno);
	return wait_for_verdict(&question, fd);
}

struct asker {
	const struct options *options;
	int fd;
};

static void *ask_on(void *arg)
{
	const struct asker *asker = arg;
	struct datagram question;

	start_question(asker->options, &question);
	for (;;)
		send(asker->fd, &question, QUESTION_LEN, 0);
	return NULL;
}

/* More of them than there are processors to answer on. */
static void crowd(const struct options *options, int fd)
{
	struct asker asker = { options, fd };
	long count = 2 * sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread;

	while (count--)
		if (pthread_create(&thread, NULL, ask_on, &asker))
			die("threads");
	pause();
}

struct packet {
	struct ip6_hdr ip;
	struct udphdr udp;
	struct datagram datagram;
} __attribute__((packed));

#define UDP_LEN	(sizeof(struct udphdr) + QUESTION_LEN)

/* Over the addresses, the pseudo-header's length and protocol, and what is carried. */
static uint16_t checksum(const struct packet *packet)
{
	const size_t end = offsetof(struct packet, udp) + UDP_LEN;
	uint32_t sum = htons(UDP_LEN) + htons(IPPROTO_UDP);
	uint16_t word;
	size_t i;

	for (i = offsetof(struct packet, ip.ip6_src); i < end; i += sizeof(word)) {
		memcpy(&word, (const char *)packet + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void forge(const struct options *options)
{
	struct addrinfo hints = { .ai_family = AF_INET6, .ai_flags = AI_NUMERICHOST };
	const uint16_t port = htons(strtoul(options->port, NULL, 0));
	const size_t len = offsetof(struct packet, udp) + UDP_LEN;
	struct packet packet = {
		.ip.ip6_flow = htonl(6 << 28),
		.ip.ip6_plen = htons(UDP_LEN),
		.ip.ip6_nxt = IPPROTO_UDP,
		.ip.ip6_hlim = 64,
		.ip.ip6_src = options->from,
		.ip.ip6_dst = options->to,
		.udp = { .source = port, .dest = port, .len = htons(UDP_LEN) },
	};
	struct addrinfo *next_hop;
	int fd;

	start_question(options, &packet.datagram);
	packet.udp.check = checksum(&packet);
	if (getaddrinfo(options->host, NULL, &hints, &next_hop))
		die(options->host);
	fd = socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0 || sendto(fd, &packet, len, 0, next_hop->ai_addr,
			     next_hop->ai_addrlen) != (ssize_t)len)
		die(options->host);
	freeaddrinfo(next_hop);
	close(fd);
}

/* A datagram that one thing is wrong with; returns its length. */
static size_t spoil(const struct options *options, struct fuzz_random *random, uint8_t *buffer)
{
	struct datagram *datagram = (struct datagram *)buffer;
	size_t len;

	start_datagram(options, datagram, 1 + fuzz_below(random, 4));
	fuzz_fill(random, datagram->mad, sizeof(datagram->mad));
	len = datagram->type == TUNNEL_MAD ? MAD_LEN : QUESTION_LEN;
	switch (fuzz_below(random, 6)) {
	case 0:		/* another length, with or without room for an authenticator */
		return fuzz_below(random, MAX_DATAGRAM);
	case 1:		/* from a neighbour of the source, routed nowhere */
		datagram->src.s6_addr[15] ^= 1 + fuzz_below(random, 255);
		return len;
	case 2:		/* from whom it is for */
		datagram->src = datagram->dst;
		return len;
	case 3:		/* from another tenant */
		datagram->table = fuzz_next(random);
		return len;
	case 4:		/* a bit of what describes it */
		buffer[fuzz_below(random, HEADER_LEN)] ^= 1 << fuzz_below(random, 8);
		return len;
	default:	/* an answer that nobody waits for */
		datagram->type = TUNNEL_ANSWER;
		return QUESTION_LEN;
	}
}

/* Returns its length. */
static size_t make_garbage(const struct options *options, struct fuzz_random *random,
			   uint8_t *buffer)
{
	size_t len;

	if (!fuzz_one_in(random, 4))
		return spoil(options, random, buffer);
	len = fuzz_below(random, MAX_DATAGRAM);
	fuzz_fill(random, buffer, len);
	return len;
}

static void flood(const struct options *options, int fd)
{
	struct fuzz_random random = { .state = options->seed };
	static uint8_t buffers[BATCH][MAX_DATAGRAM];
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec vectors[BATCH];
	unsigned long sent = 0;
	int i, now;

	while (sent < options->count) {
		for (i = 0; i < BATCH; i++) {
			vectors[i].iov_len = make_garbage(options, &random, buffers[i]);
			vectors[i].iov_base = buffers[i];
			messages[i].msg_hdr.msg_iov = &vectors[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		now = sendmmsg(fd, messages, BATCH, 0);
		if (now < 0 && errno != ECONNREFUSED)
			die("sendmmsg");
		sent += now > 0 ? now : 0;
	}
	printf("%lu\n", sent);
}

/* Of the connection manager, or anything. */
static void fill_mad(struct fuzz_random *random, uint8_t *mad)
{
	struct {
		uint8_t base_version;
		uint8_t class;
		uint8_t class_version;
		uint8_t method;
		uint8_t rest[12];
		uint16_t attribute;
	} __attribute__((packed)) header = { 1, MAD_CLASS_CM, 2, MAD_SEND, { 0 },
					     htons(MAD_CM_REQ + fuzz_below(random, 11)) };

	fuzz_fill(random, mad, sizeof(((struct datagram *)NULL)->mad));
	if (!fuzz_one_in(random, 4))
		memcpy(mad, &header, sizeof(header));
}

/* Nothing is wrong with it, but that nobody asked for it. */
static size_t make_sound(const struct options *options, struct fuzz_random *random,
			 uint8_t *buffer)
{
	struct datagram *datagram = (struct datagram *)buffer;

	start_datagram(options, datagram, 1 + fuzz_below(random, 4));
	datagram->nonce = fuzz_next(random);
	switch (datagram->type) {
	case TUNNEL_MAD:
		fill_mad(random, datagram->mad);
		return MAD_LEN;
	case TUNNEL_SOURCE:
		datagram->src_qpn = htonl(fuzz_next(random) & QPN_MASK);
		break;
	case TUNNEL_ANSWER:
		datagram->verdict = htonl(fuzz_below(random, 4));
		return QUESTION_LEN;
	default:
		break;
	}
	datagram->qpn = htonl(fuzz_one_in(random, 2) ? options->qpn : fuzz_next(random));
	return QUESTION_LEN;
}

/* Of the process of an input. */
static int guided_fd;

/*
 * Datagrams are taken up in turn: when a question is answered, what came before it has
 * been. It may get lost, as the others.
 */
static void wait_for_answer(void *context)
{
	const char *said = NULL;
	int tries;

	for (tries = 0; tries < MAX_QUESTIONS; tries++) {
		said = ask(context, guided_fd);
		if (!strcmp(said, "there"))
			return;
	}
	printf("# not answered: %s\n", said);
	_exit(EXIT_FAILURE);
}

static void begin_input(void *context)
{
	guided_fd = open_socket(context);
	wait_for_answer(context);
}

static void step_input(void *context, struct fuzz_random *random)
{
	static uint8_t buffer[MAX_DATAGRAM];
	size_t len = fuzz_one_in(random, 2) ? make_sound(context, random, buffer) :
					      make_garbage(context, random, buffer);

	send(guided_fd, buffer, len, 0);
}

static int guided(struct options *options)
{
	return fuzz_guide(&options->guide, &(struct fuzz_target){
		.begin = begin_input,
		.step = step_input,
		.end = wait_for_answer,
		.context = options,
		.from_afar = true,
	}, options->seed);
}

static void usage(void)
{
	fprintf(stderr,
		"usage: tunnel_probe -a HOST [-p PORT] [-t TABLE] -S SOURCE -D DESTINATION -q QPN\n"
		"       tunnel_probe ... [-L HOST] [-l PORT]\n"
		"       tunnel_probe ... -m\n"
		"       tunnel_probe ... -f FROM -F TO\n"
		"       tunnel_probe ... [-s SEED] -n DATAGRAMS\n"
		"       tunnel_probe ... [-s SEED] -c CORPUS [-o OUT [-T SECONDS]]\n");
	exit(2);
}

static void parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "a:p:L:l:t:S:D:q:mf:F:s:n:" FUZZ_GUIDE_OPTIONS)) != -1) {
		switch (option) {
		case 'a':
			options->host = optarg;
			break;
		case 'p':
			options->port = optarg;
			break;
		case 'L':
			options->own_host = optarg;
			break;
		case 'l':
			options->own_port = optarg;
			break;
		case 't':
			options->table = strtoul(optarg, NULL, 0);
			break;
		case 'S':
			parse_address(optarg, &options->src);
			break;
		case 'D':
			parse_address(optarg, &options->dst);
			break;
		case 'q':
			options->qpn = strtoul(optarg, NULL, 0);
			break;
		case 'm':
			options->crowd = true;
			break;
		case 'f':
			options->forge = true;
			parse_address6(optarg, &options->from);
			break;
		case 'F':
			options->forge = true;
			parse_address6(optarg, &options->to);
			break;
		case 's':
			options->seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			options->count = strtoul(optarg, NULL, 0);
			break;
		default:
			if (!fuzz_guide_option(&options->guide, option, optarg))
				usage();
		}
	}
	if (!options->host || optind != argc)
		usage();
}

int main(int argc, char **argv)
{
	struct options options = { .port = "14791", .seed = 1 };
	int fd;

	parse(argc, argv, &options);
	if (options.guide.corpus)
		return guided(&options);
	if (options.forge) {
		forge(&options);
		return EXIT_SUCCESS;
	}
	fd = open_socket(&options);
	if (options.crowd)
		crowd(&options, fd);
	else if (options.count)
		flood(&options, fd);
	else
		printf("%s\n", ask(&options, fd));
	return EXIT_SUCCESS;
}
