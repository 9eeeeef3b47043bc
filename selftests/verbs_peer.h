/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The line between the two processes of a test, beside the RDMA connection:
 * TCP, or a socket pair when both run on one machine. Two peers call the same
 * functions in the same order. A broken line ends the program.
 */
#ifndef FREEFLOW_VERBS_PEER_H
#define FREEFLOW_VERBS_PEER_H

#include <stdbool.h>
#include <stddef.h>

#define PEER_DEFAULT_PORT	"18515"

int peer_listen(const char *port, bool ipv6);
int peer_dial(const char *address, const char *port);

/* Give and take a block of the same size. */
void peer_swap(int line, const void *mine, void *theirs, size_t size);
void peer_meet(int line);

/*
 * Tell the peer whether this side is well (why == NULL) and hear the same of
 * it. Returns NULL when both are well, else a sentence.
 */
const char *peer_agree(int line, const char *why);

/* A sentence in a static buffer, for functions that return const char *. */
__attribute__((format(printf, 1, 2)))
const char *because(const char *fmt, ...);

#endif /* FREEFLOW_VERBS_PEER_H */
