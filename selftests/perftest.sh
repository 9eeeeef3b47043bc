# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What test-perftest.sh does on one host and test-perftest-2hosts.sh on two.

# perftest GID PROGRAM OPTION...
perftest()
{
	local gid=$1 program=$2 family
	shift 2

	family=IPv$([ "$gid" = "$GID4" ] && echo 4 || echo 6)
	pair "$family: $program${*:+ $*}" "$program" -x "$gid" -F "$@"
}

# Few rounds, as long as they fill the queues once. 16 QPs send 4 KB: with 64 KB
# each, packets get lost between two VMs, and from that the bare rxe of 6.1 does
# not recover either (measured: the same errors in the same runs).
perftest_ipv4()
{
	local verb

	for verb in send write read atomic; do
		perftest "$GID4" "ib_${verb}_bw" -n 50
		perftest "$GID4" "ib_${verb}_bw" -n 50 -b
		perftest "$GID4" "ib_${verb}_lat" -n 100
	done
	for verb in send write read; do
		perftest "$GID4" "ib_${verb}_bw" -n 20 -q 16 -s 4096
	done
	# Atomics have 8 bytes always.
	perftest "$GID4" ib_atomic_bw -n 20 -q 16
	# WRITE has no -e: its receiver gets no completion.
	for verb in send read atomic; do
		perftest "$GID4" "ib_${verb}_bw" -n 20 -e
		perftest "$GID4" "ib_${verb}_lat" -n 50 -e
	done
	for verb in send write; do
		perftest "$GID4" "ib_${verb}_bw" -n 200 -s 64 -I 64
		perftest "$GID4" "ib_${verb}_lat" -n 200 -s 64 -I 64
		perftest "$GID4" "ib_${verb}_bw" -n 50 -c UC
		perftest "$GID4" "ib_${verb}_lat" -n 50 -c UC
	done
}

# What the rxe of 6.1 lacks is XRC.
perftest_srq()
{
	local gid=$1

	perftest "$gid" ib_send_bw -n 50 --use-srq
	perftest "$gid" ib_send_lat -n 100 --use-srq
	[ "$gid" = "$GID4" ] || return
	perftest "$gid" ib_send_bw -n 20 -q 4 -s 4096 --use-srq
	perftest "$gid" ib_send_bw -n 50 -b --use-srq
	perftest "$gid" ib_send_bw -n 20 -e --use-srq
	perftest "$gid" ib_send_bw -n 50 -c UC --use-srq
}

perftest_ud()
{
	local gid=$1

	perftest "$gid" ib_send_bw -n 50 -c UD
	perftest "$gid" ib_send_lat -n 100 -c UD
	[ "$gid" = "$GID4" ] || return
	perftest "$gid" ib_send_bw -n 50 -c UD -b
	perftest "$gid" ib_send_bw -n 20 -c UD -q 4
	perftest "$gid" ib_send_lat -n 50 -c UD -e
	perftest "$gid" ib_send_bw -n 200 -c UD -s 64 -I 64
	perftest "$gid" ib_send_bw -n 20 -c UD -a
	perftest "$gid" ib_send_lat -n 50 -c UD --use-srq
	perftest "$gid" ib_send_bw -n 50 -c UD --use_old_post_send
}

# Groups of IPv4 and of IPv6, as -M takes them. The rxe of 6.1 by itself hears only
# groups that its host has joined.
readonly GROUP4=0:0:0:0:0:0:0:0:0:0:255:255:239:77:0:1
readonly GROUP6=255:14:0:0:0:0:0:0:0:0:0:0:0:77:0:1

perftest_multicast()
{
	[ "$datapath" != bare ] || return
	perftest "$GID4" ib_send_bw -n 20 -c UD -g -M "$GROUP4"
	perftest "$GID6" ib_send_lat -n 50 -c UD -g -M "$GROUP6"
}

# By default perftest posts with ibv_wr_*() where the provider offers it, as it
# does on the ring data path and on the bare device.
perftest_posting()
{
	local verb

	for verb in send write read atomic; do
		perftest "$GID4" "ib_${verb}_lat" -n 50 --use_old_post_send
	done
	perftest "$GID4" ib_write_bw -n 48 -l 8
	perftest "$GID4" ib_send_bw -n 48 -l 8 --recv_post_list 8
}

# 2 bytes to 8 MB
perftest_all_sizes()
{
	perftest "$GID4" ib_send_bw -n 5 -a
	perftest "$GID4" ib_write_lat -n 5 -a
	perftest "$GID4" ib_read_bw -n 5 -a
}

perftest_ipv6()
{
	local verb

	for verb in send write read atomic; do
		perftest "$GID6" "ib_${verb}_bw" -n 20 -b
		perftest "$GID6" "ib_${verb}_lat" -n 50
	done
}

# Some of each kind, where all of it takes too long for every data path. UD is in
# test-ud.sh and test-ud-2hosts.sh.
perftest_some()
{
	local verb

	for verb in send write read atomic; do
		perftest "$GID4" "ib_${verb}_bw" -n 50 -b
		perftest "$GID4" "ib_${verb}_lat" -n 100
	done
	perftest "$GID4" ib_send_bw -n 20 -q 16 -s 4096
	perftest "$GID4" ib_send_lat -n 50 -e
	perftest "$GID4" ib_send_bw -n 200 -s 64 -I 64
	perftest "$GID4" ib_write_bw -n 50 -c UC
	perftest "$GID4" ib_send_bw -n 50 -b --use-srq
	perftest "$GID4" ib_send_bw -n 48 -l 8 --recv_post_list 8
	perftest "$GID4" ib_send_lat -n 50 --use_old_post_send
	perftest "$GID4" ib_send_bw -n 5 -a
	for verb in send write read atomic; do
		perftest "$GID6" "ib_${verb}_lat" -n 50
	done
}

perftest_all()
{
	perftest_ipv4
	perftest_srq "$GID4"
	perftest_ud "$GID4"
	perftest_multicast
	perftest_posting
	perftest_all_sizes
	perftest_ipv6
	perftest_srq "$GID6"
	perftest_ud "$GID6"
}

# All of it on the first data path.
perftests()
{
	if is_first_datapath; then perftest_all; else perftest_some; fi
}
