#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 300
# clock: slow
# kernel: stock
#
# Programs get on where each instruction takes so long that a page fault takes longer
# than a queue of the data path "ring" is looked at before it is hidden.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

pingpongs()
{
	local options=(-g "$GID4" -n 50 -s 64)

	pair "ibv_rc_pingpong" ibv_rc_pingpong "${options[@]}"
	pair "ibv_rc_pingpong, events" ibv_rc_pingpong "${options[@]}" -e
	pair "ibv_rc_pingpong, few receives" ibv_rc_pingpong "${options[@]}" -r 4
	pair "ibv_uc_pingpong" ibv_uc_pingpong "${options[@]}"
	pair "ibv_ud_pingpong" ibv_ud_pingpong "${options[@]}"
	pair "ibv_srq_pingpong" ibv_srq_pingpong "${options[@]}"
}

on_each_datapath pingpongs
