/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The character device /dev/infiniband/ffverbsN of a virtual device, and the
 * ib_client named "uverbs" by which stock libibverbs finds it.
 */
#ifndef FF_CHARDEV_H
#define FF_CHARDEV_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/srcu.h>

struct ff_dev;
struct ff_file;

struct ff_chardev {
	struct device dev;
	struct cdev cdev;
	struct srcu_struct srcu;	/* held by every running command */
	struct mutex lock;		/* protects ffdev and files */
	struct ff_dev *ffdev;		/* NULL once the virtual device leaves */
	struct list_head files;		/* ff_file.chardev_node */
};

static inline const char *ff_chardev_name(const struct ff_chardev *chardev)
{
	return dev_name(&chardev->dev);
}

static inline void ff_chardev_get(struct ff_chardev *chardev)
{
	get_device(&chardev->dev);
}

static inline void ff_chardev_put(struct ff_chardev *chardev)
{
	put_device(&chardev->dev);
}

bool ff_chardev_lock_idle(struct ff_chardev *chardev);
void ff_chardev_unlock(struct ff_chardev *chardev);
int ff_chardev_visit_files(struct ff_chardev *chardev, u32 from_id,
			     int (*fn)(struct ff_file *file, void *arg),
			     void *arg);

int ff_chardev_init(void);
void ff_chardev_exit(void);

#endif /* FF_CHARDEV_H */
