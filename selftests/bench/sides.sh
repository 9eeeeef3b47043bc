# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what topology.sh uses and has
#
# What the sections of the benchmark have in common, over topology.sh: the three
# sides that are measured, one after the other, in the same boot.
#
#	bare      rxe0 by itself, both ends on the host
#	syscall   c1: ff0, 10.88.0.1    c2: ff1, 10.88.0.2
#	ring      c3: ff2, 10.88.0.3    c4: ff3, 10.88.0.4
#
# or the left ones on one host and the right ones, as ff0 and ff1 both, on another.
#
# A section says what it has measured in lines
#
#	measured WHAT X SIDE VALUE
#
# of which report.py makes tables.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly SIDES='bare syscall ring'
readonly BENCH=$SELFTESTS/bench

die()
{
	echo "Bail out! $*" >&2
	exit 1
}

measured()
{
	echo "measured $1 $2 $3 $4"
}

# Of each side: container and device of the server, those of the client, and the
# server's address.
declare -A ends_of=([bare]="host $LOWER host $LOWER 10.77.0.1")

# devices_up SIDE CONTAINER DEVICE NUMBER...
devices_up()
{
	datapath=$1
	shift
	while [ $# != 0 ]; do
		device_add "$1" "$2" "$3" || die "no device $2"
		shift 3
	done
}

sides_up()
{
	module_load || die "the module does not load"
	if [ "$HOSTS" = 1 ]; then
		devices_up syscall c1 ff0 1 c2 ff1 2
		devices_up ring c3 ff2 3 c4 ff3 4
		ends_of[syscall]='c1 ff0 c2 ff1 10.88.0.1'
		ends_of[ring]='c3 ff2 c4 ff3 10.88.0.3'
	else
		hosts_join
		ffctl route add "10.88.0.$((5 - HOST))" via "10.77.0.$((3 - HOST))" ||
			die "no route"
		devices_up syscall "c$HOST" ff0 "$HOST"
		devices_up ring "c$((HOST + 2))" ff1 "$((HOST + 2))"
		ends_of[syscall]='c1 ff0 c2 ff0 10.88.0.1'
		ends_of[ring]='c3 ff1 c4 ff1 10.88.0.3'
	fi
	ip netns attach host $$
	enter=(ip netns exec)
}

# side_is SIDE: whom serve and dial of topology.sh are about
side_is()
{
	read -r "container[1]" "device[1]" "container[2]" "device[2]" server_address \
		<<<"${ends_of[$1]}"
	((++port))
}

# perftest COLUMN PROGRAM OPTION...: prints a column of what the client says,
# on the client's host
perftest()
{
	local column=$1
	shift

	run_both "$@" -x "$GID4" -F >/run/perftest 2>&1 || { cat /run/perftest >&2; return 1; }
	[ "$HOSTS.$HOST" = 2.1 ] || awk -v column="$column" '
		/^ *[0-9]+ +[0-9]+ +[0-9.]/ { value = $column }
		END { print value; exit value == "" }' /run/perftest
}

# Columns of perftest: what is typical of latencies, and the average of rates.
readonly TYPICAL=5 MEGABYTES=4 MESSAGES=5

# compare RUNS WHAT X COLUMN PROGRAM OPTION...: on each side, RUNS times
compare()
{
	local runs=$1 what=$2 x=$3 column=$4 run side value
	shift 4

	for ((run = 0; run < runs; run++)); do
		for side in $SIDES; do
			side_is "$side"
			value=$(perftest "$column" "$@") || die "$what $x, $side: $*"
			[ -z "$value" ] || measured "$what" "$x" "$side" "$value"
		done
	done
}

# in_side SIDE COMMAND...: COMMAND -d DEVICE, where its device is
in_side()
{
	side_is "$1"
	shift
	run_in "${container[2]}" "$@" -d "${device[2]}"
}
