#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# soak.sh [SECONDS [SEED]]: 64 QPs in eight containers on two hosts, with a mixed load of
# all verbs, while limits, quotas, routes, priorities and counters change by the seed.
# When it is over, memory, objects and references are what they were after the first
# round of it. `make soak` runs it.
#
#	  host1                                   host2
#	  c1 ff1 syscall ◄── 6 QPs and 2 more ──► c2 ff2 syscall
#	  c3 ff3 ring    ◄──────────────────────► c4 ff4 ring
#	  c5 ff5 syscall ◄──────────────────────► c6 ff6 ring
#	  c7 ff7 ring    ◄──────────────────────► c8 ff8 syscall

# shellcheck disable=SC2034,SC2153,SC2154 # what topology.sh uses, and what it has

soak_seconds=${1:-1800}
soak_seed=${2:-1}
set --

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/faults.sh"

# Of each pair, the datapaths on both hosts.
readonly PAIRS=(syscall.syscall ring.ring syscall.ring ring.syscall)

# What may be more at the end, in kB: of what the kernel has allocated in small, and
# of all that is neither free nor a program's nor a file's.
readonly SLACK_SMALL=512 SLACK_ALL=4096

# How long a program may take.
readonly PATIENCE=$((200 * SLOWNESS))

### The load
#
# Two loops for each pair, each of which runs one program after the other. Host 1
# serves, and says whether there is another round; host 2 dials, and says how it was.

readonly OPTIONS="-g $GID4 -d DEVICE -p PORT ADDRESS"
readonly PERFTEST="-F -x $GID4 -u 18 -d DEVICE -p PORT ADDRESS"

# Six QPs each. 4 KB as in perftest.sh. They sleep where perftest can: not with WRITE,
# not when more than 16 requests complete at once, and not in ib_send_lat, which may wait
# for ever, on the bare device of 6.12, too, or look at a completion that it has not got.
readonly WIDE=(
	"ib_send_bw -e -q 6 -t 2 -r 2 -Q 1 -s 4096 -n 40 $PERFTEST"
	"ib_read_bw -e -q 6 -t 2 -Q 1 -s 4096 -n 40 $PERFTEST"
	"ib_write_bw -q 6 -s 4096 -n 20 $PERFTEST"
	"ib_atomic_bw -e -q 6 -t 2 -Q 1 -n 40 $PERFTEST"
	"ib_send_bw -q 6 -s 4096 -n 20 --use-srq $PERFTEST"
	"ib_send_bw -e -q 6 -t 2 -r 2 -Q 1 -s 64 -I 64 -n 40 $PERFTEST"
)

# One QP each, or two.
readonly NARROW=(
	"ibv_rc_pingpong -c -e -n 50 $OPTIONS"
	"ibv_srq_pingpong -c -e -q 2 -n 50 $OPTIONS"
	"ib_send_lat -n 20 $PERFTEST"
	"ib_write_bw -c UC -q 2 -n 20 -s 4096 $PERFTEST"
	"ib_read_lat -e -n 50 $PERFTEST"
	"ib_atomic_lat -e -n 50 $PERFTEST"
	"ibv_rc_pingpong -c -e -s 1048576 -n 3 $OPTIONS"
	"ibv_uc_pingpong -e -n 50 $OPTIONS"
	"rping -ROLE -a SERVER -p PORT -C 20 -V"
	"ibv_ud_pingpong -c -e -n 50 $OPTIONS"
)

own_number()
{
	echo $((2 * $1 + HOST))
}

# words PAIR PORT TEXT: sets words, what this host's end of a program is started with
words()
{
	local text=$3 server=10.88.0.$((2 * $1 + 1)) role=s address=''

	[ "$HOST" = 1 ] || role=c address=$server
	text=${text//DEVICE/ff$(own_number "$1")}
	text=${text//PORT/$2}
	text=${text//ADDRESS/$address}
	text=${text//SERVER/$server}
	read -ra words <<<"${text//ROLE/$role}"
}

# What a program that takes too long waits for, shortly before its time is over.
tell_why()
{
	local dev pid
	dev=ff$(own_number "$pair")

	sleep $((PATIENCE - 20)) || return
	ffctl res show qp dev "$dev"
	ffctl res show cq dev "$dev"
	ffctl limit show
	ffctl stat show dev "$dev"
	sleep 10
	ffctl stat show dev "$dev"
	for pid in $(pidof "${words[0]}"); do
		tr '\0' ' ' </proc/"$pid"/cmdline
		cat /proc/"$pid"/stack
	done
}

this_end()
{
	local watch rc=0

	tell_why >"$log.why" 2>&1 &
	watch=$!
	PATH=$SELFTESTS:$PATH container_exec "c$(own_number "$pair")" \
		timeout -k 5 "$PATIENCE" "${words[@]}" >"$log" 2>&1 || rc=$?
	pkill -P "$watch"
	wait "$watch"
	! has_done "$rc" "$(<"$log")" || return 0
	return "$rc"
}

serves()
{
	local number
	number=$(own_number "$pair")

	listens "c$number" "$1" || rdma resource show cm_id |
		grep -qE "link ff$number/.* state LISTEN .*:$1( |\$)"
}

# A line for each program: its name, and how it ended here and there.
tell()
{
	local name=${words[0]}

	echo "$name $1 $2" >>/run/rounds
	[ "$1$2" = 00 ] ||
		{ echo "${words[*]}: $1 here, $2 there"; cat "$log" "$log.why"; } >>/run/failed
}

serve_round()
{
	local server own=0 there

	this_end &
	server=$!
	wait_for 30 serves "$port" >/dev/null
	put "$key" go
	there=$(get "$key.there") || exit
	rm "/shared/key.$label$key" "/shared/key.$label$key.there"
	[ "$there" = 0 ] || pkill -P "$server"
	wait "$server" || own=$?
	tell "$own" "$there"
}

dial_round()
{
	local own=0

	this_end || own=$?
	tell "$own" 0
	put "$key.there" "$own"
}

calm()
{
	[ -e /run/calm ]
}

# Host 1 says whether there is another round.
serve_or_stop()
{
	if ((round < least)) || ! calm; then
		serve_round
	else
		put "$key" stop
		return 1
	fi
}

dial_or_stop()
{
	[ "$(get "$key")" = go ] && dial_round
}

# load PAIR LOOP PORT LEAST PROGRAM...: one after the other, as many as LEAST and then
# until /run/calm is there. Each pair begins elsewhere.
load()
{
	local pair=$1 loop=$2 first=$3 least=$4 round port key words
	local programs=("${@:5}") step log=/run/load.$1.$2
	step=$([ "$HOST" = 1 ] && echo serve_or_stop || echo dial_or_stop)

	for ((round = 0; ; round++)); do
		key=$pair.$loop.$round
		port=$((first + round % 900))
		words "$pair" "$port" "${programs[(round + 2 * pair) % ${#programs[@]}]}"
		"$step" || return 0
	done
}

# Each sets a variable; in a subshell RANDOM would not be by the seed.
any_device()
{
	dev=ff$((2 * (RANDOM % ${#PAIRS[@]}) + HOST))
}

any_rate()
{
	rate=$((20 + RANDOM % 180))mbit
}

# What one program does by itself, one after the other on any device of this host: all
# objects, forks, QPs that go in mid-transfer, receives that an SRQ keeps.
readonly ALONE=(
	"verbs_hold -p 2 -c 2 -m 4 -q 4 -s 2 -a 2 -t 1"
	"verbs_fork -n 4"
	"verbs_destroy -g $GID4 -n 4 -k"
	"verbs_rereg -g $GID4"
	"srq_keep -g $GID4"
)

alone()
{
	local words dev log=/run/alone outcome round

	RANDOM=$((soak_seed + HOST))
	for ((round = 0; ; round++)); do
		((round < ${#ALONE[@]})) || ! calm || return 0
		any_device
		read -ra words <<<"${ALONE[round % ${#ALONE[@]}]} -d $dev"
		outcome=0
		PATH=$SELFTESTS:$PATH container_exec "c${dev#ff}" timeout -k 5 "$PATIENCE" \
			"${words[@]}" >"$log" 2>&1 || outcome=$?
		tell "$outcome" 0
	done
}

### Policy
#
# Each of these changes something, and back.

moment()
{
	sleep "$((RANDOM % 2)).$((RANDOM % 10))"
}

limits_of_a_device()
{
	local dev rate

	any_device
	any_rate
	ffctl limit set dev "$dev" rate "$rate" && moment && any_rate &&
		ffctl limit set dev "$dev" rate "$rate" burst 64k && moment &&
		ffctl limit del dev "$dev"
}

shares_of_the_lower()
{
	local dev rate netns

	any_device
	any_rate
	netns=c${dev#ff}
	ffctl limit set lower "$LOWER" rate 400mbit &&
		ffctl limit set netns "$netns" rate "$rate" weight $((1 + RANDOM % 9)) &&
		moment && ffctl limit del netns "$netns" && ffctl limit del lower "$LOWER"
}

quotas()
{
	local dev

	any_device
	ffctl quota set netns "c${dev#ff}" qp 100 cq 200 mr 300 pinned 1g && moment &&
		ffctl quota set netns "c${dev#ff}" qp unlimited cq unlimited mr unlimited pinned unlimited
}

# To where they go already; and many, of which nobody has need.
routes()
{
	local peer=$((3 - HOST))

	ffctl route replace 10.88.0.0/24 via "10.77.0.$peer" && ffctl -b /run/routes && moment &&
		ffctl route flush table 9 && ffctl route del 10.88.0.0/24
}

priorities()
{
	local dev

	any_device
	ffctl dev set "$dev" tclass $((4 * (RANDOM % 60))) && moment &&
		ffctl dev set "$dev" tclass none
}

counters()
{
	local dev

	any_device
	ffctl stat set "$dev" qp on && moment && ffctl stat show per qp dev "$dev" &&
		ffctl stat set "$dev" qp off
}

devices_come_and_go()
{
	ffctl dev add ff99 lower "$LOWER" netdev ff-x datapath ring && moment && ffctl dev del ff99
}

readonly POLICIES=(limits_of_a_device shares_of_the_lower quotas routes priorities counters
	devices_come_and_go)

policy()
{
	local change

	RANDOM=$((soak_seed + HOST))
	while [ ! -e /run/quiet ]; do
		change=${POLICIES[RANDOM % ${#POLICIES[@]}]}
		"$change" >/run/policy 2>&1 || { echo "# $change: $(</run/policy)" >>/run/refused; }
		echo "$change" >>/run/policies
	done
}

### What is in use

slabs_shrink()
{
	local shrink

	for shrink in /sys/kernel/slab/*/shrink; do
		echo 1 >"$shrink"
	done
}

# In kB: what the kernel has allocated in small, and all that is neither free, by the
# zones or by their lists for each CPU, nor a program's nor a file's.
memory()
{
	awk '$1 == "count:" { free += 4 * $2 }
	{ kb[$1] = $2 }
	END {
		small = kb["SUnreclaim:"] + kb["Percpu:"] + kb["VmallocUsed:"] + kb["PageTables:"]
		print small, kb["MemTotal:"] - kb["MemFree:"] - free - kb["Buffers:"] \
			- kb["Cached:"] - kb["AnonPages:"] - kb["SReclaimable:"]
	}' /proc/zoneinfo /proc/meminfo
}

# What that consists of, by name, in bytes.
memory_parts()
{
	{
		awk '{ print $1, 1024 * $2 }' /proc/meminfo
		awk '!/^#/ { print $1, $2 * $4 }' /proc/slabinfo
	} | sort
}

objects()
{
	in_use && snapshot_pins | awk 'NR == 1 { n = $1 } END { print "pinned", n - $1 }'
}

# Of modules, and of network namespaces.
references()
{
	local module

	for module in freeflow ib_core ib_cm rdma_cm ib_uverbs rdma_rxe; do
		echo "$module $(<"/sys/module/$module/refcnt")"
	done
	awk '$1 == "net_namespace" { print $1, $2 }' /proc/slabinfo
}

# note NAME: with no program there; what waits for RCU or a timer has had its time
note()
{
	check "$1: programs have let go of all" wait_for 60 nothing_in_use
	sleep 5
	sync
	echo 3 >/proc/sys/vm/drop_caches
	slabs_shrink
	memory >/run/memory."$1"
	objects >/run/objects."$1"
	references >/run/references."$1"
	memory_parts >/run/parts."$1"
}

nothing_in_use()
{
	lower_is_clean && nothing_pinned
}

is_the_same()
{
	diff "/run/$1.warm" "/run/$1.end"
}

memory_is_flat()
{
	local warm end
	read -ra warm <"/run/memory.warm"
	read -ra end <"/run/memory.end"

	((end[0] - warm[0] <= SLACK_SMALL && end[1] - warm[1] <= SLACK_ALL))
}

# What has grown most, in bytes.
growth()
{
	join /run/parts.warm /run/parts.end | awk '{ print $3 - $2, $1 }' | sort -rn |
		head -n 12 | paste -sd ,
}

### The whole

containers()
{
	local pair number peer

	for pair in "${!PAIRS[@]}"; do
		number=$((2 * pair + HOST)) peer=$((2 * pair + 3 - HOST))
		datapath=$(cut -d . -f "$HOST" <<<"${PAIRS[$pair]}")
		check "c$number has ff$number, $datapath" device_add "c$number" "ff$number" "$number"
		[ "$pair" = 0 ] || check "route to c$peer" \
			ffctl route add "10.88.0.$peer" via "10.77.0.$((3 - HOST))"
	done
}

# soak PHASE SECONDS LEAST: and at least as many programs in each loop. Policy changes
# until the last of them has ended.
soak()
{
	local pair jobs=() changes

	label="$1: "
	rm -f /run/calm /run/quiet
	policy &
	changes=$!
	for pair in "${!PAIRS[@]}"; do
		load "$pair" wide $((20000 + pair * 2000)) "$3" "${WIDE[@]}" &
		jobs+=($!)
		load "$pair" narrow $((21000 + pair * 2000)) "$3" "${NARROW[@]}" &
		jobs+=($!)
	done
	alone &
	jobs+=($!)
	sleep "$2"
	: >/run/calm
	wait "${jobs[@]}"
	: >/run/quiet
	wait "$changes"
	label=
	barrier "$1"
}

told()
{
	sort /run/rounds | uniq -c | awk '{ printf "# %s: %d, exit %d here and %d there\n", $2, $1, $3, $4 }'
	sort /run/policies | uniq -c | awk '{ printf "# %s: %d\n", $2, $1 }'
	printf '# memory, kB: %s, then %s\n' "$(</run/memory.warm)" "$(</run/memory.end)"
	echo "# grown most: $(growth)"
}

nothing_in()
{
	[ ! -e "$1" ] || { cat "$1"; return 1; }
}

freeflow_up
containers
ip link add ff-x type veth peer name ff-y && ip link set ff-x up && ip link set ff-y up
printf 'route add 10.99.%d.0/24 via 10.77.0.50 table 9\n' {0..199} >/run/routes
barrier "containers are up"
echo "# seed $soak_seed, $soak_seconds s"
soak warm 0 "${#NARROW[@]}"
note warm
soak end "$soak_seconds" 1
note end
told
check "all programs went well" nothing_in /run/failed
check "all changes were accepted" nothing_in /run/refused
check "memory is flat" memory_is_flat
check "objects are flat" is_the_same objects
check "references are flat" is_the_same references
ip link del ff-x
containers_down
