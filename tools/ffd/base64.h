/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes as JSON carries them. */
#ifndef FFD_BASE64_H
#define FFD_BASE64_H

#include <stddef.h>

/* The text of @size bytes, to be freed; NULL when out of memory. */
char *base64_encode(const void *data, size_t size);

/*
 * The bytes of a text, with a NUL behind them, to be freed. NULL for a text
 * that is no base64, for bytes that hold a NUL, or when out of memory.
 */
char *base64_decode(const char *text);

#endif /* FFD_BASE64_H */
