/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A store that a test makes say what it likes: pairs as etcd tells them, and a
 * server of its JSON gateway on the test's own event loop.
 */
#ifndef FFD_TESTS_STORE_H
#define FFD_TESTS_STORE_H

#include <json-c/json.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* A KeyValue with these bytes, to be put. */
struct json_object *store_pair(const char *key, const char *value,
			       int64_t created);

/* What was said last, in place of say.c, and how often something was. */
extern char store_said[1024];
extern unsigned int store_sentences;

/*
 * Answers requests by @answer, which sends with store_answer() or, for a
 * stream, store_begin() and later store_send(). @watch is the stream that was
 * begun last, or -1.
 */
struct store {
	sd_event *event;
	sd_event_source *source;
	int fd;
	int watch;
	unsigned int visitors;
	void (*answer)(struct store *store, int fd, const char *path,
		       struct json_object *request);
};

void store_start(struct store *store, sd_event *event);
void store_stop(struct store *store);
uint16_t store_port(const struct store *store);

/* A whole answer; the connection ends with it. */
void store_answer(int fd, int status, const char *json);
/* The beginning of a stream. */
void store_begin(struct store *store, int fd);
/* Bytes of the stream, as they are, and its end. */
void store_send(struct store *store, const char *bytes);
void store_cut(struct store *store);

#endif /* FFD_TESTS_STORE_H */
