/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file, ffd.conf(5): read once, checked whole. */
#ifndef FFD_CONFIG_H
#define FFD_CONFIG_H

#include <libfreeflow.h>
#include <stdbool.h>
#include <stdio.h>

#define CONFIG_LIST_MAX		64
#define HOST_NAME_LEN		63

/*
 * @tables: those served; none: all
 * @password: contents of password-file
 * @listen_port: 0: no /metrics
 */
struct config {
	char *endpoints[CONFIG_LIST_MAX];
	unsigned int nendpoints;
	char *ca_file;
	char *cert_file;
	char *key_file;
	char *user;
	char *password;
	char *prefix;
	char host_name[HOST_NAME_LEN + 1];
	struct ff_addr host_address;
	uint32_t tables[CONFIG_LIST_MAX];
	unsigned int ntables;
	uint32_t lease_ttl;
	uint32_t request_timeout;
	struct ff_addr listen;
	uint32_t listen_port;
	char *socket;
};

/*
 * Read @file into @config. Returns 0, or -1 after having written to @errors
 * what is wrong, where and with which field. Freed by config_free() either way.
 */
int config_read(struct config *config, const char *file, FILE *errors);
void config_free(struct config *config);

bool config_serves(const struct config *config, uint32_t table);

/* A host's name: letters, digits, '-', '_' and '.', and not too long. */
bool config_is_host_name(const char *name);

#endif /* FFD_CONFIG_H */
