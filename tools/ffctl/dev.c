// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "cmd.h"
#include "object.h"
#include "value.h"

/* "sl-map 0:3 1:3", of those that become another. */
static void print_sl_map(struct printer *printer, const uint8_t *sl_map)
{
	bool begun = false;
	unsigned int sl;
	char key[2] = "";

	for (sl = 0; sl < FREEFLOW_SL_COUNT; sl++) {
		if (sl_map[sl] == sl)
			continue;
		if (!begun) {
			print_inner_begin(printer, "sl_map");
			print_words(printer, "sl-map");
			begun = true;
		}
		key[0] = '0' + sl;
		print_words(printer, "%u:%u", sl, sl_map[sl]);
		print_number(printer, key, NULL, sl_map[sl]);
	}
	if (begun)
		print_inner_end(printer);
}

void print_dev(struct ffctl *ctx, const struct ff_dev *dev)
{
	struct printer *printer = &ctx->printer;

	print_string(printer, "name", "dev", dev->name);
	print_string(printer, "node", "node", dev->node);
	if (*dev->lower)
		print_string(printer, "lower", "lower", dev->lower);
	print_string(printer, "netdev", "netdev", dev->ifname);
	print_number(printer, "ifindex", NULL, dev->ifindex);
	print_netns(ctx, dev->netns_inode);
	print_number(printer, "table", "table", dev->table);
	print_enum(printer, "datapath", "datapath", datapath_names,
		   DATAPATH_NAMES, dev->datapath);
	print_enum(printer, "state", "state", dev_state_names, DEV_STATE_NAMES,
		   dev->state);
	print_number(printer, "route_misses", "route-misses",
		     dev->route_misses);
	print_number(printer, "peer_refusals", "peer-refusals",
		     dev->peer_refusals);
	print_number(printer, "peer_timeouts", "peer-timeouts",
		     dev->peer_timeouts);
	if (dev->has_tclass)
		print_number(printer, "tclass", "tclass", dev->tclass);
	print_sl_map(printer, dev->sl_map);
}

static int show_dev(const struct ff_dev *dev, void *arg)
{
	struct ffctl *ctx = arg;

	print_object_begin(&ctx->printer);
	print_dev(ctx, dev);
	print_object_end(&ctx->printer);
	return 0;
}

static int show_one(struct ffctl *ctx, const char *name)
{
	struct ff_dev dev;
	int err;

	err = ff_dev_get(ctx->handle, name, &dev);
	return err ? err : show_dev(&dev, ctx);
}

enum status dev_show(struct ffctl *ctx)
{
	struct keyword none[] = { { 0 } };
	const char *name = NULL;
	enum status status;
	int err;

	status = ctx->argc ? take_value(ctx, "NAME", value_dev, &name) :
			     STATUS_OK;
	if (!status)
		status = take_keywords(ctx, none);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;

	print_list_begin(&ctx->printer);
	if (name)
		err = show_one(ctx, name);
	else
		err = ff_dev_list(ctx->handle, show_dev, ctx);
	print_list_end(&ctx->printer);
	return ffctl_result(ctx, err);
}

/* The words of a priority; every service level is itself until one says else. */
enum { TCLASS, SL_MAP, PRIORITY_WORDS };

struct priority {
	struct tclass tclass;
	uint8_t sl_map[FREEFLOW_SL_COUNT];
};

static void expect_priority(struct keyword *keywords, struct priority *priority)
{
	uint8_t sl;

	keywords[TCLASS] = (struct keyword){
		"tclass", value_tclass, &priority->tclass,
	};
	keywords[SL_MAP] = (struct keyword){
		"sl-map", value_sl_map, priority->sl_map, .several = true,
	};
	for (sl = 0; sl < FREEFLOW_SL_COUNT; sl++)
		priority->sl_map[sl] = sl;
}

/* What was said of it; NULL for nothing, or none. */
static const uint8_t *tclass_of(const struct keyword *keywords,
				const struct priority *priority)
{
	return keywords[TCLASS].seen && !priority->tclass.none ?
	       &priority->tclass.value : NULL;
}

static const uint8_t *sl_map_of(const struct keyword *keywords,
				const struct priority *priority)
{
	return keywords[SL_MAP].seen ? priority->sl_map : NULL;
}

static enum status dev_add(struct ffctl *ctx)
{
	struct ff_dev_config config = { .netns_fd = -1 };
	struct priority priority;
	const char *netns = NULL;
	struct keyword keywords[] = {
		[PRIORITY_WORDS] = { "lower", value_dev, &config.lower },
		{ "netdev", value_ifname, &config.ifname, .required = true },
		{ "netns", value_netns, &netns },
		{ "table", value_u32, &config.table },
		{ "datapath", value_datapath, &config.datapath },
		{ 0 }
	};
	enum status status;

	expect_priority(keywords, &priority);
	status = take_value(ctx, "NAME", value_dev, &config.name);
	if (!status)
		status = take_keywords(ctx, keywords);
	if (!status)
		status = ffctl_connect(ctx);
	if (!status)
		status = open_netns(ctx, netns, &config.netns_fd);
	if (status)
		return status;

	config.tclass = tclass_of(keywords, &priority);
	config.sl_map = sl_map_of(keywords, &priority);
	status = ffctl_result(ctx, ff_dev_new(ctx->handle, &config));
	if (config.netns_fd >= 0)
		close(config.netns_fd);
	return status;
}

static enum status dev_set(struct ffctl *ctx)
{
	enum { TABLE = PRIORITY_WORDS };
	struct ff_dev_change change = { 0 };
	struct priority priority;
	const char *name;
	uint32_t table;
	struct keyword keywords[] = {
		[TABLE] = { "table", value_u32, &table },
		{ 0 }
	};
	enum status status;

	expect_priority(keywords, &priority);
	status = take_value(ctx, "NAME", value_dev, &name);
	if (!status)
		status = take_keywords(ctx, keywords);
	if (status)
		return status;
	if (!keywords[TABLE].seen && !keywords[TCLASS].seen &&
	    !keywords[SL_MAP].seen)
		return misuse(ctx, "one of 'table', 'tclass' and 'sl-map' is missing");
	status = ffctl_connect(ctx);
	if (status)
		return status;

	change.table = keywords[TABLE].seen ? &table : NULL;
	change.tclass = tclass_of(keywords, &priority);
	change.no_tclass = keywords[TCLASS].seen && !change.tclass;
	change.sl_map = sl_map_of(keywords, &priority);
	return ffctl_result(ctx, ff_dev_set(ctx->handle, name, &change));
}

static enum status dev_del(struct ffctl *ctx)
{
	struct keyword none[] = { { 0 } };
	const char *name;
	enum status status;

	status = take_value(ctx, "NAME", value_dev, &name);
	if (!status)
		status = take_keywords(ctx, none);
	if (!status)
		status = ffctl_connect(ctx);
	if (status)
		return status;
	return ffctl_result(ctx, ff_dev_del(ctx->handle, name));
}

const struct cmd dev_cmds[] = {
	{
		.name = "add",
		.usage = "NAME [lower IBDEV] netdev IFNAME [netns NS] [table ID] [datapath syscall|ring] [tclass N] [sl-map FROM:TO ...]",
		.summary = "make a virtual RDMA device",
		.run = dev_add,
	},
	{
		.name = "set",
		.usage = "NAME [table ID] [tclass N|none] [sl-map FROM:TO ...|none]",
		.summary = "move a device to another route table, or change its priority",
		.run = dev_set,
	},
	{
		.name = "del",
		.usage = "NAME",
		.summary = "delete a device",
		.run = dev_del,
	},
	{
		.name = "show",
		.usage = "[NAME]",
		.summary = "show one device or all",
		.run = dev_show,
	},
	{ 0 }
};
