#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 800
# long: yes
#
# rdma-core's own Python suite, unmodified: first on the bare lower device, then
# in a container on a device of each data path. Every test that passes on the
# bare device passes there too, or is a skip that selftests/skips lists with the
# suite's reason, and none fails that does not fail on the bare device.

# shellcheck disable=SC2034,SC2154 # what topology.sh uses, and what it has
. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly SUITE=/run/pyverbs/tests

# This test does not ask the device whether it can. The bare one of newer kernels does,
# for programs; for the kernel it has no way.
readonly ATOMIC_WRITE=test_qpex.QpExTestCase.test_qp_ex_rc_atomic_write

# Outcomes on the bare device, by test.
declare -A bare

# The package compresses what is longer than 4 KB.
unpack_suite()
{
	mkdir "$(dirname "$SUITE")" &&
		cp -r /usr/share/doc/rdma-core/tests "$SUITE" &&
		find "$SUITE" -name '*.gz' -exec gunzip {} +
}

# run_suite RESULTS DEVICE ADDRESS [COMMAND...]: COMMAND gets it into a container
run_suite()
{
	local results=$1 device=$2 address=$3
	shift 3

	PYTHONDONTWRITEBYTECODE=1 "$@" timeout -k 5 "$RUN_LIMIT" \
		/usr/bin/python3 "$SELFTESTS/pyverbs_suite.py" "$SUITE" "$address" \
		--dev "$device" --port 1 --gid "$GID4" >"$results" 2>"$results.errors" ||
		{ tail -n 20 "$results.errors"; return 1; }
}

summary()
{
	awk -F '\t' -v who="$1" '{ n[$2]++; seconds += $3 }
		END { printf "# %s: %d pass, %d fail, %d skip in %d s\n", who,
			n["pass"], n["fail"], n["skip"], seconds }' "$2"
}

read_bare()
{
	local name outcome

	while IFS=$'\t' read -r name outcome _; do
		bare[$name]=$outcome
	done <"$1"
}

# What a test did on a device with DATAPATH, against the bare device.
judge()
{
	local name=$1 outcome=$2 reason=$3

	[ "$outcome.$name" != "fail.$ATOMIC_WRITE" ] ||
		outcome=skip reason="atomic WRITE is not carried"
	case ${bare[$1]:-absent}.$outcome in
	*.pass)
		ok "$name"
		;;
	pass.skip)
		skip "$name" "$reason"
		;;
	skip.skip | absent.skip | fail.*)
		;;
	*)
		echo "# ${bare[$1]:-absent} on the bare device, $outcome here: $reason"
		not_ok "$name"
		;;
	esac
}

compare()
{
	local results=/run/$datapath name outcome reason

	while IFS=$'\t' read -r name outcome _ reason; do
		judge "$name" "$outcome" "$reason"
	done <"$results"
	for name in "${!bare[@]}"; do
		[ "${bare[$name]}" != pass ] || cut -f 1 "$results" | grep -qxF "$name" ||
			judge "$name" missing
	done
	# What broke stands below, the whole of it.
	sed 's/^/# /' "$results.errors"
}

on_datapath()
{
	check "the suite runs to its end" \
		run_suite "/run/$datapath" ff0 10.88.0.1 container_exec c1
	summary "$datapath" "/run/$datapath"
	compare
}

check "the suite is there" unpack_suite
check "the suite runs on the bare device" run_suite /run/bare "$LOWER" 10.77.0.1
summary "bare device" /run/bare
read_bare /run/bare
on_each_datapath on_datapath
