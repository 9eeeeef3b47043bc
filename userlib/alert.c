// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
#include <errno.h>

#include "alert.h"
#include "attr.h"

static const struct nla_policy alert_policy[FREEFLOW_A_ALERT_MAX + 1] = {
	[FREEFLOW_A_ALERT_DEV]		= FF_POLICY_STRING(FREEFLOW_NAME_MAX),
	[FREEFLOW_A_ALERT_NETNS_INODE]	= FF_POLICY_U32,
	[FREEFLOW_A_ALERT_COUNT]	= FF_POLICY_U32,
	[FREEFLOW_A_ALERT_RES]		= FF_POLICY_U32,
	[FREEFLOW_A_ALERT_QPN]		= FF_POLICY_U32,
	[FREEFLOW_A_ALERT_STATUS]	= FF_POLICY_U32,
};

/* Read what a program ran into out of a message; 0 or -EBADMSG. */
int ff_alert_parse(struct nlmsghdr *nlh, struct ff_alert *alert)
{
	struct nlattr *attrs[FREEFLOW_A_ALERT_MAX + 1];
	int err;

	err = ff_attrs_parse(nlh, attrs, FREEFLOW_A_ALERT_MAX, alert_policy);
	if (err)
		return err;
	if (!attrs[FREEFLOW_A_ALERT_DEV])
		return -EBADMSG;

	ff_attr_string(attrs[FREEFLOW_A_ALERT_DEV], alert->dev,
		       sizeof(alert->dev));
	alert->netns_inode = ff_attr_u32(attrs[FREEFLOW_A_ALERT_NETNS_INODE]);
	alert->count = ff_attr_u32(attrs[FREEFLOW_A_ALERT_COUNT]);
	alert->res = ff_attr_u32(attrs[FREEFLOW_A_ALERT_RES]);
	alert->qpn = ff_attr_u32(attrs[FREEFLOW_A_ALERT_QPN]);
	alert->status = ff_attr_u32(attrs[FREEFLOW_A_ALERT_STATUS]);
	return 0;
}
