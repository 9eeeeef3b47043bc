/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network configuration that a runtime passes on standard input. All of it
 * is checked when it is read: who uses it finds values of the right kind.
 */
#ifndef CNI_CONFIG_H
#define CNI_CONFIG_H

#include "problem.h"

struct json_object;

/* Versions of the specification, in their order. */
enum version {
	VERSION_0_3_1,
	VERSION_0_4_0,
	VERSION_1_0_0,
	VERSION_1_1_0,
	VERSIONS,
};

extern const char *const version_names[VERSIONS];

/* The container's interface that a device is on. */
struct attachment {
	const char *container_id;
	const char *ifname;
};

/* Of each resource, and of pinned memory. */
#define QUOTAS_MAX	(FREEFLOW_RES_TYPE_MAX + 2)

/*
 * @json: all of it; what follows points into it
 * @version: cniVersion
 * @network: name
 * @prev_result: an object, or NULL
 * @lower, @table, @datapath: of the device; @lower may be NULL
 * @quotas: of the container's network namespace
 * @rate, @burst: limit of the device, in bytes; 0: none, and left out
 * @cdi: file of CDI to keep up to date, or NULL
 * @valid: cni.dev/valid-attachments; NULL if it is not there
 */
struct config {
	struct json_object *json;
	enum version version;
	const char *network;
	struct json_object *prev_result;
	const char *lower;
	uint32_t table;
	uint32_t datapath;
	struct ff_quota_limit quotas[QUOTAS_MAX];
	size_t nquotas;
	uint64_t rate;
	uint64_t burst;
	const char *cdi;
	struct attachment *valid;
	size_t nvalid;
};

uint64_t quota_unlimited(uint32_t type);
/* As the configuration writes it. */
const char *quota_name(uint32_t type);

/* To be cleared whether it went well or not. 0 or -1. */
int config_parse(struct config *config, const char *text, size_t len,
		 struct problem *problem);
void config_clear(struct config *config);

/* The index of a version that we know, or -1. */
int version_find(const char *name);
/* As the specification writes container ids and names of networks. */
bool is_cni_id(const char *id);
/* A name that an interface can have. */
bool is_ifname(const char *name);

#endif /* CNI_CONFIG_H */
