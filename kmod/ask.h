/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to the modules of other hosts, and their answers. */
#ifndef FF_ASK_H
#define FF_ASK_H

#include "tunnel.h"

int ff_ask(const struct ff_tunnel_path *path, enum ff_tunnel_type type,
	   const struct ff_tunnel_qps *qps, unsigned long until,
	   enum ff_tunnel_verdict *verdict);
bool ff_ask_answered(const struct ff_tunnel_path *path,
		     const struct ff_tunnel_answer *answer);

#endif /* FF_ASK_H */
