# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Containers by Debian's CNI plugins bridge and host-local, and freeflow-cni after
# them, on the bridge of lib.sh.

export CNI_PATH=/usr/lib/cni:$FREEFLOW_TOP/tools/cni

# cni_configure LIST VERSION FIELDS: a list of plugins, with these fields for
# freeflow-cni
cni_configure()
{
	cat >"/run/$1.conflist" <<-END
	{ "cniVersion": "$2", "name": "rdma", "plugins": [
	    { "type": "bridge", "bridge": "ff-br", "mtu": $OVERLAY_MTU,
	      "capabilities": { "ips": true },
	      "ipam": {
	        "type": "host-local", "dataDir": "/run/host-local",
	        "ranges": [[{ "subnet": "10.88.0.0/24" }], [{ "subnet": "fd88::/64" }]]
	    }},
	    { "type": "freeflow-cni"$3 }
	]}
	END
}

# cni COMMAND CONTAINER [LIST [OPTION...]]: the options of cni_chain.py
cni()
{
	"$FREEFLOW_TOP/selftests/cni_chain.py" "${@:4}" "$1" "/run/${3:-rdma}.conflist" \
		"$2" "/run/netns/$2" eth0
}

# The name of the device that a container has.
device_in()
{
	ffctl -j dev show | grep -o '{[^}]*}' | grep "\"netns\":\"$1\"" |
		grep -o '"name":"[^"]*"' | cut -d '"' -f 4
}
