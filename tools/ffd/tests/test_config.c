// SPDX-License-Identifier: GPL-2.0-only
/* The configuration: what is taken, and what is said of what is not. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "harness.h"

#define FILE_NAME	"build/test.conf"
#define ENOUGH		"endpoint = http://a:1\nhost-address = 10.77.0.1\nhost-name = h1\n"

/* Reads @text as a configuration; what is said goes to @said. */
static int read_text(struct config *config, const char *text, char *said,
		     size_t size)
{
	FILE *file = fopen(FILE_NAME, "we"), *errors;
	int err;

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	memset(said, 0, size);
	errors = fmemopen(said, size, "w");
	err = config_read(config, FILE_NAME, errors);
	fclose(errors);
	return err;
}

static void check_refused(const char *text, const char *sentence)
{
	struct config config;
	char said[512];

	assert_int_equal(read_text(&config, text, said, sizeof(said)), -1);
	assert_string_equal(said, sentence);
	config_free(&config);
}

static void little_is_enough(void **state)
{
	struct config config;
	char said[512];

	(void)state;
	assert_int_equal(read_text(&config, ENOUGH, said, sizeof(said)), 0);
	assert_string_equal(said, "");
	assert_string_equal(config.prefix, "/freeflow/");
	assert_int_equal(config.lease_ttl, 30);
	assert_int_equal(config.listen_port, 9471);
	assert_true(config_serves(&config, 4711));
	config_free(&config);
}

static void all_is_taken(void **state)
{
	struct config config;
	char said[512];

	(void)state;
	assert_int_equal(read_text(&config,
				   "# all\n\n  endpoint=https://a:1\r\n"
				   "endpoint = https://[fd00::1]:2\n"
				   "ca-file = /dev/null\ncert-file = /dev/null\n"
				   "key-file = /dev/null\nprefix = /x/\n"
				   "host-name = h.1\nhost-address = fd77::1\n"
				   "tables = 0 7\nlease-ttl = 5\n"
				   "request-timeout = 60\nlisten = [::1]:80\n"
				   "socket = /run/x", said, sizeof(said)), 0);
	assert_int_equal(config.nendpoints, 2);
	assert_string_equal(config.endpoints[1], "https://[fd00::1]:2");
	assert_true(config_serves(&config, 7));
	assert_false(config_serves(&config, 8));
	assert_int_equal(config.listen.family, AF_INET6);
	assert_int_equal(config.listen_port, 80);
	config_free(&config);
}

static void errors_name_line_and_field(void **state)
{
	(void)state;
	check_refused("", FILE_NAME ": endpoint: is missing\n");
	check_refused("endpoint = http://a:1\n",
		      FILE_NAME ": host-address: is missing\n");
	check_refused("\nwords\n",
		      FILE_NAME ":2: 'words' is not of the form FIELD = VALUE\n");
	check_refused("color = red\n",
		      FILE_NAME ":1: there is no field 'color'\n");
	check_refused("prefix =\n", FILE_NAME ":1: prefix: the value is missing\n");
	check_refused("prefix = /a/\nprefix = /b/\n",
		      FILE_NAME ":2: prefix: it is there twice\n");
	check_refused("prefix = /a\n",
		      FILE_NAME ":1: prefix: '/a' does not end in '/'\n");
	check_refused("endpoint = ftp://a:1\n",
		      FILE_NAME ":1: endpoint: 'ftp://a:1' is not of the form http://HOST:PORT or https://HOST:PORT\n");
	check_refused("host-address = 224.0.0.1\n",
		      FILE_NAME ":1: host-address: '224.0.0.1' is no unicast address of a host\n");
	check_refused("host-name = a/b\n",
		      FILE_NAME ":1: host-name: 'a/b' is not 1 to 63 letters, digits, '-', '_' and '.'\n");
	check_refused("tables = 1 x\n",
		      FILE_NAME ":1: tables: 'x' is no number from 0 to 4294967295\n");
	check_refused("lease-ttl = 4\n",
		      FILE_NAME ":1: lease-ttl: '4' is no number from 5 to 3600\n");
	check_refused("listen = 127.0.0.1\n",
		      FILE_NAME ":1: listen: '127.0.0.1' is neither ADDRESS:PORT nor off\n");
	check_refused("ca-file = /nowhere\n",
		      FILE_NAME ":1: ca-file: '/nowhere' cannot be read: No such file or directory\n");
	check_refused("password-file = /dev/null\n",
		      FILE_NAME ":1: password-file: the first line of '/dev/null' is empty\n");
	check_refused(ENOUGH "user = u\n",
		      FILE_NAME ": password-file: is missing, but there is user\n");
	check_refused(ENOUGH "key-file = /dev/null\n",
		      FILE_NAME ": cert-file: is missing, but there is key-file\n");
	check_refused(ENOUGH "ca-file = /dev/null\n",
		      FILE_NAME ": endpoint: 'http://a:1' is not https://, but there is ca-file\n");
}

/* Any bytes: an answer, never a crash, and a sentence with every refusal. */
static void any_bytes_are_answered(void **state)
{
	static const char *const pieces[] = {
		"endpoint", "=", " ", "\n", "http://", "a:1", "listen", "[", "]",
		":", "tables", "4294967296", "-1", "\x01\xff", "#", "host-address",
		"10.77.0.1", "/", "prefix", "password-file", "/dev/null",
	};
	char text[2048], said[2048];
	struct config config;
	int round, i;

	(void)state;
	srandom(1);
	for (round = 0; round < 500; round++) {
		*text = '\0';
		for (i = random() % 24; i > 0; i--)
			strcat(text, pieces[random() % (sizeof(pieces) /
							sizeof(*pieces))]);
		if (read_text(&config, text, said, sizeof(said)))
			assert_non_null(strchr(said, '\n'));
		config_free(&config);
	}
	unlink(FILE_NAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_is_enough),
		cmocka_unit_test(all_is_taken),
		cmocka_unit_test(errors_name_line_and_field),
		cmocka_unit_test(any_bytes_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
