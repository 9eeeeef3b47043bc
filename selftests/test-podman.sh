#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 300
#
# Containers of podman and crun with their device by CDI: made by hand, and made
# by podman's own CNI with freeflow-cni. In the containers nobody has privileges,
# and seccomp is on.

# shellcheck disable=SC2154 # what topology.sh has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly ROOTFS=/run/rootfs
export CONTAINERS_CONF=/run/containers.conf

# The host's programs and libraries, and of /etc what they need.
make_rootfs()
{
	local dir

	mkdir -p "$ROOTFS"/{usr,etc,dev,proc,sys,run,tmp} || return
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$ROOTFS/$dir"
	done
	mount --bind -o ro /usr "$ROOTFS/usr" &&
		cp -a /etc/passwd /etc/group /etc/ld.so.cache /etc/libibverbs.d \
			/etc/alternatives /etc/nsswitch.conf "$ROOTFS/etc"
}

make_configuration()
{
	mkdir -p /run/cni /run/containers
	cat >"$CONTAINERS_CONF" <<-END
	[network]
	network_backend = "cni"
	network_config_dir = "/run/cni"
	cni_plugin_dirs = ["/usr/lib/cni", "$FREEFLOW_TOP/tools/cni"]
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	runtime = "crun"
	END
	cat >/run/cni/rdma.conflist <<-END
	{ "cniVersion": "1.0.0", "name": "rdma", "plugins": [
	    { "type": "bridge", "bridge": "cni-br", "ipam": {
	        "type": "host-local", "dataDir": "/run/host-local",
	        "ranges": [[{ "subnet": "10.88.0.0/24" }]]
	    }},
	    { "type": "freeflow-cni", "quotas": { "qp": 8 },
	      "cdi": "/run/cdi/freeflow.json" }
	]}
	END
}

podman_do()
{
	podman --root /run/containers/storage --runroot /run/containers/run \
		--storage-driver vfs "$@"
}

# podman_run NAME OPTION... -- COMMAND...: as nobody, without capabilities
podman_run()
{
	local name=$1 options=()
	shift

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	podman_do run --name "$name" --rm --read-only --user 65534:65534 \
		--cap-drop all --security-opt no-new-privileges \
		--ulimit memlock=-1 "${options[@]}" --rootfs "$ROOTFS" \
		timeout "$RUN_LIMIT" "$@"
}

is_confined()
{
	local status

	status=$(podman_run status --network none -- cat /proc/self/status) || return
	[ "$(grep -cE '^(CapEff:\s*0+|Seccomp:\s*2|NoNewPrivs:\s*1)$' <<<"$status")" = 3 ] ||
		{ echo "$status"; return 1; }
}

# sees NODES OPTION...: these under /dev/infiniband, and no other
sees()
{
	local nodes expected=$1
	shift

	nodes=$(podman_run nodes "$@" -- ls -m /dev/infiniband) || return
	[ "$nodes" = "$expected" ] || { echo "$nodes"; return 1; }
}

# finds DEVICE ADDRESS OPTION...: the only one that a program can open
finds()
{
	local device=$1 address=$2 seen
	shift 2

	seen=$(podman_run device "$@" -- ibv_devinfo -v 2>&1)
	[ "$(grep -cE "^hca_id:|state:\s*PORT_ACTIVE|::ffff:$address," <<<"$seen")" = 3 ] &&
		grep -q "^hca_id:\s*$device$" <<<"$seen" && return
	echo "$seen"
	return 1
}

is_unresolvable()
{
	local said

	said=$(podman_run none --network none "$@" -- true 2>&1)
	grep unresolvable <<<"$said" || { echo "$said"; return 1; }
}

# A container of a user namespace of its own, as those of rootless podman are.
cannot_join()
{
	local rootless=(setpriv --reuid 65534 --regid 65534 --clear-groups unshare -r)

	"${rootless[@]}" true && ! "${rootless[@]}" nsenter --net="/run/netns/$1" true
}

# What podman starts has the name of its network namespace.
netns_of()
{
	podman_do inspect -f '{{.NetworkSettings.SandboxKey}}' "$1"
}

server_listens()
{
	[ -n "$(nsenter --net="$(netns_of server)" ss -Hltn "sport = :$1")" ]
}

cm_server_listens()
{
	rdma resource show cm_id | grep -qE "state LISTEN .*:$1( |$)"
}

address_of_server()
{
	podman_do inspect -f '{{.NetworkSettings.Networks.rdma.IPAddress}}' server
}

readonly ON_RDMA=(--network rdma --device freeflow/rdma=all)

# between READY PORT SERVER... -- CLIENT...: in two containers; ADDRESS stands for
# the server's, and READY tells when it listens.
between()
{
	local ready=$1 port=$2 command=() address rc=0
	shift 2

	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	shift
	podman_run server "${ON_RDMA[@]}" -- "${command[@]}" >/run/server.log 2>&1 &
	wait_for 60 "$ready" "$port" || { cat /run/server.log; return 1; }
	address=$(address_of_server)
	podman_run client "${ON_RDMA[@]}" -- "${@/ADDRESS/$address}" || rc=$?
	[ "$rc" = 0 ] || podman_do kill server
	wait "$!" || { cat /run/server.log; return 1; }
	return "$rc"
}

has_devices()
{
	[ "$(ffctl dev show | wc -l)" = "$1" ] || { ffctl dev show; return 1; }
}

by_hand()
{
	check "c1 has ff0 with its addresses" device_add c1 ff0 1
	check "c2 has ff1 with its addresses" device_add c2 ff1 2
	check "without a file there is no device" is_unresolvable --device freeflow/rdma=ff0
	check "cdi generate" ffctl cdi generate
	check "a device by name: its node and that of rdma_cm" sees "ffverbs0, rdma_cm" \
		--network ns:/run/netns/c1 --device freeflow/rdma=ff0
	check "is found" finds ff0 10.88.0.1 --network ns:/run/netns/c1 \
		--device freeflow/rdma=ff0
	check "all devices: all nodes" sees "ffverbs0, ffverbs1, rdma_cm" \
		--network ns:/run/netns/c2 --device freeflow/rdma=all
	check "but only its own is found" finds ff1 10.88.0.2 \
		--network ns:/run/netns/c2 --device freeflow/rdma=all
	check "a rootless runtime cannot join the namespace" cannot_join c1
	check "no device of that name" is_unresolvable --device freeflow/rdma=ff9
	check "ff1 goes" ffctl dev del ff1
	check "ff0 goes" ffctl dev del ff0
	check "cdi generate without a device" ffctl cdi generate
	check "leaves no file" test ! -e /run/cdi/freeflow.json
	check "c1 goes" container_del c1
	check "c2 goes" container_del c2
}

by_cni()
{
	check "ib_send_bw" between server_listens 20001 \
		ib_send_bw -x "$GID4" -n 50 -F -p 20001 -- \
		ib_send_bw -x "$GID4" -n 50 -F -p 20001 ADDRESS
	# shellcheck disable=SC2016 # for the shell in the container
	check "rping" between cm_server_listens 20002 \
		sh -c 'exec rping -s -a $(hostname -I) -p 20002 -C 100' -- \
		rping -c -a ADDRESS -p 20002 -C 100 -V
	check "no device is left" has_devices 0
	check "the bridge goes" ip link del cni-br
}

check "a root file system" make_rootfs
make_configuration
freeflow_up
check "no capabilities, no new ones, and seccomp" is_confined
by_hand
by_cni
finish
