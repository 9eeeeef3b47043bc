/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One printer for text and JSON. A list of objects is one line each as text,
 * and an array as JSON; each is printed as soon as it is complete, so lists
 * may be long.
 *
 * A value has a JSON key and a label. As text it prints as "LABEL VALUE", as
 * VALUE alone when the label is empty, and not at all when it is NULL.
 */
#ifndef FFCTL_PRINT_H
#define FFCTL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

struct printer {
	bool json;
	bool pretty;
	unsigned int words;
	unsigned int objects;
	struct json_object *object;
	struct json_object *outer;
};

void print_list_begin(struct printer *printer);
void print_list_end(struct printer *printer);
void print_object_begin(struct printer *printer);
void print_object_end(struct printer *printer);
/* An object within the object, in JSON only. */
void print_inner_begin(struct printer *printer, const char *key);
void print_inner_end(struct printer *printer);

/* Bytes that are no printable ASCII come out as '?'. */
void print_string(struct printer *printer, const char *key, const char *label,
		  const char *value);
void print_number(struct printer *printer, const char *key, const char *label,
		  uint64_t value);
/* As text: the key if @value is true. */
void print_flag(struct printer *printer, const char *key, bool value);
/* The name of @value, or its number when it has none. */
void print_enum(struct printer *printer, const char *key, const char *label,
		const char *const *names, size_t count, uint32_t value);
void print_null(struct printer *printer, const char *key);
/* As text only. */
void print_words(struct printer *printer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* FFCTL_PRINT_H */
