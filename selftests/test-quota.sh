#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 960
# data path: ring
#
# Quotas of a network namespace: creation beyond fails with EAGAIN, use drops
# when objects are destroyed and when a program is killed. And the limit of a program's
# locked memory, and the rdma cgroup that it is in.

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

	for kind in qp cq mr pd srq ah mw mcast pinned; do
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

# Groups that the host is in for its containers.
count_members()
{
	awk -v nic="$UNDERLAY" '$2 == nic && $3 ~ /^ff12/' /proc/net/igmp6 | wc -l
}

# The same group is one of each container that is in it, and one of the host's.
members()
{
	hold -g 3
	check "groups are memberships of the host" is 3 count_members
	container_exec -u c2 "$SELFTESTS/verbs_hold" -d ff1 -g 3 >/run/hold2 2>&1 &
	check "another container is in the same groups" wait_for 20 grep -x "mcast 3" /run/hold2
	check "they are in its quota, too" is 3 quota c2 mcast used
	check "and the host's as before" is 3 count_members
	signal_holder KILL
	check "when one goes, the other stays" is 3 count_members
	check "with its quota" is 3 quota c2 mcast used
	kill_all_in c2
	check "and goes" wait_for 20 is 0 count_members
	check "groups have no handles to show" refused_listing
}

refused_listing()
{
	! ffctl res show mcast
}

# What the device has counted, of any quota.
refusals_of()
{
	local dev=$1

	ffctl stat show dev "$dev" | grep -oE 'quota-refusals [0-9]+' | cut -d ' ' -f 2
}

# Of memory it is bytes that count: verbs_hold has regions of 1 MB.
pinned()
{
	local refusals

	refusals=$(refusals_of ff0)
	check "quota set pinned 3m" ffctl quota set netns c1 pinned 3m
	hold -m 5
	check "pinned: 3 MB, then EAGAIN" says "mr 3: Resource temporarily unavailable"
	check "pinned: use is shown" is $((3 << 20)) quota c1 pinned used
	check "pinned: the refusal is counted" is 1 quota c1 pinned refused
	check "pinned: and at the device" is $((refusals + 1)) refusals_of ff0
	signal_holder TERM
	check "pinned: use drops to 0" wait_for 10 nothing_used
	check "quota set pinned unlimited" ffctl quota set netns c1 pinned unlimited
}

# The limit of locked memory, which is each program's.
little_memlock()
{
	container_exec -u c1 prlimit --memlock=$((3 << 20)) "$SELFTESTS/verbs_hold" \
		-d ff0 -m 5 -t 0 >/run/little
	check "RLIMIT_MEMLOCK: 3 MB, then ENOMEM" grep -x "mr 3: Cannot allocate memory" /run/little
	check "RLIMIT_MEMLOCK: use drops to 0" wait_for 10 nothing_used
}

killed()
{
	hold -p 4 -c 4 -m 4 -q 2 -s 4 -a 4 -g 4
	check "4 QPs are in use, two of them for groups" is 4 quota c1 qp used
	check "4 groups are in use" is 4 quota c1 mcast used
	check "another container has its own quota" is 0 quota c2 qp used
	check "of groups as well" is 0 quota c2 mcast used
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

# one_more OPTION...: what another program in c1 gets
one_more()
{
	container_exec -u c1 "$SELFTESTS/verbs_hold" -d ff0 -t 0 "$@"
}

below_use()
{
	hold -q 4 -m 2
	check "a quota below the use takes nothing away" ffctl quota set netns c1 qp 2 pinned 1m
	check "the QPs are there" is 4 quota c1 qp used
	check "the memory is there" is $((2 << 20)) quota c1 pinned used
	one_more -m 1 -q 1 >/run/one_more
	check "no QP more" grep -x "qp 0: Resource temporarily unavailable" /run/one_more
	check "no memory more" grep -x "mr 0: Resource temporarily unavailable" /run/one_more
	signal_holder TERM
	check "they go as they came" says released
	check "below the quota there are some again" is "qp 2: Resource temporarily unavailable" \
		grep "^qp" <(one_more -q 3)
	ffctl quota set netns c1 qp unlimited pinned unlimited
}

readonly GROUP=/sys/fs/cgroup/limited

# group_is HANDLES OBJECTS: what programs in the cgroup have of ff0
group_is()
{
	grep -E "^ff0 hca_handle=$1 hca_object=$2 *$" "$GROUP/rdma.current" || {
		cat "$GROUP/rdma.current"
		return 1
	}
}

group_limit()
{
	echo "ff0 hca_handle=$1 hca_object=$2" >"$GROUP/rdma.max"
}

refused_context()
{
	! one_more
}

group_is_empty()
{
	! grep -E "hca_(handle|object)=[1-9]" "$GROUP/rdma.current"
}

cgroup()
{
	echo +rdma >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p "$GROUP"
	check "a cgroup limits ff0" group_limit 1 5
	# Each child from here on begins in the cgroup.
	echo $$ >"$GROUP/cgroup.procs"
	hold -q 4
	check "cgroup: 5 objects, then EAGAIN" says "qp 2: Resource temporarily unavailable"
	check "cgroup: they are charged" group_is 1 5
	check "cgroup: a second device handle is refused" refused_context
	signal_holder KILL
	check "cgroup: all of it is given back" wait_for 10 group_is_empty
	echo $$ >/sys/fs/cgroup/cgroup.procs
	# Or the kernel, of 6.1 at least, keeps the limit when the cgroup is freed, and
	# panics when the device goes, be it ours or the bare one.
	check "cgroup: the limit is lifted" group_limit max max
	rmdir "$GROUP"
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
	over mcast 3 -g
	members
	check "refused creations leak nothing" again
	pinned
	little_memlock
	killed
	below_use
	cgroup
	check "a quota below the use refuses without taking away" ffctl quota set netns c1 qp 0
	hold -q 1
	check "quota 0" says "qp 0: Resource temporarily unavailable"
	signal_holder TERM
}

on_each_datapath quotas
