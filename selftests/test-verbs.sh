#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 1600
#
# Unmodified programs of libibverbs between two containers of one host, and
# every opcode with its data compared.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/verbs.sh"

on_each_datapath verbs
