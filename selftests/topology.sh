# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # what the tests use
#
# The containers of the tests, over lib.sh. One host:
#
#	  c1: 10.88.0.1, fd88::1     c2: 10.88.0.2, fd88::2
#	      ff0 on eth0                ff1 on eth0
#	          └───────── rxe0 ───────────┘
#
# Two hosts: c1 with ff0 on host1, c2 with ff0 on host2, and routes between them.

# Where ib_core puts the addresses: after the link-local one, IPv4 was first.
readonly GID4=1 GID6=2

# What a test of all data paths takes: its arguments, or these. The first is what
# other tests get. "bare" is the lower device by itself, to see what works there.
datapaths=(syscall ring)
# The debug kernel has time for one: that with more of the module's own in it.
[ "$SLOWNESS" = 1 ] || datapaths=(ring)
[ $# = 0 ] || datapaths=("$@")
datapath=${datapaths[0]}

readonly SELFTESTS=$FREEFLOW_TOP/selftests
readonly RUN_LIMIT=$((100 * SLOWNESS))

# Whether it can come late, or never, from /dev/nbd0. Not under lockdep: whoever pins such
# memory, ib_core too, waits with mmap_lock for a request, which waits for a socket, and
# lockdep has seen another socket read with mmap_lock to be taken.
memory_can_be_slow()
{
	[ ! -e /proc/lockdep ]
}

snapshot_pins()
{
	awk '/^nr_foll_pin_/ { print $2 }' /proc/vmstat
}

# Every page that was pinned is released.
nothing_pinned()
{
	local counts
	mapfile -t counts < <(snapshot_pins)
	[ "${counts[0]}" = "${counts[1]}" ] || { echo "pinned and released: ${counts[*]}"; return 1; }
}

# json_number KEY: the value of a number in the JSON that ffctl writes
json_number()
{
	grep -o "\"$1\":[0-9]*" | cut -d : -f 2
}

has_gids()
{
	container_exec "$1" ibv_devinfo -v -d "$2" >"/run/gids.$1" || return
	grep -qE "GID\[ *$GID4\]:[[:space:]]*::ffff:$3," "/run/gids.$1" &&
		grep -qE "GID\[ *$GID6\]:[[:space:]]*$4," "/run/gids.$1"
}

# dev_add DEVICE NETNS OPTION...: with the data path that is tested
dev_add()
{
	ffctl dev add "$1" lower "$LOWER" netdev eth0 netns "$2" datapath "$datapath" "${@:3}"
}

# device_wire NETNS DEVICE NUMBER: in a namespace that is there
device_wire()
{
	container_wire "$1" eth0 "10.88.0.$3/24" "fd88::$3/64" &&
		dev_add "$2" "$1" &&
		wait_for 10 has_gids "$1" "$2" "10.88.0.$3" "fd88::$3"
}

# device_add CONTAINER DEVICE NUMBER: with the virtual addresses NUMBER
device_add()
{
	ip netns add "$1" && device_wire "$@"
}

# Another host beside this one, with one VM: h9, 10.77.9.9 behind 10.77.9.1.
host_add()
{
	ip netns add h9 &&
		ip link add ff-h9 type veth peer name eth0 netns h9 &&
		ip addr add 10.77.9.1/24 dev ff-h9 &&
		ip link set ff-h9 up &&
		ip -n h9 addr add 10.77.9.9/24 dev eth0 &&
		ip -n h9 link set eth0 up &&
		ip -n h9 route add 10.77.0.0/24 via 10.77.9.1
}

# What leads from the containers of one host to those of the other.
hosts_join()
{
	local peer=$((3 - HOST))

	overlay_add
	check "route to the other container, IPv4" ffctl route add "10.88.0.$peer" via "10.77.0.$peer"
	check "route to the other container, IPv6" ffctl route add "fd88::$peer" via "fd77::$peer"
}

# The module has objects of its own on the lower device while it is loaded.
freeflow_up()
{
	lower_resources >/run/lower_before
	check "the module loads" module_load
	lower_snapshot
	[ "$HOSTS" = 1 ] || hosts_join
}

freeflow_down()
{
	check "nothing is left on the lower device" nothing_left_on_lower
	check "nothing is left pinned" wait_for 20 nothing_pinned
	check "the module unloads" module_unload
	check "nothing of the module is left on the lower device" as_before_loading
}

as_before_loading()
{
	lower_resources | diff /run/lower_before -
}

containers_add_one_host()
{
	check "c1 has ff0 with its addresses" device_add c1 ff0 1
	check "c2 has ff1 with its addresses" device_add c2 ff1 2
	container[1]=c1 device[1]=ff0
	container[2]=c2 device[2]=ff1
}

containers_add_two_hosts()
{
	check "c$HOST has ff0 with its addresses" device_add "c$HOST" ff0 "$HOST"
	container[1]=c1 device[1]=ff0
	container[2]=c2 device[2]=ff0
	barrier "containers are up"
}

# The lower device as if it were that of two containers.
containers_add_bare()
{
	ip netns attach host $$
	enter=(ip netns exec)
	container[1]=host device[1]=$LOWER
	container[2]=host device[2]=$LOWER
	address4=10.77.0.1 address6=fd77::1
}

containers_add()
{
	address4=10.88.0.1 address6=fd88::1
	if [ "$datapath" = bare ]; then
		containers_add_bare
	else
		"containers_add_$([ "$HOSTS" = 1 ] && echo one_host || echo two_hosts)"
	fi
	server_address=$address4
}

containers_remove()
{
	local dev name

	[ "$HOSTS" = 1 ] || barrier "containers go down"
	for dev in /sys/class/infiniband/ff*; do
		[ ! -e "$dev" ] || check "dev del $(basename "$dev")" ffctl dev del "$(basename "$dev")"
	done
	[ "$datapath" != bare ] || ip netns del host
	for name in $(ip netns list | awk '{ print $1 }'); do
		check "container $name goes" container_del "$name"
	done
}

containers_up()
{
	freeflow_up
	containers_add
}

# Delete everything and see that nothing stays. Ends the test.
containers_down()
{
	containers_remove
	finish
}

# each_datapath COMMAND...: with containers of each, one after the other
each_datapath()
{
	for datapath in "${datapaths[@]}"; do
		label="$datapath: "
		containers_add
		"$@"
		containers_remove
	done
	label=
}

# A whole test of that.
on_each_datapath()
{
	freeflow_up
	each_datapath "$@"
	finish
}

is_first_datapath()
{
	[ "$datapath" = "${datapaths[0]}" ]
}

# once COMMAND...: on the first of the data paths, for what none of them changes
once()
{
	! is_first_datapath || "$@"
}

nothing_left_on_lower()
{
	wait_for 20 lower_is_clean || { lower_is_clean; rdma resource show qp; return 1; }
}

# The end of every test: no object on the lower device, no pinned page, rmmod.
finish()
{
	check "no route is left" ffctl route flush
	freeflow_down
	ktap_done
}

# How programs get into a container.
enter=(container_exec)

# As root, in a container, with a time limit.
run_in()
{
	local name=$1
	shift

	"${enter[@]}" "$name" timeout -k 5 "$RUN_LIMIT" "$@"
}

# A client of rping whose thread comes back for another event after main() has closed
# the channel ends with this, when it has done and compared all.
readonly RPING_CLOSED='client DISCONNECT EVENT...
rdma_get_cm_event: Bad file descriptor'

# has_done STATUS TEXT: by its exit status and all that it said
has_done()
{
	[ "$1" = 0 ] || [ "$2" = "$RPING_CLOSED" ]
}

kill_all_in()
{
	local pids

	# The host's own processes are in there too.
	[ "$1" != host ] || { pkill -x timeout; return; }
	mapfile -t pids < <(ip netns pids "$1" 2>/dev/null)
	[ ${#pids[@]} = 0 ] || kill -9 "${pids[@]}"
}

serve()
{
	run_in "${container[1]}" "$@" -d "${device[1]}" -p "$port" >"/run/server.$port" 2>&1 &
	server=$!
	wait_listen "${container[1]}" "$port" || cat "/run/server.$port"
}

# A server whose client failed would wait for ever.
served()
{
	wait "$server" || { echo "server:"; cat "/run/server.$port"; return 1; }
}

dial()
{
	run_in "${container[2]}" "$@" -d "${device[2]}" -p "$port" "$server_address"
}

both_ends()
{
	local server

	serve "$@" || return
	dial "$@" || { kill_all_in "${container[1]}"; served; return 1; }
	served
}

# Host 1 serves, host 2 dials; a client that fails says so to the server's host.
own_end()
{
	local server outcome

	if [ "$HOST" = 1 ]; then
		serve "$@"
		barrier "serve $port"
		outcome=$(get "outcome.$port")
		[ "$outcome" = 0 ] || { echo "client: exit $outcome"; kill_all_in "${container[1]}"; }
		served
	else
		barrier "serve $port"
		outcome=0
		dial "$@" || outcome=$?
		put "outcome.$port" "$outcome"
		return "$outcome"
	fi
}

port=20000
server_address=10.88.0.1

run_both()
{
	if [ "$HOSTS" = 1 ]; then both_ends "$@"; else own_end "$@"; fi
}

# pair NAME COMMAND...: COMMAND -d DEVICE -p PORT in the first container, the
# same with its address in the second. One result on each host.
pair()
{
	local name=$1
	shift

	((++port))
	check "$name" run_both "$@"
}
