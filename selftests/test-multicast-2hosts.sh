#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 300
#
# Multicast between containers of two hosts. Who sent it is not known there: the
# header names the group alone.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/mcast.sh"

# messages GID GROUP NOBODY
messages()
{
	local gid=$1 group=$2

	if [ "$HOST" = 2 ]; then
		listen c2 ff0 "$gid" "$group"
		barrier "listens to $group"
		check "$group: c2 hears c1" hears c2 "$3 > $group: hello"
		barrier "heard $group"
		check "$group: c2 is told to detach" hears c2 detached
		wait
	else
		barrier "listens to $group"
		check "$group: c1 sends" send c1 ff0 "$gid" "$group" hello
		barrier "heard $group"
		check "$group: c1 sends again" send c1 ff0 "$gid" "$group" detach
	fi
}

containers_up
messages "$GID4" "$GROUP4" 0.0.0.0
messages "$GID6" "$GROUP6" ::
containers_down
