#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 720
#
# ffctl against the module: refusals are sentences, exit 1, misuse is exit 2,
# JSON is JSON, the monitor shows what changes.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# refused_with STATUS PATTERN COMMAND...: the exit status, and one line that fits
refused_with()
{
	local status=$1 pattern=$2 output rc=0
	shift 2

	output=$("$@" 2>&1 >/dev/null) || rc=$?
	[ "$rc" = "$status" ] || { echo "exit $rc instead of $status: $output"; return 1; }
	grep -qiE -e "$pattern" <<<"$output" || { echo "$output"; return 1; }
}

# says_no STATUS PATTERN WORD...: of ffctl
says_no()
{
	local status=$1 pattern=$2
	shift 2

	check "ffctl $*" refused_with "$status" "$pattern" ffctl "$@"
}

refusals()
{
	says_no 1 'no such device|no virtual' dev show nosuch
	says_no 1 'no such device|no virtual' dev del nosuch
	says_no 1 'nosuch|no .*lower|no such device' dev add ff5 lower nosuch netdev ff-c1
	says_no 1 'nosuch0|interface|no such device' dev add ff5 lower "$LOWER" netdev nosuch0
	says_no 1 'nowhere' dev add ff5 lower "$LOWER" netdev eth0 netns nowhere
	says_no 1 'exists|name|taken' dev add ff0 lower "$LOWER" netdev eth0 netns c2
	says_no 1 'exists|already|carries' dev add ff5 lower "$LOWER" netdev eth0 netns c1
	says_no 1 'no .*route|no such' route del 10.1.0.0/16
	says_no 1 'unreachable' route get 10.1.0.1
	says_no 1 'unicast|host|address' route add 10.1.0.0/16 via 224.0.0.1
	says_no 1 'link-local' route add 10.1.0.0/16 via fe80::1
	says_no 1 'nowhere' quota set netns nowhere qp 1
	says_no 1 'no such device|no .*device' lower set nosuch default
	says_no 1 'no such device|no virtual' res show qp dev nosuch
	says_no 1 'no such device|no virtual' stat show dev nosuch
	says_no 1 'no such device|no virtual' stat show per qp dev nosuch
	says_no 1 'no such device|no virtual' stat set nosuch qp on
	says_no 1 'nowhere' stat show netns nowhere
	says_no 1 '/nowhere' stat export /nowhere/file
	says_no 1 'no regular file' stat export /dev/null
	says_no 1 'terminal' top
}

misuses()
{
	says_no 2 'usage|unknown' nosuch
	says_no 2 'usage|unknown' dev nosuch
	says_no 2 'missing' dev add
	says_no 2 'netdev' dev add ff5
	says_no 1 '10.1.0.1/16' route add 10.1.0.1/16 via 10.77.0.2
	says_no 1 '10.1.0.0/33' route add 10.1.0.0/33 via 10.77.0.2
	says_no 2 'missing|via' route add 10.1.0.0/16
	says_no 1 'words' route get words
	says_no 2 'missing' quota set netns c1
	says_no 1 '-1' quota set netns c1 qp -1
	says_no 2 'nosuch' res show nosuch
	says_no 2 'dev' stat show per qp
	says_no 2 'nosuch' stat show per nosuch
	says_no 2 'qp' stat set ff0
	says_no 1 'perhaps' stat set ff0 qp perhaps
	says_no 1 '3601' top every 3601
	says_no 2 'option' -x
}

# A container's root is nobody to the host.
without_capability()
{
	local command

	for command in "dev del ff0" "route add 10.1.0.0/16 via 10.77.0.2" "route flush" \
		"quota set netns c1 qp 1" "stat set ff0 qp on"; do
		# shellcheck disable=SC2086 # words
		check "ffctl $command without capability names what is needed" \
			refused_with 1 'Operation not permitted.*CAP_NET_ADMIN' \
			setpriv --bounding-set=-all --inh-caps=-all ffctl $command
	done
	check "ffctl dev del ff0 as nobody" refused_with 1 'Operation not permitted' \
		setpriv --reuid 65534 --clear-groups ffctl dev del ff0
	check "ffctl dev show as nobody" setpriv --reuid 65534 --clear-groups ffctl dev show
	check "a user namespace of one's own does not help" \
		refused_with 1 'Operation not permitted' unshare -r ffctl dev del ff0
	check "in a container the family is not there" \
		refused_with 1 '.' ip netns exec c1 ffctl dev del ff0
	check "ff0 is still there" ffctl dev show ff0
}

readonly PARSE_LINES='
import json, sys
for line in sys.stdin:
    try:
        json.loads(line)
    except ValueError as error:
        sys.exit(f"{error}: {line}")'

# One line of JSON each, and the same spread over lines.
all_json()
{
	local words

	for words in "$@"; do
		# shellcheck disable=SC2086 # words
		ffctl -j $words || return
		# shellcheck disable=SC2086 # words
		ffctl -j -p $words | tr '\n' ' ' || return
		echo
	done >/run/json
	python3 -c "$PARSE_LINES" </run/json
}

json()
{
	check "a route to show" ffctl route add 10.44.0.0/16 via 10.77.0.2 table 4
	check "what -j prints is JSON" all_json "dev show" "dev show ff0" "route show" \
		"route show table 4" "route show table 99" "route get 10.44.1.1 table 4" \
		"quota show" "quota show netns c1" "lower show" "res show qp" "res show pd" \
		"res show mr" "res show cq" "stat show" "stat show dev ff0" "stat show per netns" \
		"stat show per qp dev ff0"
	check "the route goes" ffctl route del 10.44.0.0/16 table 4
}

shows()
{
	grep -qE "$1" /run/events
}

shows_soon()
{
	wait_for 10 shows "$1" || { cat /run/events; return 1; }
}

saw()
{
	check "monitor: $1" shows_soon "$2"
}

# The first event that is seen says that the monitor listens.
monitor_listens()
{
	ffctl route replace 10.45.0.0/16 via 10.77.0.9 && shows '10.45.0.0/16'
}

monitors()
{
	: >/run/events
	ffctl monitor >/run/events 2>&1 &
	monitor=$!
	check "monitor listens" wait_for 20 monitor_listens
	ffctl route del 10.45.0.0/16
	saw "route del" '^del route 10.45.0.0/16'
	ffctl quota set netns c1 qp 9
	saw "quota set" '^set quota.*qp 0/9'
	ffctl stat set ff0 qp on
	saw "stat set" '^set stat dev ff0 netns c1 per-qp'
	ffctl stat set ff0 qp off
	ip link add ff-x type veth peer name ff-y
	ffctl dev add ff7 lower "$LOWER" netdev ff-x
	saw "dev add" '^add dev ff7 '
	ffctl dev set ff7 table 5
	saw "dev set" '^set dev ff7 .*table 5'
	ffctl dev del ff7
	saw "dev del" '^del dev ff7'
	ip link del ff-x
	ffctl route add 10.46.0.0/16 via 10.77.0.9 table 6
	ffctl route flush table 6
	saw "route flush" '^flush route table 6'
	ffctl lower set "$LOWER" default
	saw "lower set" "^set lower $LOWER"
	ffctl lower set "$LOWER" nodefault
	ffctl quota set netns c1 qp unlimited
	kill "$monitor"
}

# res show lists what a program has made, with the program.
resources()
{
	container_exec c1 "$SELFTESTS/verbs_hold" -d ff0 -p 1 -c 2 -m 3 -q 4 >/run/hold 2>&1 &
	holder=$!
	wait_for 20 grep -q '^ready' /run/hold
	check "res show qp lists 4" lists 4 qp
	check "res show cq lists 2" lists 2 cq
	check "res show mr lists 3" lists 3 mr
	check "res show pd lists 1" lists 1 pd
	kill_all_in c1
	wait "$holder" || true
}

lists()
{
	local output
	output=$(ffctl res show "$2" dev ff0)
	[ "$(grep -c verbs_hold <<<"$output")" = "$1" ] || { echo "$output"; return 1; }
}

containers_up
refusals
misuses
without_capability
json
monitors
resources
containers_down
