#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 2
# timeout: 800
# data path: syscall
#
# Who knows number, address and packet sequence of another tenant's QP does not
# get to it. On each host:
#
#	  c1 or c2  10.88.0.HOST   ff0, table 0: the victims, connected
#	  mallory   10.99.0.HOST   ffm, table 9: another tenant
#
# The tenants have nothing in common but hosts.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly PEER=$((3 - HOST))

mallory_has_gid()
{
	container_exec mallory ibv_devinfo -v -d ffm | grep -q "::ffff:10.99.0.$HOST,"
}

mallory_add()
{
	ip netns add mallory &&
		ip link add ff-mallory type veth peer name eth0 netns mallory &&
		ip link set ff-mallory up &&
		ip -n mallory link set lo up && ip -n mallory link set eth0 up &&
		ip -n mallory addr add "10.99.0.$HOST/24" dev eth0 &&
		dev_add ffm mallory table 9 &&
		ffctl route replace "10.99.0.$PEER" via "10.77.0.$PEER" table 9 &&
		wait_for 10 mallory_has_gid
}

# knock CONTAINER DEVICE ADDRESS QPN: what a QP is told that is taken there
knock()
{
	run_in "$1" "$SELFTESTS/qp_watch" -d "$2" -n "$3" -q "$4" || true
}

# gives TEXT COMMAND...
gives()
{
	local expected=$1 output
	shift

	output=$("$@" 2>&1)
	[ "$output" = "$expected" ] || { echo "$output instead of $expected"; return 1; }
}

dev_counter()
{
	ffctl -j dev show "$1" | json_number "$2"
}

# counted DEVICE COUNTER COMMAND...: adds one
counted()
{
	local dev=$1 counter=$2 before
	shift 2

	before=$(dev_counter "$dev" "$counter")
	"$@" || return
	gives $((before + 1)) dev_counter "$dev" "$counter"
}

is_connected()
{
	grep -q '^connected' /run/watch
}

# The QPs of c1 and c2, with one another, for as long as the test runs.
victims_connect()
{
	: >/run/watch
	if [ "$HOST" = 1 ]; then
		container_exec c1 "$SELFTESTS/qp_watch" -d ff0 -p 21000 -t 400 >/run/watch 2>&1 &
		wait_listen c1 21000
		barrier "victims"
	else
		barrier "victims"
		container_exec c2 "$SELFTESTS/qp_watch" -d ff0 -p 21000 -t 400 10.88.0.1 >/run/watch 2>&1 &
	fi
	victim=$!
	check "the victims' QPs connect" wait_for 30 is_connected
	put "qpn.$HOST" "$(awk '{ print $2 }' /run/watch)"
	qpn=$(get "qpn.$HOST")
	peer_qpn=$(get "qpn.$PEER")
}

trace()
{
	echo "$1" >/sys/kernel/tracing/events/freeflow/ff_peer_refused/enable
}

attacks()
{
	: >/sys/kernel/tracing/trace
	trace 1
	check "a QP of this host, by an own address: Permission denied" counted ffm peer_refusals \
		gives "rtr: Permission denied" knock mallory ffm "10.99.0.$HOST" "$qpn"
	check "a QP of the other host: Permission denied" counted ffm peer_refusals \
		gives "rtr: Permission denied" knock mallory ffm "10.99.0.$PEER" "$peer_qpn"
	check "by the victim's address: Network is unreachable" counted ffm route_misses \
		gives "rtr: Network is unreachable" knock mallory ffm "10.88.0.$PEER" "$peer_qpn"
	trace 0
	check "a refusal is traced" grep -q "ff_peer_refused: dev=ffm table=9 addr=::ffff:10.99.0.$PEER qpn=$peer_qpn err=-13" \
		/sys/kernel/tracing/trace
	check "a number of nobody" gives "rtr: Permission denied" \
		knock "c$HOST" ff0 "10.88.0.$PEER" 0xabcdef
	check "a route to a host that does not have the address" \
		ffctl route replace 10.88.0.77 via "10.77.0.$PEER"
	check "such an address: No route to host" counted ff0 peer_refusals \
		gives "rtr: No route to host" knock "c$HOST" ff0 10.88.0.77 "$peer_qpn"
}

mail_comes()
{
	[ "$(sed -n '2,$p' /run/mail)" = "$1" ] || { cat /run/mail; return 1; }
}

has_qpn()
{
	grep -q qpn /run/mail
}

# The same for UD: the sender is told nothing, as of a number that no QP has, and
# what comes names the virtual addresses.
mail()
{
	container_exec "c$HOST" "$SELFTESTS/ud_mail" -d ff0 >/run/mail 2>&1 &
	local box=$! qpn peer_qpn

	check "a UD QP of the victim" wait_for 30 has_qpn
	qpn=$(awk '/qpn/ { print $2 }' /run/mail)
	put "mail.$HOST" "$qpn"
	peer_qpn=$(get "mail.$PEER")
	check "a message to a QP of this host is sent" \
		gives "sent" run_in mallory "$SELFTESTS/ud_mail" -d ffm -n "10.99.0.$HOST" -q "$qpn"
	check "a message to a QP of the other host is sent" \
		gives "sent" run_in mallory "$SELFTESTS/ud_mail" -d ffm -n "10.99.0.$PEER" -q "$peer_qpn"
	check "the tenant's own is sent" \
		gives "sent" run_in "c$HOST" "$SELFTESTS/ud_mail" -d ff0 -n "10.88.0.$PEER" -q "$peer_qpn"
	check "only that one comes, from whom it is" \
		wait_for 10 mail_comes "from 10.88.0.$PEER to 10.88.0.$HOST"
	barrier "mail has come"
	pkill -x ud_mail
	wait "$box"
}

says_ready()
{
	grep -q '^ready' "$1"
}

# heard FILE LINE...: these and nothing else, by who listens
heard()
{
	local file=$1 wanted
	shift

	wanted=$(printf '%s\n' "$@")
	[ "$(grep -v '^ready' "$file")" = "$wanted" ]
}

# sends QPN TO TEXT: from mallory; without a number to the group
sends()
{
	run_in mallory "$SELFTESTS/verbs_ud" -d ffm ${1:+-q "$1"} send "$2" "$3"
}

mallory_owns()
{
	ffctl res show qp dev ffm | grep -E "(^| )qpn $1 "
}

address_is_here()
{
	ffctl route get 10.99.0.2 table 9 | grep ffm
}

# Host 1 has an address handle that leads to host 2, and then the address itself, and
# a QP with the number of the victim's.
old_handle()
{
	local sender holder hold outcome=0

	run_in mallory "$SELFTESTS/verbs_hold" -d ffm -q 200 -t 120 >/run/hold 2>&1 &
	holder=$!
	check "mallory has a QP of the number at host 2" wait_for 60 mallory_owns "$1"
	mkfifo /run/go
	run_in mallory "$SELFTESTS/verbs_ud" -d ffm -q "$1" -w send 10.99.0.2 intruder \
		</run/go >/run/old 2>&1 &
	sender=$!
	exec {hold}>/run/go
	check "and a handle that leads there" wait_for 30 says_ready /run/old
	check "the address is no longer there" ip -n mallory addr add 10.99.0.2/32 dev eth0
	check "but here" wait_for 10 address_is_here
	exec {hold}>&-
	wait "$sender" || outcome=$?
	check "a message by the handle is sent" [ "$outcome" = 0 ] || cat /run/old
	check "the address goes" ip -n mallory addr del 10.99.0.2/32 dev eth0
	kill_all_in mallory
	wait "$holder"
	rm /run/go
}

listen()
{
	container_exec "c$HOST" "$SELFTESTS/verbs_ud" -d ff0 -t 300 listen >/run/box 2>&1 &
	box=$!
	check "a victim listens" wait_for 30 says_ready /run/box
	put "box.$HOST" "$(sed -n 's/^ready //p' /run/box)"
}

# So that the number of the next QP here is one that host 1 reaches soon.
overtake()
{
	local here

	here=$(run_in c2 "$SELFTESTS/verbs_ud" -d ff0 -t 0 listen | sed -n 's/^ready //p')
	(($1 + 100 <= here)) ||
		run_in c2 "$SELFTESTS/verbs_hold" -d ff0 -q $(($1 + 100 - here)) -t 0 >/dev/null
}

# By way of what is no address of a QP: a group, and a handle that is out of date.
roundabout()
{
	local box group peer_box

	[ "$HOST" = 1 ] || overtake "$(get box.1)"
	listen
	container_exec mallory "$SELFTESTS/verbs_ud" -d ffm -t 300 listen ff1e::123 >/run/group 2>&1 &
	group=$!
	check "mallory is in a group" wait_for 30 says_ready /run/group
	peer_box=$(get "box.$PEER")
	barrier "all listen"

	check "a message to one QP by a group is sent" sends "$peer_box" ff1e::123 intruder
	[ "$HOST" = 2 ] || check "one to the group is sent" sends "" ff1e::123 hello
	barrier "groups were tried"
	[ "$HOST" = 1 ] || check "the group gets only that" \
		wait_for 20 heard /run/group ":: > ff1e::123: hello" || cat /run/group
	kill_all_in mallory
	wait "$group"
	barrier "groups are left"

	[ "$HOST" = 2 ] || old_handle "$peer_box"
	barrier "an old handle was tried"
	check "the tenant's own is sent" run_in "c$HOST" "$SELFTESTS/verbs_ud" -d ff0 \
		-q "$peer_box" send "10.88.0.$PEER" hello
	check "the victim gets only that" \
		wait_for 20 heard /run/box "10.88.0.$PEER > 10.88.0.$HOST: hello" ||
		cat /run/box
	barrier "victims have heard"
	pkill -x verbs_ud
	wait "$box"
}

# That it is the check that keeps them out: without, the step is made.
without_check()
{
	check "an external route" ffctl route replace "10.99.0.$PEER" via "10.77.0.$PEER" table 9 external
	check "behind it nobody is asked" gives "rtr: ok" knock mallory ffm "10.99.0.$PEER" "$peer_qpn"
	check "a route as before" ffctl route replace "10.99.0.$PEER" via "10.77.0.$PEER" table 9
	check "and it is refused again" \
		gives "rtr: Permission denied" knock mallory ffm "10.99.0.$PEER" "$peer_qpn"
	barrier "both were external"
}

# allowed FILE: the peer's own QP, by its own address
allowed()
{
	check "$1: the tenant's own" gives "rtr: ok" knock "c$HOST" ff0 "10.88.0.$PEER" "$peer_qpn"
}

# within SECONDS COMMAND...
within()
{
	local limit=$1 began=$SECONDS
	shift

	"$@" || return
	[ $((SECONDS - began)) -le $((limit * SLOWNESS)) ] ||
		{ echo "took $((SECONDS - began)) s"; return 1; }
}

# A question is repeated for 1.3 seconds: the first of a list has them all wait.
mail_to_nobody()
{
	within 5 gives "sent" run_in mallory "$SELFTESTS/ud_mail" -d ffm -n 10.99.0.2 -q 100 -c 16
}

is_about_to_send()
{
	ffctl res show qp dev ffm | grep -q 'state rts .*comm ud_mail'
}

device_goes_meanwhile()
{
	local sender rc

	mail_to_nobody &
	sender=$!
	wait_for 30 is_about_to_send || return
	within 5 ffctl dev del ffm
	rc=$?
	wait "$sender"
	return "$rc"
}

# Host 1 asks, host 2 is another: it listens elsewhere, or has another key.
silence()
{
	[ "$HOST" = 1 ] || check "another port" ffctl tunnel set port 5000
	barrier "ports differ"
	[ "$HOST" = 2 ] || check "a host that does not answer: Connection timed out" \
		counted ff0 peer_timeouts \
		gives "rtr: Connection timed out" knock c1 ff0 10.88.0.2 "$peer_qpn"
	[ "$HOST" = 2 ] || check "messages to it are lost, soon" counted ffm peer_timeouts mail_to_nobody
	[ "$HOST" = 2 ] || check "a device is deleted while a sender waits for it" device_goes_meanwhile
	barrier "ports differed"
	[ "$HOST" = 1 ] || check "the same port" ffctl tunnel set port 14791

	printf '%064d\n' 7 >/run/key
	[ "$HOST" = 1 ] || check "a key" ffctl tunnel set key /run/key
	barrier "keys differ"
	[ "$HOST" = 2 ] || check "a host with another key: Connection timed out" \
		counted ff0 peer_timeouts \
		gives "rtr: Connection timed out" knock c1 ff0 10.88.0.2 "$peer_qpn"
	barrier "keys differed"
	[ "$HOST" = 2 ] || check "the same key" ffctl tunnel set key /run/key
	barrier "keys are the same"
	allowed "with a key"
	barrier "both have used the key"
	check "no key" ffctl tunnel set nokey
}

victims_heard_nothing()
{
	[ "$(wc -l </run/watch)" = 1 ] || { cat /run/watch; return 1; }
}

victims_end()
{
	check "the victims heard nothing of it" victims_heard_nothing
	barrier "attacks are over"
	kill_all_in "c$HOST"
	wait "$victim"
}

tenants()
{
	check "mallory is on this host" mallory_add
	barrier "tenants are there"
	victims_connect
	allowed "before"
	attacks
	mail
	roundabout
	without_check
	silence
	victims_end
}

on_each_datapath tenants
