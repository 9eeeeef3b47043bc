#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 1200
# kernel: debug
#
# Of every verb, all that the kernel allocates and copies for it fails once, in
# the module and in the lower device below it, and each call of a verb of the lower
# device: the program gets an error that it understands, or none; nothing more is in
# use than before, and another QP moves data. fault_verbs does it; kmemleak looks at
# the end.
#
#	test-faults.sh [DATAPATH [STEPS]]: a pattern of their names

# shellcheck disable=SC2034,SC2154 # what topology.sh uses, and what it has
. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/faults.sh"

only=${2:-*}
datapaths=("${1:-syscall}")
[ $# != 0 ] || datapaths+=(ring)

# What fault_verbs asks for and what it says.
verbs()
{
	local options=() line step='' program input status=0

	[ "$datapath" != ring ] || options=(-r)
	coproc VERBS {
		container_exec c1 "$SELFTESTS/fault_verbs" -d ff0 -g "$GID4" -s "$only" \
			"${options[@]}" 2>/run/faults.errors
	}
	# shellcheck disable=SC2153 # of coproc
	program=$VERBS_PID input=${VERBS[1]}
	while read -r -u "${VERBS[0]}" line; do
		case $line in
		"ok "*)
			step=${line#ok }
			ok "$step"
			;;
		"not ok "*)
			step=${line#not ok }
			not_ok "$step"
			;;
		settled)
			if [ -n "$step" ]; then
				nothing_left "${step%%:*}"
			else
				note_in_use
			fi
			echo >&"$input"
			;;
		esac
	done
	wait "$program" || status=$?
	check "the program ends well" ended "$status"
}

ended()
{
	[ "$1" = 0 ] || { echo "exit $1"; cat /run/faults.errors; return 1; }
}

check "allocations can fail" faults_prepare
check "verbs of the lower device can fail" lower_faults_prepare
on_each_datapath verbs
