#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 600
#
# Memory windows on the data path that carries them: what a program sees of each
# step is what it sees on the bare lower device. And how long the pages stay of those
# that a peer invalidated.

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

pinned()
{
	ffctl -j quota show netns c1 | grep -o '"pinned":{[^}]*}' | json_number used
}

# What window_keep says is charged is, beside its other regions.
pages_stay_as_long_as_needed()
{
	local bytes what others='' used program

	coproc KEPT { run_in c1 "$SELFTESTS/window_keep" -d ff0 -g "$GID4" 2>&1; }
	# shellcheck disable=SC2153 # of coproc
	program=$KEPT_PID
	while read -r -u "${KEPT[0]}" bytes what; do
		used=$(pinned)
		: "${others:=$((used - bytes))}"
		check "pinned: $what" [ "$used" = $((others + bytes)) ]
		echo >&"${KEPT[1]}"
	done
	wait "$program"
	check "pinned: all steps" [ $? = 0 ]
	check "pinned: nothing in the end" [ "$(pinned)" = 0 ]
}

windows()
{
	check "windows are as on the bare device" as_on_the_bare_device
	check "nothing beside a window is reached" \
		run_in c1 "$SELFTESTS/verbs_windows" -d ff0 -g "$GID4" -b
	pages_stay_as_long_as_needed
}

check "the bare device has windows" on_bare_device
sed 's/^/# /' /run/windows.bare
[ $# != 0 ] || datapaths=(ring)
on_each_datapath windows
