#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Connects by rdma_cm, again and again until it succeeds.

    cm_retry.py ADDRESS PORT

Prints a line when it has failed for the first time, and one with the time when it
is connected: "reached 1795725816.456867".
"""

import sys
import time

import pyverbs.cm_enums as ce
from pyverbs.cmid import CMID, AddrInfo, ConnParam
from pyverbs.pyverbs_error import PyverbsError
from pyverbs.qp import QPCap, QPInitAttr

PAUSE = 0.02
PATIENCE = 120


def connect(address, port):
    target = AddrInfo(dst=address, dst_service=port, port_space=ce.RDMA_PS_TCP)
    with CMID(creator=target, qp_init_attr=QPInitAttr(cap=QPCap())) as cm_id:
        cm_id.connect(ConnParam())
        print(f"reached {time.time():.6f}", flush=True)
        cm_id.disconnect()


def main():
    address, port = sys.argv[1:]
    failed = False
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            connect(address, port)
            return 0
        except PyverbsError as error:
            if not failed:
                print(f"retries: {error}", flush=True)
            failed = True
            time.sleep(PAUSE)
    return 1


sys.exit(main())
