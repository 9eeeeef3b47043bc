#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hosts: 2
#
# A container on each of two hosts; unmodified RDMA programs between them, by
# virtual IP.
#
#	  container c1: 10.88.0.1            container c2: 10.88.0.2
#	  ff0 on eth0                        ff0 on eth0
#	──────────────────────────────────────────────────────────────
#	  host1: rxe0 on 10.77.0.1 ───────── host2: rxe0 on 10.77.0.2

set -e
. "$FREEFLOW_TOP/selftests/lib.sh"

container=c$HOST
peer=$((3 - HOST))

# Both hosts come to a step before either goes on with it.
title()
{
	barrier "$1"
	[ "$HOST" = 2 ] || printf '\n=== %s\n' "$1"
	barrier "$1."
}

on_host()
{
	printf '\nhost%s# %s\n' "$HOST" "$*"
	"$@"
}

in_container()
{
	printf '\n%s$ %s\n' "$container" "$*"
	container_exec -u "$container" "$@"
}

# between PORT COMMAND...: its server in c1, its client in c2
between()
{
	local port=$1
	shift

	title "$*"
	if [ "$HOST" = 1 ]; then
		container_exec -u "$container" "$@" -p "$port" >"/tmp/$port" 2>&1 &
		wait_listen "$container" "$port"
		barrier "$port"
		wait $! || { cat "/tmp/$port"; return 1; }
	else
		barrier "$port"
		in_container "$@" -p "$port" 10.88.0.1
	fi
}

is_connected()
{
	ffctl res show qp | grep -q 'state rts'
}

title "Hosts: the module, on top of $LOWER"
on_host rdma link show
module_load

title "Containers: a network namespace, a veth, an overlay for TCP"
container_add "$container" eth0 "10.88.0.$HOST/24" "fd88::$HOST/64"
overlay_add
on_host ip -n "$container" -br addr show dev eth0

title "FreeFlow: a virtual device, a quota, the way to the other container"
on_host ffctl dev add ff0 lower "$LOWER" netdev eth0 netns "$container"
on_host ffctl quota set netns "$container" qp 16
on_host ffctl route add "10.88.0.$peer" via "10.77.0.$peer"

title "Unmodified rdma-core sees it"
in_container ls /dev/infiniband
in_container ibv_devinfo

between 18515 ibv_rc_pingpong -d ff0 -g 1
between 18516 ib_send_bw -d ff0 -x 1 -s 65536 -n 200
between 18517 ib_write_lat -d ff0 -x 1 -n 500

title "What the hosts see while a program runs"
pingpong=(ibv_rc_pingpong -d ff0 -g 1 -p 18518 -n 1000000)
if [ "$HOST" = 2 ]; then
	get server >/dev/null
	pingpong+=(10.88.0.1)
fi
container_exec -u "$container" "${pingpong[@]}" >/tmp/18518 2>&1 &
if [ "$HOST" = 1 ]; then
	wait_listen "$container" 18518
	put server listens
fi
wait_for 20 is_connected
on_host ffctl dev show
on_host ffctl route show
on_host ffctl res show qp
on_host ffctl quota show
barrier shown
kill $!
