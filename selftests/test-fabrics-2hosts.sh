#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 900
# long: yes
# data path: ring
#
# UCX and libfabric between containers of two hosts, by route.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/fabrics.sh"

on_each_datapath fabrics
