"""Captures by tcpdump, stamped by the kernel to the nanosecond, for people and for the waits of a queue."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from apnemu.emulation.net import Net
from apnemu.emulation.notes import Notes
from apnemu.model.scenario import Stage

READY_S = 0.01
"""Until tcpdump has opened its socket: it says so on standard error before it captures."""
SNAP_BYTES = 128
RING_KIB = 65_536


def tcpdump(file: Path, interface: str, *, snap_bytes: int = SNAP_BYTES) -> subprocess.Popen[bytes]:
    """Start a capture in the switches' namespace; it is running when this returns."""
    command = [
        "tcpdump",
        f"--interface={interface}",
        f"--snapshot-length={snap_bytes}",
        f"--buffer-size={RING_KIB}",
        "--time-stamp-precision=nano",
        "--packet-buffered",
        "--relinquish-privileges=root",
        "-w",
        str(file),
    ]
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if running.stderr:
        running.stderr.readline()
    time.sleep(READY_S)
    return running


class Capture:
    """What a stage asks to have captured: nothing, or the departures of injected frames at the fibres' far ends."""

    def __init__(self, folder: Path, stage: Stage, start_ns: int, net: Net, notes: Notes) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        if stage.observe == "nothing":
            return
        for arrivals in stage.arrivals:
            switch = next(switch.name for switch in net.blueprint.switches if switch.site == arrivals.site)
            for wire in net.blueprint.wires:
                if wire.kind != "fibre" or switch not in (wire.a.node, wire.b.node):
                    continue
                far = wire.b if wire.a.node == switch else wire.a
                near = wire.a if wire.a.node == switch else wire.b
                file = f"waits-{stage.phase}-{near.interface}.pcap"
                self._running.append(tcpdump(folder / file, far.interface, snap_bytes=64))
                notes.write("event", name=file, source=arrivals.site, seq=near.port, at_ns=start_ns)

    def close(self) -> None:
        for running in self._running:
            running.terminate()
            running.wait()
