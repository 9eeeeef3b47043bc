// SPDX-License-Identifier: GPL-2.0
/*
 * qp_watch -d DEVICE [-g GID_INDEX] [-p PORT] [-6] [ADDRESS]
 *	Connects an RC QP with the peer's and says "connected QPN to GID". Then
 *	a line for each asynchronous event; after a fatal one of the QP the
 *	state of the QP, and the end. Also ends after -t SECONDS without, or
 *	when its peer ends: "event: none".
 * qp_watch -d DEVICE [-g GID_INDEX] -n ADDRESS [-q QPN]
 *	Takes a QP towards ADDRESS, without a peer or with one that does not
 *	know, and says what the step to RTR gave: "rtr: Network is unreachable".
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verbs_end.h"
#include "verbs_peer.h"

#define NOBODYS_QPN	0xabcdef

static const char *const state_names[] = {
	"RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR", "UNKNOWN",
};

static void print_state(struct end *end)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;

	if (ibv_query_qp(end->qp, &attr, IBV_QP_STATE, &init))
		printf("state: %s\n", strerror(errno));
	else
		printf("state: %s\n", state_names[attr.qp_state]);
}

/* Returns true after a fatal event of the QP. */
static bool watch(struct end *end, int line, int timeout_ms)
{
	struct pollfd waits[] = {
		{ .fd = end->context->async_fd, .events = POLLIN },
		{ .fd = line, .events = POLLIN },
	};
	struct ibv_async_event event;

	while (poll(waits, 2, timeout_ms) > 0 && waits[0].revents) {
		if (ibv_get_async_event(end->context, &event))
			return false;
		printf("event: %s\n", ibv_event_type_str(event.event_type));
		ibv_ack_async_event(&event);
		if (event.event_type == IBV_EVENT_QP_FATAL) {
			print_state(end);
			return true;
		}
	}
	printf("event: none\n");
	return false;
}

static int try_address(struct end *end, const char *address, uint32_t qpn)
{
	struct end_address peer = { .qpn = qpn, .mtu = IBV_MTU_1024 };
	int err;

	if (end_gid_of_address(address, &peer.gid)) {
		fprintf(stderr, "%s: not an address\n", address);
		return EXIT_FAILURE;
	}
	err = end_to_init(end);
	if (err) {
		printf("init: %s\n", strerror(err));
		return EXIT_FAILURE;
	}
	err = end_to_rtr(end, &peer);
	printf("rtr: %s\n", err ? strerror(err) : "ok");
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int connect_and_watch(struct end *end, int line, int timeout_ms)
{
	struct end_address mine, peer;
	struct end_error error;
	const char *why = NULL;

	end_get_address(end, &mine);
	peer_swap(line, &mine, &peer, sizeof(mine));
	error = end_connect(end, &peer);
	if (error.err)
		why = because("%s: %s", error.step, strerror(error.err));
	why = peer_agree(line, why);
	if (why) {
		printf("not connected: %s\n", why);
		return EXIT_FAILURE;
	}
	printf("connected %u to %u\n", mine.qpn, peer.qpn);
	return watch(end, line, timeout_ms) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: qp_watch -d DEVICE [-g GID_INDEX] [-p PORT] [-t SECONDS] [-6] [ADDRESS]\n"
		"       qp_watch -d DEVICE [-g GID_INDEX] -n ADDRESS [-q QPN]\n");
	exit(2);
}

struct options {
	const char *device;
	const char *port;
	const char *unconnected;
	const char *peer;
	uint32_t qpn;
	int gid_index;
	int seconds;
	bool ipv6;
};

static void parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "d:g:p:t:n:q:6")) != -1) {
		switch (option) {
		case 'd':
			options->device = optarg;
			break;
		case 'g':
			options->gid_index = atoi(optarg);
			break;
		case 'p':
			options->port = optarg;
			break;
		case 't':
			options->seconds = atoi(optarg);
			break;
		case 'n':
			options->unconnected = optarg;
			break;
		case 'q':
			options->qpn = strtoul(optarg, NULL, 0);
			break;
		case '6':
			options->ipv6 = true;
			break;
		default:
			usage();
		}
	}
	options->peer = argv[optind];
	if (!options->device || (options->peer && options->unconnected))
		usage();
}

int main(int argc, char **argv)
{
	struct options options = {
		.port = PEER_DEFAULT_PORT,
		.gid_index = 1,
		.seconds = 60,
		.qpn = NOBODYS_QPN,
	};
	struct end end;
	const char *why;
	int line, status;

	parse(argc, argv, &options);
	setvbuf(stdout, NULL, _IOLBF, 0);
	why = end_open(&end, options.device, options.gid_index);
	if (!why)
		why = end_create_qp(&end, IBV_QPT_RC);
	if (why) {
		fprintf(stderr, "%s: %s: %s\n", options.device, why, strerror(errno));
		return EXIT_FAILURE;
	}
	if (options.unconnected) {
		status = try_address(&end, options.unconnected, options.qpn);
	} else {
		line = options.peer ? peer_dial(options.peer, options.port) :
				      peer_listen(options.port, options.ipv6);
		status = connect_and_watch(&end, line, options.seconds * 1000);
	}
	end_close(&end);
	return status;
}
