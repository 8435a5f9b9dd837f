"""Captures by tcpdump, stamped by the kernel to the nanosecond, for people and for the waits of a queue."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from apnemu.blueprint.addressing import load_mac
from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.errors import LabError
from apnemu.model.activities import Arrivals
from apnemu.model.scenario import Stage

READY_S = 0.01
"""Until tcpdump has opened its socket: it says so on standard error before it captures."""
RETIRE_S = 2.5
"""The kernel hands tcpdump what it captured a block at a time, a begun one after a second."""
SNAP_BYTES = 128
RING_KIB = 65_536


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
    """Let it take what has been seen, then end it. Raises LabError if the kernel had to drop frames for it."""
    time.sleep(RETIRE_S)
    running.terminate()
    said = running.communicate()[1].decode(errors="replace")
    for line in said.splitlines():
        if "dropped by kernel" in line and not line.startswith("0 "):
            raise LabError(f"a capture is not complete: {line}")


class Capture:
    """What a stage asks to have captured: nothing, or injected frames before and behind the queues that they enter.

    Each capture takes seconds to begin, so a router's other queues have none: their stage would begin too late.
    """

    def __init__(self, folder: Path, stage: Stage, start_ns: int, net: Net, notes: Notes) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        if stage.observe == "nothing":
            return
        wires = {wire.name: wire for wire in net.blueprint.wires}
        for arrivals in stage.of(Arrivals):
            injector = wires[f"load@{arrivals.site}"].b
            entered = _ports(folder / arrivals.file)
            for wire in net.blueprint.wires:
                near, far = (wire.a, wire.b) if wire.a.node == injector.node else (wire.b, wire.a)
                if wire.kind != "fibre" or near.node != injector.node or near.port not in entered:
                    continue
                name = f"waits-{stage.phase}-{near.interface}"
                only = ("ether", "dst", load_mac(near.port))
                for side, interface in (("in", injector.interface), ("out", far.interface)):
                    file = folder / f"{name}-{side}.pcap"
                    self._running.append(tcpdump(file, interface, *only, snap_bytes=14, direction="in"))
                notes.write("event", name=name, source=arrivals.site, at_ns=start_ns)

    def close(self) -> None:
        for running in self._running:
            end(running)


def _ports(file: Path) -> set[int]:
    """The router's ports that a file of arrivals sends frames to."""
    import numpy

    return {int(port) for port in numpy.unique(numpy.load(file)["port"])}
