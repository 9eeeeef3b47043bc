// SPDX-License-Identifier: GPL-2.0-only
#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "agent.h"
#include "health.h"
#include "say.h"
#include "socket.h"

#define CONFIG_FILE	"/etc/freeflow/ffd.conf"

/* As ffctl: what was typed is wrong, or what was asked for failed. */
enum { EXIT_MISUSE = 2 };

struct options {
	const char *file;
	bool only_check;
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "test", no_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 }
};

static void print_usage(FILE *out)
{
	fputs("Usage: ffd [-c FILE] [-t]\n"
	      "  -c, --config FILE  configuration (" CONFIG_FILE ")\n"
	      "  -t, --test         check it and end\n"
	      "  -V, --version      print the version and end\n", out);
}

static void take_options(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:tVh", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'c':
			options->file = optarg;
			break;
		case 't':
			options->only_check = true;
			break;
		case 'V':
			puts("ffd " VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			print_usage(stdout);
			exit(EXIT_SUCCESS);
		default:
			print_usage(stderr);
			exit(EXIT_MISUSE);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "ffd: unknown word '%s'\n", argv[optind]);
		print_usage(stderr);
		exit(EXIT_MISUSE);
	}
}

static int open_module(struct agent *agent)
{
	int err = ff_open(&agent->handle);

	if (err)
		say(LOG_ERR, "The module cannot be reached: %s.",
		    ff_strerror(NULL, err));
	return err;
}

/* What knows nothing of others comes first. */
static int agent_init(struct agent *agent, sd_event *event)
{
	int err;

	err = places_init(&agent->places);
	if (!err)
		err = conflicts_init(&agent->conflicts, event, &agent->places);
	if (!err)
		err = open_module(agent);
	if (!err)
		err = policy_init(&agent->policy, event, agent->handle);
	if (!err)
		err = view_init(&agent->view, &agent->config, &agent->places,
				&agent->policy);
	if (!err)
		err = etcd_new(event, &agent->config, &agent->etcd);
	if (!err)
		err = routes_init(&agent->routes, event, &agent->config,
				  &agent->places, agent->handle);
	if (!err)
		err = publish_init(&agent->publish, event, &agent->config,
				   &agent->places, &agent->view, agent->etcd);
	if (!err)
		err = session_init(&agent->session, event, &agent->config,
				   agent->etcd, &agent->view, &agent->routes,
				   &agent->publish);
	if (!err)
		err = kernel_init(&agent->kernel, event, agent->handle,
				  &agent->places, &agent->policy);
	return err;
}

/* Routes and claims stay: the lease says how long the latter do. */
static void agent_free(struct agent *agent)
{
	kernel_free(&agent->kernel);
	session_free(&agent->session);
	publish_free(&agent->publish);
	routes_free(&agent->routes);
	etcd_free(agent->etcd);
	view_free(&agent->view);
	policy_free(&agent->policy);
	ff_close(agent->handle);
	conflicts_free(&agent->conflicts);
	places_free(&agent->places);
}

static int set_signals(sd_event *event)
{
	sigset_t signals;
	int err;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	/* Without a handler of its own, a signal ends the loop. */
	err = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
	if (err >= 0)
		err = sd_event_set_watchdog(event, true);
	return err;
}

static int serve(struct agent *agent, sd_event *event)
{
	struct status_socket socket = { .fd = -1 };
	struct health health = { 0 };
	int err;

	TAILQ_INIT(&socket.readers);
	err = agent_init(agent, event);
	if (err >= 0)
		err = health_init(&health, event, agent);
	if (err >= 0)
		err = socket_init(&socket, event, agent);
	if (err >= 0) {
		session_start(&agent->session);
		sd_notify(0, "READY=1");
		err = sd_event_loop(event);
		sd_notify(0, "STOPPING=1");
	}
	socket_free(&socket);
	health_free(&health);
	agent_free(agent);
	return err;
}

static void seed_random(void)
{
	unsigned int seed = 1;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = getpid();
	srandom(seed);
}

static int run(struct agent *agent)
{
	sd_event *event = NULL;
	int err;

	seed_random();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	err = sd_event_default(&event);
	if (err >= 0)
		err = set_signals(event);
	if (err >= 0)
		err = serve(agent, event);
	sd_event_unref(event);
	curl_global_cleanup();
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options = { .file = CONFIG_FILE };
	struct agent agent = { 0 };
	int status;

	take_options(argc, argv, &options);
	status = config_read(&agent.config, options.file, stderr) ?
		 EXIT_FAILURE : EXIT_SUCCESS;
	if (!status && !options.only_check)
		status = run(&agent);
	config_free(&agent.config);
	return status;
}
