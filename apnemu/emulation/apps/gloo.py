# SPDX-License-Identifier: BSD-3-Clause
"""[guest] A process of torch.distributed over gloo: an all-reduce by somebody else, against which ours is checked.

    python3 -m apnemu.emulation.apps.gloo JSON

The plan has `rank`, `count`, `address` and `port` (at which the first process is met) and `numbers`, 64-bit floats of
this process. PyTorch comes with the extra `torch`; no other file of this room needs it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from typing import Any

OPEN = "others may come"
"""Line that the first process prints once the others can meet it: a process that comes earlier would wait for a time
that the CPU draws, not the seed."""


def summed(plan: dict[str, Any]) -> dict[str, Any]:
    """Sum the numbers over all processes, and time the all-reduce from the instant at which all were there."""
    # each interface of a host has the host's one address, and gloo cannot find it by the host's name
    os.environ["GLOO_SOCKET_IFNAME"] = next(name for _, name in socket.if_nameindex() if name != "lo")
    os.environ["OMP_NUM_THREADS"] = "1"  # threads that spin for work would hold virtual time
    import torch
    import torch.distributed as together

    rank, count = plan["rank"], plan["count"]
    store = together.TCPStore(plan["address"], plan["port"], count, is_master=not rank, wait_for_workers=False)
    if not rank:
        print(OPEN, flush=True)
    together.init_process_group("gloo", store=store, rank=rank, world_size=count)
    own = torch.tensor(plan["numbers"], dtype=torch.float64)
    together.barrier()
    begun_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    together.all_reduce(own)
    took_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begun_ns
    together.destroy_process_group()
    return {"rank": rank, "took_ns": took_ns, "numbers": own.tolist()}


if __name__ == "__main__":
    print("@record", json.dumps(summed(json.loads(sys.argv[1]))), flush=True)
