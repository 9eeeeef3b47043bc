// SPDX-License-Identifier: GPL-2.0-only
#include "cmd.h"
#include "value.h"

static void print_addr(struct printer *printer, const char *key,
		       const struct ff_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (addr->family == AF_UNSPEC)
		return;
	print_string(printer, key, key,
		     ff_addr_format(addr, text, sizeof(text)));
}

static void print_priority(struct printer *printer, const struct ff_res *res)
{
	print_number(printer, "tclass", "tclass", res->tclass);
	print_number(printer, "sl", "sl", res->sl);
}

static void print_qp(struct printer *printer, const struct ff_res *res)
{
	print_number(printer, "qpn", "qpn", res->qpn);
	print_enum(printer, "type", "type", qp_type_names, QP_TYPE_NAMES,
		   res->qp_type);
	print_enum(printer, "state", "state", qp_state_names, QP_STATE_NAMES,
		   res->qp_state);
	print_addr(printer, "dest", &res->dest);
	if (res->dest.family != AF_UNSPEC)
		print_number(printer, "dest_qpn", "dest-qpn", res->dest_qpn);
	print_addr(printer, "host", &res->host);
	if (res->dest.family != AF_UNSPEC)
		print_priority(printer, res);
}

static int show_res(const struct ff_res *res, void *arg)
{
	struct printer *printer = arg;

	print_object_begin(printer);
	print_string(printer, "dev", "dev", res->dev);
	print_enum(printer, "res", "", res_names, RES_NAMES, res->type);
	print_number(printer, "handle", "", res->handle);
	if (res->type == FREEFLOW_RES_TYPE_MR)
		print_number(printer, "length", "length", res->mr_length);
	if (res->type == FREEFLOW_RES_TYPE_CQ)
		print_number(printer, "cqe", "cqe", res->cq_cqe);
	if (res->type == FREEFLOW_RES_TYPE_QP)
		print_qp(printer, res);
	if (res->type == FREEFLOW_RES_TYPE_AH)
		print_priority(printer, res);
	print_number(printer, "pid", "pid", res->pid);
	/* Last: it may hold spaces. */
	print_string(printer, "comm", "comm", res->comm);
	print_object_end(printer);
	return 0;
}

static enum status res_show(struct ffctl *ctx)
{
	const char *dev = NULL;
	struct keyword keywords[] = { { "dev", value_dev, &dev }, { 0 } };
	enum status status;
	uint32_t type;
	int err;

	status = take_value(ctx, "kind of object", value_res, &type);
	if (!status)
		status = take_keywords(ctx, keywords);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;

	print_list_begin(&ctx->printer);
	err = ff_res_list(ctx->handle, type, dev, show_res, &ctx->printer);
	print_list_end(&ctx->printer);
	return ffctl_result(ctx, err);
}

const struct cmd res_cmds[] = {
	{
		.name = "show",
		.usage = "qp|mr|cq|pd|srq|ah|mw [dev NAME]",
		.summary = "show the objects that programs made",
		.run = res_show,
	},
	{ 0 }
};
