# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what the tests use, and what topology.sh has
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

# udaddy has a port of its own, mckey says when it has joined, and a pingpong takes its
# client's numbers by TCP, as qp_time does.
server_is_ready()
{
	case ${server_command[*]} in
	udaddy*) cm_listens "${device[1]}" 7174 ;;
	*mckey*) grep -q "joined dgid" "/run/server.$port" ;;
	*_pingpong* | *qp_time*) listens "${container[1]}" "$port" ;;
	*) cm_listens "${device[1]}" "$port" ;;
	esac
}

# As in topology.sh, but each end has words of its own.
serve()
{
	run_in "${container[1]}" "${server_command[@]}" >"/run/server.$port" 2>&1 &
	server=$!
	wait_for 30 server_is_ready || cat "/run/server.$port"
}

# A program that serves for ever is ended when its client has.
served()
{
	[ -z "$endless" ] || kill_all_in "${container[1]}"
	wait "$server" || [ -n "$endless" ] || { echo "server:"; cat "/run/server.$port"; return 1; }
}

dial()
{
	local said status=0

	said=$(run_in "${container[2]}" "${client_command[@]}" 2>&1) || status=$?
	[ -z "$said" ] || echo "$said"
	has_done "$status" "$said"
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
	check "$1" run_both
}

# As cm_pair, for a server that does not end by itself.
cm_endless()
{
	endless=yes
	cm_pair "$@"
	endless=
}

# cm_programs FAMILY WORD ADDRESS: WORD is the family's for ucmatose
cm_programs()
{
	local family=$1 server_address=$3

	cm_pair "$family: rping, 1000 times, data compared" \
		"rping -s -a ADDRESS -p PORT -C 1000" \
		"rping -c -a ADDRESS -p PORT -C 1000 -V"
	cm_pair "$family: ucmatose, 100 connections" \
		"ucmatose -b ADDRESS -p PORT -c 100 -f $2" \
		"ucmatose -s ADDRESS -p PORT -c 100 -f $2"
	cm_pair "$family: udaddy" "udaddy -b ADDRESS -c 4 -f $2" \
		"udaddy -s ADDRESS -c 4 -f $2"
	cm_pair "$family: rstream" \
		"rstream -b ADDRESS -p PORT -I 5 -C 10 -S 65536 -T b" \
		"rstream -s ADDRESS -p PORT -I 5 -C 10 -S 65536 -T b"
	cm_pair "$family: riostream" \
		"riostream -b ADDRESS -p PORT -I 5 -C 10 -S 65536 -T b" \
		"riostream -s ADDRESS -p PORT -I 5 -C 10 -S 65536 -T b"
}

# Ten messages to a group; rdma_cm of 6.1 joins IPv4 ones only by RoCE v2. The sender
# does not wait until they are sent, and the rxe of newer kernels forgets those that are
# left when a QP goes, on the bare device too: enough will do there.
cm_multicast()
{
	local times=1

	! kernel_is_from 6.4 || times=10
	cm_pair "mckey" "stdbuf -oL mckey -m 239.1.2.3 -b ADDRESS" \
		"$SELFTESTS/repeat $times mckey -m 239.1.2.3 -b 10.88.0.2 -s"
}

readonly TUNNEL_PORT=14791

# impair NETEM...: what the tunnel does to datagrams sent from here; RDMA is left
# alone
impair()
{
	tc qdisc replace dev "$UNDERLAY" root handle 1: prio bands 4 \
		priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1 &&
		tc qdisc replace dev "$UNDERLAY" parent 1:4 handle 40: netem "$@" &&
		tc filter replace dev "$UNDERLAY" parent 1: protocol ip prio 1 handle 800::800 \
			u32 match ip protocol 17 0xff match ip dport "$TUNNEL_PORT" 0xffff flowid 1:4
}

repair()
{
	tc qdisc del dev "$UNDERLAY" root
}

# perftest does rdma_cm by IPv4 only. It connects twice, and its server listens for the
# second connection only after it has told the client, over the first, to go on: a
# client that is quicker than that is refused, on the bare device too, and crashes
# when it tries again (issue 93 of linux-rdma/perftest, mended in its 26.01). What the
# client is told does not take the tunnel, but what it then asks does.
cm_perftest()
{
	[ "$HOSTS" = 1 ] || check "the tunnel takes its time" impair delay 200ms
	cm_pair "ib_send_lat -R" "ib_send_lat -R -F -d SERVER_DEVICE -p PORT -n 100" \
		"ib_send_lat -R -F -d CLIENT_DEVICE -p PORT -n 100 ADDRESS"
	cm_pair "ib_write_bw -R" "ib_write_bw -R -F -d SERVER_DEVICE -p PORT -n 100" \
		"ib_write_bw -R -F -d CLIENT_DEVICE -p PORT -n 100 ADDRESS"
	[ "$HOSTS" = 1 ] || check "the tunnel is quick again" repair
}

# Each by a program of its own, to a server that goes on.
cm_short()
{
	cm_endless "rping, 20 short connections" "rping -s -P -a ADDRESS -p PORT" \
		"$SELFTESTS/repeat 20 rping -c -a ADDRESS -p PORT -C 1 -V"
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
	cm_endless "rcopy, 64 MB" "rcopy -p PORT" \
		"rcopy /run/rcopy.in ADDRESS:/run/rcopy.out -p PORT"
	[ "$HOST" != 1 ] || check "rcopy: the file is the same" is_same_file
}

readonly RSPRELOAD=/usr/lib/x86_64-linux-gnu/rsocket/librspreload.so

is_sent()
{
	cmp /run/tcp.in "$1"
}

# Programs whose calls librspreload.so of rdma-core 44 knows: it has no accept4(),
# and iperf3 3.12 stalls over it on the bare device as well.
tcp_mode()
{
	local over="env LD_PRELOAD=$RSPRELOAD"

	seq 200000 | head -c 1000000 >/run/tcp.in
	cm_pair "TCP mode: iperf" "$over iperf -s -P 1 -p PORT" \
		"$over iperf -c ADDRESS -p PORT -n 2M"
	cm_pair "TCP mode: nc" "$over nc.traditional -l -p PORT -w 30" \
		"$over $SELFTESTS/send_file /run/tcp.in nc.traditional -q 1 ADDRESS PORT"
	[ "$HOST" != 1 ] || check "TCP mode: nc: the file is the same" is_sent "/run/server.$port"
	cm_endless "TCP mode: a web server" "$over python3 -m http.server -d /run PORT" \
		"$over $SELFTESTS/fetch_file http://ADDRESS:PORT/tcp.in /run/tcp.in"
}

cm_all()
{
	cm_programs IPv4 ip 10.88.0.1
	cm_programs IPv6 ip6 fd88::1
	cm_multicast
	cm_perftest
	cm_short
	cm_copy
	tcp_mode
}

no_cm_id_is_left()
{
	! rdma resource show cm_id | grep 'link ff'
}

# Says how long a connection takes, in microseconds, and fails when one failed.
# connection_time FILE
connection_time()
{
	! grep -E 'event:|failure|error' "$1" && awk '$1 == "connect" { print $NF }' "$1"
}
