// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "ah.h"
#include "announce.h"
#include "file.h"
#include "qp.h"
#include "tenant.h"

/* Seconds for which a yes holds, and a no or no answer. */
#define FF_ANNOUNCED_YES 5
#define FF_ANNOUNCED_NO 1

/* How long a host that was silent is asked. */
#define FF_ANNOUNCE_SILENT_MS 100

void ff_announced_init(struct ff_announced *announced)
{
	spin_lock_init(&announced->lock);
}

/* Whether it is known what became of an announcement. */
static bool recall(struct ff_announced *announced, u32 qpn, u32 peer_qpn,
		   bool *allowed)
{
	time64_t now = ktime_get_seconds();
	bool known = false;
	u32 i;

	spin_lock(&announced->lock);
	for (i = 0; i < FF_ANNOUNCED_MAX; i++) {
		if (announced->pairs[i].qpn != qpn ||
		    announced->pairs[i].peer_qpn != peer_qpn)
			continue;
		known = now < announced->pairs[i].until;
		*allowed = announced->pairs[i].allowed;
		break;
	}
	spin_unlock(&announced->lock);
	return known;
}

static void remember(struct ff_announced *announced, u32 qpn, u32 peer_qpn,
		     bool allowed)
{
	u32 i;

	spin_lock(&announced->lock);
	for (i = 0; i < FF_ANNOUNCED_MAX; i++)
		if (announced->pairs[i].qpn == qpn &&
		    announced->pairs[i].peer_qpn == peer_qpn)
			break;
	if (i == FF_ANNOUNCED_MAX)
		i = announced->next++ % FF_ANNOUNCED_MAX;
	announced->pairs[i].qpn = qpn;
	announced->pairs[i].peer_qpn = peer_qpn;
	announced->pairs[i].allowed = allowed;
	announced->pairs[i].until = ktime_get_seconds() +
				    (allowed ? FF_ANNOUNCED_YES :
					       FF_ANNOUNCED_NO);
	spin_unlock(&announced->lock);
}

/*
 * Whether the host answers, whoever is asked about: else a program that names
 * many QPs of it would wait for each.
 */
static void set_silent(struct ff_announced *announced, bool silent)
{
	spin_lock(&announced->lock);
	announced->silent = silent;
	announced->silent_until = ktime_get_seconds() + FF_ANNOUNCED_NO;
	spin_unlock(&announced->lock);
}

/* Until when the host is asked, of the time there is; in jiffies. */
static unsigned long give_up(struct ff_announced *announced,
			     unsigned long until)
{
	unsigned long soon = jiffies + msecs_to_jiffies(FF_ANNOUNCE_SILENT_MS);
	bool silent, resting;

	spin_lock(&announced->lock);
	silent = announced->silent;
	resting = silent && ktime_get_seconds() < announced->silent_until;
	spin_unlock(&announced->lock);
	/* What little time is left says nothing about the host. */
	if (resting || time_before(until, soon))
		return jiffies;
	return silent ? soon : until;
}

/**
 * ff_announce() - settle what must be before a UD message is sent
 * @ah: the handle that the message goes through, to another host
 * @qp: the UD QP that sends it
 * @peer_qpn: number of the QP that it is for
 * @until: how long the host's answer may be waited for, in jiffies
 *
 * Context: may sleep, as @until has it; does not when the device leaves.
 * Return: whether it may be sent.
 */
bool ff_announce(struct ff_ah *ah, const struct ff_qp *qp, u32 peer_qpn,
		 unsigned long until)
{
	struct ff_file *file = ah->obj.file;
	struct ff_tenant_claim claim = {
		.src = ah->source,
		.dst = ah->dest,
		.here = ah->host_source,
		.host = ah->place.host,
		.src_qpn = qp->lower->qp_num,
		.qpn = peer_qpn,
	};
	bool allowed;
	int err;

	if (recall(&ah->announced, claim.src_qpn, peer_qpn, &allowed))
		return allowed;
	claim.until = give_up(&ah->announced, until);
	if (!time_before(jiffies, claim.until) || READ_ONCE(file->dead))
		return false;
	err = ff_tenant_check(file->dev, &claim);
	set_silent(&ah->announced, err == -ETIMEDOUT);
	if (err != -ETIMEDOUT && err != -EINTR)
		remember(&ah->announced, claim.src_qpn, peer_qpn, !err);
	return !err;
}
