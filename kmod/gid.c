// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <rdma/ib_cache.h>

#include "dev.h"
#include "file.h"
#include "gid.h"
#include "ioctl.h"

/* Programs of another rdma-core may know a shorter or a longer entry. */
static int copy_entries(struct ff_ioctl *ioctl,
			const struct ib_uverbs_gid_entry *entries, u32 count,
			u64 user_size)
{
	const struct ib_uverbs_attr *attr =
		ioctl->attr[UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES];
	void __user *out = u64_to_user_ptr(attr->data);
	size_t copied = min_t(u64, user_size, sizeof(*entries));
	u32 i;

	for (i = 0; i < count; i++, out += user_size)
		if (copy_to_user(out, &entries[i], copied) ||
		    clear_user(out + copied, user_size - copied))
			return -EFAULT;
	return ff_ioctl_written(ioctl, attr);
}

static int query_table(struct ff_ioctl *ioctl, u32 room, u64 user_size)
{
	struct ib_device *ibdev = &ioctl->file->dev->ibdev;
	struct ib_uverbs_gid_entry *entries;
	ssize_t found;
	u64 count;
	int err;

	/* No more than there can be, whatever room there is. */
	room = min_t(u32, room, ibdev->port_data[FF_PORT].immutable.gid_tbl_len);
	entries = kcalloc(room, sizeof(*entries), GFP_KERNEL_ACCOUNT);
	if (!entries)
		return -ENOMEM;
	found = rdma_query_gid_table(ibdev, entries, room);
	if (found < 0) {
		err = -EINVAL;
		goto out_free;
	}
	err = copy_entries(ioctl, entries, found, user_size);
	if (err)
		goto out_free;
	count = found;
	err = ff_ioctl_respond(ioctl,
			       UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES,
			       &count, sizeof(count));
out_free:
	kfree(entries);
	return err;
}

int ff_gid_query_table(struct ff_ioctl *ioctl)
{
	u64 size = ff_ioctl_number(ioctl,
				   UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE);
	u16 len = ioctl->attr[UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES]->len;
	int err;

	err = ff_ioctl_check_flags(ioctl, UVERBS_ATTR_QUERY_GID_TABLE_FLAGS);
	if (err)
		return err;
	if (!size || !len || len % size)
		return -EINVAL;
	if (!READ_ONCE(ioctl->file->lower))
		return -EINVAL;
	return query_table(ioctl, len / size, size);
}

static int describe(const struct ib_gid_attr *attr,
		    struct ib_uverbs_gid_entry *entry)
{
	struct net_device *ndev;
	int err = 0;

	memcpy(entry->gid, &attr->gid, sizeof(entry->gid));
	entry->gid_index = attr->index;
	entry->port_num = attr->port_num;
	entry->gid_type = (u32)attr->gid_type;
	rcu_read_lock();
	ndev = rdma_read_gid_attr_ndev_rcu(attr);
	if (!IS_ERR(ndev))
		entry->netdev_ifindex = ndev->ifindex;
	else if (PTR_ERR(ndev) != -ENODEV)
		err = PTR_ERR(ndev);
	rcu_read_unlock();
	return err;
}

int ff_gid_query_entry(struct ff_ioctl *ioctl)
{
	u64 port = ff_ioctl_number(ioctl, UVERBS_ATTR_QUERY_GID_ENTRY_PORT);
	u64 index = ff_ioctl_number(ioctl,
				    UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX);
	struct ib_uverbs_gid_entry entry = {};
	const struct ib_gid_attr *attr;
	int err;

	err = ff_ioctl_check_flags(ioctl, UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS);
	if (err)
		return err;
	if (port > U32_MAX || index > U32_MAX)
		return -EINVAL;
	if (!READ_ONCE(ioctl->file->lower) || port != FF_PORT)
		return -EINVAL;
	attr = rdma_get_gid_attr(&ioctl->file->dev->ibdev, FF_PORT, index);
	if (IS_ERR(attr))
		return PTR_ERR(attr);
	err = describe(attr, &entry);
	rdma_put_gid_attr(attr);
	return err ?: ff_ioctl_respond(ioctl,
				       UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY,
				       &entry, sizeof(entry));
}
