// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>
#include <string.h>

#include <netlink/genl/genl.h>

#include "addr.h"
#include "attr.h"

/* Sort the attributes of a message into @attrs[0..@max]; 0 or -EBADMSG. */
int ff_attrs_parse(struct nlmsghdr *nlh, struct nlattr **attrs, int max,
		   const struct nla_policy *policy)
{
	return genlmsg_parse(nlh, 0, attrs, max, policy) ? -EBADMSG : 0;
}

uint8_t ff_attr_u8(struct nlattr *attr)
{
	return attr ? nla_get_u8(attr) : 0;
}

uint32_t ff_attr_u32(struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

uint64_t ff_attr_u64(struct nlattr *attr)
{
	return attr ? nla_get_u64(attr) : 0;
}

void ff_attr_string(struct nlattr *attr, char *text, size_t size)
{
	text[0] = '\0';
	if (attr)
		nla_strlcpy(text, attr, size);
}

/* Read an address of 4 or 16 bytes; 0 or -EBADMSG. */
int ff_attr_addr(struct nlattr *attr, struct ff_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (!attr)
		return 0;
	if (nla_len(attr) == 4)
		addr->family = AF_INET;
	else if (nla_len(attr) == 16)
		addr->family = AF_INET6;
	else
		return -EBADMSG;
	memcpy(addr->bytes, nla_data(attr), nla_len(attr));
	return 0;
}

/* Write an address; none at all for AF_UNSPEC. */
int ff_attr_put_addr(struct nl_msg *msg, int type, const struct ff_addr *addr)
{
	size_t size = ff_addr_size(addr);

	return size ? nla_put(msg, type, size, addr->bytes) : 0;
}
