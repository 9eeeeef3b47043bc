#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 1800
# long: yes
# data path: syscall
#
# Unmodified perftest between containers of two hosts, by route.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/perftest.sh"

on_each_datapath perftests
