/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices made by "rdma link add NAME type freeflow netdev IF". */
#ifndef FF_RDMA_LINK_H
#define FF_RDMA_LINK_H

void ff_rdma_link_init(void);
void ff_rdma_link_exit(void);

#endif /* FF_RDMA_LINK_H */
