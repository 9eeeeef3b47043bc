// SPDX-License-Identifier: GPL-2.0-only
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

void print_list_begin(struct printer *printer)
{
	printer->objects = 0;
	if (printer->json)
		putchar('[');
}

void print_list_end(struct printer *printer)
{
	if (printer->json)
		puts(printer->pretty && printer->objects ? "\n]" : "]");
}

void print_object_begin(struct printer *printer)
{
	printer->words = 0;
	if (printer->json)
		printer->object = json_object_new_object();
}

void print_object_end(struct printer *printer)
{
	const int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
			  (printer->pretty ? JSON_C_TO_STRING_PRETTY |
					     JSON_C_TO_STRING_SPACED : 0);

	if (!printer->json) {
		putchar('\n');
		return;
	}
	if (printer->objects++)
		putchar(',');
	if (printer->pretty)
		putchar('\n');
	fputs(json_object_to_json_string_ext(printer->object, flags), stdout);
	json_object_put(printer->object);
	printer->object = NULL;
}

void print_inner_begin(struct printer *printer, const char *key)
{
	struct json_object *inner;

	if (!printer->json)
		return;
	inner = json_object_new_object();
	json_object_object_add(printer->object, key, inner);
	printer->outer = printer->object;
	printer->object = inner;
}

void print_inner_end(struct printer *printer)
{
	if (printer->json)
		printer->object = printer->outer;
}

static void print_word(struct printer *printer, const char *word)
{
	if (printer->words++)
		putchar(' ');
	fputs(word, stdout);
}

void print_words(struct printer *printer, const char *format, ...)
{
	char words[256];
	va_list args;

	if (printer->json)
		return;
	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	print_word(printer, words);
}

static void print_labelled(struct printer *printer, const char *label,
			   const char *value)
{
	if (!label)
		return;
	if (*label)
		print_word(printer, label);
	print_word(printer, value);
}

/* Containers choose some names: they must not reach the terminal raw. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

void print_string(struct printer *printer, const char *key, const char *label,
		  const char *value)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", value);
	make_printable(text);
	if (printer->json)
		json_object_object_add(printer->object, key,
				       json_object_new_string(text));
	else
		print_labelled(printer, label, text);
}

void print_number(struct printer *printer, const char *key, const char *label,
		  uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	if (printer->json)
		json_object_object_add(printer->object, key,
				       json_object_new_uint64(value));
	else
		print_labelled(printer, label, text);
}

void print_flag(struct printer *printer, const char *key, bool value)
{
	if (printer->json)
		json_object_object_add(printer->object, key,
				       json_object_new_boolean(value));
	else if (value)
		print_word(printer, key);
}

void print_enum(struct printer *printer, const char *key, const char *label,
		const char *const *names, size_t count, uint32_t value)
{
	if (value < count)
		print_string(printer, key, label, names[value]);
	else
		print_number(printer, key, label, value);
}

void print_null(struct printer *printer, const char *key)
{
	if (printer->json)
		json_object_object_add(printer->object, key, NULL);
}
