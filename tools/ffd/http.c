// SPDX-License-Identifier: GPL-2.0-only
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "config.h"
#include "http.h"

/* A connection on which nothing comes for this long is asked whether it lives. */
#define KEEPALIVE_IDLE_S	15L
#define KEEPALIVE_INTERVAL_S	5L

#define HEADER_MAX_BYTES	2048

struct http {
	sd_event *event;
	const struct config *config;
	CURLM *multi;
	sd_event_source *timer;
};

struct http_request {
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	char error[CURL_ERROR_SIZE];
	const struct http_ops *ops;
	void *arg;
};

static void drop_request(struct http_request *request)
{
	curl_multi_remove_handle(request->http->multi, request->easy);
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	free(request->body);
	free(request);
}

static void end_request(const CURLMsg *msg)
{
	struct http_request *request;
	const struct http_ops *ops;
	char why[CURL_ERROR_SIZE];
	CURLcode err = msg->data.result;
	long status = 0;
	void *arg;

	curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &request);
	curl_easy_getinfo(msg->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	snprintf(why, sizeof(why), "%s", *request->error ? request->error :
							  curl_easy_strerror(err));
	ops = request->ops;
	arg = request->arg;
	drop_request(request);
	ops->done(arg, status, err ? why : NULL);
}

/* The end of one may end others: ask anew after each. */
static void end_requests(struct http *http)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(http->multi, &left)))
		if (msg->msg == CURLMSG_DONE)
			end_request(msg);
}

static int on_socket_ready(sd_event_source *source, int fd, uint32_t revents,
			   void *arg)
{
	struct http *http = arg;
	int running, what = 0;

	(void)source;
	if (revents & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (revents & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (revents & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	curl_multi_socket_action(http->multi, fd, what, &running);
	end_requests(http);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct http *http = arg;
	int running;

	(void)source;
	(void)usec;
	curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	end_requests(http);
	return 0;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
			void *socket_arg)
{
	struct http *http = arg;
	sd_event_source *source = socket_arg;
	uint32_t events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(source);
		curl_multi_assign(http->multi, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		events |= EPOLLOUT;
	if (source)
		return sd_event_source_set_io_events(source, events) < 0 ? -1 : 0;
	if (sd_event_add_io(http->event, &source, fd, events, on_socket_ready,
			    http) < 0)
		return -1;
	curl_multi_assign(http->multi, fd, source);
	return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http *http = arg;

	(void)multi;
	if (timeout_ms < 0)
		return sd_event_source_set_enabled(http->timer,
						   SD_EVENT_OFF) < 0 ? -1 : 0;
	if (sd_event_source_set_time_relative(http->timer,
					      timeout_ms * 1000ULL) < 0)
		return -1;
	return sd_event_source_set_enabled(http->timer,
					   SD_EVENT_ONESHOT) < 0 ? -1 : 0;
}

int http_new(sd_event *event, const struct config *config, struct http **out)
{
	struct http *http = calloc(1, sizeof(*http));
	int err;

	if (!http)
		return -ENOMEM;
	http->event = event;
	http->config = config;
	err = sd_event_add_time_relative(event, &http->timer, CLOCK_MONOTONIC,
					 0, 1000, on_timer, http);
	if (err < 0)
		goto err_free;
	sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
	http->multi = curl_multi_init();
	if (!http->multi) {
		err = -ENOMEM;
		goto err_free;
	}
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	*out = http;
	return 0;

err_free:
	sd_event_source_unref(http->timer);
	free(http);
	return err;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	curl_multi_cleanup(http->multi);
	sd_event_source_disable_unref(http->timer);
	free(http);
}

static size_t take_data(char *data, size_t size, size_t count, void *arg)
{
	struct http_request *request = arg;

	return request->ops->data(request->arg, data, size * count) ?
	       size * count : 0;
}

static bool add_headers(struct http_request *request, const char *token)
{
	char line[HEADER_MAX_BYTES];
	struct curl_slist *headers;

	/* A member of the store that has lost its leader must say so. */
	headers = curl_slist_append(NULL, "Grpc-Metadata-hasleader: true");
	if (headers && token) {
		snprintf(line, sizeof(line), "Authorization: %s", token);
		request->headers = headers;
		headers = curl_slist_append(headers, line);
	}
	if (headers)
		request->headers = headers;
	return headers;
}

static void set_tls(CURL *easy, const struct config *config)
{
	if (config->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
	if (config->cert_file) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, config->cert_file);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, config->key_file);
	}
}

static void set_options(struct http_request *request, const char *url,
			bool endless)
{
	const struct config *config = request->http->config;
	CURL *easy = request->easy;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
			 (long)config->request_timeout);
	if (!endless)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT,
				 (long)config->request_timeout);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	set_tls(easy, config);
}

struct http_request *http_post(struct http *http, const char *url,
			       const char *token, const char *body,
			       bool endless, const struct http_ops *ops,
			       void *arg)
{
	struct http_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->http = http;
	request->ops = ops;
	request->arg = arg;
	request->body = strdup(body);
	request->easy = curl_easy_init();
	if (!request->body || !request->easy || !add_headers(request, token))
		goto err_free;
	set_options(request, url, endless);
	if (curl_multi_add_handle(http->multi, request->easy))
		goto err_free;
	return request;

err_free:
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	free(request->body);
	free(request);
	return NULL;
}

void http_cancel(struct http_request *request)
{
	drop_request(request);
}
