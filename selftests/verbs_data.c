// SPDX-License-Identifier: GPL-2.0
/*
 * Two ends of RC and UC connections, and of UD QPs, go through every opcode and
 * compare every byte; see verbs_transfer.c, verbs_behaviour.c, verbs_datagram.c
 * and verbs_shared.c.
 *
 *   verbs_data -d DEVICE -g GID_INDEX               server
 *   verbs_data -d DEVICE -g GID_INDEX ADDRESS       client, prints KTAP
 *   verbs_data -d DEVICE -g GID_INDEX -l DEVICE2 -G GID_INDEX2
 *                                                   both, as two processes
 */

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ktap.h"
#include "verbs_case.h"
#include "verbs_peer.h"

struct options {
	const char *device;
	const char *second_device;
	const char *peer;
	const char *port;
	int gid_index;
	int second_gid_index;
	bool ipv6;
	bool is_virtual;
	bool reliable_only;
	bool always_event;
};

const char *pair_connect(struct pair *pair, enum ibv_qp_type type)
{
	struct end_address mine = {};
	struct end_error error = {};
	const char *why;

	why = end_create_qp(&pair->end, type);
	if (!why)
		end_get_address(&pair->end, &mine);
	peer_swap(pair->line, &mine, &pair->remote, sizeof(mine));
	if (!why)
		error = end_connect(&pair->end, &pair->remote);
	if (error.err)
		why = because("%s: %s", error.step, strerror(error.err));
	why = peer_agree(pair->line, why);
	pair->connectable = !why;
	return why;
}

/* Receives that a failed case left behind must not count in the next one. */
void pair_disconnect(struct pair *pair)
{
	struct ibv_wc wc;

	end_destroy_qp(&pair->end);
	while (ibv_poll_cq(pair->end.send_cq, 1, &wc) > 0 ||
	       ibv_poll_cq(pair->end.recv_cq, 1, &wc) > 0)
		continue;
}

void report_case(struct pair *pair, const char *why, const char *name)
{
	if (why && pair->active)
		printf("# %s\n", why);
	ktap_result(!why, "%s", name);
}

static int run_pair(const struct options *options, const char *device, int gid_index, int line,
		    bool active)
{
	struct pair pair = {
		.line = line,
		.active = active,
		.is_virtual = options->is_virtual,
		.reliable_only = options->reliable_only,
		.always_event = options->always_event,
		.connectable = true,
	};
	const char *why;

	why = peer_agree(line, end_open(&pair.end, device, gid_index));
	if (why) {
		printf("# %s: %s\n", device, why);
		ktap_result(false, "open %s", device);
		return ktap_finish();
	}
	run_transfers(&pair);
	run_behaviours(&pair);
	if (!pair.reliable_only)
		run_datagrams(&pair);
	run_shared(&pair);
	end_close(&pair.end);
	return ktap_finish();
}

/* The passive end runs in a child whose results the active one prints too. */
static int run_both(const struct options *options)
{
	int line[2], status, result;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, line)) {
		perror("socketpair");
		return EXIT_FAILURE;
	}
	child = fork();
	if (child < 0) {
		perror("fork");
		return EXIT_FAILURE;
	}
	if (!child) {
		close(line[0]);
		if (!freopen("/dev/null", "w", stdout))
			_exit(EXIT_FAILURE);
		exit(run_pair(options, options->second_device, options->second_gid_index,
			      line[1], false));
	}
	close(line[1]);
	result = run_pair(options, options->device, options->gid_index, line[0], true);
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status))
		return EXIT_FAILURE;
	return result;
}

static void usage(void)
{
	fprintf(stderr,
		"usage: verbs_data -d DEVICE [-g GID_INDEX] [-p PORT] [-6] [-V] [-R] [-E] [ADDRESS]\n"
		"       verbs_data -d DEVICE [-g GID_INDEX] [-V] [-R] [-E] -l DEVICE2 [-G GID_INDEX2]\n"
		"-V: the device is a virtual one\n"
		"-R: RC only\n"
		"-E: armed for solicited receives, a CQ gives its event for any\n");
	exit(2);
}

static void parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "d:g:l:G:p:6VRE")) != -1) {
		switch (option) {
		case 'd':
			options->device = optarg;
			break;
		case 'g':
			options->gid_index = atoi(optarg);
			break;
		case 'l':
			options->second_device = optarg;
			break;
		case 'G':
			options->second_gid_index = atoi(optarg);
			break;
		case 'p':
			options->port = optarg;
			break;
		case 'V':
			options->is_virtual = true;
			break;
		case 'R':
			options->reliable_only = true;
			break;
		case 'E':
			options->always_event = true;
			break;
		case '6':
			options->ipv6 = true;
			break;
		default:
			usage();
		}
	}
	options->peer = argv[optind];
	if (!options->device || (options->peer && options->second_device))
		usage();
}

int main(int argc, char **argv)
{
	struct options options = {
		.port = PEER_DEFAULT_PORT,
		.gid_index = 1,
		.second_gid_index = 1,
	};
	int line;

	parse(argc, argv, &options);
	signal(SIGPIPE, SIG_IGN);
	ktap_start();
	if (options.second_device)
		return run_both(&options);
	line = options.peer ? peer_dial(options.peer, options.port) :
			      peer_listen(options.port, options.ipv6);
	return run_pair(&options, options.device, options.gid_index, line, options.peer);
}
