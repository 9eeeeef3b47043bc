// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <rdma/ib_addr.h>

#include "cmd.h"
#include "dev.h"
#include "file.h"
#include "group.h"
#include "mcast.h"
#include "qp.h"

/* Attachments of a QP, which are searched for with every message of a group. */
#define FF_MCAST_MAX 256

/*
 * One QP at a time comes or goes: rxe of 6.1 attaches one to a group that the
 * last one's leaving takes apart, and can neither detach nor destroy it then.
 */
static DEFINE_MUTEX(lower_lock);

/* An attachment; of those to one group, the LID is all that differs. */
struct ff_mcast {
	struct list_head node;	/* in qp->mcasts; read under RCU */
	struct rcu_head rcu;
	struct in6_addr virt;
	struct in6_addr group;
	u16 lid;
};

/**
 * ff_mcast_virtual() - which virtual group a physical one is
 * @qp: the QP that got a message to the group
 * @group: the physical one
 * @virt: the virtual one is written here
 *
 * Context: any.
 * Return: whether the QP is attached to it.
 */
bool ff_mcast_virtual(struct ff_qp *qp, const struct in6_addr *group,
		      struct in6_addr *virt)
{
	struct ff_mcast *mcast;
	bool found = false;

	rcu_read_lock();
	list_for_each_entry_rcu(mcast, &qp->mcasts, node)
		if (ipv6_addr_equal(&mcast->group, group)) {
			*virt = mcast->virt;
			found = true;
			break;
		}
	rcu_read_unlock();
	return found;
}

/* @lid: NULL for any */
static struct ff_mcast *find(struct ff_qp *qp, const struct in6_addr *virt,
			     const u16 *lid)
{
	struct ff_mcast *mcast;

	lockdep_assert_held(&qp->mcast_lock);
	list_for_each_entry(mcast, &qp->mcasts, node)
		if (ipv6_addr_equal(&mcast->virt, virt) &&
		    (!lid || mcast->lid == *lid))
			return mcast;
	return NULL;
}

static int attach_lower(struct ff_qp *qp, const struct in6_addr *group)
{
	const struct ff_file *file = qp->obj.file;
	union ib_gid gid;
	int err;

	err = ff_group_join(file, group);
	if (err)
		return err;
	memcpy(&gid, group, sizeof(gid));
	mutex_lock(&lower_lock);
	err = ib_attach_mcast(qp->lower, &gid, 0);
	mutex_unlock(&lower_lock);
	if (err)
		ff_group_leave(file, group);
	return err;
}

static int detach_lower(struct ff_qp *qp, const struct in6_addr *group)
{
	union ib_gid gid;
	int err;

	memcpy(&gid, group, sizeof(gid));
	mutex_lock(&lower_lock);
	err = ib_detach_mcast(qp->lower, &gid, 0);
	mutex_unlock(&lower_lock);
	ff_group_leave(qp->obj.file, group);
	return err;
}

static int attach(struct ff_qp *qp, const struct in6_addr *virt, u16 lid)
{
	struct ff_mcast *mcast;
	int err;

	lockdep_assert_held(&qp->mcast_lock);
	if (find(qp, virt, &lid))
		return 0;
	if (qp->mcast_count == FF_MCAST_MAX)
		return -ENOMEM;
	mcast = kzalloc(sizeof(*mcast), GFP_KERNEL_ACCOUNT);
	if (!mcast)
		return -ENOMEM;
	mcast->virt = *virt;
	mcast->lid = lid;
	ff_group_address(qp->obj.file->dev->table, virt, &mcast->group);
	if (!find(qp, virt, NULL)) {
		err = attach_lower(qp, &mcast->group);
		if (err) {
			kfree(mcast);
			return err;
		}
	}
	list_add_tail_rcu(&mcast->node, &qp->mcasts);
	qp->mcast_count++;
	return 0;
}

static int detach(struct ff_qp *qp, struct ff_mcast *mcast)
{
	int err = 0;

	lockdep_assert_held(&qp->mcast_lock);
	list_del_rcu(&mcast->node);
	qp->mcast_count--;
	if (!find(qp, &mcast->virt, NULL))
		err = detach_lower(qp, &mcast->group);
	kfree_rcu(mcast, rcu);
	return err;
}

/* The QP is about to go. Context: may sleep; takes the rtnl lock. */
void ff_mcast_detach_all(struct ff_qp *qp)
{
	struct ff_mcast *mcast, *tmp;

	mutex_lock(&qp->mcast_lock);
	list_for_each_entry_safe(mcast, tmp, &qp->mcasts, node)
		detach(qp, mcast);
	mutex_unlock(&qp->mcast_lock);
}

int ff_mcast_cmd_attach(struct ff_cmd *cmd)
{
	struct ib_uverbs_attach_mcast req;
	struct in6_addr virt;
	struct ff_qp *qp;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	qp = ff_obj_get(cmd->file, &ff_qp_kind, req.qp_handle);
	if (IS_ERR(qp))
		return PTR_ERR(qp);

	memcpy(&virt, req.gid, sizeof(virt));
	mutex_lock(&qp->mcast_lock);
	if (rdma_is_multicast_addr(&virt) && qp->lower->qp_type == IB_QPT_UD)
		err = attach(qp, &virt, req.mlid);
	else
		err = -EINVAL;
	mutex_unlock(&qp->mcast_lock);
	ff_obj_put(&qp->obj);
	return err;
}

int ff_mcast_cmd_detach(struct ff_cmd *cmd)
{
	struct ib_uverbs_detach_mcast req;
	struct ff_mcast *mcast;
	struct in6_addr virt;
	struct ff_qp *qp;
	int err;

	err = ff_cmd_request(cmd, &req, sizeof(req));
	if (err)
		return err;
	qp = ff_obj_get(cmd->file, &ff_qp_kind, req.qp_handle);
	if (IS_ERR(qp))
		return PTR_ERR(qp);

	memcpy(&virt, req.gid, sizeof(virt));
	mutex_lock(&qp->mcast_lock);
	mcast = find(qp, &virt, &req.mlid);
	err = mcast ? detach(qp, mcast) : -EINVAL;
	mutex_unlock(&qp->mcast_lock);
	ff_obj_put(&qp->obj);
	return err;
}
