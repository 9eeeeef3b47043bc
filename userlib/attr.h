/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * Attributes of messages. The readers take a missing attribute as "nothing":
 * 0, the empty string, no address. Lengths were checked by ff_attrs_parse().
 */
#ifndef FREEFLOW_ATTR_H
#define FREEFLOW_ATTR_H

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "libfreeflow.h"

#define FF_POLICY_U8	{ .type = NLA_U8 }
#define FF_POLICY_U16	{ .type = NLA_U16 }
#define FF_POLICY_U32	{ .type = NLA_U32 }
#define FF_POLICY_U64	{ .type = NLA_U64 }
#define FF_POLICY_FLAG	{ .type = NLA_FLAG }
#define FF_POLICY_ADDR	{ .type = NLA_UNSPEC, .minlen = 4, .maxlen = 16 }
/*
 * @size: bytes with the closing NUL. libnl demands that NUL of NLA_STRING, not
 * of NLA_NUL_STRING as the kernel does.
 */
#define FF_POLICY_STRING(size) \
	{ .type = NLA_STRING, .minlen = 1, .maxlen = (size) }

int ff_attrs_parse(struct nlmsghdr *nlh, struct nlattr **attrs, int max,
		   const struct nla_policy *policy);

uint8_t ff_attr_u8(struct nlattr *attr);
uint32_t ff_attr_u32(struct nlattr *attr);
uint64_t ff_attr_u64(struct nlattr *attr);
void ff_attr_string(struct nlattr *attr, char *text, size_t size);
int ff_attr_addr(struct nlattr *attr, struct ff_addr *addr);

int ff_attr_put_addr(struct nl_msg *msg, int type, const struct ff_addr *addr);

#endif /* FREEFLOW_ATTR_H */
