#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Lists the virtual devices by netlink, and has a command carried out in between.

    dump_devs.py COMMAND [ARG...]

Reads the first message of the list, runs the command, reads the rest, and prints the
names of all devices that were listed.
"""

import socket
import struct
import subprocess
import sys

NETLINK_GENERIC = 16
NLMSG_DONE = 3
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
FREEFLOW_CMD_DEV_GET, FREEFLOW_A_DEV_NAME = 1, 1
HEADERS = 16 + 4    # of netlink, and of generic netlink
SMALL = 4096        # has the list come in several messages


def align(length):
    return (length + 3) & ~3


def request(kind, flags, command, attrs=b""):
    return struct.pack("=IHHIIBBH", HEADERS + len(attrs), kind, NLM_F_REQUEST | flags,
                       1, 0, command, 1, 0) + attrs


def messages(data):
    while data:
        length, kind = struct.unpack_from("=IH", data)
        yield kind, data[HEADERS:length]
        data = data[align(length):]


def attribute(attrs, wanted):
    while attrs:
        length, kind = struct.unpack_from("=HH", attrs)
        if kind == wanted:
            return attrs[4:length]
        attrs = attrs[align(length):]
    sys.exit("dump_devs: an attribute is missing")


def family_id(sock):
    name = b"freeflow\0"
    attr = struct.pack("=HH", 4 + len(name), CTRL_ATTR_FAMILY_NAME) + name
    sock.send(request(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY,
                      attr.ljust(align(len(attr)), b"\0")))
    _, attrs = next(messages(sock.recv(SMALL)))
    return struct.unpack("=H", attribute(attrs, CTRL_ATTR_FAMILY_ID))[0]


def main():
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
    sock.send(request(family_id(sock), NLM_F_DUMP, FREEFLOW_CMD_DEV_GET))
    rounds = 0
    while True:
        for kind, attrs in messages(sock.recv(SMALL)):
            if kind == NLMSG_DONE:
                return
            print(attribute(attrs, FREEFLOW_A_DEV_NAME).rstrip(b"\0").decode())
        rounds += 1
        if rounds == 1:
            subprocess.run(sys.argv[1:], check=True)


if __name__ == "__main__":
    main()
