// SPDX-License-Identifier: GPL-2.0
/* Cases of verbs_control about the GID table, which libibverbs asks for by ioctl. */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "control.h"

#define TABLE	1024

static struct ibv_gid_entry entries[TABLE];

/* Every entry is what ibv_query_gid() says of it, on an interface that is there. */
static int count_sound(struct ibv_context *context, ssize_t count)
{
	char name[IF_NAMESIZE];
	union ibv_gid gid;
	int i, sound = 0;

	for (i = 0; i < count; i++)
		sound += !ibv_query_gid(context, entries[i].port_num, entries[i].gid_index, &gid) &&
			 !memcmp(&gid, &entries[i].gid, sizeof(gid)) &&
			 entries[i].gid_type == IBV_GID_TYPE_ROCE_V2 &&
			 if_indextoname(entries[i].ndev_ifindex, name);
	return sound;
}

static int count_equal(struct ibv_context *context, ssize_t count)
{
	struct ibv_gid_entry entry;
	int i, equal = 0;

	for (i = 0; i < count; i++)
		equal += !ibv_query_gid_ex(context, entries[i].port_num, entries[i].gid_index,
					   &entry, 0) &&
			 !memcmp(&entry, &entries[i], sizeof(entry));
	return equal;
}

void gid_cases(void)
{
	struct ibv_context *context = end_open_device(control_device);
	struct ibv_gid_entry entry;
	ssize_t count;

	if (!context)
		give_up("%s", control_device);
	count = ibv_query_gid_table(context, entries, TABLE, 0);
	printf("query_gid_table: %zd entries, %d sound, %d equal to query_gid_ex\n", count,
	       count_sound(context, count), count_equal(context, count));
	show("query_gid_table, one too few",
	     -(int)ibv_query_gid_table(context, entries, count - 1, 0));
	show("query_gid_table, flags 1", -(int)ibv_query_gid_table(context, entries, TABLE, 1));
	show("query_gid_ex, an empty entry", ibv_query_gid_ex(context, 1, 31, &entry, 0));
	show("query_gid_ex, index 100000", ibv_query_gid_ex(context, 1, 100000, &entry, 0));
	show("query_gid_ex, port 2", ibv_query_gid_ex(context, 2, 0, &entry, 0));
	show("query_gid_ex, flags 1", ibv_query_gid_ex(context, 1, 0, &entry, 1));
	ibv_close_device(context);
}
