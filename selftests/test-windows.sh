#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 600
#
# Memory windows on the data path that carries them: what a program sees of each
# step is what it sees on the bare lower device.

# shellcheck disable=SC2034,SC2154 # what topology.sh uses, and what it has
. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

on_bare_device()
{
	timeout -k 5 "$RUN_LIMIT" "$SELFTESTS/verbs_windows" -d "$LOWER" -g "$GID4" \
		>/run/windows.bare
}

as_on_the_bare_device()
{
	run_in c1 "$SELFTESTS/verbs_windows" -d ff0 -g "$GID4" >/run/windows 2>&1 || { cat /run/windows; return 1; }
	diff /run/windows.bare /run/windows
}

windows()
{
	check "windows are as on the bare device" as_on_the_bare_device
	check "nothing beside a window is reached" \
		run_in c1 "$SELFTESTS/verbs_windows" -d ff0 -g "$GID4" -b
}

check "the bare device has windows" on_bare_device
sed 's/^/# /' /run/windows.bare
[ $# != 0 ] || datapaths=(ring)
on_each_datapath windows
