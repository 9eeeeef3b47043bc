// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "health.h"
#include "say.h"
#include "tell.h"

#define CONNECTIONS_MAX		16
#define CONNECTION_IDLE_S	30
#define OPENMETRICS \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

/* @text is freed; NULL: out of memory. */
static enum MHD_Result answer(struct MHD_Connection *connection,
			      unsigned int status, const char *type, char *text)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_health(const struct agent *agent,
				     struct MHD_Connection *connection)
{
	const char *trouble = session_trouble(&agent->session);
	char *text = NULL;

	if (asprintf(&text, "%s.\n", trouble ?: "All is well") < 0)
		text = NULL;
	return answer(connection, trouble ? MHD_HTTP_SERVICE_UNAVAILABLE :
					    MHD_HTTP_OK, "text/plain", text);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_size, void **context)
{
	const struct health *health = arg;

	(void)version;
	(void)upload;
	(void)context;
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			      "text/plain", strdup("GET is all there is.\n"));
	if (!strcmp(url, "/metrics"))
		return answer(connection, MHD_HTTP_OK, OPENMETRICS,
			      tell_metrics(health->agent));
	if (!strcmp(url, "/healthz"))
		return answer_health(health->agent, connection);
	return answer(connection, MHD_HTTP_NOT_FOUND, "text/plain",
		      strdup("There are /metrics and /healthz.\n"));
}

static void run(void *arg)
{
	struct health *health = arg;
	MHD_UNSIGNED_LONG_LONG timeout;

	MHD_run(health->daemon);
	if (MHD_get_timeout(health->daemon, &timeout) == MHD_YES)
		later_in_ms(&health->timeout, timeout);
	else
		later_never(&health->timeout);
}

static int on_ready(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	(void)source;
	(void)fd;
	(void)revents;
	run(arg);
	return 0;
}

static void set_address(const struct config *config,
			struct sockaddr_storage *storage)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
	struct sockaddr_in *v4 = (struct sockaddr_in *)storage;

	memset(storage, 0, sizeof(*storage));
	storage->ss_family = config->listen.family;
	if (config->listen.family == AF_INET) {
		v4->sin_port = htons(config->listen_port);
		memcpy(&v4->sin_addr, config->listen.bytes, 4);
	} else {
		v6->sin6_port = htons(config->listen_port);
		memcpy(&v6->sin6_addr, config->listen.bytes, 16);
	}
}

static int start_daemon(struct health *health, const struct config *config)
{
	unsigned int flags = MHD_USE_EPOLL;
	struct sockaddr_storage addr;

	set_address(config, &addr);
	if (config->listen.family == AF_INET6)
		flags |= MHD_USE_IPv6;
	health->daemon = MHD_start_daemon(flags, config->listen_port, NULL, NULL,
					  on_request, health,
					  MHD_OPTION_SOCK_ADDR, &addr,
					  MHD_OPTION_CONNECTION_LIMIT,
					  CONNECTIONS_MAX,
					  MHD_OPTION_CONNECTION_TIMEOUT,
					  CONNECTION_IDLE_S, MHD_OPTION_END);
	if (health->daemon)
		return 0;
	say(LOG_ERR, "listen: port %u cannot be listened on: %s.",
	    config->listen_port, strerror(errno));
	return -EADDRINUSE;
}

int health_init(struct health *health, sd_event *event,
		const struct agent *agent)
{
	const union MHD_DaemonInfo *info;
	int err;

	memset(health, 0, sizeof(*health));
	health->agent = agent;
	if (!agent->config.listen_port)
		return 0;
	err = start_daemon(health, &agent->config);
	if (!err)
		err = later_init(&health->timeout, event, run, health);
	if (err)
		return err;
	info = MHD_get_daemon_info(health->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	return sd_event_add_io(event, &health->source, info->epoll_fd, EPOLLIN,
			       on_ready, health);
}

void health_free(struct health *health)
{
	sd_event_source_disable_unref(health->source);
	later_free(&health->timeout);
	if (health->daemon)
		MHD_stop_daemon(health->daemon);
}
