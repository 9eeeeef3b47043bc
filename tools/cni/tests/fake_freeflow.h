/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module for tests, on the library's fake kernel: devices that can be made,
 * listed and deleted, the quotas of one namespace, the limit of one device, and
 * requests that fail.
 */
#ifndef FAKE_FREEFLOW_H
#define FAKE_FREEFLOW_H

#include <libfreeflow.h>

#define FAKE_DEVS	4
/* Devices have this address, and one lower device is there. */
#define FAKE_ADDRESS	"10.88.0.1"
#define FAKE_LOWER	"rxe0"

/*
 * @devs: those without a name are not there
 * @quotas, @pinned: of whatever namespace is asked about
 * @limited, @rate, @burst: the limit of that device
 * @fail_at: the request, from 1, that is refused with @fail_with; 0 for none
 * @lowers: how many lower devices there are; the first has the mark if
 *	@has_default
 */
struct fake_freeflow {
	struct ff_dev devs[FAKE_DEVS];
	uint32_t quotas[FREEFLOW_RES_TYPE_MAX + 1];
	uint64_t pinned;
	char limited[FREEFLOW_NAME_MAX];
	uint64_t rate;
	uint64_t burst;
	unsigned int fail_at;
	int fail_with;
	unsigned int lowers;
	bool has_default;
};

extern struct fake_freeflow fake;

void fake_freeflow_reset(void);
unsigned int fake_count_devs(void);

#endif /* FAKE_FREEFLOW_H */
