/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * POST requests, many at a time, on the event loop. Nothing here waits.
 */
#ifndef FFD_HTTP_H
#define FFD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

struct config;
struct http;
struct http_request;

/*
 * Who asks is told what comes back.
 *
 * @data: a piece of the answer; false ends the request
 * @done: the end, once, unless cancelled: @status is the HTTP status, or 0
 *	without an answer, and @why says why there is none or it broke off, or
 *	is NULL. The request is gone afterwards.
 */
struct http_ops {
	bool (*data)(void *arg, const char *data, size_t size);
	void (*done)(void *arg, long status, const char *why);
};

int http_new(sd_event *event, const struct config *config, struct http **http);
void http_free(struct http *http);

/*
 * Send @body to @url, with @token if there is one. Only a request that is not
 * @endless has a time limit. NULL when out of memory.
 */
struct http_request *http_post(struct http *http, const char *url,
			       const char *token, const char *body,
			       bool endless, const struct http_ops *ops,
			       void *arg);
/* Not from within @data. */
void http_cancel(struct http_request *request);

#endif /* FFD_HTTP_H */
