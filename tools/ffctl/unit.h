/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers with a unit, as people write them. */
#ifndef FFCTL_UNIT_H
#define FFCTL_UNIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "10mbit", from 8 bits a second on, as bytes a second; and "64k" as bytes. False
 * for anything else, and for what does not fit.
 */
bool unit_rate(const char *text, uint64_t *bytes);
bool unit_size(const char *text, uint64_t *bytes);

#endif /* FFCTL_UNIT_H */
