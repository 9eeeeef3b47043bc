#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 1600
#
# Hostile programs: 200,000 half-valid commands, and all threads on one QP. And requests
# over netlink as a broken tool would make them. The kernel's log is searched after every
# test.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# shellcheck disable=SC2034 # for device_add
datapath=syscall
seed=${1:-1}

fuzz()
{
	container_exec "$@" "$SELFTESTS/fuzz_write" -d "/dev/infiniband/$node" -a 10.88.0.1 \
		-s "$seed" "${mode[@]}" | tee /run/fuzz
	return "${PIPESTATUS[0]}"
}

# Its own container, interface and names; what it sets of all is taken back.
netlink()
{
	container_add fuzz eth0 10.99.0.1/24 fd99::1/64 &&
		"$SELFTESTS/fuzz_netlink" -s "$seed" -i eth0 -N /run/netns/fuzz | tee /run/fuzz
	return "${PIPESTATUS[0]}"
}

take_back()
{
	local device

	for device in $(ffctl -j dev show | jq -r '.[].name' | grep '^fuzz'); do
		ffctl dev del "$device" || return
	done
	ffctl limit del lower "$LOWER"
	ffctl lower set "$LOWER" nodefault
	container_del fuzz
}

containers_up
node=$(ffctl dev show ff0 | sed 's/.* node \([^ ]*\) .*/\1/')
mode=(-n 150000)
check "150,000 commands, seed $seed" fuzz c1
grep '^#' /run/fuzz
mode=(-n 50000 -m storm)
check "50,000 commands on one QP" fuzz c1
grep '^#' /run/fuzz
mode=(-n 20000)
check "20,000 commands of nobody" fuzz -u c1
check "50,000 requests over netlink" netlink
grep '^#' /run/fuzz
check "they are taken back" take_back
pair "a sound program still works" ibv_rc_pingpong -g "$GID4"
containers_down
