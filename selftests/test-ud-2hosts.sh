#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 600
# long: yes
# data path: syscall
#
# Multicast between containers of two hosts. Who sent it is not known there: the
# header names the group alone. And perftest over UD, and with SRQs.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/ud.sh"

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

datagrams()
{
	messages "$GID4" "$GROUP4" 0.0.0.0
	messages "$GID6" "$GROUP6" ::
	for gid in "$GID4" "$GID6"; do
		pair "perftest: ib_send_bw -c UD, GID $gid" ib_send_bw -F -c UD -x "$gid" -n 100
		pair "perftest: ib_send_lat -c UD, GID $gid" ib_send_lat -F -c UD -x "$gid" -n 50
		pair "perftest: ib_send_bw --use-srq, GID $gid" ib_send_bw -F --use-srq -q 2 -x "$gid" -n 100 -s 4096
	done
	pair "perftest: ib_send_bw -c UD -b" ib_send_bw -F -c UD -x "$GID4" -n 50 -b
	pair "perftest: ib_send_lat -c UD --use-srq" ib_send_lat -F -c UD -x "$GID4" -n 50 --use-srq
	pair "perftest: ib_send_lat -g" ib_send_lat -F -c UD -x "$GID6" -g -n 20
}

on_each_datapath datagrams
