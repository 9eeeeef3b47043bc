// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "object.h"

void print_netns(struct ffctl *ctx, uint32_t inode)
{
	const char *name = netns_lookup(&ctx->names, NETNS_DIR, inode);

	if (name)
		print_string(&ctx->printer, "netns", "netns", name);
	print_number(&ctx->printer, "netns_inode", name ? NULL : "netns",
		     inode);
}

enum status open_netns(const struct ffctl *ctx, const char *word, int *fd)
{
	int opened;

	if (!word)
		return STATUS_OK;
	opened = netns_open(NETNS_DIR, word);
	if (opened == -EINVAL)
		return fail(ctx, "'%s' is no network namespace", word);
	if (opened == -ENOENT)
		return fail(ctx, "there is no network namespace '%s'", word);
	if (opened < 0)
		return fail(ctx, "network namespace '%s': %s", word,
			    strerror(-opened));
	*fd = opened;
	return STATUS_OK;
}
