# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Moves of state over the network: a process for each, which asks for light, copies, and gives the light back.

Where there is light on demand the sender asks the APN controller for a lightpath (T-API, over the data communication
network), waits until it carries, and binds its connection to its transceiver, so that no other light is taken. State
goes as a running machine's memory does (`emulation.apps.migration`): real bytes over real TCP, in rounds, the last with
the machine stopped. Bytes, the rate at which they are sent and the rate at which they are written are divided by the
move's scale, so that its instants are those of the full one.

A process is a fork of its agent, which it tells what happens over a pipe, a line of JSON at a time.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from apnemu.emulation.apps.watt.carriage import receive, send
from apnemu.emulation.apps.watt.desk import RealDesk
from apnemu.emulation.apps.watt.moving import Key, Moving
from apnemu.emulation.loop import READ
from apnemu.placement.precopy import Migration, course, refusal
from apnemu.units import gbps_to_bytes_per_s, s_to_ns

Tell = Callable[..., None]
FIRST_PORT, PORTS = 20_000, 40
"""Ports that a sender deals out in turn, one for each move; no other sender has them."""
MARGIN = 1.25
"""Times the closed form's time that a move is given."""
PAGES = 65_536
"""Most pages in which a machine's written memory is tracked, unless they are smaller than the kernel's."""
PAGE_BYTES, STOP_BYTES, MOST_ROUNDS = 4096, 64 << 20, 30
WARM_S, WARM_RTTS = 0.15, 60
"""Time, and round trips, of the line's rate by which a connection's window is opened before the copying."""
Ended = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How the agent of a site moves state: `gbps` of the light of each site at full size, of which TCP gets a `share`,
    `rtt_s` to the others, the rate at which a machine is written while it moves.

    `light_s` is the time that light is given to be there, 0 where none is asked for; `points` has each site's service
    interface point, `day` makes the lights' names this day's, `number` is the agent's own.
    """

    day: str
    number: int
    site: str
    gbps: Mapping[str, float]
    share: float
    rtt_s: Mapping[str, float]
    light_s: float
    points: Mapping[str, str]
    addresses: Mapping[str, str]
    dirty_bytes_per_s: float
    most_asks: int = 0
    """Times that light is asked for; 0: as often as there is time for."""

    def light_gbps(self, moving: Moving) -> float:
        """Rate of the light for a move: what both ends have."""
        return min(self.gbps[moving.origin], self.gbps[moving.target])

    def plan(self, moving: Moving) -> Migration:
        """The move at full size, as its closed form has it."""
        return Migration(
            memory_bytes=moving.bytes,
            dirty_bytes_per_s=self.dirty_bytes_per_s,
            bytes_per_s=gbps_to_bytes_per_s(self.light_gbps(moving)) * self.share,
            rtt_s=self.rtt_s[moving.origin if moving.target == self.site else moving.target],
            page_bytes=PAGE_BYTES,
            stop_bytes=STOP_BYTES,
            most_rounds=MOST_ROUNDS,
        )

    def takes_s(self, moving: Moving) -> float:
        """Time of the copying by the closed form; where rounds do not shrink, that of a machine that stands still."""
        plan = self.plan(moving)
        return moving.bytes / plan.bytes_per_s if refusal(plan) else course(plan).total_s

    def told(self, moving: Moving) -> dict[str, Any]:
        """What a sender is told (see `migration.copy`), divided by the scale."""
        scale, plan = moving.scale, self.plan(moving)
        size = -(-moving.bytes // scale)
        page = max(PAGE_BYTES, -(-size // PAGES // PAGE_BYTES) * PAGE_BYTES)
        bytes_per_s = plan.bytes_per_s / scale
        return {
            "memory_bytes": size,
            "page_bytes": page,
            "dirty_bytes_per_s": plan.dirty_bytes_per_s / scale,
            "pattern": plan.pattern,
            "stop_bytes": max(page, plan.stop_bytes // scale),
            "most_rounds": plan.most_rounds,
            "pace_bytes_per_s": round(bytes_per_s),
            "warm_bytes": round(bytes_per_s * (WARM_S + WARM_RTTS * plan.rtt_s)),
            "seed": f"{self.day} {moving.key}",
            "verify": False,
        }


class Mover:
    """Carrier of an agent's states (`moving.Carrier`): its processes, and what they say."""

    def __init__(self, desk: RealDesk, ways: Ways) -> None:
        self._desk = desk
        self._ways = ways
        self._count = 0
        self._running: dict[tuple[str, Key], tuple[int, int, bytearray, Callable[[dict[str, Any]], None]]] = {}
        """(what, move) -> process, its pipe, the beginning of a line, who hears it."""

    def lead_ns(self, moving: Moving, beside: Sequence[Moving]) -> int:
        shares = () if self._ways.light_s else beside  # over light of its own nothing else goes
        return s_to_ns(self._ways.light_s + MARGIN * sum(self._ways.takes_s(each) for each in (moving, *shares)))

    def send(
        self, moving: Moving, until_ns: int, ready: Callable[[int, int], None], failed: Ended = lambda why: None
    ) -> None:
        self._count += 1
        port = FIRST_PORT + self._ways.number * PORTS + self._count % PORTS
        self._desk.note(
            **self._named(moving), asks_ns=self._desk.now_ns(), predicted_ns=s_to_ns(self._ways.takes_s(moving))
        )
        run = partial(send, self._ways, moving, port, until_ns)
        self._start("send", moving, run, partial(self._sent, moving, ready, failed))

    def take(self, moving: Moving, port: int, transceiver: int, until_ns: int, came: Callable[[], None]) -> None:
        interface = f"eth{transceiver}" if self._ways.light_s else ""
        run = partial(receive, self._ways.addresses[moving.origin], port, interface, until_ns)
        self._start("take", moving, run, lambda said: came() if said.get("came") else None)

    def stop(self, moving: Moving) -> None:
        """Send no more: the light is given back at once."""
        if (place := ("send", moving.key)) in self._running:
            os.kill(self._running[place][0], signal.SIGALRM)

    def drop(self, moving: Moving) -> None:
        place = "take", moving.key
        if place in self._running:
            self._read(place, 0)
        if place in self._running:
            process, _, _, _ = self._running[place]
            os.kill(process, signal.SIGKILL)
            self._end(place)

    def close(self) -> None:
        """Wait until every sender has given its light back, and end who still waits for state."""
        for place in list(self._running):
            process, pipe, _, _ = self._running[place]
            if place[0] == "take":
                os.kill(process, signal.SIGKILL)
            os.set_blocking(pipe, True)
            while place in self._running:
                self._read(place, 0)

    def _named(self, moving: Moving) -> dict[str, Any]:
        names = ("job", "owner", "origin", "target", "slot", "scale")
        return {"carries": moving.bytes, **{name: getattr(moving, name) for name in names}}

    def _sent(self, moving: Moving, ready: Callable[[int, int], None], failed: Ended, said: dict[str, Any]) -> None:
        if "port" in said:
            ready(said["port"], said["transceiver"])
            return
        self._desk.note(**self._named(moving), **said)
        if why := said.get("given_up", said.get("failed")):
            failed(why)

    def _start(self, what: str, moving: Moving, run: Callable[[Tell], None], heard: Any) -> None:
        reading, writing = os.pipe()
        process = os.fork()
        if not process:
            os.close(reading)
            _child(writing, run)
        os.close(writing)
        os.set_blocking(reading, False)
        place = what, moving.key
        self._running[place] = process, reading, bytearray(), heard
        self._desk.loop.watch(reading, READ, partial(self._read, place))

    def _read(self, place: tuple[str, Key], _: int) -> None:
        while place in self._running:
            _, pipe, begun, heard = self._running[place]
            try:
                piece = os.read(pipe, 1 << 16)
            except BlockingIOError:
                return
            if not piece:
                self._end(place)
                return
            begun += piece
            while (end := begun.find(b"\n")) >= 0:
                said = json.loads(begun[:end])
                del begun[: end + 1]
                heard(said)

    def _end(self, place: tuple[str, Key]) -> None:
        process, pipe, _, _ = self._running.pop(place)
        self._desk.loop.forget(pipe)
        os.close(pipe)
        os.waitpid(process, 0)


def _child(writing: int, run: Callable[[Tell], None]) -> None:
    """Run in the process of a move, and never return."""

    def tell(**said: Any) -> None:
        with suppress(BrokenPipeError):
            os.write(writing, json.dumps(said).encode() + b"\n")

    code = 1
    signal.signal(signal.SIGALRM, signal.SIG_IGN)  # who stops a move must not end him who gives its light back
    try:
        run(tell)
        code = 0
    except (OSError, SystemExit) as error:
        tell(failed=str(error))
    finally:
        os._exit(code)
