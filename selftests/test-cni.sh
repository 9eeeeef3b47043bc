#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 300
# long: yes
#
# Containers by Debian's CNI plugins bridge and host-local, and freeflow-cni
# after them: unmodified programs by virtual address, without a word to ffctl.

# shellcheck disable=SC2034,SC2154 # what topology.sh has and takes

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cni.sh"

readonly CDI=/run/cdi/freeflow.json

# freeflow_cni COMMAND CONTAINER [LIST]: this plugin only
freeflow_cni()
{
	cni "$1" "$2" "${3:-rdma}" -o freeflow-cni
}

# cni_says CODE PATTERN COMMAND...: that it failed so
cni_says()
{
	local code=$1 pattern=$2 output
	shift 2

	! output=$("$@") || { echo "did not fail: $output"; return 1; }
	grep -q "\"code\":$code,\"msg\":\".*$pattern" <<<"$output" || { echo "$output"; return 1; }
}

count_devices()
{
	ffctl dev show | wc -l
}

has_devices()
{
	[ "$(count_devices)" = "$1" ] || { ffctl dev show; return 1; }
}

address_of()
{
	ip -n "$1" -"$2" -o addr show dev eth0 scope global | awk '{ print $4 }' | cut -d / -f 1
}

is_in_cdi()
{
	grep -q "\"name\": \"$(device_in "$1")\"" "$CDI" || { cat "$CDI"; return 1; }
}

container_made()
{
	check "$1: its namespace" ip netns add "$1"
	check "$1: ADD by bridge, host-local and freeflow-cni" cni ADD "$1"
	check "$1: CHECK" cni CHECK "$1"
	check "$1: is in the file of CDI" is_in_cdi "$1"
}

use()
{
	server_address=$(address_of c1 4)
	pair "ib_send_bw between the containers" ib_send_bw -x "$GID4" -n 50 -F
	. "$SELFTESTS/cm.sh"	# another kind of ends from here on
	cm_pair "rping by IPv4" "rping -s -a ADDRESS -p PORT -C 100" \
		"rping -c -a ADDRESS -p PORT -C 100 -V"
	server_address=$(address_of c1 6)
	cm_pair "rping by IPv6" "rping -s -a ADDRESS -p PORT -C 100" \
		"rping -c -a ADDRESS -p PORT -C 100 -V"
}

is_limited()
{
	ffctl quota show netns "$1" | grep -q " qp 0/$2 " || { ffctl quota show netns "$1"; return 1; }
}

# sends_at DEVICE RATE
sends_at()
{
	ffctl limit show dev "$1" | grep " rate $2 "
}

# pins_up_to CONTAINER BYTES
pins_up_to()
{
	ffctl quota show netns "$1" | grep " pinned [0-9]*/$2"
}

again()
{
	local before after

	before=$(ffctl -j dev show)
	check "ADD again" freeflow_cni ADD c1
	after=$(ffctl -j dev show)
	check "changes nothing" test "$before" = "$after"
	check "another table is refused" cni_says 101 'another table' \
		freeflow_cni ADD c1 table
}

failing_add()
{
	check "c3: its namespace" ip netns add c3
	check "an ADD without a lower device" cni_says 100 'no such lower device' \
		cni ADD c3 nosuch
	check "leaves no device" has_devices 2
	check "leaves no quota" is_limited c3 unlimited
	check "the runtime undoes it: DEL" cni DEL c3 nosuch
	check "a wrong field is named" cni_says 7 "'table'" \
		cni ADD c3 wrong
	check "c3: DEL" cni DEL c3
	check "c3: goes" ip netns del c3
}

changed()
{
	check "quotas change" ffctl quota set netns c2 qp 9
	check "CHECK sees it" cni_says 101 "quota of 'qp'" freeflow_cni CHECK c2
	check "a limit goes" ffctl limit del dev "${device[1]}"
	check "CHECK sees it" cni_says 101 "limit of device" freeflow_cni CHECK c1
	check "ADD again" freeflow_cni ADD c1
	check "CHECK is content" freeflow_cni CHECK c1
	check "an address goes" ip -n c1 addr del "$(address_of c1 6)/64" dev eth0
	check "CHECK sees that" cni_says 101 "is not one of device" freeflow_cni CHECK c1
}

status_and_gc()
{
	check "STATUS" freeflow_cni STATUS c1 later
	check "STATUS without the lower device" cni_says 50 "lower 'nosuch'" \
		freeflow_cni STATUS c1 later-nosuch
	check "a runtime forgets c2" rm /run/cni_chain/c2@eth0
	check "GC" freeflow_cni GC c1 later
	check "takes its device" has_devices 1
	check "and not that of c1" test -n "$(device_in c1)"
}

removal()
{
	local name

	check "c2: its namespace goes first" ip netns del c2
	for name in c1 c2; do
		check "$name: DEL" cni DEL "$name"
		check "$name: DEL again" cni DEL "$name"
	done
	check "no device is left" has_devices 0
	check "no quota is left" is_limited c1 unlimited
	check "nor that of memory" pins_up_to c1 unlimited
	check "no file of CDI is left" test ! -e "$CDI"
	check "c1: goes" ip netns del c1
	check "the bridge goes" ip link del ff-br
}

cni_configure rdma 1.0.0 ', "quotas": { "qp": 8, "pinned": "1g" }, "limit": { "rate": "10gbit" }, "cdi": "/run/cdi/freeflow.json"'
cni_configure table 1.0.0 ', "table": 7'
cni_configure wrong 1.0.0 ', "table": -1'
cni_configure nosuch 1.0.0 ', "quotas": { "qp": 8 }, "lower": "nosuch"'
cni_configure later-nosuch 1.1.0 ', "lower": "nosuch"'
cni_configure later 1.1.0 ''

freeflow_up
container_made c1
container_made c2
container[1]=c1 device[1]=$(device_in c1)
container[2]=c2 device[2]=$(device_in c2)
check "quotas are set" is_limited c1 8
check "that of memory, too" pins_up_to c1 1073741824
check "a limit is set" sends_at "${device[1]}" 10gbit
use
again
failing_add
changed
status_and_gc
removal
finish
