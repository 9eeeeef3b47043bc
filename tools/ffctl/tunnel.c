// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "object.h"
#include "value.h"

/* The digits of a key and one byte, to see whether there are more. */
#define KEY_DIGITS	(2 * FREEFLOW_TUNNEL_KEY_LEN)

void print_tunnel(struct ffctl *ctx, const struct ff_tunnel *tunnel)
{
	struct printer *printer = &ctx->printer;

	print_number(printer, "port", "port", tunnel->port);
	print_flag(printer, "key", tunnel->has_key);
	print_number(printer, "sent", "sent", tunnel->sent);
	print_number(printer, "received", "received", tunnel->received);
	print_number(printer, "malformed", "malformed", tunnel->malformed);
	print_number(printer, "unauthentic", "unauthentic",
		     tunnel->unauthentic);
	print_number(printer, "misrouted", "misrouted", tunnel->misrouted);
	print_number(printer, "undelivered", "undelivered",
		     tunnel->undelivered);
	print_number(printer, "overrun", "overrun", tunnel->overrun);
}

enum status tunnel_show(struct ffctl *ctx)
{
	struct keyword none[] = { { 0 } };
	struct ff_tunnel tunnel;
	enum status status;
	int err;

	status = take_keywords(ctx, none);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;

	print_list_begin(&ctx->printer);
	err = ff_tunnel_get(ctx->handle, &tunnel);
	if (!err) {
		print_object_begin(&ctx->printer);
		print_words(&ctx->printer, "tunnel");
		print_tunnel(ctx, &tunnel);
		print_object_end(&ctx->printer);
	}
	print_list_end(&ctx->printer);
	return ffctl_result(ctx, err);
}

static int digit_value(char digit)
{
	if (!isxdigit((unsigned char)digit))
		return -1;
	return isdigit((unsigned char)digit) ? digit - '0' :
					       (digit | 0x20) - 'a' + 10;
}

/* The bytes of KEY_DIGITS digits, after which only white space may come. */
static bool parse_key(const char *text, uint8_t *key)
{
	size_t i;

	if (strlen(text) < KEY_DIGITS ||
	    text[KEY_DIGITS + strspn(text + KEY_DIGITS, " \t\r\n")])
		return false;
	for (i = 0; i < FREEFLOW_TUNNEL_KEY_LEN; i++) {
		const int high = digit_value(text[2 * i]);
		const int low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = high << 4 | low;
	}
	return true;
}

static enum status read_key(const struct ffctl *ctx, const char *file,
			    uint8_t *key)
{
	const bool is_stdin = !strcmp(file, "-");
	enum status status = STATUS_OK;
	char text[KEY_DIGITS + 16];
	FILE *input;
	size_t size;

	input = is_stdin ? stdin : fopen(file, "re");
	if (!input)
		return fail(ctx, "%s: %s", file, strerror(errno));
	size = fread(text, 1, sizeof(text) - 1, input);
	text[size] = '\0';
	if (ferror(input))
		status = fail(ctx, "%s: %s", file, strerror(errno));
	else if (!feof(input) || !parse_key(text, key))
		status = fail(ctx, "%s: a key is %d hexadecimal digits", file,
			      KEY_DIGITS);
	explicit_bzero(text, sizeof(text));
	if (!is_stdin)
		fclose(input);
	return status;
}

static enum status tunnel_set(struct ffctl *ctx)
{
	struct ff_tunnel_config config = { 0 };
	uint8_t key[FREEFLOW_TUNNEL_KEY_LEN];
	const char *file = NULL;
	struct keyword keywords[] = {
		{ "port", value_port, &config.port },
		{ "key", value_file, &file },
		{ "nokey", NULL, &config.no_key },
		{ 0 }
	};
	enum status status;

	status = take_keywords(ctx, keywords);
	if (status)
		return status;
	if (file && config.no_key)
		return misuse(ctx, "say either 'key' or 'nokey'");
	if (!config.port && !file && !config.no_key)
		return misuse(ctx, "a port or a key is missing");
	if (file) {
		status = read_key(ctx, file, key);
		config.key = key;
	}
	if (!status)
		status = ffctl_connect(ctx);
	if (!status)
		status = ffctl_result(ctx, ff_tunnel_set(ctx->handle, &config));
	explicit_bzero(key, sizeof(key));
	return status;
}

const struct cmd tunnel_cmds[] = {
	{
		.name = "show",
		.summary = "show the channel between the hosts' modules",
		.run = tunnel_show,
	},
	{
		.name = "set",
		.usage = "[port PORT] [key FILE | nokey]",
		.summary = "change its UDP port, or the key that hosts share",
		.run = tunnel_set,
	},
	{ 0 }
};
