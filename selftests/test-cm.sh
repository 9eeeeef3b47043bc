#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 480
#
# rdma_cm by virtual address between two containers of one host.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

containers_up
cm_programs IPv4 ip
server_address=fd88::1
cm_programs IPv6 ip6
server_address=10.88.0.1
cm_copy
containers_down
