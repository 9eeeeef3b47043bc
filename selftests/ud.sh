# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What test-ud.sh does on one host and test-ud-2hosts.sh on two.

readonly GROUP4=239.1.2.3 GROUP6=ff1e::123

# listen CONTAINER DEVICE GID GROUP...: in the background, into /run/ud.CONTAINER
listen()
{
	local name=$1 dev=$2 gid=$3
	shift 3

	: >"/run/ud.$name"
	run_in "$name" "$SELFTESTS/verbs_ud" -d "$dev" -g "$gid" listen "$@" \
		>"/run/ud.$name" 2>&1 &
	wait_for 20 grep -q '^ready' "/run/ud.$name" || cat "/run/ud.$name"
}

# send CONTAINER DEVICE GID GROUP TEXT
send()
{
	run_in "$1" "$SELFTESTS/verbs_ud" -d "$2" -g "$3" send "$4" "$5"
}

# send_to QPN CONTAINER DEVICE GID ADDRESS TEXT
send_to()
{
	run_in "$2" "$SELFTESTS/verbs_ud" -d "$3" -g "$4" -q "$1" send "$5" "$6"
}

qpn_of()
{
	sed -n 's/^ready //p' "/run/ud.$1"
}

# hears CONTAINER LINE
hears()
{
	wait_for 20 grep -qxF "$2" "/run/ud.$1" || { cat "/run/ud.$1"; return 1; }
}

# Whatever was sent before what a listener has heard would be there by now.
heard_nothing_of()
{
	! grep -F "$2" "/run/ud.$1"
}
