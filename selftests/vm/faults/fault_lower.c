// SPDX-License-Identifier: GPL-2.0
/*
 * While this is loaded, calls of verbs that give the module something of the lower
 * device, or change it, are among what /proc/thread-self/fail-nth counts. That which
 * it comes to is not made: its caller gets -ENOMEM.
 *
 * Not by fail_function: where a probe traps, the kernel counts nothing, as it takes
 * the trap for an interrupt. x86 only.
 */

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

/* Whether this call is the one. What interrupts a task is not counted. */
static bool is_to_fail(void)
{
	unsigned int nth = READ_ONCE(current->fail_nth);

	if (!nth || in_serving_softirq())
		return false;
	WRITE_ONCE(current->fail_nth, nth - 1);
	return nth == 1;
}
NOKPROBE_SYMBOL(is_to_fail);

/* From the first instruction of a function back to its caller. */
static int fail(struct pt_regs *regs)
{
	regs_set_return_value(regs, -ENOMEM);
	instruction_pointer_set(regs, *(unsigned long *)regs->sp);
	regs->sp += sizeof(unsigned long);
	return 1;
}
NOKPROBE_SYMBOL(fail);

static int on_verb(struct kprobe *probe, struct pt_regs *regs)
{
	return is_to_fail() ? fail(regs) : 0;
}
NOKPROBE_SYMBOL(on_verb);

/* Of (queue, wr, bad_wr): the first request is the bad one. */
static int on_post(struct kprobe *probe, struct pt_regs *regs)
{
	if (!is_to_fail())
		return 0;
	*(unsigned long *)regs_get_kernel_argument(regs, 2) =
		regs_get_kernel_argument(regs, 1);
	return fail(regs);
}
NOKPROBE_SYMBOL(on_post);

/* With one of these a probe stays a trap: a jump would not heed what on_verb() says. */
static void afterwards(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(afterwards);

#define PROBE(name, handler) \
	{ .symbol_name = #name, .pre_handler = (handler), .post_handler = afterwards }
#define VERB(name) PROBE(name, on_verb)
#define POST(name) PROBE(name, on_post)

static struct kprobe probes[] = {
	VERB(__ib_alloc_pd),
	VERB(__ib_create_cq),
	VERB(ib_alloc_mr),
	VERB(ib_attach_mcast),
	VERB(ib_create_qp_kernel),
	VERB(ib_create_srq_user),
	VERB(ib_map_mr_sg),
	VERB(ib_modify_qp),
	VERB(ib_modify_srq),
	VERB(ib_query_port),
	VERB(ib_query_qp),
	VERB(ib_query_srq),
	VERB(ib_reg_user_mr),
	VERB(ib_register_device),
	VERB(ib_resize_cq),
	VERB(rdma_create_ah),
	VERB(rdma_resolve_ip),
	POST(rxe_post_recv),
	POST(rxe_post_send),
	POST(rxe_post_srq_recv),
};

static void remove_first(size_t count)
{
	while (count)
		unregister_kprobe(&probes[--count]);
}

static int __init fault_lower_init(void)
{
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		err = register_kprobe(&probes[i]);
		if (err) {
			pr_err("fault_lower: %s: %d\n", probes[i].symbol_name, err);
			remove_first(i);
			return err;
		}
	}
	return 0;
}

static void __exit fault_lower_exit(void)
{
	remove_first(ARRAY_SIZE(probes));
}

module_init(fault_lower_init);
module_exit(fault_lower_exit);

MODULE_DESCRIPTION("Verbs of the lower device that can be made to fail");
MODULE_LICENSE("GPL");
