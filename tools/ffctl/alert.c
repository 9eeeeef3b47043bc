// SPDX-License-Identifier: GPL-2.0-only
#include "object.h"
#include "value.h"

/* What a program ran into, after the word that says what. */
void print_alert(struct ffctl *ctx, uint32_t cmd, const struct ff_alert *alert)
{
	struct printer *printer = &ctx->printer;

	print_string(printer, "dev", "dev", alert->dev);
	print_netns(ctx, alert->netns_inode);
	if (cmd == FREEFLOW_CMD_QUOTA_HIT)
		print_enum(printer, "res", "res", res_names, RES_NAMES,
			   alert->res);
	else
		print_number(printer, "qpn", "qpn", alert->qpn);
	if (cmd == FREEFLOW_CMD_QP_FATAL && alert->status)
		print_enum(printer, "status", "status", wc_status_names,
			   WC_STATUS_NAMES, alert->status);
	print_number(printer, "count", "count", alert->count);
}
