/* SPDX-License-Identifier: GPL-2.0 */
/* The groups of cases that abi_errors runs, one file each. */
#ifndef FREEFLOW_ABI_ERRORS_H
#define FREEFLOW_ABI_ERRORS_H

#include <stdint.h>

struct target {
	const char *node;
	uint8_t gid[16];
	uint8_t gid_index;
};

/* One line of output: the case and the name of its errno, or "ok". */
void say(const char *name, int err);

/* Addresses that no command may use. */
struct bad_memory {
	void *unmapped;
	void *read_only;
	void *kernel;
};

struct bad_memory bad_memory_get(void);

/* Runs cases in a child process and waits for it. */
void in_child(const struct target *target, void (*cases)(const struct target *target));

void header_cases(const struct target *target);
void context_cases(const struct target *target);
void handle_cases(const struct target *target);
void busy_cases(const struct target *target);
void response_cases(const struct target *target);
void mr_cases(const struct target *target);
void cq_cases(const struct target *target);
void qp_cases(const struct target *target);
void modify_cases(const struct target *target);
void post_send_cases(const struct target *target);
void queue_cases(const struct target *target);
void ah_cases(const struct target *target);
void srq_cases(const struct target *target);
void ud_cases(const struct target *target);
void extended_cases(const struct target *target);
void ioctl_cases(const struct target *target);
void process_cases(const struct target *target);

#endif /* FREEFLOW_ABI_ERRORS_H */
