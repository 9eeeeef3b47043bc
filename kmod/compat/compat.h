/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows kernel versions: what differs between the kernels
 * that FreeFlow builds for, under one name.
 */
#ifndef FF_COMPAT_H
#define FF_COMPAT_H

#include <crypto/blake2s.h>
#include <linux/capability.h>
#include <linux/device/class.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/version.h>
#include <rdma/ib_verbs.h>

struct sk_buff;

/*
 * How an ib_client answers RDMA_NLDEV_CMD_GET_CHARDEV. ib_core keeps the type
 * in its private core_priv.h; the layout is the same from 6.1 to 7.2.
 */
struct ib_client_nl_info {
	struct sk_buff *nl_msg;
	struct device *cdev;
	u32 port;
	u64 abi;
};

/*
 * A large variable of the data path, of which nothing is read that was not written
 * here, also where the kernel has all variables zeroed.
 */
#if __has_attribute(uninitialized)
#define __ff_uninitialized	__attribute__((uninitialized))
#else
#define __ff_uninitialized
#endif

/*
 * Exported by ib_core for ib_uverbs, declared in its private core_priv.h. Before
 * there was the system setting, ib_uverbs asked for the capability alone.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0) || \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 192) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))
bool rdma_nl_get_privileged_qkey(void);
#else
static inline bool rdma_nl_get_privileged_qkey(void)
{
	return capable(CAP_NET_RAW);
}
#endif

#ifdef CONFIG_CGROUP_RDMA
int ib_rdmacg_try_charge(struct ib_rdmacg_object *cg_obj,
			 struct ib_device *device,
			 enum rdmacg_resource_type resource_index);
void ib_rdmacg_uncharge(struct ib_rdmacg_object *cg_obj,
			struct ib_device *device,
			enum rdmacg_resource_type resource_index);
#else
static inline int ib_rdmacg_try_charge(struct ib_rdmacg_object *cg_obj,
				       struct ib_device *device,
				       enum rdmacg_resource_type resource_index)
{
	return 0;
}

static inline void ib_rdmacg_uncharge(struct ib_rdmacg_object *cg_obj,
				      struct ib_device *device,
				      enum rdmacg_resource_type resource_index)
{
}
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define ff_vma_set_flags(vma, flags)	vm_flags_set(vma, flags)
#else
#define ff_vma_set_flags(vma, flags)	((void)((vma)->vm_flags |= (flags)))
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define ff_class_create(name)	class_create(name)
#else
#define ff_class_create(name)	class_create(THIS_MODULE, name)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
typedef const struct device ff_devnode_device;
#else
typedef struct device ff_devnode_device;
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
typedef struct uverbs_attr_bundle ff_create_cq_attrs;
#else
typedef struct ib_udata ff_create_cq_attrs;
#endif

/* What ib_device_ops.reg_user_mr takes before its last argument. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define FF_REG_USER_MR_DMAH	struct ib_dmah *dmah,
#else
#define FF_REG_USER_MR_DMAH
#endif

/* From 7.1 on only the CQs of programs can be resized. */
static inline int ff_ib_resize_cq(struct ib_cq *cq, u32 cqe)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
	return -EOPNOTSUPP;
#else
	return ib_resize_cq(cq, cqe);
#endif
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define ff_assign_str(field, value)	__assign_str(field)
#else
#define ff_assign_str(field, value)	__assign_str(field, value)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define ff_hrtimer_setup	hrtimer_setup
#else
static inline void ff_hrtimer_setup(struct hrtimer *timer,
				    enum hrtimer_restart (*function)(struct hrtimer *),
				    clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
typedef struct blake2s_ctx ff_blake2s_state;
#else
typedef struct blake2s_state ff_blake2s_state;
#endif

/*
 * One page of another process to be kept, for writing or not, got as the memory
 * of an MR is; under its mmap lock.
 */
static inline long ff_pin_page_remote(struct mm_struct *mm,
				      unsigned long address, bool writable,
				      struct page **page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	return pin_user_pages_remote(mm, address, 1, FOLL_LONGTERM |
				     (writable ? FOLL_WRITE : 0), page, NULL);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	return pin_user_pages_remote(mm, address, 1, FOLL_LONGTERM |
				     (writable ? FOLL_WRITE : 0), page, NULL,
				     NULL);
#else
	/* Without writing to it, a page would not stay the program's. */
	return pin_user_pages_remote(mm, address, 1,
				     FOLL_LONGTERM | FOLL_WRITE |
				     (writable ? 0 : FOLL_FORCE), page, NULL,
				     NULL);
#endif
}

/* Attributes of a dump's request; ff_dump_attrs() needs <net/genetlink.h>. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define ff_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#else
#define ff_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

/*
 * Does the driver need QPs to be quiet before they are reset or destroyed? Who brings a
 * packet handles it in the rxe of 6.1: beside one who resets the QP, and with a last
 * word to it when it does not hold it any more. From 6.12 on, the next one that was
 * looked at, the packet waits for a work item that holds the QP.
 */
static inline bool ff_wants_quiet_qps(const struct ib_device *ibdev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return false;
#else
	return ibdev->ops.driver_id == RDMA_DRIVER_RXE;
#endif
}

/* Waits for all that call_rcu_tasks() was told, which elsewhere is call_rcu(). */
static inline void ff_rcu_barrier_tasks(void)
{
#ifdef CONFIG_TASKS_RCU
	rcu_barrier_tasks();
#else
	rcu_barrier();
#endif
}

#endif /* FF_COMPAT_H */
