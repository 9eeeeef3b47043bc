# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # what topology.sh has
#
# What the tests of faults share, over topology.sh.

# All allocations can fail, also those that may wait; without a word each, but for
# what the kernel says by itself, in which vm/run then sees no report.
faults_prepare()
{
	local kind

	: >"/shared/faults.$HOST"
	for kind in failslab fail_page_alloc; do
		echo 0 >"/sys/kernel/debug/$kind/verbose" &&
			echo N >"/sys/kernel/debug/$kind/ignore-gfp-wait" || return
	done
	echo 0 >/sys/kernel/debug/fail_usercopy/verbose &&
		echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem &&
		echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

# So can the verbs of the lower device that fault_lower.c names.
lower_faults_prepare()
{
	insmod "${FREEFLOW_KO%/*}/selftests/vm/faults/fault_lower.ko"
}

# What programs have, by the quotas that it counts against, and what the module has
# on the lower device for them.
in_use()
{
	ffctl -j quota show && lower_resources
}

note_in_use()
{
	used=$(in_use)
}

in_use_as_before()
{
	local now
	now=$(in_use)

	[ "$now" = "$used" ] || { printf '%s\n' "before: $used" "now: $now"; return 1; }
}

# nothing_left OF: one result; what is left is not held against those that follow
nothing_left()
{
	check "$1: nothing is left" wait_for 2 in_use_as_before && return
	in_use_as_before | sed 's/^/# /'
	note_in_use
}
