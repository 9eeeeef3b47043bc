/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of the Container Device Interface that describes the host's devices. */
#ifndef FFCTL_CDI_SPEC_H
#define FFCTL_CDI_SPEC_H

#include <libfreeflow.h>

/* Devices are KIND=NAME to runtimes; KIND=ALL stands for all of them. */
#define CDI_KIND	"freeflow/rdma"
#define CDI_ALL		"all"
/* Gone after a reboot, as the devices are. */
#define CDI_PATH	"/run/cdi/freeflow.json"

/* Told of each device whose name is none that CDI allows. */
typedef void (*cdi_unnamed_cb)(const char *name, void *arg);

/*
 * Put a file for the devices that are there now in the place of the one at
 * @path, or remove that when there is no device, for CDI has no empty files.
 * Readers see the old file or the new one; of two writers the later one lists
 * later. A device that cannot be named is in KIND=ALL only; @unnamed may be
 * NULL. @what is what an error is about: @path, or NULL for the module.
 */
int cdi_spec_write(struct ff_handle *handle, const char *path,
		   cdi_unnamed_cb unnamed, void *arg, const char **what);

#endif /* FFCTL_CDI_SPEC_H */
