# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Jobs that move to another site over light of their own, and jobs of others that come.

A sender tells the other site's agent what is to come, asks the controller for light at the same time, sends the bytes
once it carries, and owns each job until the other agent has said that it is there. Without room there, or without
light, everything stays where it is. Whatever happens, the light is given back.

Bytes and rate are divided by `scale`, so that a move takes as long as the whole one does.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from apnemu.emulation.apps.watt.desk import RealDesk
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.response import transfer
from apnemu.emulation.apps.watt.response.levers import Part
from apnemu.emulation.apps.watt.response.light import LOOK_EVERY_NS, Light, ways_to
from apnemu.emulation.loop import READ

PORT = 7310
W_PER_KW = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """What an agent must know to move something: its site, the others' agents and addresses, rate and scale of a move.

    `pace` is what TCP gets of the light in bytes per second, divided by the scale; 0 at scale 1.
    """

    topology: str
    site: str
    agents: dict[str, str]
    addresses: dict[str, str]
    rate_gbps: float
    scale: int
    pace: int


class Leaving:
    """A move of some parts of jobs to another site: `gone` is called with each that runs there, `over` at the end."""

    def __init__(
        self,
        desk: RealDesk,
        carrier: Carrier,
        to: str,
        parts: Sequence[Part],
        gone: Callable[[Part], None],
        over: Callable[[str], None],
    ) -> None:
        self._desk = desk
        self._carrier = carrier
        self._to = to
        self._parts = {part.job.name: part for part in parts}
        self._gone = gone
        self._over = over
        self._connection: socket.socket | None = None
        self._ended = False
        self._light = Light(
            desk.loop,
            topology=carrier.topology,
            name=f"{desk.name} to {to} at {desk.now_ns()}",
            ends=(carrier.site, to),
            address=carrier.addresses[to],
            rate_gbps=carrier.rate_gbps,
            lit=self._send,
            refused=lambda why: self._end(f"no light to {to}: {why}"),
        )

    def begin(self) -> None:
        """Tell the other agent what is to come, and ask for light."""
        agent = self._carrier.agents[self._to]
        for part in self._parts.values():
            kw = -(-part.w // W_PER_KW)
            if not self._desk.send(agent, "handover", 0, 0, job=part.job.name, kw=kw, bytes=self._bytes(part)):
                self._ended = True
                self._over(f"{agent} is not there")
                return
        self._desk.note(asked_light_to=self._to)
        self._light.ask()

    def taken(self, message: Message) -> None:
        """Count a job as gone once the other agent has it; without room there nothing moves."""
        part = self._parts.pop(message.get("job", ""), None)
        if part is None or self._ended:
            return
        if not message["wh"]:
            self._end(f"no room at {self._to}")
            return
        self._desk.note(moved=part.job.name, to=self._to, bytes=message["bytes"], took_ns=message["took_ns"])
        self._gone(part)
        if not self._parts:
            self._end("")

    def _bytes(self, part: Part) -> int:
        return max(1, part.bytes // self._carrier.scale)

    def _send(self, interface: str) -> None:
        """Send all, after a moment in which the other end sees the light as well."""
        self._desk.at(self._desk.now_ns() + LOOK_EVERY_NS, partial(self._connect, interface))

    def _connect(self, interface: str) -> None:
        if self._ended:
            return
        sizes = [self._bytes(part) for part in self._parts.values()]
        self._desk.note(lit=interface, sends_bytes=sum(sizes))
        to = self._carrier.addresses[self._to], PORT
        self._connection = transfer.send(self._desk.loop, interface, to, sizes, self._carrier.pace, self._broken)

    def _broken(self) -> None:
        self._end(f"the connection to {self._to} broke")

    def _end(self, why: str) -> None:
        if self._ended:
            return
        self._ended = True
        if self._connection is not None:
            self._connection.close()
        self._light.release(lambda: self._desk.note(released_light_to=self._to))
        self._over(why)


class Coming:
    """Jobs of other sites that come to this one: `room_kw` says what is free, `came` is told the kW that run here."""

    def __init__(
        self, desk: RealDesk, carrier: Carrier, room_kw: Callable[[], int], came: Callable[[str, int], None]
    ) -> None:
        self._desk = desk
        self._carrier = carrier
        self._room_kw = room_kw
        self._came = came
        self._sites = {agent: site for site, agent in carrier.agents.items()}
        self._expected: dict[str, list[Message]] = {}
        self._ways: dict[str, set[str]] = {}

    def taken(self, message: Message) -> None:
        """Keep room for a job that is to come, and wait for light from there; without room say so at once."""
        agent = message["from"]
        waiting = sum(each["kw"] for messages in self._expected.values() for each in messages)
        if agent not in self._sites or message["kw"] + waiting > self._room_kw():
            self._say(message, 0)
            return
        self._expected.setdefault(agent, []).append(message)
        if agent not in self._ways:
            self._ways[agent] = ways_to(self._carrier.addresses[self._sites[agent]])
            self._look(agent)

    def _look(self, agent: str) -> None:
        """Listen on the interface of new light from an agent's site once it is there."""
        new = sorted(ways_to(self._carrier.addresses[self._sites[agent]]) - self._ways[agent])
        if not new:
            self._desk.at(self._desk.now_ns() + LOOK_EVERY_NS // 2, partial(self._look, agent))
            return
        server = transfer.listen(new[0], PORT)
        self._desk.loop.watch(server.fileno(), READ, lambda _: self._accept(agent, server))

    def _accept(self, agent: str, server: socket.socket) -> None:
        """Take what an agent sends; its light is for this alone."""
        peer, _ = server.accept()
        self._desk.loop.forget(server.fileno())
        server.close()
        first = list(self._expected.get(agent, ()))
        sizes = [message["bytes"] for message in first]
        transfer.receive(self._desk.loop, peer, sizes, lambda number: self._arrived(agent, first[number]))

    def _arrived(self, agent: str, message: Message) -> None:
        if message not in self._expected.get(agent, ()):
            return
        self._expected[agent].remove(message)
        self._came(message["job"], message["kw"])
        self._say(message, max(1, message["kw"]))

    def _say(self, message: Message, wh: int) -> None:
        took_ns = max(0, self._desk.now_ns() - message["sent_ns"])
        body = {"site": self._carrier.site, "job": message["job"], "wh": wh, "bytes": message["bytes"]}
        self._desk.send(message["from"], "done", 0, 0, took_ns=took_ns, **body)
