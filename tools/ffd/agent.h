/* SPDX-License-Identifier: GPL-2.0-only */
/* All that the agent is, for those who tell of it. */
#ifndef FFD_AGENT_H
#define FFD_AGENT_H

#include "conflict.h"
#include "kernel.h"
#include "policy.h"
#include "publish.h"
#include "route.h"
#include "session.h"

struct agent {
	struct config config;
	struct places places;
	struct conflicts conflicts;
	struct view view;
	struct policy policy;
	struct kernel kernel;
	struct routes routes;
	struct publish publish;
	struct session session;
	struct etcd *etcd;
	struct ff_handle *handle;
};

#endif /* FFD_AGENT_H */
