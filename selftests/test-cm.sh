#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 1800
# data path: syscall
#
# rdma_cm by virtual address between two containers of one host.

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"
. "$FREEFLOW_TOP/selftests/cm.sh"

# set_up ADDRESS ENTER...: makes 200 connections at once and ends them
set_up()
{
	local address=$1 server
	shift

	((++port))
	"$@" c1 cmtime -b "$address" -p "$port" >/run/server 2>&1 &
	server=$!
	wait_for 30 cm_listens "[a-z]*0" "$port" || return
	"$@" c2 cmtime -s "$address" -p "$port" -c 200 >/run/client 2>&1
	pkill -x cmtime
	wait "$server"
	cat /run/client
	[ -n "$(connection_time /run/client)" ]
}

on_the_host()
{
	shift
	timeout -k 5 "$RUN_LIMIT" "$@"
}

# print_times WHAT BARE VIRTUAL: printed, not judged: the machine is busy
print_times()
{
	echo "# $1: bare $2 us, virtual $3 us," \
		"ratio $(awk "BEGIN { printf \"%.2f\", $3 / $2 }")"
}

# How long it takes to be connected by rdma_cm.
compare_set_up()
{
	local bare virtual

	check "200 connections at once on the bare device" set_up 10.77.0.1 on_the_host
	bare=$(connection_time /run/client)
	check "200 connections at once by virtual address" set_up 10.88.0.1 run_in
	virtual=$(connection_time /run/client)
	print_times "set-up of a connection" "$bare" "$virtual"
}

qp_time()
{
	"$@" >/run/time && [ -s /run/time ]
}

# And of two QPs by hand.
compare_qps()
{
	local bare virtual

	check "QPs are connected on the bare device" qp_time "$SELFTESTS/qp_time" -d "$LOWER"
	bare=$(cat /run/time)
	check "QPs are connected by virtual address" qp_time run_in c1 "$SELFTESTS/qp_time" -d ff0
	virtual=$(cat /run/time)
	print_times "two QPs to RTS" "$bare" "$virtual"
}

# How soon a connect fails, in seconds: on newer kernels only when ib_cm sends again.
no_route_limit=4
! kernel_is_from 7 || no_route_limit=8

no_route()
{
	local before=$SECONDS output seconds

	output=$(run_in c2 rping -c -a 10.88.0.99 -C 1 2>&1)
	seconds=$((SECONDS - before))
	echo "$output after $seconds s"
	grep -q UNREACHABLE <<<"$output" && ((seconds < no_route_limit * SLOWNESS))
}

# An address that the container's network reaches, but the table does not.
unreachable()
{
	ip -n c2 neigh add 10.88.0.99 lladdr 02:00:00:00:00:99 dev eth0
	check "without a route a connect fails at once" no_route
	ip -n c2 neigh del 10.88.0.99 dev eth0
}

rdma_cm()
{
	cm_all
	compare_set_up
	compare_qps
	unreachable
	check "no rdma_cm id is left" wait_for 20 no_cm_id_is_left
}

on_each_datapath rdma_cm
