#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pairings.sh ROOT...: unmodified programs between containers of one host whose root
# file systems are these, each with rdma-core of its own: any of them as server, any as
# client, on both data paths.

roots=("$@")
set --		# no data paths, for topology.sh

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

# roots_mount: under their names, on a path that has no blank
roots_mount()
{
	local root

	for root in "${roots[@]}"; do
		mkdir -p "/run/roots/$(basename "$root")"
		mount --bind "$root" "/run/roots/$(basename "$root")"
	done
}

# pairing SERVER CLIENT
pairing()
{
	local name="$1 serves $2" over=$SELFTESTS/in_root

	cm_pair "$name: ibv_rc_pingpong" \
		"$over $1 ibv_rc_pingpong -d SERVER_DEVICE -g $GID4 -p PORT -c -n 100" \
		"$over $2 ibv_rc_pingpong -d CLIENT_DEVICE -g $GID4 -p PORT -c -n 100 ADDRESS"
	cm_pair "$name: rping" "$over $1 rping -s -a ADDRESS -p PORT -C 20 -V" \
		"$over $2 rping -c -a ADDRESS -p PORT -C 20 -V"
}

pairings()
{
	local server client

	for server in "${roots[@]}"; do
		for client in "${roots[@]}"; do
			pairing "$(basename "$server")" "$(basename "$client")"
		done
	done
}

roots_mount
on_each_datapath pairings
