#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 2000
# long: yes
#
# Programs, namespaces, devices and the lower device end in mid-transfer. After
# each end nothing is left on the lower device, nothing stays pinned, and what
# is left of the system works.

# shellcheck disable=SC2154 # what topology.sh has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# Both ends of a transfer without end; the client has moved data.
transfer()
{
	((++port))
	container_exec c1 ib_write_bw -d ff0 -x "$GID4" -F -p "$port" \
		--run_infinitely -D 1 >/run/server 2>&1 &
	server=$!
	wait_listen c1 "$port"
	container_exec c2 ib_write_bw -d ff1 -x "$GID4" -F -p "$port" \
		--run_infinitely -D 1 10.88.0.1 >/run/client 2>&1 &
	client=$!
	wait_for 30 has_moved_data || { cat /run/server /run/client; return 1; }
}

has_moved_data()
{
	grep -qE '^ *65536 +[0-9]+ ' /run/client
}

nobody_in()
{
	[ -z "$(ip netns pids "$1")" ]
}

end_programs()
{
	kill_all_in c1
	kill_all_in c2
	wait "$server" "$client" 2>/dev/null
}

nothing_stays()
{
	check "$1: nothing is left on the lower device" nothing_left_on_lower
	check "$1: nothing stays pinned" wait_for 20 nothing_pinned
}

still_works()
{
	pair "$1: another connection works" ibv_rc_pingpong -g "$GID4" -n 100
}

# killed_program NAME CONTAINER
killed_program()
{
	transfer
	kill_all_in "$2"
	check "$1: the killed program ends" wait_for 20 nobody_in "$2"
	end_programs
	nothing_stays "$1"
	still_works "$1"
}

# hold CONTAINER DEVICE: a program with a few objects, that says what befalls them.
# Of a device that is gone, libibverbs lets objects go without the kernel.
hold()
{
	: >/run/hold
	container_exec "$1" env RDMAV_ALLOW_DISASSOC_DESTROY=1 "$SELFTESTS/verbs_hold" -d "$2" -p 2 -c 2 -m 2 -q 2 -t 60 >/run/hold 2>&1 &
	holder=$!
	wait_for 20 grep -q '^ready' /run/hold
}

says()
{
	wait_for 20 grep -qxF "$1" /run/hold || { cat /run/hold; return 1; }
}

fatal_for_holder()
{
	check "$1: an open file hears of it" says "event: local catastrophic error"
	check "$1: its commands get EIO" says "command: Input/output error"
	wait "$holder"
	check "$1: its objects can be let go" says released
}

qps_leave()
{
	local name="QPs destroyed in mid-transfer" command

	command=("$SELFTESTS/verbs_destroy" -d ff0 -g "$GID4" -n 100)
	# What is in a ring is the program's, as on the bare device.
	[ "$datapath" != ring ] || command+=(-k)
	check "$name" run_in c1 "${command[@]}"
	check "QPs reset in mid-transfer" run_in c1 "${command[@]}" -r
	nothing_stays "$name"
}

lower_leaves()
{
	local name="rdma link del $LOWER"

	transfer
	hold c1 ff0
	check "$name" timeout 60 rdma link del "$LOWER"
	fatal_for_holder "$name"
	check "$name: the devices stay" ffctl dev show ff0
	check "$name: nothing stays pinned" wait_for 20 nothing_pinned
	end_programs
	check "rdma link add $LOWER" rdma link add "$LOWER" type rxe netdev "$UNDERLAY"
	check "$name: the addresses are there again" \
		wait_for 20 has_gids c1 ff0 10.88.0.1 fd88::1
	still_works "$name"
	nothing_stays "$name"
}

knows_lower()
{
	ffctl lower show | grep -qw "$1"
}

# Virtual devices know it by name, and another one may get that.
lower_is_renamed()
{
	local name="rdma dev set $LOWER name other0"

	transfer
	hold c1 ff0
	check "$name" timeout 60 rdma dev set "$LOWER" name other0
	fatal_for_holder "$name"
	end_programs
	check "$name: they have no lower one" eval "ffctl dev show ff0 | grep -w no-lower"
	check "$name: it has its name" knows_lower other0
	check "$name: and not the old one" refused knows_lower "$LOWER"
	check "$name: back again" rdma dev set other0 name "$LOWER"
	check "$name: the addresses are there again" \
		wait_for 20 has_gids c1 ff0 10.88.0.1 fd88::1
	still_works "$name"
	nothing_stays "$name"
}

# A command in c2 that waits for memory to answer into, for a minute at most.
get_stuck()
{
	modprobe nbd max_part=0
	: >/run/stuck
	[ -e /run/try ] || mkfifo /run/try
	container_exec c2 "$SELFTESTS/verbs_stuck" -d ff1 -m /dev/nbd0 </run/try >/run/stuck 2>&1 &
	exec {try}>/run/try
	check "$1: it waits" wait_for 20 grep -qx stuck /run/stuck || cat /run/stuck
	check "$1: the program goes on by another file" other_gets Success
}

# other_gets ERROR: the same program by another open file
other_gets()
{
	echo >&"$try"
	sleep 0.2
	[ "$(tail -n 1 /run/stuck)" = "PD: $1" ]
}

end_stuck()
{
	check "$1: the command waits" refused grep "not stuck" /run/stuck
	exec {try}>&-
	kill_all_in c2
	check "$1: the killed program ends" wait_for 20 nobody_in c2
}

has_ended()
{
	! kill -0 "$1" 2>/dev/null
}

# A program that waits for ever holds up those on its device, but not the host.
lower_is_renamed_meanwhile()
{
	local name="rdma dev set $LOWER name other0 while a command waits" renaming

	memory_can_be_slow || return 0
	get_stuck "$name"
	rdma dev set "$LOWER" name other0 &
	renaming=$!
	check "$name: it returns" wait_for 20 has_ended "$renaming"
	check "$name: it has its name" knows_lower other0
	check "$name: the program does no more" other_gets "Input/output error"
	end_stuck "$name"
	check "$name: back again" rdma dev set other0 name "$LOWER"
	check "$name: the addresses are there again" \
		wait_for 20 has_gids c2 ff1 10.88.0.2 fd88::2
	still_works "$name"
	nothing_stays "$name"
}

device_leaves()
{
	local name="ffctl dev del"

	transfer
	hold c2 ff1
	check "$name" timeout 60 ffctl dev del ff1
	fatal_for_holder "$name"
	end_programs
	nothing_stays "$name"
	check "$name: it can be made again" dev_add ff1 c2
	check "$name: the addresses are there again" \
		wait_for 20 has_gids c2 ff1 10.88.0.2 fd88::2
	still_works "$name"
}

# Who asks for that has a lock of the host's.
device_leaves_meanwhile()
{
	local name="ffctl dev del while a command waits" deleting

	memory_can_be_slow || return 0
	get_stuck "$name"
	ffctl dev del ff1 2>/run/del &
	deleting=$!
	check "$name: it does no more" wait_for 10 other_gets "Input/output error"
	check "$name: who asked does not wait for ever" wait_for 40 has_ended "$deleting"
	check "$name: he is told" grep "goes when a program's command on it has ended" /run/del
	end_stuck "$name"
	check "$name: the device has gone" wait_for 20 has_no_device ff1
	nothing_stays "$name"
	check "$name: it can be made again" dev_add ff1 c2
	check "$name: the addresses are there again" \
		wait_for 20 has_gids c2 ff1 10.88.0.2 fd88::2
}

has_no_device()
{
	! ffctl dev show "$1"
}

# The namespace goes with the last program in it; its interface goes at once.
namespace_leaves()
{
	local name="netns del" in_c2

	transfer
	mapfile -t in_c2 < <(ip netns pids c2)
	check "$name" container_del c2
	kill -9 "${in_c2[@]}" 2>/dev/null
	end_programs
	check "$name: the device goes" wait_for 30 has_no_device ff1
	nothing_stays "$name"
	check "$name: it can be made again" device_add c2 ff1 2
	still_works "$name"
}

netdev_leaves()
{
	local name="netdev del"

	transfer
	check "$name" ip link del ff-c2
	check "$name: the device goes" wait_for 30 has_no_device ff1
	end_programs
	nothing_stays "$name"
	check "$name: the namespace goes" ip netns del c2
	check "$name: it can be made again" device_add c2 ff1 2
	still_works "$name"
}

rdma_link()
{
	check "a link for rdma" ip link add ff-x type veth peer name ff-y
	ip link set ff-x up && ip link set ff-y up
	check "rdma link add ff9 type freeflow" rdma link add ff9 type freeflow netdev ff-x
	check "ffctl shows it" ffctl dev show ff9
	check "a second device on the link is refused" refused rdma link add ff8 type freeflow netdev ff-x
	check "a second device of the name is refused" refused rdma link add ff9 type freeflow netdev ff-y
	check "rdma link del ff9" rdma link del ff9
	check "it is gone" has_no_device ff9
	check "the link goes" ip link del ff-x
}

# An interface that moves away just when it gets a device does not keep it.
netdevs_move()
{
	local round adding

	for ((round = 0; round < 20; round++)); do
		ip netns add away &&
			ip link add ff-x type veth peer name ff-y || return
		ffctl dev add ff9 lower "$LOWER" netdev ff-x >/dev/null 2>&1 &
		adding=$!
		ip link set ff-x netns away || return
		wait "$adding"
		wait_for 20 has_no_device ff9 || return
		timeout 30 ip link del ff-y && ip netns del away || return
	done
}

busy_module()
{
	hold c1 ff0
	check "rmmod is refused while a program has a device open" refused rmmod freeflow
	kill_all_in c1
	wait "$holder" 2>/dev/null
	still_works "refused rmmod"
}

# Memory that a round loses would add up.
rounds_lose_nothing()
{
	local round before after

	before=$(objects_of_slab)
	for round in 1 2 3; do
		transfer || { echo "round $round"; return 1; }
		end_programs
	done
	nothing_left_on_lower || return
	after=$(objects_of_slab)
	[ "$after" -lt $((before + 4096)) ] || { echo "unreclaimable slab: $before to $after kB"; return 1; }
}

objects_of_slab()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo
}

ends()
{
	killed_program "kill -9 of the client" c2
	killed_program "kill -9 of the server" c1
	qps_leave
	device_leaves
	device_leaves_meanwhile
	lower_leaves
	lower_is_renamed
	lower_is_renamed_meanwhile
	namespace_leaves
	netdev_leaves
	once rdma_link
	once check "devices on interfaces that move away" netdevs_move
	busy_module
	check "3 transfers killed lose no memory" rounds_lose_nothing
}

on_each_datapath ends
