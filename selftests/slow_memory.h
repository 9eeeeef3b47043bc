/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that does not come: a page of a network block device, mapped as this process's,
 * which its server, this process too, is in no hurry to read. As root, with the module
 * nbd (max_part=0).
 */
#ifndef FREEFLOW_SLOW_MEMORY_H
#define FREEFLOW_SLOW_MEMORY_H

#include <stdbool.h>

/* Returns 0 or an errno. */
int slow_memory_open(const char *device);

/* Puts a slow page where @page is; 0 or an errno. */
int slow_memory_map(void *page);

/* Whether somebody waits for it within the time. */
bool slow_memory_is_awaited(int timeout_ms);

/* From here on it comes. */
void slow_memory_release(void);

#endif /* FREEFLOW_SLOW_MEMORY_H */
