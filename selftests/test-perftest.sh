#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 2000
# long: yes
# data path: syscall
#
# Unmodified perftest between two containers of one host.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/perftest.sh"

on_each_datapath perftests
