# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What test-verbs.sh does on one host and test-verbs-2hosts.sh on two.

lists_device()
{
	run_in "$1" ibv_devices | grep -qw "$2"
}

# device_is_shown CONTAINER DEVICE NUMBER
device_is_shown()
{
	check "ibv_devices in $1 lists $2" lists_device "$1" "$2"
	check "ibv_devinfo -v in $1 shows the virtual addresses" \
		has_gids "$1" "$2" "10.88.0.$3" "fd88::$3"
	check "an unprivileged program opens $2" container_exec -u "$1" ibv_devinfo -d "$2"
}

pingpongs()
{
	local gid family

	for gid in "$GID4" "$GID6"; do
		family=IPv$([ "$gid" = "$GID4" ] && echo 4 || echo 6)
		pair "$family: ibv_rc_pingpong" ibv_rc_pingpong -g "$gid" -c
		pair "$family: ibv_rc_pingpong -e" ibv_rc_pingpong -g "$gid" -c -e
		pair "$family: ibv_rc_pingpong -s 1048576" \
			ibv_rc_pingpong -g "$gid" -c -s 1048576 -n 20
		pair "$family: ibv_uc_pingpong" ibv_uc_pingpong -g "$gid" -c
		pair "$family: ibv_uc_pingpong -e" ibv_uc_pingpong -g "$gid" -c -e -n 200
		pair "$family: ibv_ud_pingpong" ibv_ud_pingpong -g "$gid" -c
		pair "$family: ibv_ud_pingpong -e" ibv_ud_pingpong -g "$gid" -c -e -n 100
		pair "$family: ibv_srq_pingpong" ibv_srq_pingpong -g "$gid" -c -q 4 -n 100
		pair "$family: ibv_srq_pingpong -e" ibv_srq_pingpong -g "$gid" -c -q 4 -n 100 -e
	done
}

watch_says()
{
	wait_for 10 grep -q "$1" /run/asyncwatch
}

# asyncwatch CONTAINER DEVICE: the port follows the container's interface. Its
# IPv6 address goes with it.
asyncwatch()
{
	local rc=0

	run_in "$1" ibv_asyncwatch -d "$2" >/run/asyncwatch 2>&1 &
	watch_says "async event FD" &&
		ip -n "$1" link set eth0 down && watch_says IBV_EVENT_PORT_ERR &&
		ip -n "$1" link set eth0 up && watch_says IBV_EVENT_PORT_ACTIVE || rc=1
	[ "$rc" = 0 ] || cat /run/asyncwatch
	kill_all_in "$1"
	wait
	return $rc
}

verbs_data()
{
	local options=()

	[ "$datapath" = bare ] || options+=(-V)
	[ "$datapath" != ring ] || options+=(-E)
	# From another host a message may come before the module has looked at the
	# ring of receives: UC and UD lose it.
	[ "$datapath.$HOSTS" != ring.2 ] || options+=(-R)
	pair "IPv4: data of every opcode" "$SELFTESTS/verbs_data" -g "$GID4" "${options[@]}"
	pair "IPv6: data of every opcode" "$SELFTESTS/verbs_data" -g "$GID6" "${options[@]}"
}

verbs()
{
	if [ "$HOSTS" = 1 ]; then
		device_is_shown c1 ff0 1
		device_is_shown c2 ff1 2
	else
		device_is_shown "c$HOST" ff0 "$HOST"
	fi
	pingpongs
	verbs_data
	[ "$HOST" != 1 ] || check "ibv_asyncwatch" asyncwatch c1 ff0
}
