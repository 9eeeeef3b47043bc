#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A hundred hosts with a hundred virtual addresses each, as a store has them.

    cluster_hosts.py URL fill
    cluster_hosts.py URL delays COUNT
    cluster_hosts.py URL churn SECONDS

fill puts them into the store. delays moves COUNT addresses to other hosts, one
after the other, and prints how long it took until the kernel told of the new
route: median and longest, in milliseconds. churn moves addresses and has hosts
die and come back for so long, and prints how many addresses changed. Each leaves
the routes that there are to be now in /run/cluster_hosts.routes, as ffctl shows
them.
"""

import base64
import http.client
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time
import urllib.parse

HOSTS = 100
ADDRESSES = 100		# of each host at first
LEASE_SECONDS = 24 * 3600
STATE = pathlib.Path("/run/cluster_hosts.json")
ROUTES = pathlib.Path("/run/cluster_hosts.routes")
# A member takes 128 operations in a transaction.
AT_ONCE = 100


def encode(text):
    return base64.b64encode(text.encode()).decode()


def rdma_address(host):
    return f"10.78.0.{host}"


class Store:
    """The JSON gateway of a member, over one connection."""

    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urllib.parse.urlparse(url).netloc)

    def call(self, path, request):
        self.connection.request("POST", path, json.dumps(request))
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status}: {text.decode()}")
        return json.loads(text)

    def lease(self):
        return self.call("/v3/lease/grant", {"TTL": LEASE_SECONDS})["ID"]

    def revoke(self, lease):
        self.call("/v3/lease/revoke", {"ID": lease})

    def change(self, operations):
        for first in range(0, len(operations), AT_ONCE):
            self.call("/v3/kv/txn", {"success": operations[first:first + AT_ONCE]})


class Hosts:
    """Who has which addresses, and under which lease."""

    def __init__(self, store):
        self.store = store
        self.leases = {}
        self.holder = {}

    def load(self):
        state = json.loads(STATE.read_text())
        self.leases = {int(host): lease for host, lease in state["leases"].items()}
        self.holder = state["holder"]

    def save(self):
        STATE.write_text(json.dumps({"leases": self.leases, "holder": self.holder}))
        ROUTES.write_text("".join(sorted(
            f"{address} via {rdma_address(host)} proto ffd\n"
            for address, host in self.holder.items())))

    def put(self, key, host):
        return {"request_put": {
            "key": encode(key), "lease": self.leases[host],
            "value": encode(json.dumps({"host": rdma_address(host)}))}}

    def claim(self, address, host):
        return self.put(f"/freeflow/addr/0/{address}/p{host}", host)

    def disclaim(self, address, host):
        return {"request_delete_range": {
            "key": encode(f"/freeflow/addr/0/{address}/p{host}")}}

    def come(self, host):
        self.leases[host] = self.store.lease()
        own = [address for address, holder in self.holder.items() if holder == host]
        self.store.change([self.put(f"/freeflow/host/p{host}", host)] +
                          [self.claim(address, host) for address in own])
        return len(own)

    def die_and_come(self, host):
        self.store.revoke(self.leases[host])
        return 2 * self.come(host)

    def move(self, addresses):
        operations = []
        for address in addresses:
            before = self.holder[address]
            after = before % HOSTS + 1
            operations += [self.disclaim(address, before), self.claim(address, after)]
            self.holder[address] = after
        self.store.change(operations)
        return len(addresses)


def fill(hosts):
    for host in range(1, HOSTS + 1):
        for number in range(1, ADDRESSES + 1):
            hosts.holder[f"10.89.{host}.{number}"] = host
    for host in range(1, HOSTS + 1):
        hosts.come(host)


def delays(hosts, count):
    monitor = subprocess.Popen(["ffctl", "monitor", "route"], stdout=subprocess.PIPE,
                               text=True)
    time.sleep(1)
    taken = []
    for address in random.sample(sorted(hosts.holder), count):
        began = time.monotonic()
        hosts.move([address])
        expected = f" {address} via {rdma_address(hosts.holder[address])} "
        while expected not in monitor.stdout.readline():
            pass
        taken.append(1000 * (time.monotonic() - began))
    monitor.kill()
    print(f"{statistics.median(taken):.0f} {max(taken):.0f}")


def churn(hosts, seconds):
    end = time.monotonic() + seconds
    addresses = sorted(hosts.holder)
    changes = 0
    while time.monotonic() < end:
        for _ in range(9):
            changes += hosts.move(random.sample(addresses, 10))
        changes += hosts.die_and_come(random.randint(1, HOSTS))
    print(changes)


def main():
    url, what, *number = sys.argv[1:]
    hosts = Hosts(Store(url))
    random.seed(1)
    if what == "fill":
        fill(hosts)
    else:
        hosts.load()
        {"delays": delays, "churn": churn}[what](hosts, int(number[0]))
    hosts.save()


main()
