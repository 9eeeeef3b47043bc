// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/nsproxy.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <rdma/ib_verbs.h>
#include <rdma/rdma_netlink.h>

#include "abi.h"
#include "chardev.h"
#include "cmd.h"
#include "compat/compat.h"
#include "dev.h"
#include "file.h"
#include "ring.h"
#include "ioctl.h"

#define FF_CHARDEV_MAX 4096

static dev_t first_devt;
static struct class *ff_class;
static DEFINE_IDA(minors);

static struct ff_chardev *to_ff_chardev(struct device *dev)
{
	return container_of(dev, struct ff_chardev, dev);
}

/* Programs of the device's own network namespace only, in either mode. */
static bool may_open(const struct ff_dev *dev)
{
	struct net *net = current->nsproxy->net_ns;

	return net_eq(net, dev_net(dev->netdev)) &&
	       rdma_dev_access_netns(&dev->ibdev, net);
}

static int ff_open(struct inode *inode, struct file *filp)
{
	struct ff_chardev *chardev =
		container_of(inode->i_cdev, struct ff_chardev, cdev);
	struct ff_file *file;
	int err = 0;

	mutex_lock(&chardev->lock);
	if (!chardev->ffdev) {
		err = -EIO;
		goto out_unlock;
	}
	if (!may_open(chardev->ffdev)) {
		err = -EPERM;
		goto out_unlock;
	}
	file = ff_file_create(chardev, chardev->ffdev);
	if (!file) {
		err = -ENOMEM;
		goto out_unlock;
	}
	file->mapping = filp->f_mapping;
	list_add_tail(&file->chardev_node, &chardev->files);
	filp->private_data = file;
out_unlock:
	mutex_unlock(&chardev->lock);
	return err ?: stream_open(inode, filp);
}

static int ff_release(struct inode *inode, struct file *filp)
{
	struct ff_file *file = filp->private_data;
	struct ff_chardev *chardev = file->chardev;

	ff_file_disassociate(file, false);
	mutex_lock(&chardev->lock);
	list_del_init(&file->chardev_node);
	mutex_unlock(&chardev->lock);
	ff_file_put(file);
	return 0;
}

static ssize_t ff_write(struct file *filp, const char __user *buf, size_t count,
			loff_t *pos)
{
	return ff_cmd_write(filp, buf, count);
}

static int ff_mmap(struct file *filp, struct vm_area_struct *vma)
{
	return ff_ring_mmap(filp->private_data, vma);
}

static const struct file_operations ff_fops = {
	.owner		= THIS_MODULE,
	.open		= ff_open,
	.release	= ff_release,
	.mmap		= ff_mmap,
	.write		= ff_write,
	.unlocked_ioctl	= ff_ioctl_run,
	.compat_ioctl	= compat_ptr_ioctl,
};

/**
 * ff_chardev_lock_idle() - keep programs from opening, if none has it open
 * @chardev: the character device
 *
 * Return: whether it is idle, and now locked until ff_chardev_unlock().
 */
bool ff_chardev_lock_idle(struct ff_chardev *chardev)
{
	mutex_lock(&chardev->lock);
	if (list_empty(&chardev->files))
		return true;
	mutex_unlock(&chardev->lock);
	return false;
}

void ff_chardev_unlock(struct ff_chardev *chardev)
{
	mutex_unlock(&chardev->lock);
}

/* Visits the open files from an id on, in order, until fn returns non-zero. */
int ff_chardev_visit_files(struct ff_chardev *chardev, u32 from_id,
			     int (*fn)(struct ff_file *file, void *arg),
			     void *arg)
{
	struct ff_file *file;
	int err = 0;

	mutex_lock(&chardev->lock);
	list_for_each_entry(file, &chardev->files, chardev_node) {
		if (file->id < from_id)
			continue;
		err = fn(file, arg);
		if (err)
			break;
	}
	mutex_unlock(&chardev->lock);
	return err;
}

static ssize_t ibdev_show(struct device *device, struct device_attribute *attr,
			  char *buf)
{
	struct ff_chardev *chardev = to_ff_chardev(device);
	ssize_t len = -ENODEV;

	mutex_lock(&chardev->lock);
	if (chardev->ffdev)
		/* Its dev_name() is freed when it gets another. */
		len = sysfs_emit(buf, "%s\n", chardev->ffdev->ibdev.name);
	mutex_unlock(&chardev->lock);
	return len;
}
static DEVICE_ATTR_RO(ibdev);

static ssize_t abi_version_show(struct device *device,
				struct device_attribute *attr, char *buf)
{
	struct ff_chardev *chardev = to_ff_chardev(device);
	ssize_t len = -ENODEV;

	mutex_lock(&chardev->lock);
	if (chardev->ffdev)
		len = sysfs_emit(buf, "%u\n", chardev->ffdev->abi->version);
	mutex_unlock(&chardev->lock);
	return len;
}
static DEVICE_ATTR_RO(abi_version);

static struct attribute *ff_chardev_attrs[] = {
	&dev_attr_abi_version.attr,
	&dev_attr_ibdev.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ff_chardev);

static void chardev_release(struct device *device)
{
	struct ff_chardev *chardev = to_ff_chardev(device);

	ida_free(&minors, MINOR(device->devt));
	cleanup_srcu_struct(&chardev->srcu);
	mutex_destroy(&chardev->lock);
	kfree(chardev);
}

static struct ff_chardev *chardev_alloc(struct ff_dev *ffdev)
{
	struct ff_chardev *chardev;
	int minor, err;

	chardev = kzalloc(sizeof(*chardev), GFP_KERNEL);
	if (!chardev)
		return ERR_PTR(-ENOMEM);
	err = init_srcu_struct(&chardev->srcu);
	if (err)
		goto err_free;
	minor = ida_alloc_max(&minors, FF_CHARDEV_MAX - 1, GFP_KERNEL);
	if (minor < 0) {
		err = minor;
		goto err_srcu;
	}
	mutex_init(&chardev->lock);
	INIT_LIST_HEAD(&chardev->files);
	chardev->ffdev = ffdev;

	device_initialize(&chardev->dev);
	chardev->dev.class = ff_class;
	chardev->dev.parent = ffdev->ibdev.dev.parent;
	chardev->dev.groups = ff_chardev_groups;
	chardev->dev.release = chardev_release;
	chardev->dev.devt = MKDEV(MAJOR(first_devt), minor);
	cdev_init(&chardev->cdev, &ff_fops);
	chardev->cdev.owner = THIS_MODULE;
	return chardev;

err_srcu:
	cleanup_srcu_struct(&chardev->srcu);
err_free:
	kfree(chardev);
	return ERR_PTR(err);
}

/* The virtual device leaves, and no open file is left on it. */
static void take_dev(struct ff_chardev *chardev)
{
	struct ff_file *file;

	mutex_lock(&chardev->lock);
	chardev->ffdev = NULL;
	list_for_each_entry(file, &chardev->files, chardev_node)
		ff_file_stop(file);
	while ((file = list_first_entry_or_null(&chardev->files, struct ff_file,
						chardev_node))) {
		ff_file_get(file);
		mutex_unlock(&chardev->lock);
		ff_file_disassociate(file, true);
		mutex_lock(&chardev->lock);
		list_del_init(&file->chardev_node);
		ff_file_put(file);
	}
	mutex_unlock(&chardev->lock);
}

static struct ib_client uverbs_client;

static int chardev_add(struct ib_device *ibdev)
{
	struct ff_chardev *chardev;
	struct ff_dev *ffdev;
	int err;

	if (!ff_dev_is_ours(ibdev))
		return -EOPNOTSUPP;
	ffdev = to_ff_dev(ibdev);
	chardev = chardev_alloc(ffdev);
	if (IS_ERR(chardev))
		return PTR_ERR(chardev);
	err = dev_set_name(&chardev->dev, "ffverbs%d",
			   MINOR(chardev->dev.devt));
	if (!err)
		err = cdev_device_add(&chardev->cdev, &chardev->dev);
	if (err) {
		/* It may have been open for a moment. */
		take_dev(chardev);
		ff_chardev_put(chardev);
		return err;
	}
	ib_set_client_data(ibdev, &uverbs_client, chardev);
	ff_dev_set_chardev(ffdev, chardev);
	return 0;
}

static void chardev_remove(struct ib_device *ibdev, void *client_data)
{
	struct ff_chardev *chardev = client_data;

	ff_dev_set_chardev(to_ff_dev(ibdev), NULL);
	cdev_device_del(&chardev->cdev, &chardev->dev);
	take_dev(chardev);
	ff_chardev_put(chardev);
}

static int chardev_get_nl_info(struct ib_device *ibdev, void *client_data,
			       struct ib_client_nl_info *info)
{
	const struct ff_abi *abi = to_ff_dev(ibdev)->abi;
	struct ff_chardev *chardev = client_data;

	if (info->port != -1)
		return -EINVAL;
	/* Programs take the first device that they find. */
	if (!may_open(to_ff_dev(ibdev)))
		return -EPERM;
	info->abi = abi->version;
	info->cdev = &chardev->dev;
	return nla_put_u32(info->nl_msg, RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID,
			   abi->driver_id);
}

/* Beside ib_uverbs' client of that name: each declines the other's devices. */
static struct ib_client uverbs_client = {
	.name		= "uverbs",
	.no_kverbs_req	= true,
	.add		= chardev_add,
	.remove		= chardev_remove,
	.get_nl_info	= chardev_get_nl_info,
};

static char *ff_devnode(ff_devnode_device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0666;
	return kasprintf(GFP_KERNEL, "infiniband/%s", dev_name(dev));
}

int ff_chardev_init(void)
{
	int err;

	err = alloc_chrdev_region(&first_devt, 0, FF_CHARDEV_MAX, "ffverbs");
	if (err)
		return err;
	ff_class = ff_class_create("ffverbs");
	if (IS_ERR(ff_class)) {
		err = PTR_ERR(ff_class);
		goto err_region;
	}
	ff_class->devnode = ff_devnode;
	err = ib_register_client(&uverbs_client);
	if (err)
		goto err_class;
	return 0;

err_class:
	class_destroy(ff_class);
err_region:
	unregister_chrdev_region(first_devt, FF_CHARDEV_MAX);
	return err;
}

void ff_chardev_exit(void)
{
	ib_unregister_client(&uverbs_client);
	class_destroy(ff_class);
	unregister_chrdev_region(first_devt, FF_CHARDEV_MAX);
	ida_destroy(&minors);
}
