/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an operator is told of what the programs of a device run into. A program
 * can run into it as often as it likes, so that no more than one message a second
 * tells of each kind; it says how often that was since the one before.
 */
#ifndef FF_ALERT_H
#define FF_ALERT_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <uapi/freeflow.h>

struct ff_dev;

enum ff_alert_kind {
	FF_ALERT_QUOTA,		/* subject: enum freeflow_res_type */
	FF_ALERT_LIMIT,		/* subject: QP number that was held back */
	FF_ALERT_QP,		/* subject: QP number; detail: see below */
	FF_ALERTS
};

struct ff_alert {
	struct delayed_work work;
	struct ff_dev *dev;
	atomic_t count;		/* since the last message */
	u32 subject;		/* of the last one */
	u32 detail;
	unsigned long next;	/* when the next message may be, in jiffies */
};

struct ff_alert_info {
	enum ff_alert_kind kind;
	const struct ff_dev *dev;
	u32 subject;
	u32 detail;
	u32 count;
};

void ff_alerts_init(struct ff_dev *dev);
void ff_alerts_end(struct ff_dev *dev);
void ff_alert_raise(struct ff_dev *dev, enum ff_alert_kind kind, u32 subject,
		    u32 detail);
void ff_alert_quota(struct ff_dev *dev, enum freeflow_res_type type);

#endif /* FF_ALERT_H */
