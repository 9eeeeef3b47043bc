// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>

#include "alert.h"
#include "compat/workqueue.h"
#include "dev.h"
#include "netlink.h"

static void tell(struct work_struct *work)
{
	struct ff_alert *alert = container_of(to_delayed_work(work),
					      struct ff_alert, work);
	struct ff_alert_info info = {
		.kind = alert - alert->dev->alerts,
		.dev = alert->dev,
		.count = atomic_xchg(&alert->count, 0),
		.subject = READ_ONCE(alert->subject),
		.detail = READ_ONCE(alert->detail),
	};

	/* Of what comes from here on the next message tells. */
	WRITE_ONCE(alert->next, jiffies + HZ);
	if (info.count)
		ff_netlink_alert_event(&info);
}

void ff_alerts_init(struct ff_dev *dev)
{
	struct ff_alert *alert;

	for (alert = dev->alerts; alert < dev->alerts + FF_ALERTS; alert++) {
		INIT_DELAYED_WORK(&alert->work, tell);
		alert->dev = dev;
		alert->next = jiffies;
	}
}

/* Nobody raises any more. Context: may sleep. */
void ff_alerts_end(struct ff_dev *dev)
{
	struct ff_alert *alert;

	for (alert = dev->alerts; alert < dev->alerts + FF_ALERTS; alert++)
		flush_delayed_work(&alert->work);
}

/**
 * ff_alert_raise() - a program ran into something
 * @dev: its device
 * @kind: what
 * @subject: whom or what it concerns
 * @detail: more of that
 *
 * Context: any.
 */
void ff_alert_raise(struct ff_dev *dev, enum ff_alert_kind kind, u32 subject,
		    u32 detail)
{
	struct ff_alert *alert = &dev->alerts[kind];
	unsigned long delay = READ_ONCE(alert->next) - jiffies;

	WRITE_ONCE(alert->subject, subject);
	WRITE_ONCE(alert->detail, detail);
	atomic_inc(&alert->count);
	/* When it is queued already, it will find the count. */
	queue_delayed_work(ff_system_wq, &alert->work,
			   delay <= HZ ? delay : 0);
}

/* As ff_alert_raise(), for a quota of the namespace; counted at the device, too. */
void ff_alert_quota(struct ff_dev *dev, enum freeflow_res_type type)
{
	ff_count(dev->meter.counts, FREEFLOW_STAT_TALLY_QUOTA_REFUSALS);
	ff_alert_raise(dev, FF_ALERT_QUOTA, type, 0);
}
