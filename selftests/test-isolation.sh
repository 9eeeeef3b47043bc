#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 960
#
# A container uses its own device and nothing else; bad input gets from a
# virtual device what it gets from the bare one.

# shellcheck disable=SC2034,SC2154 # what topology.sh uses, and what it has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

node_of()
{
	local ibdev

	for ibdev in /sys/class/*/ffverbs*/ibdev; do
		[ "$(<"$ibdev")" = "$1" ] || continue
		echo "/dev/infiniband/$(basename "${ibdev%/ibdev}")"
	done
}

# opening NODE [COMMAND...]: the error of an open(), under a command
opening()
{
	local node=$1
	shift

	"$@" python3 -c '
import errno, os, sys
try:
    os.open(sys.argv[1], os.O_RDWR)
    print("ok")
except OSError as error:
    print(errno.errorcode[error.errno])' "$node"
}

# gives RESULT COMMAND...
gives()
{
	local expected=$1 result
	shift

	result=$("$@")
	[ "$result" = "$expected" ] || { echo "$result instead of $expected"; return 1; }
}

opens_are_refused()
{
	local node1 node2
	node1=$(node_of ff0)
	node2=$(node_of ff1)

	check "c1 opens its own node" gives ok opening "$node1" ip netns exec c1
	check "c1 cannot open the node of c2" \
		gives EPERM opening "$node2" ip netns exec c1
	check "the host cannot open the node of c1" gives EPERM opening "$node1"
	check "c1 finds no virtual device but its own, whichever nodes are there" \
		gives "$LOWER"$'\n'ff0 devices_of_ibv ip netns exec c1
	check "the host finds neither" gives "$LOWER" devices_of_ibv
}

# same_errors_but PATTERN OPTION...: both nodes in one boot, each in the namespace
# where it opens
same_errors_but()
{
	local ignored=$1
	shift

	"$SELFTESTS/abi_errors" -a 10.77.0.1 "$@" /dev/infiniband/uverbs0 >/run/bare || return
	ip netns exec c1 "$SELFTESTS/abi_errors" -a 10.88.0.1 "$@" "$(node_of ff0)" >/run/virtual ||
		return
	diff <(grep -v "$ignored" /run/bare) <(grep -v "$ignored" /run/virtual)
}

# What the bare device of kernels from 7.1 on answers otherwise: rxe registers memory on
# demand, a kernel's CQ cannot be resized, and another mistake is seen first.
of_newer_kernels()
{
	! kernel_is_from 7.1 ||
		echo '\|^REG_MR, on demand\|^RESIZE_CQ\|^extended CREATE_CQ, both headers alone'
}

# To rings POST_SEND is a doorbell: what stands in the command is not looked at.
same_errors()
{
	local ignored='^$'

	[ "$datapath" != ring ] || ignored='^POST_SEND'
	same_errors_but "$ignored$(of_newer_kernels)"
}

# Who may write commands to a node that another process has opened.
writers()
{
	ip netns exec c1 "$SELFTESTS/write_access" "$(node_of ff0)" >/run/writers || return
	diff - /run/writers <<'END'
the opener: ok
forked: ok
forked, not to be traced: EACCES
forked, another user: EACCES
the opener, another user: ok
root, opened by another user: EACCES
END
}

same_completions()
{
	"$SELFTESTS/lkey_guard" -d "$LOWER" >/run/bare || { cat /run/bare; return 1; }
	run_in c1 "$SELFTESTS/lkey_guard" -d ff0 >/run/virtual || { cat /run/virtual; return 1; }
	diff /run/bare /run/virtual
}

# Programs post and poll in their own memory: there are no such commands, whatever
# is said first of one that is too short.
queue_errors_of_ring()
{
	same_errors_but '^POLL_CQ, response of 4 bytes' -q
}

# What ib_uverbs answers for a driver that has them.
queue_errors_of_syscall()
{
	ip netns exec c1 "$SELFTESTS/abi_errors" -q -a 10.88.0.1 "$(node_of ff0)" >/run/queues || return
	diff - /run/queues <<'END'
POST_RECV in RESET: EINVAL, bad_wr 1
MODIFY_QP to INIT: ok
POST_RECV, unknown QP: ENOENT
POST_RECV, wr_count beyond the command: ENOSPC
POST_RECV, wr_count 2^32-1: ENOSPC
POST_RECV, sge_count beyond the command: ENOSPC
POST_RECV, sge_count 2^32-1: ENOSPC
POST_RECV, wqe_size 0: EINVAL
POST_RECV, wqe_size one too small: EINVAL
POST_RECV, wqe_size 2^32-1: ENOSPC
POST_RECV, num_sge beyond sge_count: EINVAL
POST_RECV, num_sge 2^32-1: EINVAL
POST_RECV, num_sge that wraps: EINVAL
POST_RECV cut short: ENOSPC
POST_RECV of two: ok, bad_wr 0
POST_RECV of 64 SGEs: EINVAL, bad_wr 1
POST_RECV until the queue is full: ENOMEM
POLL_CQ of 1: ok
POLL_CQ of 0: ok
POLL_CQ of 2^32-1: ok
POLL_CQ, response of 4 bytes: ENOSPC
POLL_CQ, response unmapped: EFAULT
POLL_CQ, response read-only: EFAULT
POLL_CQ, response in the kernel: EFAULT
MODIFY_QP to INIT: ok
MODIFY_QP to ERR: ok
POLL_CQ of 2^32-1 with a completion there: ok
completions: 1
MODIFY_QP to INIT: ok
MODIFY_QP to ERR: ok
POLL_CQ of a completion without memory for it: EFAULT
END
}

# lower_has_gid HEX: the last two words of an IPv4 address
lower_has_gid()
{
	grep -q "ffff:$1\$" "/sys/class/infiniband/$LOWER/ports/1/gids"/*
}

lower_lacks_gid()
{
	! lower_has_gid "$1"
}

host_address_goes()
{
	ip addr del 10.77.0.1/24 dev "$UNDERLAY" && wait_for 10 lower_lacks_gid 0a4d:0001
}

host_address_returns()
{
	ip addr add 10.77.0.1/24 dev "$UNDERLAY" && wait_for 10 lower_has_gid 0a4d:0001
}

# As tests of the bare device expect it.
host_address_is_first()
{
	host_address_goes && host_address_returns
}

macvlan_goes()
{
	ip -n c2 link del ff-mv && wait_for 10 lower_lacks_gid 0a4d:0042
}

# Addresses of a macvlan, as a container may have one, are GIDs of the lower device as the
# host's are; and even before the host's.
on_top_of_the_nic()
{
	check "the host's address goes" host_address_goes
	modprobe macvlan
	ip link add ff-mv link "$UNDERLAY" netns c2 type macvlan mode bridge
	ip -n c2 addr add 10.77.0.66/24 dev ff-mv
	ip -n c2 link set ff-mv up
	check "c2 has an address on the host's NIC" wait_for 10 lower_has_gid 0a4d:0042
	check "the host's address returns" host_address_returns
	container[1]=c1 device[1]=ff0 container[2]=c2 device[2]=ff1 server_address=10.88.0.1
	pair "the host is reached by its own address" ibv_rc_pingpong -g "$GID4"
	check "c2 has none any more" macvlan_goes
	check "the host's address is where it was" host_address_is_first
}

# A program can have its memory never come, as with FUSE. What waits for it is the
# program's own.
slow_memory()
{
	local slow go qpn

	memory_can_be_slow || return 0
	modprobe nbd max_part=0
	[ -e /run/go ] || mkfifo /run/go
	run_in c1 "$SELFTESTS/verbs_slow" -d ff0 -m /dev/nbd0 </run/go >/run/slow 2>&1 &
	slow=$!
	exec {go}>/run/go
	check "a command of c1 waits for its memory" wait_for 20 grep waits /run/slow
	qpn=$(sed -n 's/^waits //p' /run/slow)
	check "its QP is shown" gives "$qpn" qpn_shown
	check "its QP gets a limit" timeout 5 ffctl limit set dev ff0 qp "$qpn" rate 1gbit
	check "its limits are shown" timeout 5 ffctl limit show
	exec {go}>&-
	wait "$slow"
	check "it goes on" [ $? = 0 ]
}

qpn_shown()
{
	timeout 5 ffctl -j res show qp dev ff0 | python3 -c '
import json, sys
print(*(qp["qpn"] for qp in json.load(sys.stdin)))'
}

devices_seen()
{
	ip netns exec "$1" rdma link show | sed -nE 's|^link ([^/]*)/.*|\1|p' | sort | tr '\n' ' '
}

# The mode can change only while no other namespace is there.
exclusive_mode()
{
	check "rdma system set netns exclusive" rdma system set netns exclusive
	freeflow_up
	check "c1 has ff0" device_add_exclusive c1 ff0 1 syscall
	check "c2 has ff1" device_add_exclusive c2 ff1 2 ring
	check "c1 sees its device only" gives "ff0 " devices_seen c1
	check "c2 sees its device only" gives "ff1 " devices_seen c2
	check "ibv_devices in c1 lists ff0 only" gives "ff0" devices_of_ibv run_in c1
	container[1]=c1 device[1]=ff0 container[2]=c2 device[2]=ff1
	pair "ibv_rc_pingpong, between data paths" ibv_rc_pingpong -g "$GID4"
}

device_add_exclusive()
{
	container_add "$1" eth0 "10.88.0.$3/24" "fd88::$3/64" &&
		ffctl dev add "$2" lower "$LOWER" netdev eth0 netns "$1" \
			datapath "$4" || return
	ip netns exec "$1" rdma link show "$2/1" || rdma dev set "$2" netns "$1" || return
	wait_for 10 has_gids "$1" "$2" "10.88.0.$3" "fd88::$3"
}

# devices_of_ibv [COMMAND...]: under a command
devices_of_ibv()
{
	"$@" ibv_devices | awk 'NR > 2 { print $1 }'
}

isolated()
{
	once opens_are_refused
	once on_top_of_the_nic
	slow_memory
	check "commands are those of the program that opened the node" writers
	check "errors of the ABI are those of the bare device" same_errors
	check "errors of POST_RECV and POLL_CQ are those of ib_uverbs" \
		"queue_errors_of_$datapath"
	check "no key reaches foreign memory, and completions are those of the bare device" \
		same_completions
}

freeflow_up
each_datapath isolated
freeflow_down
exclusive_mode
containers_down
