# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What test-multicast.sh does on one host and test-multicast-2hosts.sh on two.

readonly GROUP4=239.1.2.3 GROUP6=ff1e::123

# listen CONTAINER DEVICE GID GROUP...: in the background, into /run/mcast.CONTAINER
listen()
{
	local name=$1 dev=$2 gid=$3
	shift 3

	: >"/run/mcast.$name"
	run_in "$name" "$SELFTESTS/verbs_mcast" -d "$dev" -g "$gid" listen "$@" \
		>"/run/mcast.$name" 2>&1 &
	wait_for 20 grep -q '^ready' "/run/mcast.$name" || cat "/run/mcast.$name"
}

# send CONTAINER DEVICE GID GROUP TEXT
send()
{
	run_in "$1" "$SELFTESTS/verbs_mcast" -d "$2" -g "$3" send "$4" "$5"
}

# hears CONTAINER LINE
hears()
{
	wait_for 20 grep -qxF "$2" "/run/mcast.$1" || { cat "/run/mcast.$1"; return 1; }
}

# Whatever was sent before what a listener has heard would be there by now.
heard_nothing_of()
{
	! grep -F "$2" "/run/mcast.$1"
}
