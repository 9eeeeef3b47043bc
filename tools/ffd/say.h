/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sentences for the journal: one line each on standard error, with the priority
 * in front when the journal reads it. What cannot be printed becomes '?', so
 * that no value of the store reaches a terminal raw.
 */
#ifndef FFD_SAY_H
#define FFD_SAY_H

#include <syslog.h>

/* @priority: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO */
__attribute__((format(printf, 2, 3)))
void say(int priority, const char *format, ...);

#endif /* FFD_SAY_H */
