// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "chardev.h"
#include "dev.h"
#include "file.h"
#include "qp.h"
#include "qp-meter.h"

/* In place of a QP's meter, when it is on its way out. */
#define ENDED ((struct ff_meter *)ERR_PTR(-ENOENT))

static struct ff_meter *create(struct ff_meter *parent, u32 qpn)
{
	struct ff_meter *meter = kzalloc(sizeof(*meter), GFP_KERNEL_ACCOUNT);

	if (meter && ff_meter_begin(meter, parent, qpn)) {
		kfree(meter);
		meter = NULL;
	}
	return meter;
}

static void destroy(struct ff_meter *meter)
{
	ff_meter_end(meter);
	kfree(meter);
}

/* @qp: its memory is held; it may be on its way out */
static int count_apart(struct ff_qp *qp, struct ff_meter *parent, u32 qpn)
{
	struct ff_counts __percpu *own;
	struct ff_meter *meter;

	if (READ_ONCE(qp->meter))
		return 0;
	meter = create(parent, qpn);
	if (!meter)
		return -ENOMEM;
	own = meter->counts;
	if (cmpxchg(&qp->meter, NULL, meter))
		destroy(meter);
	else
		/* Nobody counts any more if the QP and the meter end now. */
		WRITE_ONCE(qp->counts, own);
	return 0;
}

/**
 * ff_qp_meter_begin() - a QP was published
 * @qp: the QP, of which the memory is held
 *
 * If its device counts per QP, so does this one. Without memory for that it
 * counts for its device only.
 *
 * Context: may sleep; in a command.
 */
void ff_qp_meter_begin(struct ff_qp *qp)
{
	struct ff_dev *dev = qp->obj.file->dev;

	smp_mb();	/* who sets per_qp looks for QPs thereafter */
	if (READ_ONCE(dev->per_qp))
		count_apart(qp, &dev->meter, qp->qpn);
}

/* The lower QP is gone, and nobody counts any more. Context: may sleep. */
void ff_qp_meter_end(struct ff_qp *qp)
{
	struct ff_meter *meter = xchg(&qp->meter, ENDED);

	if (meter)
		destroy(meter);
}

static struct ff_qp *hold_next(struct ff_file *file, unsigned long *handle)
{
	struct ff_obj *obj;

	rcu_read_lock();
	xa_for_each_start(&file->objs, *handle, obj, *handle)
		if (obj->kind == &ff_qp_kind && ff_obj_hold_memory(obj))
			break;
	rcu_read_unlock();
	return obj ? container_of(obj, struct ff_qp, obj) : NULL;
}

static int count_apart_in_file(struct ff_file *file, void *arg)
{
	unsigned long handle = 0;
	struct ff_dev *dev = arg;
	struct ff_qp *qp;
	int err = 0;

	while (!err && (qp = hold_next(file, &handle))) {
		err = count_apart(qp, &dev->meter, qp->qpn);
		ff_qp_release(qp);
		handle++;
	}
	return err;
}

struct setting {
	const char *dev_name;
	bool on;
	int err;
};

static int set_in_dev(struct ff_dev *dev, void *arg)
{
	struct setting *setting = arg;

	if (strcmp(setting->dev_name, dev->ibdev.name))
		return 0;
	WRITE_ONCE(dev->per_qp, setting->on);
	smp_mb();	/* as in ff_qp_meter_begin() */
	setting->err = setting->on && dev->chardev ?
		       ff_chardev_visit_files(dev->chardev, 0,
					      count_apart_in_file, dev) : 0;
	return 1;
}

/**
 * ff_qp_meter_set() - have a device count per QP, or no more
 * @dev_name: the device
 * @on: whether QPs that exist and later ones count for themselves; if not, those
 *      that do go on doing so
 *
 * Context: may sleep.
 * Return: 0; -ENODEV; -ENOMEM, when only some of the QPs that exist do.
 */
int ff_qp_meter_set(const char *dev_name, bool on)
{
	struct setting setting = {
		.dev_name = dev_name,
		.on = on,
		.err = -ENODEV,
	};
	u32 from = 0;

	ff_dev_visit(&from, set_in_dev, &setting);
	return setting.err;
}
