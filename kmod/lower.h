/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lower devices: physical RDMA devices with kernel verbs and a RoCE v2
 * port, on which virtual devices stand. A virtual device knows its lower one
 * by name, so that it takes it up again when it returns. One that is renamed
 * has gone, and another one came.
 */
#ifndef FF_LOWER_H
#define FF_LOWER_H

#include <linux/in6.h>
#include <rdma/ib_verbs.h>

#include "limit.h"

struct ff_dev;
struct ff_file;
struct ff_net;

struct ff_lower {
	struct list_head node;
	u32 serial;		/* of all names that came; orders the list */
	struct ib_device *ibdev;
	char name[IB_DEVICE_NAME_MAX];
	u32 port;
	struct ib_pd *guard_pd;
	struct ib_mr *guard_mr;	/* its lkey is valid in no program's PD */
	struct list_head files;	/* ff_file.lower_node */
	u32 old_files;		/* those on it since it had another name, see lower.c */
	struct ff_limit limit;	/* of all devices on it */
	struct list_head shares;	/* of namespaces in that, see lower.c */
	struct ib_event_handler ib_events;
};

struct ff_lower_info {
	u32 serial;
	char name[IB_DEVICE_NAME_MAX];
	bool is_default;
};

static inline struct ib_device *ff_lower_ibdev(const struct ff_lower *lower)
{
	return lower->ibdev;
}

static inline u32 ff_lower_dead_lkey(const struct ff_lower *lower)
{
	return lower->guard_mr->lkey;
}

void ff_lower_init_dev(struct ff_dev *dev);
void ff_lower_exit_dev(struct ff_dev *dev);
struct ff_lower *ff_lower_bind(struct ff_file *file);
void ff_lower_unbind(struct ff_file *file);
struct ib_device *ff_lower_get_ibdev(const char *name, u32 *port);
int ff_lower_call(const char *name, int (*fn)(struct ff_lower *lower, void *arg),
		  void *arg);
void ff_lower_forget_net(const struct ff_net *net);
int ff_lower_choose(const char *wanted, char *name);
const struct ib_gid_attr *ff_lower_next_gid(struct ib_device *ibdev, u32 port,
					    u32 *index);
const struct ib_gid_attr *ff_lower_get_gid(struct ib_device *ibdev, u32 port,
					   const struct in6_addr *addr);
int ff_lower_address(const char *name, struct in6_addr *addr);
bool ff_lower_has_address(const char *name, const struct in6_addr *addr);
int ff_lower_set_default(const char *name, bool is_default);
bool ff_lower_find(const char *name, u32 from, struct ff_lower_info *info);

int ff_lower_init(void);
void ff_lower_exit(void);

#endif /* FF_LOWER_H */
