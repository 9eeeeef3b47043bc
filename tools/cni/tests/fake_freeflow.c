// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fake_freeflow.h"
#include "fake_kernel.h"

struct fake_freeflow fake;

unsigned int fake_count_devs(void)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; i < FAKE_DEVS; i++)
		count += *fake.devs[i].name != '\0';
	return count;
}

/* The device of this name; with "", a place for one. */
static struct ff_dev *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < FAKE_DEVS; i++) {
		if (!strcmp(fake.devs[i].name, name))
			return &fake.devs[i];
	}
	return NULL;
}

static const char *string_of(const struct nlmsghdr *request, int type,
			     const char *otherwise)
{
	const char *text = fake_attr(request, type, NULL);

	return text ? text : otherwise;
}

static void put_dev(const struct nlmsghdr *request, const struct ff_dev *dev)
{
	struct fake_msg msg;

	fake_begin(&msg, request, FREEFLOW_CMD_DEV_GET, NLM_F_MULTI);
	fake_put_string(&msg, FREEFLOW_A_DEV_NAME, dev->name);
	fake_put_string(&msg, FREEFLOW_A_DEV_NODE, dev->node);
	fake_put_string(&msg, FREEFLOW_A_DEV_LOWER, dev->lower);
	fake_put_string(&msg, FREEFLOW_A_DEV_IFNAME, dev->ifname);
	fake_put_u32(&msg, FREEFLOW_A_DEV_NETNS_INODE, dev->netns_inode);
	fake_put_u32(&msg, FREEFLOW_A_DEV_TABLE, dev->table);
	fake_put_u32(&msg, FREEFLOW_A_DEV_DATAPATH, dev->datapath);
	fake_put_u32(&msg, FREEFLOW_A_DEV_STATE, dev->state);
	fake_send(&msg);
}

static int list_devs(const struct nlmsghdr *request)
{
	unsigned int i;

	for (i = 0; i < FAKE_DEVS; i++) {
		if (*fake.devs[i].name)
			put_dev(request, &fake.devs[i]);
	}
	return 0;
}

static int get_dev(const struct nlmsghdr *request)
{
	const char *name = string_of(request, FREEFLOW_A_DEV_NAME, "");
	const struct ff_dev *dev = find(name);

	if (!dev)
		return -ENODEV;
	put_dev(request, dev);
	return 0;
}

static int new_dev(const struct nlmsghdr *request)
{
	const char *name = string_of(request, FREEFLOW_A_DEV_NAME, "");
	struct ff_dev *dev = find("");
	struct stat st;
	char fd[32];

	if (find(name))
		return -EEXIST;
	if (!dev)
		return -ENOSPC;
	snprintf(fd, sizeof(fd), "/proc/self/fd/%u",
		 fake_attr_u32(request, FREEFLOW_A_DEV_NETNS_FD));
	if (stat(fd, &st))
		return -EINVAL;
	*dev = (struct ff_dev){
		.netns_inode = st.st_ino,
		.table = fake_attr_u32(request, FREEFLOW_A_DEV_TABLE),
		.datapath = fake_attr_u32(request, FREEFLOW_A_DEV_DATAPATH),
	};
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	snprintf(dev->node, sizeof(dev->node), "ffverbs%td", dev - fake.devs);
	snprintf(dev->lower, sizeof(dev->lower), "%s",
		 string_of(request, FREEFLOW_A_DEV_LOWER, FAKE_LOWER));
	snprintf(dev->ifname, sizeof(dev->ifname), "%s",
		 string_of(request, FREEFLOW_A_DEV_IFNAME, ""));
	return 0;
}

static int del_dev(const struct nlmsghdr *request)
{
	struct ff_dev *dev = find(string_of(request, FREEFLOW_A_DEV_NAME, ""));

	if (!dev)
		return -ENODEV;
	if (!strcmp(fake.limited, dev->name))
		fake.rate = 0;
	memset(dev, 0, sizeof(*dev));
	return 0;
}

static int get_quota(const struct nlmsghdr *request)
{
	struct fake_msg msg;
	uint32_t type;
	size_t nest;

	fake_begin(&msg, request, FREEFLOW_CMD_QUOTA_GET, NLM_F_MULTI);
	fake_put_u32(&msg, FREEFLOW_A_QUOTA_NETNS_INODE, 1);
	fake_put_u64(&msg, FREEFLOW_A_QUOTA_PINNED_LIMIT, fake.pinned);
	for (type = 0; type <= FREEFLOW_RES_TYPE_MAX; type++) {
		nest = fake_nest(&msg, FREEFLOW_A_QUOTA_RES);
		fake_put_u32(&msg, FREEFLOW_A_QUOTA_RES_TYPE, type);
		fake_put_u32(&msg, FREEFLOW_A_QUOTA_RES_LIMIT,
			     fake.quotas[type]);
		fake_nest_end(&msg, nest);
	}
	fake_send(&msg);
	return 0;
}

static uint32_t nested_u32(const struct nlattr *nest, int type)
{
	uint32_t value;

	memcpy(&value, fake_nested_attr(nest + 1, nest->nla_len - NLA_HDRLEN,
					type, NULL), sizeof(value));
	return value;
}

static int set_quota(const struct nlmsghdr *request)
{
	const char *at = (const char *)NLMSG_DATA(request) + NLA_HDRLEN;
	const char *end = (const char *)request + request->nlmsg_len;
	const void *pinned = fake_attr(request, FREEFLOW_A_QUOTA_PINNED_LIMIT,
				       NULL);

	if (pinned)
		memcpy(&fake.pinned, pinned, sizeof(fake.pinned));
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attr = (const void *)at;

		if ((attr->nla_type & NLA_TYPE_MASK) == FREEFLOW_A_QUOTA_RES)
			fake.quotas[nested_u32(attr, FREEFLOW_A_QUOTA_RES_TYPE)] =
				nested_u32(attr, FREEFLOW_A_QUOTA_RES_LIMIT);
		at += NLA_ALIGN(attr->nla_len);
	}
	return 0;
}

static int list_limits(const struct nlmsghdr *request)
{
	struct fake_msg msg;

	if (!fake.rate)
		return 0;
	fake_begin(&msg, request, FREEFLOW_CMD_LIMIT_GET, NLM_F_MULTI);
	fake_put_string(&msg, FREEFLOW_A_LIMIT_DEV, fake.limited);
	fake_put_u64(&msg, FREEFLOW_A_LIMIT_RATE, fake.rate);
	fake_put_u64(&msg, FREEFLOW_A_LIMIT_BURST, fake.burst);
	fake_put_u32(&msg, FREEFLOW_A_LIMIT_WAITING, 0);
	fake_send(&msg);
	return 0;
}

static int set_limit(const struct nlmsghdr *request)
{
	const char *name = string_of(request, FREEFLOW_A_LIMIT_DEV, "");
	const void *burst = fake_attr(request, FREEFLOW_A_LIMIT_BURST, NULL);

	if (!*name || !find(name))
		return -ENODEV;
	snprintf(fake.limited, sizeof(fake.limited), "%s", name);
	memcpy(&fake.rate, fake_attr(request, FREEFLOW_A_LIMIT_RATE, NULL),
	       sizeof(fake.rate));
	fake.burst = 0;
	if (burst)
		memcpy(&fake.burst, burst, sizeof(fake.burst));
	return 0;
}

/* The address is that of the first device. */
static int get_route(const struct nlmsghdr *request)
{
	struct fake_msg msg;
	struct ff_addr addr;
	size_t len;

	ff_addr_parse(FAKE_ADDRESS, &addr);
	if (memcmp(fake_attr(request, FREEFLOW_A_ROUTE_PREFIX, &len),
		   addr.bytes, 4) || len != 4)
		return -ENETUNREACH;
	fake_begin(&msg, request, FREEFLOW_CMD_ROUTE_GET, 0);
	fake_put_u32(&msg, FREEFLOW_A_ROUTE_TABLE, fake.devs[0].table);
	fake_put(&msg, FREEFLOW_A_ROUTE_PREFIX, addr.bytes, 4);
	fake_put_u8(&msg, FREEFLOW_A_ROUTE_PREFIX_LEN, 32);
	fake_put_string(&msg, FREEFLOW_A_ROUTE_LOCAL_DEV, fake.devs[0].name);
	fake_send(&msg);
	return 0;
}

static int get_lowers(const struct nlmsghdr *request)
{
	const char *name = string_of(request, FREEFLOW_A_LOWER_NAME,
				     FAKE_LOWER);
	struct fake_msg msg;
	unsigned int i;

	if (strcmp(name, FAKE_LOWER))
		return -ENODEV;
	for (i = 0; i < fake.lowers; i++) {
		fake_begin(&msg, request, FREEFLOW_CMD_LOWER_GET, NLM_F_MULTI);
		fake_put_string(&msg, FREEFLOW_A_LOWER_NAME, FAKE_LOWER);
		if (!i && fake.has_default)
			fake_put(&msg, FREEFLOW_A_LOWER_DEFAULT, NULL, 0);
		fake_send(&msg);
	}
	return fake.lowers ? 0 : -ENODEV;
}

static bool is_dump(const struct nlmsghdr *request)
{
	return (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

static int answer(const struct nlmsghdr *request)
{
	switch (fake_cmd(request)) {
	case FREEFLOW_CMD_DEV_GET:
		return is_dump(request) ? list_devs(request) : get_dev(request);
	case FREEFLOW_CMD_DEV_NEW:
		return new_dev(request);
	case FREEFLOW_CMD_DEV_DEL:
		return del_dev(request);
	case FREEFLOW_CMD_QUOTA_GET:
		return get_quota(request);
	case FREEFLOW_CMD_QUOTA_SET:
		return set_quota(request);
	case FREEFLOW_CMD_LIMIT_GET:
		return list_limits(request);
	case FREEFLOW_CMD_LIMIT_SET:
		return set_limit(request);
	case FREEFLOW_CMD_ROUTE_GET:
		return get_route(request);
	case FREEFLOW_CMD_LOWER_GET:
		return get_lowers(request);
	default:
		return -EOPNOTSUPP;
	}
}

static void handle(const struct nlmsghdr *request)
{
	int err = fake.fail_with;

	if (fake_kernel_requests() != fake.fail_at)
		err = answer(request);
	if (is_dump(request))
		fake_done(request, err == -ENODEV ? 0 : err, NULL);
	else
		fake_ack(request, err, NULL);
}

void fake_freeflow_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	memset(fake.quotas, 0xff, sizeof(fake.quotas));
	fake.pinned = FREEFLOW_QUOTA_PINNED_UNLIMITED;
	fake.lowers = 1;
	fake_kernel_reset(handle);
}
