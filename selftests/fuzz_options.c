// SPDX-License-Identifier: GPL-2.0
/* The arguments of fuzzers. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz_options.h"
#include "fuzz_process.h"

static void usage(const char *mode)
{
	fprintf(stderr,
		"usage: %s -d NODE -a ADDRESS [-g GID_INDEX] [-n OPERATIONS] [-s SEED] [-j THREADS] [-m %s]\n"
		"       %s -d NODE -a ADDRESS [-g GID_INDEX] [-s SEED] -c CORPUS [-o OUT [-T SECONDS]]\n",
		program_invocation_short_name, mode, program_invocation_short_name);
	exit(2);
}

/* IPv4 addresses are GIDs as RoCE maps them. */
static bool parse_address(const char *address, uint8_t gid[16])
{
	memset(gid + 10, 0xff, 2);
	return inet_pton(AF_INET, address, gid + 12) == 1 ||
	       inet_pton(AF_INET6, address, gid) == 1;
}

void fuzz_parse(int argc, char **argv, const char *mode, struct fuzz_options *options)
{
	bool addressed = false;
	int option;

	while ((option = getopt(argc, argv, "d:a:g:n:s:j:m:" FUZZ_GUIDE_OPTIONS)) != -1) {
		switch (option) {
		case 'd':
			options->node = optarg;
			break;
		case 'a':
			addressed = parse_address(optarg, options->gid);
			break;
		case 'g':
			options->gid_index = atoi(optarg);
			break;
		case 'n':
			options->operations = atoi(optarg);
			break;
		case 's':
			options->seed = strtoull(optarg, NULL, 0);
			break;
		case 'j':
			options->threads = atoi(optarg);
			break;
		case 'm':
			if (strcmp(optarg, mode))
				usage(mode);
			options->special = true;
			break;
		default:
			if (!fuzz_guide_option(&options->guide, option, optarg))
				usage(mode);
		}
	}
	if (!options->node || !addressed || options->threads < 1 ||
	    options->threads > FUZZ_MAX_THREADS || optind != argc)
		usage(mode);
}
