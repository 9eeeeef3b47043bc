#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 960
# long: yes
#
# What a device says of itself, and all that libibverbs offers beside moving
# data, on a virtual device and on the bare one in the same boot.

# shellcheck disable=SC2154 # what topology.sh has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

node_of()
{
	ffctl dev show "$1" | sed 's|.* node \([^ ]*\) .*|/dev/infiniband/\1|'
}

# Lines "NAME BARE VIRTUAL" of the attributes that differ; of flags, only those
# that are lost and gained.
attribute_differences()
{
	local name bare virtual

	while read -r name bare _ virtual; do
		case $name in
		*flags*)
			printf '%s lost %#x gained %#x\n' "$name" \
				$((bare & ~virtual)) $((virtual & ~bare))
			;;
		node_guid | sys_image_guid)
			;;
		odp_caps.*)
			[ $((virtual)) = 0 ] || echo "$name $virtual"
			;;
		*)
			echo "$name $bare $virtual"
			;;
		esac
	done < <(paste -d ' ' /run/bare /run/virtual | awk '$2 != $4')
}

# Less than the lower device: automatic path migration and a change of the
# physical port, which RoCE and a device of one port have no use for; the flags
# of what is not carried yet, and registering on demand; the elements that take the
# header of a UD message.
# The virtual port has one P_Key, a GID table of its own, and GIDs that are
# addresses.
attributes()
{
	local lost=0x1220070 windows='max_mw 0x7ffff 0' bare newer

	# Memory windows are carried there.
	[ "$datapath" != ring ] || lost=0x1200070 windows=''
	"$SELFTESTS/abi_attributes" /dev/infiniband/uverbs0 >/run/bare &&
		ip netns exec c1 "$SELFTESTS/abi_attributes" "$(node_of ff0)" >/run/virtual ||
		return
	attribute_differences >/run/differences
	# FLUSH and atomic WRITEs, which the rxe of newer kernels has.
	bare=$(awk '$1 == "device_cap_flags_ex" { print $2 }' /run/bare)
	newer=$((bare & 0x1c000000000))
	grep . <<END | diff - /run/differences
device_cap_flags lost $lost gained 0
max_sge 0x20 0x1f
$windows
max_srq_sge 0x1b 0x1a
max_pkeys 0x40 0x1
device_cap_flags_ex lost $(printf %#x $((lost | newer))) gained 0
port_cap_flags lost 0 gained 0x4000000
gid_tbl_len 0x400 0x20
END
}

# A GUID is made from a MAC, which is the container's.
guids()
{
	local guid

	for guid in node_guid sys_image_guid; do
		! grep -wF "$(awk -v name="$guid" '$1 == name { print $2 }' /run/bare)" /run/virtual ||
			return
	done
}

# What the bare device of newer kernels does otherwise: rxe takes a path whatever ib_core's
# table of states says, and from 7.1 on the CQ of a kernel cannot be resized, while rings
# can up to what the lower one holds.
as_it_has_to_be()
{
	local path_alone='^$' refused='^$'

	! kernel_is_from 6.12 || path_alone=', path alone: ok$'
	if kernel_is_from 7.1; then
		refused='^resize_cq(, larger with completions in it| under traffic): ok$'
		[ "$datapath" = ring ] || refused='^resize_cq.*: ok$'
	fi
	sed -E "/^RC in SQD/!{ /$path_alone/s/ok\$/EINVAL/ }; /$refused/s/ok\$/EOPNOTSUPP/"
}

control()
{
	"$SELFTESTS/verbs_control" -d "$LOWER" >/run/bare || { cat /run/bare; return 1; }
	run_in c1 "$SELFTESTS/verbs_control" -d ff0 >/run/virtual || { cat /run/virtual; return 1; }
	as_it_has_to_be </run/bare | diff - /run/virtual
}

types_of_gids()
{
	run_in c1 ibv_devinfo -v -d ff0 >/run/devinfo || return
	grep -E 'GID\[ *[0-9]+\]:.*10\.88\.0\.1, RoCE v2' /run/devinfo || { cat /run/devinfo; return 1; }
}

rereg()
{
	local newer=()

	! kernel_is_from 6.12 || newer=(-n)
	run_in c1 "$SELFTESTS/verbs_rereg" -d ff0 "${newer[@]}"
}

all()
{
	check "attributes are the lower device's, less what is not carried" attributes
	check "no GUID is the lower device's" guids
	check "ibv_devinfo shows the type of each GID" types_of_gids
	check "a device has a priority of its own" ffctl dev set ff0 tclass 104 sl-map 0:5
	check "sizes, states, events, processes and threads are as on the bare device" control
	check "memory regions are registered anew" rereg
}

on_each_datapath all
