// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "config.h"

#define LINE_MAX_BYTES		1024
#define PASSWORD_MAX_BYTES	256

/* Where an error is: @field is NULL when it is in the line or the whole file. */
struct place_in_file {
	FILE *errors;
	const char *file;
	unsigned int line;
	const char *field;
};

__attribute__((format(printf, 2, 3)))
static int wrong(const struct place_in_file *at, const char *format, ...)
{
	va_list args;

	fprintf(at->errors, "%s:", at->file);
	if (at->line)
		fprintf(at->errors, "%u:", at->line);
	if (at->field)
		fprintf(at->errors, " %s:", at->field);
	fputc(' ', at->errors);
	va_start(args, format);
	vfprintf(at->errors, format, args);
	va_end(args);
	fputc('\n', at->errors);
	return -1;
}

static int take_text(const struct place_in_file *at, char **into,
		     const char *value)
{
	*into = strdup(value);
	return *into ? 0 : wrong(at, "out of memory");
}

static int take_file(const struct place_in_file *at, char **into,
		     const char *value)
{
	if (access(value, R_OK))
		return wrong(at, "'%s' cannot be read: %s", value,
			     strerror(errno));
	return take_text(at, into, value);
}

static int take_number(const struct place_in_file *at, uint32_t *into,
		       const char *value, uint32_t min, uint32_t max)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || errno || number < min ||
	    number > max)
		return wrong(at, "'%s' is no number from %u to %u", value, min,
			     max);
	*into = number;
	return 0;
}

static int take_endpoint(const struct place_in_file *at, struct config *config,
			 const char *value)
{
	const char *scheme = strncmp(value, "https://", 8) ? "http://" :
							     "https://";
	const char *host = value + strlen(scheme);

	if (strncmp(value, scheme, strlen(scheme)) || !*host || strchr(host, '/'))
		return wrong(at, "'%s' is not of the form http://HOST:PORT or https://HOST:PORT",
			     value);
	if (config->nendpoints == CONFIG_LIST_MAX)
		return wrong(at, "there are more than %d", CONFIG_LIST_MAX);
	return take_text(at, &config->endpoints[config->nendpoints++], value);
}

static int take_ca_file(const struct place_in_file *at, struct config *config,
			const char *value)
{
	return take_file(at, &config->ca_file, value);
}

static int take_cert_file(const struct place_in_file *at, struct config *config,
			  const char *value)
{
	return take_file(at, &config->cert_file, value);
}

static int take_key_file(const struct place_in_file *at, struct config *config,
			 const char *value)
{
	return take_file(at, &config->key_file, value);
}

static int take_user(const struct place_in_file *at, struct config *config,
		     const char *value)
{
	return take_text(at, &config->user, value);
}

static int take_password(const struct place_in_file *at, struct config *config,
			 const char *value)
{
	char password[PASSWORD_MAX_BYTES];
	FILE *file = fopen(value, "re");
	int err;

	if (!file)
		return wrong(at, "'%s' cannot be read: %s", value,
			     strerror(errno));
	if (!fgets(password, sizeof(password), file))
		*password = '\0';
	fclose(file);
	password[strcspn(password, "\r\n")] = '\0';
	if (!*password)
		return wrong(at, "the first line of '%s' is empty", value);
	err = take_text(at, &config->password, password);
	explicit_bzero(password, sizeof(password));
	return err;
}

static int take_prefix(const struct place_in_file *at, struct config *config,
		       const char *value)
{
	if (value[strlen(value) - 1] != '/')
		return wrong(at, "'%s' does not end in '/'", value);
	return take_text(at, &config->prefix, value);
}

static int take_host_name(const struct place_in_file *at, struct config *config,
			  const char *value)
{
	if (!config_is_host_name(value))
		return wrong(at, "'%s' is not 1 to %d letters, digits, '-', '_' and '.'",
			     value, HOST_NAME_LEN);
	strcpy(config->host_name, value);
	return 0;
}

static int take_host_address(const struct place_in_file *at,
			     struct config *config, const char *value)
{
	if (ff_addr_parse(value, &config->host_address))
		return wrong(at, "'%s' is no IPv4 or IPv6 address", value);
	if (!address_is_host(&config->host_address))
		return wrong(at, "'%s' is no unicast address of a host", value);
	return 0;
}

static int take_tables(const struct place_in_file *at, struct config *config,
		       const char *value)
{
	char words[LINE_MAX_BYTES], *rest = words, *word;

	if (!strcmp(value, "all"))
		return 0;
	strcpy(words, value);
	while ((word = strsep(&rest, " \t"))) {
		if (!*word)
			continue;
		if (config->ntables == CONFIG_LIST_MAX)
			return wrong(at, "there are more than %d",
				     CONFIG_LIST_MAX);
		if (take_number(at, &config->tables[config->ntables++], word, 0,
				UINT32_MAX))
			return -1;
	}
	return 0;
}

static int take_lease_ttl(const struct place_in_file *at, struct config *config,
			  const char *value)
{
	return take_number(at, &config->lease_ttl, value, 5, 3600);
}

static int take_timeout(const struct place_in_file *at, struct config *config,
			const char *value)
{
	return take_number(at, &config->request_timeout, value, 1, 60);
}

static int take_listen(const struct place_in_file *at, struct config *config,
		       const char *value)
{
	char text[LINE_MAX_BYTES], *host = text, *port;

	if (!strcmp(value, "off")) {
		config->listen_port = 0;
		return 0;
	}
	strcpy(text, value);
	port = strrchr(text, ':');
	if (!port)
		return wrong(at, "'%s' is neither ADDRESS:PORT nor off", value);
	*port++ = '\0';
	if (*host == '[' && port - 2 > host && port[-2] == ']') {
		port[-2] = '\0';
		host++;
	}
	if (ff_addr_parse(host, &config->listen))
		return wrong(at, "'%s' is no IPv4 or IPv6 address", host);
	return take_number(at, &config->listen_port, port, 1, UINT16_MAX);
}

static int take_socket(const struct place_in_file *at, struct config *config,
		       const char *value)
{
	if (*value != '/' || strlen(value) > 100)
		return wrong(at, "'%s' is no absolute path of at most 100 bytes",
			     value);
	return take_text(at, &config->socket, value);
}

static const struct field {
	const char *name;
	int (*take)(const struct place_in_file *at, struct config *config,
		    const char *value);
	bool repeats;
} fields[] = {
	{ "endpoint", take_endpoint, true },
	{ "ca-file", take_ca_file },
	{ "cert-file", take_cert_file },
	{ "key-file", take_key_file },
	{ "user", take_user },
	{ "password-file", take_password },
	{ "prefix", take_prefix },
	{ "host-name", take_host_name },
	{ "host-address", take_host_address },
	{ "tables", take_tables },
	{ "lease-ttl", take_lease_ttl },
	{ "request-timeout", take_timeout },
	{ "listen", take_listen },
	{ "socket", take_socket },
};

#define NFIELDS	(sizeof(fields) / sizeof(*fields))

static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static int take_line(struct place_in_file *at, struct config *config,
		     char *line, bool *seen)
{
	char *name = trim(line), *value = strchr(name, '=');
	unsigned int i;

	if (!*name || *name == '#')
		return 0;
	if (!value)
		return wrong(at, "'%s' is not of the form FIELD = VALUE", name);
	*value++ = '\0';
	name = trim(name);
	value = trim(value);
	for (i = 0; i < NFIELDS && strcmp(name, fields[i].name); i++)
		;
	if (i == NFIELDS)
		return wrong(at, "there is no field '%s'", name);
	at->field = name;
	if (!*value)
		return wrong(at, "the value is missing");
	if (seen[i] && !fields[i].repeats)
		return wrong(at, "it is there twice");
	seen[i] = true;
	return fields[i].take(at, config, value);
}

static int take_lines(struct place_in_file *at, struct config *config,
		      FILE *input)
{
	bool seen[NFIELDS] = { false };
	char line[LINE_MAX_BYTES];
	int err = 0;

	while (!err && fgets(line, sizeof(line), input)) {
		at->line++;
		at->field = NULL;
		if (!strchr(line, '\n') && !feof(input))
			err = wrong(at, "the line is longer than %d bytes",
				    LINE_MAX_BYTES - 2);
		else
			err = take_line(at, config, line, seen);
	}
	at->line = 0;
	at->field = NULL;
	if (!err && ferror(input))
		err = wrong(at, "%s", strerror(errno));
	return err;
}

static int set_defaults(const struct place_in_file *at, struct config *config)
{
	if (!config->prefix && take_text(at, &config->prefix, "/freeflow/"))
		return -1;
	if (!config->socket &&
	    take_text(at, &config->socket, "/run/freeflow/ffd.sock"))
		return -1;
	if (!*config->host_name &&
	    (gethostname(config->host_name, HOST_NAME_LEN) ||
	     !config_is_host_name(config->host_name)))
		return wrong(at, "host-name: is missing, and that of this machine cannot serve");
	return 0;
}

static int check_whole(const struct place_in_file *at,
		       const struct config *config)
{
	unsigned int i;

	if (!config->nendpoints)
		return wrong(at, "endpoint: is missing");
	if (config->host_address.family == AF_UNSPEC)
		return wrong(at, "host-address: is missing");
	if (!config->cert_file != !config->key_file)
		return wrong(at, "%s: is missing, but there is %s",
			     config->cert_file ? "key-file" : "cert-file",
			     config->cert_file ? "cert-file" : "key-file");
	if (!config->user != !config->password)
		return wrong(at, "%s: is missing, but there is %s",
			     config->user ? "password-file" : "user",
			     config->user ? "user" : "password-file");
	for (i = 0; config->ca_file && i < config->nendpoints; i++)
		if (!strncmp(config->endpoints[i], "http://", 7))
			return wrong(at, "endpoint: '%s' is not https://, but there is ca-file",
				     config->endpoints[i]);
	return 0;
}

int config_read(struct config *config, const char *file, FILE *errors)
{
	struct place_in_file at = { .errors = errors, .file = file };
	FILE *input = fopen(file, "re");
	int err;

	memset(config, 0, sizeof(*config));
	config->lease_ttl = 30;
	config->request_timeout = 5;
	config->listen_port = 9471;
	ff_addr_parse("127.0.0.1", &config->listen);
	if (!input)
		return wrong(&at, "%s", strerror(errno));
	err = take_lines(&at, config, input);
	fclose(input);
	if (!err)
		err = set_defaults(&at, config);
	return err ? err : check_whole(&at, config);
}

void config_free(struct config *config)
{
	unsigned int i;

	for (i = 0; i < config->nendpoints; i++)
		free(config->endpoints[i]);
	free(config->ca_file);
	free(config->cert_file);
	free(config->key_file);
	free(config->user);
	if (config->password)
		explicit_bzero(config->password, strlen(config->password));
	free(config->password);
	free(config->prefix);
	free(config->socket);
}

bool config_serves(const struct config *config, uint32_t table)
{
	unsigned int i;

	for (i = 0; i < config->ntables; i++)
		if (config->tables[i] == table)
			return true;
	return !config->ntables;
}

bool config_is_host_name(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

	return len && len <= HOST_NAME_LEN && !name[len];
}
