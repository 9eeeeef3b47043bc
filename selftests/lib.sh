# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2153 # HOST is from vm/run
#
# What the scripts that vm/run runs have in common.
#
#	  container A          container B
#	  eth0 = veth          eth0 = veth
#	    └──────── ff-br ─────┘			on each host
#	                └── ff-vxlan ═══ underlay ═══ ff-vxlan of the other host
#
# The bridge is what containers use for TCP. RDMA takes the underlay.

export PATH=$FREEFLOW_TOP/tools/ffctl:$PATH

readonly LOWER=rxe0
# Below the underlay's 1500 by what VXLAN adds over IPv4.
readonly OVERLAY_MTU=1450

### Results, as KTAP

ktap_count=0
ktap_failures=0

# What the names of results, barriers and keys begin with, for a test that does
# the same several times.
label=''

ktap_result()
{
	[ "$ktap_count" != 0 ] || echo "KTAP version 1"
	echo "$1 $((++ktap_count)) - $label$2"
}

ok()
{
	ktap_result ok "$1"
}

not_ok()
{
	((++ktap_failures))
	ktap_result "not ok" "$1"
}

# skip NAME REASON
skip()
{
	ktap_result ok "$1 # SKIP $2"
}

# check NAME COMMAND...: one result; what a failing command said stands above it.
check()
{
	local name=$1 output rc=0
	shift

	output=$("$@" 2>&1) || rc=$?
	if [ "$rc" = 0 ]; then
		ok "$name"
		return
	fi
	printf '%s\n' "exit $rc from: $*" "$output" | sed 's/^/# /'
	not_ok "$name"
	return 1
}

# Ends the script. Results without this plan count as a failure.
ktap_done()
{
	echo "1..$ktap_count"
	exit $((ktap_failures > 0))
}

### Commands

# refused COMMAND...: whether it fails
refused()
{
	! "$@"
}

### Waiting

# wait_for SECONDS COMMAND...
wait_for()
{
	local end=$((SECONDS + $1 * SLOWNESS))
	shift

	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "gave up waiting for: $*"
			return 1
		fi
		sleep 0.1
	done
}

### Between hosts

# Fails when a host has ended without making the file.
wait_for_shared()
{
	local ended

	while true; do
		ended=$(compgen -G '/shared/status.*')
		[ ! -e "/shared/$1" ] || return 0
		if [ -n "$ended" ]; then
			echo "Bail out! a host ended before $1" >&2
			return 1
		fi
		sleep 0.1
	done
}

put()
{
	printf '%s\n' "$2" >"/shared/.key.$label$1"
	mv "/shared/.key.$label$1" "/shared/key.$label$1"
}

# get KEY: waits until some host has put it.
get()
{
	wait_for_shared "key.$label$1" && cat "/shared/key.$label$1"
}

# barrier NAME: returns when all hosts have come to it, once per name.
barrier()
{
	local host

	: >"/shared/barrier.$label$1.$HOST"
	for ((host = 1; host <= HOSTS; host++)); do
		wait_for_shared "barrier.$label$1.$host" || exit 1
	done
}

### The kernel, the module and the lower device

# kernel_is_from VERSION: or newer
kernel_is_from()
{
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" = "$1" ]
}

module_load()
{
	local depends

	IFS=, read -ra depends < <(modinfo -F depends "$FREEFLOW_KO")
	modprobe -a "${depends[@]}" &&
		insmod "$FREEFLOW_KO" &&
		grep -F '[freeflow]' /proc/kallsyms | sort >/run/freeflow.symbols
}

module_unload()
{
	rmmod freeflow
}

# The lower device's objects, less its number, which changes with each link add.
lower_resources()
{
	rdma resource show "$LOWER" | sed 's/^[0-9]*: //'
}

lower_snapshot()
{
	lower_resources >/run/lower_snapshot
}

lower_is_clean()
{
	lower_resources | diff /run/lower_snapshot -
}

### Containers

bridge_add()
{
	[ ! -e /sys/class/net/ff-br ] || return 0
	ip link add ff-br mtu "$OVERLAY_MTU" type bridge
	ip link set ff-br up
}

# Joins the bridges of two hosts.
overlay_add()
{
	bridge_add
	ip link add ff-vxlan mtu "$OVERLAY_MTU" type vxlan id 88 dstport 4789 \
		local "10.77.0.$HOST" remote "10.77.0.$((3 - HOST))" dev "$UNDERLAY"
	ip link set ff-vxlan master ff-br up
}

# container_wire NAME IFNAME ADDR4/LEN ADDR6/LEN: gives a namespace an interface
container_wire()
{
	bridge_add
	ip link add "ff-$1" mtu "$OVERLAY_MTU" type veth \
		peer name "$2" mtu "$OVERLAY_MTU" netns "$1"
	ip link set "ff-$1" master ff-br up
	ip -n "$1" link set lo up
	ip netns exec "$1" sysctl -q "net.ipv6.conf.$2.accept_dad=0"
	ip -n "$1" link set "$2" up
	ip -n "$1" addr add "$3" dev "$2"
	ip -n "$1" addr add "$4" dev "$2"
}

# container_add NAME IFNAME ADDR4/LEN ADDR6/LEN
container_add()
{
	ip netns add "$1" && container_wire "$@"
}

container_del()
{
	ip link del "ff-$1"
	ip netns del "$1"
}

# container_exec [-u] NAME COMMAND...: -u as nobody, without capabilities
container_exec()
{
	"$FREEFLOW_TOP/selftests/enter" "$@"
}

listens()
{
	[ -n "$(ss -N "$1" -Hltn "sport = :$2")" ]
}

# wait_listen NAME PORT: until a server in a container takes TCP connections
wait_listen()
{
	wait_for 30 listens "$1" "$2"
}
