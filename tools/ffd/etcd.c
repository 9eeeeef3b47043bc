// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "config.h"
#include "etcd.h"
#include "http.h"

/* Of one answer, which never needs more than a page of a list. */
#define ANSWER_MAX_BYTES	(16 * 1024 * 1024)
#define ANSWER_DEPTH		16
#define WHY_MAX_BYTES		256

/* gRPC's names for how a call ended. */
#define GRPC_NOT_FOUND		5
#define GRPC_OUT_OF_RANGE	11

struct etcd {
	const struct config *config;
	struct http *http;
	unsigned int endpoint;
	char *token;
};

/*
 * @buffer: what has come and is no whole answer yet
 * @end, @why: how it ends, if it is known before the request ends
 */
struct etcd_call {
	struct http_request *request;
	bool is_stream;
	char *buffer;
	size_t used;
	size_t size;
	enum etcd_end end;
	char why[WHY_MAX_BYTES];
	const struct etcd_ops *ops;
	void *arg;
};

int etcd_new(sd_event *event, const struct config *config, struct etcd **out)
{
	struct etcd *etcd = calloc(1, sizeof(*etcd));
	int err;

	if (!etcd)
		return -ENOMEM;
	etcd->config = config;
	err = http_new(event, config, &etcd->http);
	if (err) {
		free(etcd);
		return err;
	}
	*out = etcd;
	return 0;
}

void etcd_free(struct etcd *etcd)
{
	if (!etcd)
		return;
	http_free(etcd->http);
	etcd_set_token(etcd, NULL);
	free(etcd);
}

const char *etcd_endpoint(const struct etcd *etcd)
{
	return etcd->config->endpoints[etcd->endpoint];
}

void etcd_turn(struct etcd *etcd)
{
	etcd->endpoint = (etcd->endpoint + 1) % etcd->config->nendpoints;
	etcd_set_token(etcd, NULL);
}

void etcd_set_token(struct etcd *etcd, const char *token)
{
	free(etcd->token);
	etcd->token = token ? strdup(token) : NULL;
}

static void free_call(struct etcd_call *call)
{
	free(call->buffer);
	free(call);
}

static void fail_call(struct etcd_call *call, enum etcd_end end,
		      const char *why)
{
	call->end = end;
	snprintf(call->why, sizeof(call->why), "%s", why);
}

/* What the gateway says when the call failed: of a stream inside "error". */
static void take_error(struct etcd_call *call, struct json_object *error)
{
	struct json_object *text;
	int64_t code;

	code = etcd_number(error, "code") ?: etcd_number(error, "grpc_code");
	text = etcd_member(error, "message") ?: etcd_member(error, "error");
	fail_call(call, code == GRPC_NOT_FOUND ? ETCD_NOT_FOUND :
			code == GRPC_OUT_OF_RANGE ? ETCD_COMPACTED :
						    ETCD_REFUSED,
		  text ? json_object_get_string(text) : "it refused");
}

/* One answer, whole; false when no more are wanted. */
static bool take_answer(struct etcd_call *call, const char *text, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(ANSWER_DEPTH);
	struct json_object *answer, *error, *result;
	bool more = false;

	answer = tokener ? json_tokener_parse_ex(tokener, text, size) : NULL;
	json_tokener_free(tokener);
	if (!json_object_is_type(answer, json_type_object)) {
		fail_call(call, ETCD_AWAY, "its answer is no JSON object");
		json_object_put(answer);
		return false;
	}
	error = etcd_member(answer, "error");
	result = call->is_stream ? etcd_member(answer, "result") : answer;
	if (json_object_is_type(error, json_type_object))
		take_error(call, error);
	else if (error)
		take_error(call, answer);
	else if (!result)
		fail_call(call, ETCD_AWAY, "its answer has no result");
	else
		more = call->ops->message(call->arg, result);
	json_object_put(answer);
	return more;
}

static bool keep_data(struct etcd_call *call, const char *data, size_t size)
{
	size_t wanted = call->used + size + 1;
	char *larger;

	if (wanted > ANSWER_MAX_BYTES) {
		fail_call(call, ETCD_TOO_LONG, "its answer is too long");
		return false;
	}
	if (wanted > call->size) {
		wanted = wanted < 2 * call->size ? 2 * call->size : wanted;
		larger = realloc(call->buffer, wanted);
		if (!larger) {
			fail_call(call, ETCD_AWAY, "out of memory");
			return false;
		}
		call->buffer = larger;
		call->size = wanted;
	}
	memcpy(call->buffer + call->used, data, size);
	call->used += size;
	return true;
}

/* The answers of a stream end in a newline each. */
static bool take_lines(struct etcd_call *call, size_t searched)
{
	char *from = call->buffer, *end;
	bool more = true;

	while (more && (end = memchr(from + searched, '\n',
				     call->buffer + call->used - from -
				     searched))) {
		if (end > from)
			more = take_answer(call, from, end - from);
		from = end + 1;
		searched = 0;
	}
	call->used -= from - call->buffer;
	memmove(call->buffer, from, call->used);
	return more;
}

static bool on_data(void *arg, const char *data, size_t size)
{
	struct etcd_call *call = arg;
	size_t before = call->used;

	if (!keep_data(call, data, size))
		return false;
	return !call->is_stream || take_lines(call, before);
}

static void on_done(void *arg, long status, const char *why)
{
	struct etcd_call *call = arg;
	char http_status[32];

	if (call->end == ETCD_OK && why)
		fail_call(call, ETCD_AWAY, why);
	else if (call->end == ETCD_OK && call->is_stream && status == 200)
		fail_call(call, ETCD_AWAY, "it ended the stream");
	else if (call->end == ETCD_OK && (call->used || status == 200))
		take_answer(call, call->buffer ?: "", call->used);
	if (call->end == ETCD_OK && status != 200) {
		snprintf(http_status, sizeof(http_status), "HTTP status %ld",
			 status);
		fail_call(call, ETCD_AWAY, http_status);
	}
	call->ops->end(call->arg, call->end, call->why);
	free_call(call);
}

static const struct http_ops http_ops = { .data = on_data, .done = on_done };

static struct etcd_call *start_call(struct etcd *etcd, const char *path,
				    struct json_object *request, bool is_stream,
				    const struct etcd_ops *ops, void *arg)
{
	struct etcd_call *call = calloc(1, sizeof(*call));
	char *url = NULL;

	if (!call || asprintf(&url, "%s%s", etcd_endpoint(etcd), path) < 0) {
		free(call);
		json_object_put(request);
		return NULL;
	}
	call->is_stream = is_stream;
	call->ops = ops;
	call->arg = arg;
	call->request = http_post(etcd->http, url, etcd->token,
				  json_object_to_json_string_ext(request,
						JSON_C_TO_STRING_PLAIN),
				  is_stream, &http_ops, call);
	json_object_put(request);
	free(url);
	if (!call->request) {
		free_call(call);
		return NULL;
	}
	return call;
}

struct etcd_call *etcd_call(struct etcd *etcd, const char *path,
			    struct json_object *request,
			    const struct etcd_ops *ops, void *arg)
{
	return start_call(etcd, path, request, false, ops, arg);
}

struct etcd_call *etcd_stream(struct etcd *etcd, const char *path,
			      struct json_object *request,
			      const struct etcd_ops *ops, void *arg)
{
	return start_call(etcd, path, request, true, ops, arg);
}

void etcd_cancel(struct etcd_call *call)
{
	if (!call)
		return;
	http_cancel(call->request);
	free_call(call);
}

struct json_object *etcd_member(struct json_object *object, const char *name)
{
	struct json_object *member = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, name, &member);
	return member;
}

int64_t etcd_number(struct json_object *object, const char *name)
{
	struct json_object *member = etcd_member(object, name);
	const char *text;

	if (!json_object_is_type(member, json_type_string))
		return json_object_get_int64(member);
	/* Numbers of clusters use all of 64 bits. */
	text = json_object_get_string(member);
	return *text == '-' ? strtoll(text, NULL, 10) :
			      (int64_t)strtoull(text, NULL, 10);
}

char *etcd_bytes(struct json_object *object, const char *name)
{
	struct json_object *member = etcd_member(object, name);

	if (!member)
		return strdup("");
	if (!json_object_is_type(member, json_type_string))
		return NULL;
	return base64_decode(json_object_get_string(member));
}

void etcd_put_number(struct json_object *object, const char *name,
		     int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	json_object_object_add(object, name, json_object_new_string(text));
}

void etcd_put_bytes(struct json_object *object, const char *name,
		    const char *bytes)
{
	char *text = base64_encode(bytes, strlen(bytes));

	json_object_object_add(object, name, json_object_new_string(text ?: ""));
	free(text);
}
