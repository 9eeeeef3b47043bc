#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 900
# long: yes
# data path: ring
#
# Traffic classes and service levels that the operator gives to devices: the
# classes of the packets that a host sends on the physical network, and the levels
# that the lower QPs and address handles got, as rxe sends none.

# shellcheck disable=SC2154 # what topology.sh has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly ROCE_PORT=4791

# What programs ask for here, and what the operator wants instead.
readonly ASKED=32 WANTED=104

# At once, as else a lone packet may wait a second, and is lost when tcpdump ends.
record()
{
	tcpdump --immediate-mode -i "$UNDERLAY" -Q out -U -w /run/roce.pcap \
		"udp dst port $ROCE_PORT" 2>/run/tcpdump &
	recorder=$!
	wait_for 10 grep -q "listening on" /run/tcpdump
}

# The classes of what was recorded, each once. Without one IPv6's is 0.
classes()
{
	local class

	tcpdump -r /run/roce.pcap -nv 2>/dev/null |
		sed -nE 's/^[^ ]+ IP \(tos (0x[0-9a-f]+).*/\1/p; t
			s/^[^ ]+ IP6 \(class (0x[0-9a-f]+).*/\1/p; t
			s/^[^ ]+ IP6 \(.*/0/p' |
		while read -r class; do
			echo $((class))
		done | sort -u
}

only_class()
{
	local seen

	seen=$(classes)
	[ "$seen" = "$1" ] || { echo "classes: $seen"; tcpdump -r /run/roce.pcap -c 5 -nv; return 1; }
}

# sent CLASS NAME COMMAND...: a pair of programs, of which all that this host sends
# is of the class
sent()
{
	local class=$1 name=$2
	shift 2

	record
	"$@"
	sleep 0.5
	kill "$recorder"
	wait "$recorder"
	check "$name: class $class" only_class "$class"
}

# programs CLASS CLASS-OF-RDMA_CM
programs()
{
	local class=$1 cm_class=$2 type gid

	for gid in "$GID4" "$GID6"; do
		for type in RC UC UD; do
			send_both "$class" "GID $gid: $type" -c "$type" -x "$gid"
		done
	done
	sent "$cm_class" "IPv4: rdma_cm" rping_both "IPv4: rdma_cm, $cm_class" 10.88.0.1
	sent "$cm_class" "IPv6: rdma_cm" rping_both "IPv6: rdma_cm, $cm_class" fd88::1
}

# send_both CLASS NAME OPTION...: each way, as UC and UD have no acknowledgements
send_both()
{
	sent "$1" "$2" pair "$2" ib_send_bw -F -b -n 20 -s 1024 --tclass "$ASKED" "${@:3}"
}

rping_listens()
{
	rdma resource show cm_id | grep -qE "link ff0/.* state LISTEN .*:7199( |$)"
}

# rping_both NAME ADDRESS: the name is another each time
rping_both()
{
	local server outcome=0

	if [ "$HOST" = 1 ]; then
		run_in c1 rping -s -a "$2" -p 7199 -C 10 >/run/rping 2>&1 &
		server=$!
		check "$1: it listens" wait_for 30 rping_listens
		barrier "$1: it listens"
		wait "$server" || outcome=$?
		check "$1" [ "$outcome" = 0 ] || cat /run/rping
	else
		barrier "$1: it listens"
		check "$1" run_in c2 rping -c -a "$2" -p 7199 -C 10 -V
	fi
}

shows()
{
	ffctl res show "$1" dev ff0 | grep -E "$2" || { ffctl res show "$1" dev ff0; return 1; }
}

# While programs that ask for level 3 run, a lower QP has another.
levels()
{
	local watcher outcome=0

	wait_for 60 shows qp "state rts .* tclass $WANTED sl 6 " >/run/watch 2>&1 &
	watcher=$!
	pair "programs that ask for service level 3" \
		ib_send_bw -F -b -S 3 -x "$GID4" -D 3 -s 1024 --tclass "$ASKED"
	wait "$watcher" || outcome=$?
	check "their QPs have level 6 below" [ "$outcome" = 0 ] || cat /run/watch
}

# An address handle, of a program that asks for nothing.
handles()
{
	local sender hold

	[ -e /run/go ] || mkfifo /run/go
	run_in "c$HOST" "$SELFTESTS/verbs_ud" -d ff0 -g "$GID4" -q 17 -w \
		send "10.88.0.$((3 - HOST))" hello </run/go &
	sender=$!
	exec {hold}>/run/go
	check "an address handle of level 0 has level 5 below" \
		wait_for 20 shows ah "ah .* tclass $WANTED sl 5 "
	exec {hold}>&-
	wait "$sender"
}

group_message()
{
	run_in "c$HOST" "$SELFTESTS/verbs_ud" -d ff0 -g "$GID6" send ff1e::123 hello
}

device_says()
{
	ffctl dev show ff0 | grep -E " $1\$" || { ffctl dev show ff0; return 1; }
}

refuses()
{
	local sentence=$1 said
	shift

	said=$("$@" 2>&1) && { echo "done: $*"; return 1; }
	[[ $said == *"$sentence"* ]] || { echo "$said"; return 1; }
}

# What ffctl would not send: a level that is none.
readonly SET_LEVELS='
import ctypes, sys
ff = ctypes.CDLL(sys.argv[1])
class Change(ctypes.Structure):
    _fields_ = [("table", ctypes.c_void_p), ("tclass", ctypes.c_char_p),
                ("no_tclass", ctypes.c_bool), ("sl_map", ctypes.c_char_p)]
handle = ctypes.c_void_p()
ff.ff_open(ctypes.byref(handle))
change = Change(None, b"\x01", sys.argv[2] == "both", bytes(range(1, 9)))
err = ff.ff_dev_set(handle, b"ff0", ctypes.byref(change))
ff.ff_strerror.restype = ctypes.c_char_p
sys.exit(ff.ff_strerror(handle, err).decode())'

bad_input()
{
	local library=$FREEFLOW_TOP/userlib/libfreeflow.so.0

	check "a class beyond all" refuses "after 'tclass'" ffctl dev set ff0 tclass 256
	check "a level beyond all" refuses "after 'sl-map'" ffctl dev set ff0 sl-map 0:8
	check "nothing to set" refuses "'tclass'" ffctl dev set ff0
	check "the module refuses a level, too" refuses "a service level is 0 to 7" \
		python3 -c "$SET_LEVELS" "$library" one
	check "and a class together with none" refuses "a traffic class or none" \
		python3 -c "$SET_LEVELS" "$library" both
	check "a container sets none" refuses "" container_exec "c$HOST" ffctl dev set ff0 tclass 1
	check "nothing is set" device_says "peer-timeouts [0-9]+"
}

priorities()
{
	once bad_input
	once programs "$ASKED" 0
	barrier "as programs ask"

	check "a class and levels are set" ffctl dev set ff0 tclass "$WANTED" sl-map 0:5 3:6
	check "they are shown" device_says "tclass $WANTED sl-map 0:5 3:6"
	barrier "as the operator wants"
	programs "$WANTED" "$WANTED"
	levels
	handles
	sent "$WANTED" "to a group" check "to a group" group_message
	barrier "a class is set"

	check "the class is taken back" ffctl dev set ff0 tclass none
	check "the levels stay" device_says "peer-timeouts [0-9]+ sl-map 0:5 3:6"
	barrier "no class is set"
	send_both "$ASKED" "without it" -x "$GID4"
	barrier "no class was set"

	check "a device is made with a class" made_anew tclass 8 sl-map 0:7
	check "it is shown" device_says "tclass 8 sl-map 0:7"
	barrier "devices are made anew"
	send_both 8 "of a new device" -x "$GID4"
}

# made_anew OPTION...
made_anew()
{
	ffctl dev del ff0 && dev_add ff0 "c$HOST" "$@" &&
		wait_for 20 has_gids "c$HOST" ff0 "10.88.0.$HOST" "fd88::$HOST"
}

on_each_datapath priorities
