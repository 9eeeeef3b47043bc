#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hosts: 1
# timeout: 300
# long: yes
#
# Containers of podman and crun with their device by CDI: made by hand, made by
# podman's own CNI with freeflow-cni, and rootless. In the containers nobody has
# privileges, and seccomp is on.

# shellcheck disable=SC2034,SC2154 # what topology.sh uses, and what it has

. "$FREEFLOW_TOP/selftests/lib.sh"
. "$FREEFLOW_TOP/selftests/topology.sh"

readonly ROOTFS=/run/rootfs ROOTLESS=/run/rootless
readonly USER_NAME=daemon	# who runs containers without being root
export CONTAINERS_CONF=/run/containers.conf

# The host's programs and libraries, and of /etc what they need. The rest belongs
# to the user, as runtimes make in it what they mount on.
make_rootfs()
{
	local dir

	mkdir -p "$ROOTFS"/{usr,etc,dev,proc,sys,run,tmp,var} || return
	chown -R "$USER_NAME" "$ROOTFS"
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
	install -d -o "$USER_NAME" "$ROOTLESS"
	cat >"$ROOTLESS/containers.conf" <<-END
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	runtime = "crun"
	END
	cat "$ROOTLESS/containers.conf" - >"$CONTAINERS_CONF" <<-END
	[network]
	network_backend = "cni"
	network_config_dir = "/run/cni"
	cni_plugin_dirs = ["/usr/lib/cni", "$FREEFLOW_TOP/tools/cni"]
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

# As the user, whose memory root has let him lock.
rootless_do()
{
	prlimit --memlock=unlimited setpriv --reuid "$USER_NAME" --regid "$USER_NAME" \
		--clear-groups env "HOME=$ROOTLESS" "XDG_RUNTIME_DIR=$ROOTLESS" \
		CONTAINERS_CONF="$ROOTLESS/containers.conf" \
		podman --root "$ROOTLESS/storage" --runroot "$ROOTLESS/run" \
		--storage-driver vfs "$@"
}

# rootless_run OPTION... -- COMMAND...: in a user namespace, as its root
rootless_run()
{
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	rootless_do run --read-only --cgroups disabled --cap-drop all \
		--security-opt no-new-privileges "${options[@]}" \
		--rootfs "$ROOTFS" timeout "$RUN_LIMIT" "$@"
}

# Its network namespace gets a name, as root's tools need one.
rootless_netns()
{
	rootless_run -d --name holder --network none -- sleep 1000 &&
		ip netns attach "$1" "$(rootless_do inspect -f '{{.State.Pid}}' holder)"
}

cannot_join()
{
	local said

	said=$(rootless_do unshare nsenter --net="/run/netns/$1" true 2>&1)
	grep 'nsenter: .*: Operation not permitted' <<<"$said" || { echo "$said"; return 1; }
}

rootless_dials()
{
	rootless_run --rm --network container:holder --device freeflow/rdma=ff0 -- \
		"$@" -p "$port" "$server_address"
}

# The server in c2, the client in a container of the user.
rootless_pair()
{
	local server

	serve "$@" || return
	rootless_dials "$@" || { kill_all_in c2; served; return 1; }
	served
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
	check "rootless podman cannot join the namespace" cannot_join c1
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

# What root does for a container of somebody else's.
rootless()
{
	check "a rootless container" rootless_netns holder
	check "root gives it ff0 with its addresses" device_wire holder ff0 1
	check "c2 has ff1 with its addresses" device_add c2 ff1 2
	container[1]=c2 device[1]=ff1 server_address=10.88.0.2
	check "cdi generate" ffctl cdi generate
	((++port))
	check "ib_send_bw from a rootless container" \
		rootless_pair ib_send_bw -x "$GID4" -n 50 -F
	check "the rootless container goes" rootless_do rm -f -t 0 holder
	check "ff0 goes" ffctl dev del ff0
	check "ff1 goes" ffctl dev del ff1
	check "c2 goes" container_del c2
	check "its namespace goes" container_del holder
}

check "a root file system" make_rootfs
make_configuration
freeflow_up
check "no capabilities, no new ones, and seccomp" is_confined
by_hand
by_cni
rootless
finish
