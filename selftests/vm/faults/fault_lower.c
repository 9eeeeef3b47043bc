// SPDX-License-Identifier: GPL-2.0
/*
 * While this is loaded, /sys/kernel/debug/fail_function takes the verbs of ib_core
 * that give the module something of the lower device, or change it.
 */

#include <linux/error-injection.h>
#include <linux/module.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_verbs.h>

ALLOW_ERROR_INJECTION(__ib_alloc_pd, ERRNO);
ALLOW_ERROR_INJECTION(__ib_create_cq, ERRNO);
ALLOW_ERROR_INJECTION(ib_alloc_mr, ERRNO);
ALLOW_ERROR_INJECTION(ib_attach_mcast, ERRNO);
ALLOW_ERROR_INJECTION(ib_create_qp_kernel, ERRNO);
ALLOW_ERROR_INJECTION(ib_create_srq_user, ERRNO);
ALLOW_ERROR_INJECTION(ib_modify_qp, ERRNO);
ALLOW_ERROR_INJECTION(ib_modify_srq, ERRNO);
ALLOW_ERROR_INJECTION(ib_query_port, ERRNO);
ALLOW_ERROR_INJECTION(ib_query_qp, ERRNO);
ALLOW_ERROR_INJECTION(ib_query_srq, ERRNO);
ALLOW_ERROR_INJECTION(ib_reg_user_mr, ERRNO);
ALLOW_ERROR_INJECTION(ib_register_device, ERRNO);
ALLOW_ERROR_INJECTION(ib_resize_cq, ERRNO);
ALLOW_ERROR_INJECTION(rdma_create_ah, ERRNO);
ALLOW_ERROR_INJECTION(rdma_resolve_ip, ERRNO);

MODULE_DESCRIPTION("Verbs of the lower device that can be made to fail");
MODULE_LICENSE("GPL");
