# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # what the tests use
#
# Unmodified programs of rdma_cm between the containers of topology.sh: what
# test-cm.sh does on one host and test-cm-2hosts.sh on two.

endless=
server_command=()
client_command=()

# Whether a program listens by rdma_cm on a port of the device.
cm_listens()
{
	rdma resource show cm_id | grep -qE "link $1/.* state LISTEN .*:$2( |$)"
}

# As in topology.sh, but each end has words of its own.
serve()
{
	run_in "${container[1]}" "${server_command[@]}" >"/run/server.$port" 2>&1 &
	server=$!
	wait_for 30 cm_listens "${device[1]}" "$port" || cat "/run/server.$port"
}

# A program that serves for ever is ended when its client has.
served()
{
	[ -z "$endless" ] || kill_all_in "${container[1]}"
	wait "$server" || [ -n "$endless" ] || { echo "server:"; cat "/run/server.$port"; return 1; }
}

dial()
{
	run_in "${container[2]}" "${client_command[@]}"
}

# words INTO TEXT: as an array, with what is known of the containers filled in
words()
{
	local -n into=$1
	local text=$2

	text=${text//ADDRESS/$server_address}
	text=${text//PORT/$port}
	text=${text//SERVER_DEVICE/${device[1]}}
	text=${text//CLIENT_DEVICE/${device[2]}}
	read -ra into <<<"$text"
}

# cm_pair NAME SERVER CLIENT: both ends of a program, for which ADDRESS and PORT
# stand for the server's, SERVER_DEVICE and CLIENT_DEVICE for the devices.
cm_pair()
{
	((++port))
	words server_command "$2"
	words client_command "$3"
	check "$1" "$([ "$HOSTS" = 1 ] && echo both_ends || echo own_end)"
}

cm_programs()
{
	local family=$1

	cm_pair "$family: rping, 1000 times, data compared" \
		"rping -s -a ADDRESS -p PORT -C 1000" \
		"rping -c -a ADDRESS -p PORT -C 1000 -V"
	cm_pair "$family: ucmatose, 100 connections" \
		"ucmatose -b ADDRESS -p PORT -c 100 -f $2" \
		"ucmatose -s ADDRESS -p PORT -c 100 -f $2"
	cm_pair "$family: rstream" \
		"rstream -b ADDRESS -p PORT -I 5 -C 10 -S 65536 -T b" \
		"rstream -s ADDRESS -p PORT -I 5 -C 10 -S 65536 -T b"
	cm_pair "$family: riostream" \
		"riostream -b ADDRESS -p PORT -I 5 -C 10 -S 65536 -T b" \
		"riostream -s ADDRESS -p PORT -I 5 -C 10 -S 65536 -T b"
	cm_pair "$family: ib_send_lat -R" \
		"ib_send_lat -R -d SERVER_DEVICE -p PORT -n 100" \
		"ib_send_lat -R -d CLIENT_DEVICE -p PORT -n 100 ADDRESS"
	cm_pair "$family: ib_write_bw -R" \
		"ib_write_bw -R -d SERVER_DEVICE -p PORT -n 100" \
		"ib_write_bw -R -d CLIENT_DEVICE -p PORT -n 100 ADDRESS"
}

is_same_file()
{
	cmp /run/rcopy.in /run/rcopy.out
}

# rcopy takes one port for both ends and no address of its own to listen on.
cm_copy()
{
	[ -e /run/rcopy.in ] || seq 9000000 | head -c 64M >/run/rcopy.in
	rm -f /run/rcopy.out
	endless=yes
	cm_pair "rcopy, 64 MB" "rcopy -p PORT" \
		"rcopy -p PORT /run/rcopy.in ADDRESS:/run/rcopy.out"
	endless=
	[ "$HOST" != 1 ] || check "rcopy: the file is the same" is_same_file
}
