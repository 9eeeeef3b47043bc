# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2153 # HOST is from vm/run
#
# A store of three members and the agent, over topology.sh.

export PATH=$FREEFLOW_TOP/tools/ffd:$PATH
export ETCDCTL_API=3

readonly STORE=/run/store CONF=/run/ffd.conf
readonly FFD_LOG=/run/ffd.log

# The members' numbers, and their machines by number; a test may say otherwise.
members=(1 2 3)
member_host=(- 127.0.0.1 127.0.0.1 127.0.0.1)

# Emulated processors are slow to answer, which is no reason for an election.
readonly MEMBER_PACE=(--heartbeat-interval 500 --election-timeout 5000)

client_url()
{
	echo "http://${member_host[$1]}:2379$1"
}

peer_url()
{
	echo "http://${member_host[$1]}:2380$1"
}

# joined TEXT: with commas, what the command TEXT says of each member
joined()
{
	local id texts=()

	for id in "${members[@]}"; do texts+=("$("$1" "$id")"); done
	(IFS=,; echo "${texts[*]}")
}

initial_member()
{
	echo "m$1=$(peer_url "$1")"
}

declare -A member_pid=()

# member_start NUMBER: anew with the data that it has
member_start()
{
	local id=$1

	mkdir -p "$STORE$id"
	etcd --name "m$id" --data-dir "$STORE$id" "${MEMBER_PACE[@]}" \
		--listen-client-urls "$(client_url "$id")" \
		--advertise-client-urls "$(client_url "$id")" \
		--listen-peer-urls "$(peer_url "$id")" \
		--initial-advertise-peer-urls "$(peer_url "$id")" \
		--initial-cluster "$(joined initial_member)" \
		>>"/run/member$id.log" 2>&1 &
	member_pid[$id]=$!
}

member_kill()
{
	kill -9 "${member_pid[$1]}"
	wait "${member_pid[$1]}"
	unset "member_pid[$1]"
}

endpoints()
{
	joined client_url
}

ctl()
{
	etcdctl --endpoints "$(endpoints)" --command-timeout 20s --dial-timeout 10s "$@"
}

# put_claim HOST RDMA_ADDRESS ADDRESS [TABLE]: as another agent would
put_claim()
{
	ctl put "/freeflow/addr/${4:-0}/$3/$1" "{\"host\":\"$2\"}"
}

del_claim()
{
	ctl del "/freeflow/addr/${3:-0}/$2/$1"
}

store_has()
{
	ctl get --keys-only "$1" | grep -qxF "$1"
}

store_lacks()
{
	! store_has "$1"
}

# agent_configure LINE...: of all endpoints, the own address, and the lines
agent_configure()
{
	local id

	mkdir -p /run/freeflow
	{
		for id in "${members[@]}"; do echo "endpoint = $(client_url "$id")"; done
		printf '%s\n' "host-name = h$HOST" "host-address = 10.77.0.$HOST" "$@"
	} >"$CONF"
}

# What the agent runs under.
agent_under=()

agent_start()
{
	: >>"$FFD_LOG"
	"${agent_under[@]}" ffd -c "$CONF" 2>>"$FFD_LOG" &
	agent=$!
}

# agent_end SIGNAL: in the shell that has started it
agent_end()
{
	kill "-$1" "$agent"
	wait "$agent"
	agent_status=$?
}

agent_ended_well()
{
	[ "$agent_status" = 0 ] || { echo "exit $agent_status"; cat "$FFD_LOG"; return 1; }
}

agent_says()
{
	grep -qE "$1" "$FFD_LOG" || { cat "$FFD_LOG"; return 1; }
}

agent_said()
{
	grep -cE "$1" "$FFD_LOG"
}

# agent_shows PATTERN: a line of "cluster show"
agent_shows()
{
	ffctl cluster show | grep -qE "$1"
}

shows_soon()
{
	wait_for 20 agent_shows "$1" || { ffctl cluster show; cat "$FFD_LOG"; return 1; }
}

is_healthy()
{
	curl -sf http://127.0.0.1:9471/healthz
}

# metric NAME: of the agent's, without the "ffd_"
metric()
{
	curl -s http://127.0.0.1:9471/metrics | awk -v name="ffd_$1" '$1 == name { print $2 }'
}

routes_of_ffd()
{
	ffctl route show proto ffd | sort
}

# has_routes "ADDRESS HOST [table TABLE]"...: these are ffd's routes, and no others
has_routes()
{
	local -a expected=("${@/ / via }")

	diff <(routes_of_ffd) <([ $# = 0 ] || printf '%s proto ffd\n' "${expected[@]}" | sort)
}

# leads_to ADDRESS HOST
leads_to()
{
	ffctl route get "$1" | grep -q "via $2"
}

routes_soon()
{
	wait_for 20 has_routes "$@" || { has_routes "$@"; tail -n 20 "$FFD_LOG"; return 1; }
}
