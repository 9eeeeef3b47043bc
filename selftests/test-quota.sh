#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 960
#
# Quotas of a network namespace: creation beyond fails with EAGAIN, use drops
# when objects are destroyed and when a program is killed.

# shellcheck disable=SC2154 # what topology.sh has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

# quota CONTAINER KIND FIELD
quota()
{
	ffctl -j quota show netns "$1" | grep -o "\"$2\":{[^}]*}" | json_number "$3"
}

# is VALUE COMMAND...
is()
{
	local expected=$1 value
	shift

	value=$("$@") || return
	[ "$value" = "$expected" ] || { echo "$value instead of $expected"; return 1; }
}

nothing_used()
{
	local kind

	for kind in qp cq mr pd srq ah mw; do
		is 0 quota c1 "$kind" used || return
	done
}

# hold OPTION...: a program in c1 that holds objects, ready
hold()
{
	: >/run/hold
	container_exec -u c1 "$SELFTESTS/verbs_hold" -d ff0 "$@" >/run/hold 2>&1 &
	holder=$!
	wait_for 20 grep -q '^ready' /run/hold || cat /run/hold
}

says()
{
	grep -xF "$1" /run/hold || { cat /run/hold; return 1; }
}

# The one program in c1.
signal_holder()
{
	kill "-$1" "$(ip netns pids c1)"
	wait "$holder" || echo "holder: exit $?" >>/run/hold
}

# over KIND LIMIT OPTION: asks for two more than the quota of one kind allows
over()
{
	local kind=$1 limit=$2 option=$3 refused

	check "quota set $kind $limit" ffctl quota set netns c1 "$kind" "$limit"
	refused=$(quota c1 "$kind" refused)
	hold "$option" $((limit + 2))
	check "$kind: $limit, then EAGAIN" says "$kind $limit: Resource temporarily unavailable"
	check "$kind: use is shown" is "$limit" quota c1 "$kind" used
	check "$kind: the limit is shown" is "$limit" quota c1 "$kind" limit
	check "$kind: the refusal is counted" is $((refused + 1)) quota c1 "$kind" refused
	signal_holder TERM
	check "$kind: the program destroyed everything" says released
	check "$kind: use drops to 0" wait_for 10 nothing_used
	check "quota set $kind unlimited" ffctl quota set netns c1 "$kind" unlimited
}

killed()
{
	hold -p 4 -c 4 -m 4 -q 4 -s 4 -a 4
	check "4 QPs are in use" is 4 quota c1 qp used
	check "another container has its own quota" is 0 quota c2 qp used
	signal_holder KILL
	check "kill -9: use drops to 0" wait_for 10 nothing_used
	check "kill -9: nothing is left on the lower device" nothing_left_on_lower
}

# As many again after having been refused: nothing leaked.
again()
{
	local round

	ffctl quota set netns c1 qp 4 || return
	for round in 1 2 3; do
		hold -q 6 || return
		says "qp 4: Resource temporarily unavailable" || return
		signal_holder TERM
		says released || { echo "round $round"; return 1; }
	done
}

quotas()
{
	over qp 4 -q
	over cq 3 -c
	over mr 3 -m
	over pd 3 -p
	over srq 3 -s
	over ah 3 -a
	# Only this data path has them.
	[ "$datapath" != ring ] || over mw 3 -w
	check "refused creations leak nothing" again
	killed
	check "a quota below the use refuses without taking away" ffctl quota set netns c1 qp 0
	hold -q 1
	check "quota 0" says "qp 0: Resource temporarily unavailable"
	signal_holder TERM
}

on_each_datapath quotas
