/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel allocations, and copies from and to user memory, that fail: of those of
 * one thread the n-th from now on, by /proc/thread-self/fail-nth.
 */
#ifndef FREEFLOW_FAULT_NTH_H
#define FREEFLOW_FAULT_NTH_H

#include <stdbool.h>

/* Each returns 0 or an errno. Only act() meets the fault. */
struct fault_step {
	const char *name;
	int (*prepare)(void);	/* or NULL */
	int (*act)(void);
	int (*undo)(void);	/* or NULL: of prepare() and act(), however that ended */
};

/* What a step met until it ran untouched. */
struct fault_tally {
	unsigned int faults;
	unsigned int errors;	/* as the step told of */
};

/* Opens the control file. Returns whether this kernel has one. */
bool fault_open(void);
/* Arms the n-th fault of this thread; 0 disarms it. */
void fault_arm(unsigned int n);
/* Disarms it. Returns whether it was met. */
bool fault_disarm(void);

/*
 * Repeats a step, with the first fault, the second, and so on, until there was
 * none to meet. Returns NULL or a sentence.
 */
const char *fault_run(const struct fault_step *step, struct fault_tally *tally);

#endif /* FREEFLOW_FAULT_NTH_H */
