// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	char *text = malloc((size + 2) / 3 * 4 + 1), *out = text;
	size_t i, left;

	if (!text)
		return NULL;
	for (i = 0; i < size; i += 3) {
		uint32_t word = bytes[i] << 16;

		left = size - i;
		if (left > 1)
			word |= bytes[i + 1] << 8;
		if (left > 2)
			word |= bytes[i + 2];
		*out++ = digits[word >> 18];
		*out++ = digits[word >> 12 & 63];
		*out++ = left > 1 ? digits[word >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[word & 63] : '=';
	}
	*out = '\0';
	return text;
}

/* Bits of a group of four digits; -1 for one that is none. @pad: '=' in it. */
static int group_bits(const char *text, unsigned int pad)
{
	int bits = 0;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		const char *digit = strchr(digits, text[i]);

		if (i >= 4 - pad)
			digit = digits;
		else if (!digit)
			return -1;
		bits = bits << 6 | (digit - digits);
	}
	return bits;
}

char *base64_decode(const char *text)
{
	size_t len = strlen(text), i, used = 0;
	char *bytes;

	if (len % 4)
		return NULL;
	bytes = malloc(len / 4 * 3 + 1);
	if (!bytes)
		return NULL;
	for (i = 0; i < len; i += 4) {
		unsigned int pad = 0;
		int bits;

		if (i + 4 == len)
			pad = (text[i + 3] == '=') +
			      (text[i + 3] == '=' && text[i + 2] == '=');
		bits = group_bits(text + i, pad);
		if (bits < 0)
			goto err_free;
		bytes[used++] = bits >> 16;
		if (pad < 2)
			bytes[used++] = bits >> 8;
		if (pad < 1)
			bytes[used++] = bits;
	}
	bytes[used] = '\0';
	if (strlen(bytes) != used)
		goto err_free;
	return bytes;

err_free:
	free(bytes);
	return NULL;
}
