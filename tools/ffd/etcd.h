/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * etcd's v3 API as its JSON gateway speaks it: calls that have one answer, and
 * streams of them. One endpoint at a time is talked to.
 */
#ifndef FFD_ETCD_H
#define FFD_ETCD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct config;
struct etcd;
struct etcd_call;

/* How a call ended. Of the store's own refusals those that ffd can mend. */
enum etcd_end {
	ETCD_OK,
	ETCD_AWAY,		/* no answer, or one that makes no sense */
	ETCD_REFUSED,
	ETCD_NOT_FOUND,		/* no such lease */
	ETCD_COMPACTED,		/* that revision is no more there */
	ETCD_TOO_LONG,		/* more in one answer than is taken */
};

/*
 * @message: an answer; of a stream, one of many, and false ends the stream
 * @end: the end, once, unless cancelled; the call is gone afterwards.
 *	@why is a phrase, "" if @end is ETCD_OK.
 */
struct etcd_ops {
	bool (*message)(void *arg, struct json_object *answer);
	void (*end)(void *arg, enum etcd_end end, const char *why);
};

int etcd_new(sd_event *event, const struct config *config, struct etcd **etcd);
void etcd_free(struct etcd *etcd);

const char *etcd_endpoint(const struct etcd *etcd);
/* Talk to the next endpoint from now on, and forget the token. */
void etcd_turn(struct etcd *etcd);
void etcd_set_token(struct etcd *etcd, const char *token);

/*
 * Ask @path with @request, which is put. NULL when out of memory. A stream has
 * no time limit.
 */
struct etcd_call *etcd_call(struct etcd *etcd, const char *path,
			    struct json_object *request,
			    const struct etcd_ops *ops, void *arg);
struct etcd_call *etcd_stream(struct etcd *etcd, const char *path,
			      struct json_object *request,
			      const struct etcd_ops *ops, void *arg);
/* Nothing for NULL. Not from within @message. */
void etcd_cancel(struct etcd_call *call);

/* A member of an answer, or 0, NULL; numbers of 64 bits come as texts. */
int64_t etcd_number(struct json_object *object, const char *name);
struct json_object *etcd_member(struct json_object *object, const char *name);
/* Bytes that came as base64, to be freed; NULL if they are none. */
char *etcd_bytes(struct json_object *object, const char *name);
void etcd_put_number(struct json_object *object, const char *name,
		     int64_t number);
void etcd_put_bytes(struct json_object *object, const char *name,
		    const char *bytes);

#endif /* FFD_ETCD_H */
