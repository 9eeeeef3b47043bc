#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 1200
# kernel: debug
#
# Of every request by netlink, all that the kernel allocates and copies for it
# fails once: the tool says so, or it is done all the same; it can be undone, and
# done when nothing fails. So it is with a new network namespace. fault_send.so is
# between the tools and the kernel.
#
#	test-faults-netlink.sh [STRIDE [WHAT...]]: devices, routes, events, policy,
#	tunnel, namespaces
#
# A device is made of more than a thousand allocations, most of them ib_core's, and a
# namespace as well: of these, every STRIDE-th fails.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/faults.sh"

# shellcheck disable=SC2034 # for device_add
datapath=syscall
stride=1
sparse=${1:-37}
what=("${@:2}")
[ ${#what[@]} != 0 ] || what=(devices routes events policy tunnel namespaces)

# What a tool says that ran out of memory. rdma does not say why it could not send.
readonly UNDERSTOOD='Cannot allocate memory|Bad address|No buffer space|Out of memory|Failed to send'

# What fault_send.so and the tool said, of whose batch the first LINES are what is to
# fail. Each refusal of these has an understandable reason, and there is none when
# nothing failed. Says how many there were, and how often what takes it back failed.
judge()
{
	awk -v lines="$1" -v understood="$UNDERSTOOD" '
	function bad(why) {
		print why ":" text
		status = 1
		exit
	}
	# rdma names the line behind what it says of it, ffctl before.
	match($0, /\/run\/batch:[0-9]+/) {
		if (substr($0, RSTART + 11, RLENGTH - 11) + 0 > lines)
			undone++
		else
			text = text said "\n" $0
		said = ""
		next
	}
	/^(fault [0-9]+|untouched)$/ {
		text = text said
		said = ""
	}
	/^fault [0-9]+$/ {
		if (text != "" && text !~ understood)
			bad($0)
		faults++
		errors += text != ""
		text = ""
		next
	}
	/^untouched$/ {
		if (text != "")
			bad($0)
		ended = 1
		next
	}
	{
		said = said "\n" $0
	}
	END {
		if (!status && !ended)
			print "no end:" text said
		printf "%d faults, %d errors, %d not to be taken back\n", faults, errors, undone >"/run/tally"
		exit status || !ended
	}' /run/said
}

# Lines for a batch, that take back what the step did; some for that are in vain.
undo()
{
	case $1 in
	dev_add) echo "dev del ff9" ;;
	dev_del) echo "dev add ff9 lower $LOWER netdev ff-x" ;;
	dev_set) echo "dev set ff0 table 0" ;;
	route_add) echo "route flush" ;;
	route_del) echo "route replace 10.120.0.0/16 via 10.77.0.50" ;;
	route_event) echo "route del 10.121.0.0/16" ;;
	limit_set) echo "limit del dev ff0" ;;
	limit_del) echo "limit set dev ff0 rate 100mbit" ;;
	quota_set) echo "quota set netns c1 qp unlimited pinned unlimited" ;;
	stat_set) echo "stat set ff0 qp off" ;;
	esac
}

# faulty STEP TOOL LINES: until a run was untouched
faulty()
{
	local step=$1 tool=$2 lines=$3

	# So that ffctl sends changes of routes apart.
	[ "$tool" = rdma ] || lines+=$'\ntunnel show'
	echo "$lines" >/run/batch
	undo "$step" >>/run/batch
	FAULT_STRIDE=$stride LD_PRELOAD=$SELFTESTS/fault_send.so \
		"$tool" -f -b /run/batch 2>/run/said >/dev/null
	judge "$(wc -l <<<"$lines")"
}

# each_fault STEP NAME TOOL LINES: what is in use afterwards is what was before
each_fault()
{
	local step=$1 name=$2
	shift 2

	note_in_use
	: >/run/tally
	check "$name" faulty "$step" "$@"
	sed 's/^/# /' /run/tally
	nothing_left "$name"
}

# An event of each route that came, or the word that some are lost. The event is part
# of the request, so that it can meet the fault.
events()
{
	: >/run/tally
	ffctl monitor route >/run/monitor 2>&1 &
	check "the monitor listens" wait_for 20 monitor_listens
	check "route add, with a listener" faulty route_event ffctl "route add 10.121.0.0/16 via 10.77.0.50"
	sed 's/^/# /' /run/tally
	came=$(awk '{ print $1 + 1 - $5 }' /run/tally)
	check "no event is lost without a word" wait_for 10 all_told
	echo "# $came routes came, $(told) events or losses were told of"
	kill %%
}

told()
{
	grep -c -e '^add route 10.121.0.0/16' -e 'some are lost' /run/monitor
}

all_told()
{
	[ "$came" -le "$(told)" ]
}

# The first event that is seen says so.
monitor_listens()
{
	ffctl route replace 10.125.0.0/16 via 10.77.0.50 && grep -q 10.125.0.0/16 /run/monitor
}

devices()
{
	local stride=$sparse

	ip link add ff-x type veth peer name ff-y
	ip link set ff-x up && ip link set ff-y up
	each_fault dev_add "dev add" ffctl "dev add ff9 lower $LOWER netdev ff-x"
	# rdma knows only devices that were there when it began.
	FAULT_UNDO="ffctl dev del ff9 2>/dev/null" \
		each_fault none "rdma link add" rdma "link add ff9 type freeflow netdev ff-x"
	check "dev add without a fault" ffctl dev add ff9 lower "$LOWER" netdev ff-x
	stride=1
	each_fault dev_del "dev del" ffctl "dev del ff9"
	check "dev del without a fault" ffctl dev del ff9
	check "the link goes" ip link del ff-x
	each_fault dev_set "dev set" ffctl "dev set ff0 table 3"
	each_fault none "dev show" ffctl "dev show"
}

routes()
{
	local batch
	batch=$(printf 'route add 10.120.%d.0/24 via 10.77.0.50\n' {1..20})

	each_fault route_add "route add" ffctl "route add 10.120.0.0/16 via 10.77.0.50"
	each_fault route_add "route add, a batch" ffctl "$batch"
	check "route add without a fault" ffctl route add 10.120.0.0/16 via 10.77.0.50
	each_fault route_del "route replace" ffctl "route replace 10.120.0.0/16 via 10.77.0.51"
	each_fault route_del "route del" ffctl "route del 10.120.0.0/16"
	each_fault none "route get" ffctl "route get 10.120.0.1"
	each_fault none "route show" ffctl "route show"
	each_fault route_del "route flush" ffctl "route flush"
	check "route flush without a fault" ffctl route flush
}

policy()
{
	local kind

	each_fault quota_set "quota set" ffctl "quota set netns c1 qp 7 pinned 1g"
	each_fault none "quota show" ffctl "quota show"
	each_fault limit_set "limit set" ffctl "limit set dev ff0 rate 100mbit"
	check "limit set without a fault" ffctl limit set dev ff0 rate 100mbit
	each_fault none "limit show" ffctl "limit show"
	each_fault limit_del "limit del" ffctl "limit del dev ff0"
	check "limit del without a fault" ffctl limit del dev ff0
	each_fault none "lower set" ffctl "lower set $LOWER default"
	check "lower set back" ffctl lower set "$LOWER" nodefault
	each_fault none "lower show" ffctl "lower show"
	for kind in qp mr cq pd; do
		each_fault none "res show $kind" ffctl "res show $kind"
	done
	each_fault none "stat show" ffctl "stat show"
	each_fault stat_set "stat set" ffctl "stat set ff0 qp on"
}

tunnel()
{
	seq 100 | sha256sum | cut -c 1-64 >/run/key
	each_fault none "tunnel set key" ffctl "tunnel set key /run/key"
	each_fault none "tunnel set port" ffctl "tunnel set port 14792"
	each_fault none "tunnel show" ffctl "tunnel show"
	check "the tunnel as it was" ffctl tunnel set port 14791 nokey
}

# Each is gone with the program.
new_namespace()
{
	FAULT_STRIDE=$sparse LD_PRELOAD=$SELFTESTS/fault_send.so \
		unshare -n true 2>/run/said
	judge 0
}

namespaces()
{
	note_in_use
	: >/run/tally
	check "a namespace" new_namespace
	sed 's/^/# /' /run/tally
	nothing_left "a namespace"
}

containers_up
check "allocations can fail" faults_prepare
check "verbs of the lower device can fail" lower_faults_prepare
for part in "${what[@]}"; do
	"$part"
done
pair "programs transfer data" ibv_rc_pingpong -g "$GID4"
containers_down
