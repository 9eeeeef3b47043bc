#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 600
# kernel: debug
#
# Fuzzing that is guided by what it reaches in the module: commands on both data paths,
# mapped queues, netlink and the tunnel. The inputs that are kept in selftests/fuzz reach
# what they did, and more is tried from there, with the kernel's reports as the judge.
#
# `make fuzz` does it for longer. What is left at the end lies in /shared/out.
#
#	test-fuzz-guided.sh [SEED [SECONDS]]	for each of the five
#
#	h9, a host: 10.77.9.9 ──── 10.77.9.1, this host, 10.77.0.1
#	its container: 10.88.0.9	its containers: c1, c2, with ff0, ff1

# shellcheck disable=SC2034 # what topology.sh uses

fuzz_seed=${1:-1}
fuzz_seconds=${2:-60}
set --

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly OUT=/shared/out

hold_qp()
{
	: >/run/hold
	container_exec c1 "$SELFTESTS/verbs_hold" -d ff0 -p 1 -c 1 -q 1 -t 86400 >/run/hold 2>&1 &
	wait_for 30 grep -q ready /run/hold
}

# in_network NETNS COMMAND...: with the host's /sys, where KCOV is
in_network()
{
	nsenter "--net=/run/netns/$1" "${@:2}"
}

# node DEVICE: its file
node()
{
	echo "/dev/infiniband/$(ffctl dev show "$1" | sed 's/.* node \([^ ]*\) .*/\1/')"
}

# guided NAME COMMAND...: from the corpus NAME
guided()
{
	local name=$1
	shift

	"$@" -s "$fuzz_seed" -c "$SELFTESTS/fuzz/$name" -o "$OUT/$name" \
		-T "$fuzz_seconds" >"/run/fuzz.$name"
	local rc=$?

	rm -f "$OUT/$name.now"
	cat "/run/fuzz.$name"
	return "$rc"
}

fuzz()
{
	check "$1" guided "$@"
	grep '^#' "/run/fuzz.$1"
}

# Their own container, interface and names; what they set of all is taken back.
take_back()
{
	local device

	for device in $(ffctl -j dev show | jq -r '.[].name' | grep -v '^ff[01]$'); do
		ffctl dev del "$device" || return
	done
	ffctl limit del lower "$LOWER"
	ffctl lower set "$LOWER" nodefault
	ffctl tunnel set port 14791 nokey
	container_del fuzz
}

# All functions of the module, by name, and of which blocks were reached: what is between
# two symbols belongs to the first of them.
tell_reached()
{
	local all reached

	all=$(readelf -rW "$FREEFLOW_KO" | awk '/^Relocation section/ { section = $3 }
		/__sanitizer_cov_trace_pc/ && section ~ /\.rela\.text(\.unlikely)?.$/' | wc -l)
	sort -u "$OUT"/*.blocks >/run/blocks
	reached=$(wc -l </run/blocks)
	echo "# all of them reach $reached of $all blocks; functions that none enters:"
	sort - /run/blocks < <(awk '$2 ~ /[tT]/ { print $1, $3 }' /run/freeflow.symbols) |
		awk 'NF == 2 { name = $2; if (!(name in entered)) entered[name] = 0 }
			NF == 1 { entered[name] = 1 }
			END { for (name in entered) if (!entered[name]) print name }' |
		grep -vE '^(__|_sub_|trace_|perf_trace_|init_module|cleanup_module)|\.cold$' |
		sort | fmt -w 84 | sed 's/^/#   /'
}

mkdir -p "$OUT"
freeflow_up
datapath=syscall
check "c1 has ff0" device_add c1 ff0 1
datapath=ring
check "c2 has ff1" device_add c2 ff1 2
check "another host" host_add
check "its container" ffctl route add 10.88.0.9 via 10.77.9.9
check "c1 has a QP" hold_qp
qpn=$(ffctl -j res show qp dev ff0 | json_number qpn)

fuzz write in_network c1 "$SELFTESTS/fuzz_write" -d "$(node ff0)" -a 10.88.0.1
fuzz write_ring in_network c2 "$SELFTESTS/fuzz_write" -d "$(node ff1)" -a 10.88.0.2
fuzz ring in_network c2 "$SELFTESTS/fuzz_ring" -d "$(node ff1)" -a 10.88.0.2
fuzz tunnel in_network h9 "$SELFTESTS/tunnel_probe" -a 10.77.0.1 -S 10.88.0.9 \
	-D 10.88.0.1 -q "$qpn"
check "a container for netlink" container_add fuzz eth0 10.99.0.1/24 fd99::1/64
fuzz netlink "$SELFTESTS/fuzz_netlink" -i eth0 -N /run/netns/fuzz
check "what it set is taken back" take_back
tell_reached

kill_all_in c1
container[1]=c1 device[1]=ff0
container[2]=c2 device[2]=ff1
pair "sound programs still work" ibv_rc_pingpong -g "$GID4"
containers_down
