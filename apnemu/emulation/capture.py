# SPDX-License-Identifier: BSD-3-Clause
"""Captures by tcpdump, stamped by the kernel to the nanosecond, for people and for the waits of a queue."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from apnemu.blueprint.addressing import DCN_NETWORK
from apnemu.errors import LabError

READY_S = 0.01
"""Time until tcpdump captures: it says that it listens a moment before it does."""
RETIRE_S = 2.5
"""Time until tcpdump has every frame: the kernel hands it a block at a time, and a begun block after a second."""
SNAP_BYTES = 128
RING_KIB = 65_536
OPENFLOW = ("src", "net", DCN_NETWORK, "and", "dst", "net", DCN_NETWORK)
NOT_CONTROL = ("not", "(", "net", "127.0.0.0/8", "or", "(", *OPENFLOW, ")", ")")
"""Filter of captures: OpenFlow's keepalives are no traffic of the network; their instants depend on the start-up. What
a host asks of the controller is seen where a wall stands on its way."""


def tcpdump(
    file: Path, interface: str, *filters: str, snap_bytes: int = SNAP_BYTES, direction: str = "inout"
) -> subprocess.Popen[bytes]:
    """Start a capture in the switches' namespace; it is running when this returns."""
    command = [
        "tcpdump",
        f"--interface={interface}",
        f"--snapshot-length={snap_bytes}",
        f"--buffer-size={RING_KIB}",
        f"--direction={direction}",
        "--time-stamp-precision=nano",
        "--relinquish-privileges=root",
        "-w",
        str(file),
        *filters,
    ]
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if running.stderr:
        running.stderr.readline()
    time.sleep(READY_S)
    return running


def end(running: subprocess.Popen[bytes]) -> None:
    """Let tcpdump take all frames seen so far, then end it. Raises LabError if the kernel dropped frames of it."""
    time.sleep(RETIRE_S)
    running.terminate()
    printed = running.communicate()[1].decode(errors="replace")
    for line in printed.splitlines():
        if "dropped by kernel" in line and not line.startswith("0 "):
            raise LabError(f"a capture is not complete: {line}")
