#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 900
# long: yes
# data path: ring
#
# Unmodified programs of libibverbs between containers of two hosts, by route, and
# every opcode with its data compared.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/verbs.sh"

on_each_datapath verbs
