#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 480
#
# Unmodified programs of libibverbs between two containers of one host, and
# every opcode with its data compared.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/verbs.sh"

containers_up
device_is_shown c1 ff0 1
device_is_shown c2 ff1 2
pingpongs
verbs_data
containers_down
