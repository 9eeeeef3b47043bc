# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# UCX and libfabric, unmodified, between the containers of topology.sh: what
# test-fabrics.sh does on one host and test-fabrics-2hosts.sh on two. All of it
# works on the bare rxe of 6.1 ("test-fabrics.sh bare"). What does not work there
# is not asked for: UCX's UD between IPv4 addresses, with which its RC connects too
# (UCX does not find the IPv4 header where rxe has it), UCX's RC that sleeps, and
# libfabric's ofi_rxm with CQs as long as it wants by default, which rxe refuses.

words=()
finals=0	# tests that a program runs: UCX's succeeds when one of a batch fails

# As in topology.sh, but what each end is started with is made by a function:
# FUNCTION 1|2 WORD... sets words.
serve()
{
	"$1" 1 "${@:2}"
	run_in "${container[1]}" "${words[@]}" >"/run/server.$port" 2>&1 &
	server=$!
	wait_listen "${container[1]}" "$port" || cat "/run/server.$port"
}

dial()
{
	local rc=0 output=/run/client.$port

	"$1" 2 "${@:2}"
	run_in "${container[2]}" "${words[@]}" >"$output" 2>&1 || rc=$?
	cat "$output"
	[ "$rc" = 0 ] && [ "$(grep -c '^Final:' "$output")" = "$finals" ]
}

# UCX's transports by themselves.
uct_end()
{
	local end=$1 gid=$2 transport=$3
	shift 3

	words=(env UCX_IB_GID_INDEX="$gid" ucx_perftest -d "${device[end]}:1"
		-x "$transport" -n 50 -w 5 -p "$port" "$@")
	[ "$end" = 1 ] || words+=("$server_address")
}

# UCX's protocols over all the transports that a program is allowed.
ucp_end()
{
	local end=$1 transports=$2
	shift 2

	words=(env UCX_IB_GID_INDEX="$GID6" UCX_TLS="$transports"
		UCX_NET_DEVICES="${device[end]}:1"
		ucx_perftest -n 20 -w 5 -p "$port" "$@")
	[ "$end" = 1 ] || words+=("$server_address")
}

# batch TEST...: to be run by one process at each end, which sets in slowly
batch()
{
	printf '%s\n' "$@" >/run/batch
	finals=$#
}

# The server takes the name of its device from the client: on one host both ends
# are in one container.
uct()
{
	local gid=$1 transport=$2 name=${device[1]} place=${container[1]}
	local -a device=([1]="$name" [2]="$name") container=([1]="$place" [2]="${container[2]}")
	shift 2

	[ "$HOSTS" != 1 ] || container[2]=$place
	batch "$@"
	pair "UCX $transport, IPv$([ "$gid" = "$GID4" ] && echo 4 || echo 6): ${*%% *}" \
		uct_end "$gid" "$transport" -b /run/batch
}

ucp()
{
	local transports=$1
	shift

	batch "$@"
	pair "UCX over $transports: ${*%% *}" ucp_end "$transports" -b /run/batch
}

ucx()
{
	uct "$GID4" rc_verbs "am_lat -t am_lat -D short" "am_bw -t am_bw -D zcopy -s 4096" \
		"put_bw -t put_bw -D bcopy" "get -t get -D zcopy -s 65536" \
		"fadd -t fadd" "cswap -t cswap" "add_mr -t add_mr"
	uct "$GID6" rc_verbs "am_lat -t am_lat -D bcopy" "put_lat -t put_lat -D short"
	uct "$GID6" ud_verbs "am_lat -t am_lat -D short" "am_bw -t am_bw -D zcopy -s 1000"

	ucp rc_verbs,ud_verbs "tag_lat -t tag_lat" "tag_bw -t tag_bw -s 1048576" \
		"put -t ucp_put_lat" "get -t ucp_get -s 4096" "stream -t stream_bw" \
		"am -t ucp_am_lat" "fadd -t ucp_fadd" "cswap -t ucp_cswap"
	ucp ud_verbs "tag_lat -t tag_lat" "tag_bw -t tag_bw -s 1048576" \
		"put -t ucp_put_lat" "fadd -t ucp_fadd"
}

fi_end()
{
	local end=$1 domain=$2 gid=$3
	shift 3

	words=(env FI_VERBS_GID_IDX="$gid" FI_UNIVERSE_SIZE=8
		fi_pingpong -I 10 -d "${device[end]}$domain" "$@")
	if [ "$end" = 1 ]; then
		words+=(-B "$port")
	else
		words+=(-P "$port" "$server_address")
	fi
}

# fabric FAMILY DOMAIN GID OPTION...
fabric()
{
	local family=$1
	shift

	pair "$family: fi_pingpong ${*:3}" fi_end "$@"
}

libfabric()
{
	finals=0
	fabric IPv4 -dgram "$GID4" -p verbs -e dgram
	fabric IPv4 -dgram "$GID4" -p "verbs;ofi_rxd" -e rdm -S 4096
	fabric IPv4 "" "$GID4" -p verbs -e msg -c
	fabric IPv4 "" "$GID4" -p "verbs;ofi_rxm" -e rdm -c
	fabric IPv4 "" "$GID4" -p "verbs;ofi_rxm" -e rdm -m tagged -c
	server_address=$address6
	fabric IPv6 -dgram "$GID6" -6 -p verbs -e dgram
	fabric IPv6 "" "$GID6" -6 -p verbs -e msg -c
	server_address=$address4
}

fabrics()
{
	ucx
	libfabric
}
