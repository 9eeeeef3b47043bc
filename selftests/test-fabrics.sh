#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 1400
# long: yes
# data path: syscall
#
# UCX and libfabric between two containers of one host.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/fabrics.sh"

on_each_datapath fabrics
