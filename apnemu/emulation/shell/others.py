# SPDX-License-Identifier: BSD-3-Clause
"""Other people's traffic on every line of the packet network, for as long as a person wants it.

A process of its own draws it, a window after another, and hands it to the kernel a moment before it is due. Each fibre
direction has a stream of draws of its own, from the seed, the instant at which the load was asked for, and the window.

*Not modelled:* the tail of a burst that reaches over the end of a window: one in some thousand frames of `pareto`.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import socket
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from apnemu.blueprint.document import Blueprint
from apnemu.emulation import shaping
from apnemu.emulation.loop import FOREVER_NS, Loop, now_ns
from apnemu.emulation.net import Net
from apnemu.emulation.play.arrivals import MOST_BYTES, laid_out
from apnemu.emulation.play.paced import Chunk, Paced
from apnemu.errors import InputError
from apnemu.model.plant import PacketNetwork
from apnemu.units import gbps_to_bytes_per_s, ns_to_s

WINDOW_NS = 4_000_000
LEAD_NS = 3_000_000
"""Time before the first window: frames are handed over 2 ms before they are due."""
ENDLESS = 1 << 62
"""Number of frames: more than come to an end."""
PRIORITY = 10
"""Priority of the process, the player's: its timers are exact."""
HIGHEST = 0.99


class Others:
    """Load by others on one network; none at the beginning."""

    def __init__(self, net: Net, packet: PacketNetwork) -> None:
        self._net = net
        self._blueprint: Blueprint = net.blueprint
        self._packet = packet
        self._process = 0
        self._is_paced = False
        self.load = 0.0
        """Share of every line that others offer."""

    def set(self, load: float) -> str:
        """Offer a share of every line from now on, 0 for none; returns what that means. Raises InputError."""
        if self._blueprint.network != "packet":
            raise InputError("a lightpath is nobody else's: there is no load by others on it; --network packet has")
        if not 0 <= load <= HIGHEST:
            raise InputError(f"the load is {load:g}; it must be from 0 to {HIGHEST}, for example load 0.7")
        self.end()
        self.load = load
        if not load:
            return "no load by others"
        kind = "poisson" if self._packet.background.kind == "none" else self._packet.background.kind
        packet = replace(self._packet, background=replace(self._packet.background, kind=kind, load=load))
        self._begin(packet)
        lines = len(self._blueprint.injections)
        frames = load * gbps_to_bytes_per_s(packet.line_rate_gbps) / packet.background.mean_bytes * lines
        return (
            f"others offer {load:g} of {packet.line_rate_gbps:g} Gbit/s on {lines} lines: {frames / 1e6:.1f} million"
            " frames in a virtual second; a short time is soon over: advance 10ms, ping -i 0.01"
        )

    def end(self) -> None:
        """Offer nothing any more."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = 0

    def _begin(self, packet: PacketNetwork) -> None:
        netlink = self._net.netlink("")
        ends = {wire.site: wire.a for wire in self._blueprint.wires if wire.kind == "load"}
        for end in ends.values() if not self._is_paced else ():
            shaping.pace(netlink, self._net.index(end))
        netlink.flush()
        self._is_paced = True
        _draws()  # imports take virtual time: now, and not when frames are due
        begins_ns = ((now_ns() + LEAD_NS) // WINDOW_NS + 1) * WINDOW_NS
        self._process = os.fork()
        if self._process:
            return
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
            _Windows(self._blueprint, packet, {site: end.interface for site, end in ends.items()}, begins_ns).run()
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(1)


def _draws() -> tuple[Any, Any, Any]:
    """What draws frames; imported when it is needed, as a guest's imports take time."""
    import numpy

    from apnemu.blueprint.background import background_frames
    from apnemu.seeds import generator

    return numpy, background_frames, generator


class _Windows:
    """Frames of all lines, window by window, for ever."""

    def __init__(self, blueprint: Blueprint, packet: PacketNetwork, interfaces: dict[str, str], begins_ns: int) -> None:
        self._packet = packet
        self._seed = blueprint.seed
        self._begins_ns = begins_ns
        number = {switch.site: switch.dpid for switch in blueprint.switches}
        self._ports = {
            (site, interface): [each.port for each in blueprint.injections if each.dpid == number[site]]
            for site, interface in interfaces.items()
        }
        self._payload = ctypes.create_string_buffer(bytes(MOST_BYTES))

    def run(self) -> None:
        """Feed until the process is ended."""
        loop = Loop()
        for (site, interface), ports in self._ports.items():
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
            Paced(interface, opened, self._chunks(site, ports), ENDLESS).start(loop, self._begins_ns)
        loop.run(FOREVER_NS)

    def _chunks(self, site: str, ports: list[int]) -> Iterator[Chunk]:
        """Frames of a site, a window after another; a window without frames is none."""
        for window in itertools.count():
            frames = self._drawn(site, ports, window)
            if len(frames):
                heads, parts = laid_out(frames, self._payload)
                yield frames["at_ns"] + self._begins_ns + window * WINDOW_NS, parts
                del heads

    def _drawn(self, site: str, ports: list[int], window: int) -> Any:
        numpy, background_frames, generator = _draws()
        purpose = f"others {ns_to_s(self._begins_ns):.3f} {site} {window}"
        parts = [
            background_frames(
                self._packet,
                self._packet.background,
                port,
                WINDOW_NS,
                generator(self._seed, f"{purpose} {port}"),
            )
            for port in ports
        ]
        frames = numpy.concatenate(parts)
        return frames[numpy.lexsort((frames["port"], frames["at_ns"]))]
