#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs the plugins of a CNI configuration list, as a container runtime does.

    cni_chain.py [-o TYPE] [-a ADDRESS,...] COMMAND LIST [ID NETNS IFNAME]

The result of an ADD is kept in /run/cni_chain until DEL; GC takes those that
are kept as the valid attachments. -o runs only the plugin of that type, with
the result that is kept. -a asks for these addresses, of plugins with the
capability "ips". Plugins are looked for in CNI_PATH. Exits with the status of
the first plugin that fails, and prints what it answered.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

RESULTS = pathlib.Path("/run/cni_chain")


def result_file(args):
    return RESULTS / f"{args.id}@{args.ifname}"


def kept(args):
    path = result_file(args)
    return json.loads(path.read_text()) if path.exists() else None


def valid_attachments():
    attachments = []
    for path in RESULTS.glob("*@*"):
        container_id, ifname = path.name.split("@")
        attachments.append({"containerID": container_id, "ifname": ifname})
    return attachments


def run_plugin(args, network, plugin, prev_result):
    config = dict(plugin, name=network["name"], cniVersion=network["cniVersion"])
    if prev_result is not None:
        config["prevResult"] = prev_result
    if args.addresses and plugin.get("capabilities", {}).get("ips"):
        config["runtimeConfig"] = {"ips": args.addresses.split(",")}
    if args.command == "GC":
        config["cni.dev/valid-attachments"] = valid_attachments()
    variables = {"COMMAND": args.command, "CONTAINERID": args.id,
                 "NETNS": args.netns, "IFNAME": args.ifname}
    environment = dict(os.environ)
    environment.update({"CNI_" + key: value for key, value in variables.items()
                        if value is not None})
    done = subprocess.run([shutil.which(plugin["type"], path=os.environ["CNI_PATH"])],
                          input=json.dumps(config), env=environment,
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.stdout.write(done.stdout)
        sys.exit(done.returncode)
    return json.loads(done.stdout) if done.stdout else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("list", type=pathlib.Path)
    parser.add_argument("-o", dest="only")
    parser.add_argument("-a", dest="addresses")
    parser.add_argument("id", nargs="?")
    parser.add_argument("netns", nargs="?")
    parser.add_argument("ifname", nargs="?")
    args = parser.parse_intermixed_args()

    RESULTS.mkdir(exist_ok=True)
    network = json.loads(args.list.read_text())
    plugins = [plugin for plugin in network["plugins"]
               if args.only in (None, plugin["type"])]
    if args.command == "DEL":
        plugins.reverse()
    result = None if args.command == "ADD" and not args.only else kept(args)
    for plugin in plugins:
        answer = run_plugin(args, network, plugin, result)
        if args.command == "ADD":
            result = answer
    if args.command == "ADD":
        result_file(args).write_text(json.dumps(result))
        print(json.dumps(result))
    elif args.command == "DEL" and not args.only:
        result_file(args).unlink(missing_ok=True)


main()
