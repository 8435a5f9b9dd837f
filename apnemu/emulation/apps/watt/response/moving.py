# SPDX-License-Identifier: BSD-3-Clause
"""[guest] Jobs that move to another site over light of their own, and jobs of others that come.

A sender tells the other site's agent what is to come, and its mover asks the controller for light at the same time;
over that the state of all that moves goes as one. The sender owns each job until the other agent has said that it is
there. Without room there, or without light, everything stays where it is. Whatever happens, the light is given back.

What has come stands still for its declared stop, and makes up for that as for a hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apnemu.emulation.apps.watt.desk import RealDesk
from apnemu.emulation.apps.watt.messages import Message
from apnemu.emulation.apps.watt.mover import Mover
from apnemu.emulation.apps.watt.moving import Moving
from apnemu.emulation.apps.watt.response.levers import Part
from apnemu.emulation.apps.watt.response.load import NEVER, Job

W_PER_KW = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What an agent is told of moves: its site, others' agents, by what bytes and rates are divided, until when (after
    the call) a move may last, for how long what has come stands still."""

    site: str
    agents: dict[str, str]
    scale: int
    until_ns: int
    stop_ns: int


def one_of(parts: Sequence[Part], agent: str, moves: Moves, to: str) -> Moving:
    """State of all parts of jobs that leave together, by the name of the first."""
    return Moving(
        job=parts[0].job.name,
        owner=agent,
        origin=moves.site,
        target=to,
        slot=0,
        bytes=max(1, sum(part.bytes for part in parts)),
        scale=moves.scale,
    )


def guest(message: Message, now_ns: int) -> Job:
    """A part of a job as it comes: what is left of it ends when it would have ended at home."""
    w, ends_ns = message["kw"] * W_PER_KW, message.get("ends_ns")
    return Job(
        name=f"{message['job']} of {message['from']}",
        w=w,
        most_w=max(w, message.get("most_kw", 0) * W_PER_KW),
        cap_w=0,
        left=None if ends_ns is None else max(0, ends_ns - now_ns) * w,
        by_ns=message.get("by_ns", NEVER),
    )


def handed_over(part: Part, now_ns: int) -> dict[str, int]:
    """What the other agent is told of a part of a job; instants are counted from the call."""
    job = part.job
    told = {"kw": -(-part.w // W_PER_KW), "bytes": part.bytes}
    told["most_kw"] = told["kw"] * job.most_w // job.w
    if job.left is not None:
        told["ends_ns"] = now_ns + -(-job.left // job.w)
    return told if job.by_ns == NEVER else {**told, "by_ns": job.by_ns}


class Leaving:
    """A move of some parts of jobs to another site: `gone` is called with each that runs there, `over` at the end."""

    def __init__(
        self,
        desk: RealDesk,
        moves: Moves,
        mover: Mover,
        to: str,
        parts: Sequence[Part],
        gone: Callable[[Part], None],
        over: Callable[[str], None],
    ) -> None:
        self._desk = desk
        self._moves = moves
        self._mover = mover
        self._to = to
        self._parts = {part.job.name: part for part in parts}
        self._gone = gone
        self._over = over
        self._ended = False
        self._moving = one_of(parts, desk.name, moves, to)

    def begin(self, call_ns: int) -> None:
        """Tell the other agent what is to come, and ask for light."""
        agent, now_ns = self._moves.agents[self._to], self._desk.now_ns() - call_ns
        for part in self._parts.values():
            if not self._desk.send(agent, "handover", 0, 0, job=part.job.name, **handed_over(part, now_ns)):
                self._end(f"{agent} is not there")
                return
        self._mover.send(self._moving, call_ns + self._moves.until_ns, self._is_lit, self._failed)

    def taken(self, message: Message) -> None:
        """Count a job as gone once the other agent has it; without room there nothing moves."""
        part = self._parts.pop(message.get("job", ""), None)
        if part is None or self._ended:
            return
        if not message["wh"]:
            self._mover.stop(self._moving)
            self._end(f"no room at {self._to}")
            return
        self._desk.note(moved=part.job.name, to=self._to, bytes=message["bytes"], took_ns=message["took_ns"])
        self._gone(part)
        if not self._parts:
            self._end("")

    def _is_lit(self, port: int, transceiver: int) -> None:
        """Tell the other agent where to fetch the state."""
        body = self._moving.body("take")
        agent = self._moves.agents[self._to]
        if not self._desk.send(agent, "move", 0, 0, **body, port=port, transceiver=transceiver):
            self._mover.stop(self._moving)

    def _failed(self, why: str) -> None:
        self._end(f"nothing went to {self._to}: {why}")

    def _end(self, why: str) -> None:
        if not self._ended:
            self._ended = True
            self._over(why)


class Coming:
    """Jobs of other sites that come to this one: `room_kw` says what is free, `came` is told each that is here."""

    def __init__(
        self, desk: RealDesk, moves: Moves, mover: Mover, room_kw: Callable[[], int], came: Callable[[Message], None]
    ) -> None:
        self._desk = desk
        self._moves = moves
        self._mover = mover
        self._room_kw = room_kw
        self._came = came
        self._sites = {agent: site for site, agent in moves.agents.items()}
        self._expected: dict[str, list[Message]] = {}

    def taken(self, message: Message, call_ns: int) -> None:
        """Keep room for a job that is to come, or fetch what an agent has told of; without room say so at once."""
        agent = message["from"]
        if message["kind"] == "move":
            self._fetch(message, call_ns)
            return
        waiting = sum(each["kw"] for messages in self._expected.values() for each in messages)
        if agent not in self._sites or message["kw"] + waiting > self._room_kw():
            self._say(message, 0)
            return
        self._expected.setdefault(agent, []).append(message)

    def _fetch(self, message: Message, call_ns: int) -> None:
        agent = message["from"]
        known = agent in self._sites and message["what"] == "take" and {"port", "transceiver"} <= set(message)
        if not known or (message["origin"], message["target"]) != (self._sites[agent], self._moves.site):
            return
        names = ("job", "owner", "origin", "target", "bytes", "scale")
        moving = Moving(slot=message["slot"], **{name: message[name] for name in names})
        until_ns = call_ns + self._moves.until_ns
        self._mover.take(moving, message["port"], message["transceiver"], until_ns, lambda: self._arrived(agent))

    def _arrived(self, agent: str) -> None:
        """All that an agent has handed over is here."""
        for message in self._expected.pop(agent, []):
            self._came(message)
            self._say(message, max(1, message["kw"]))

    def _say(self, message: Message, wh: int) -> None:
        took_ns = max(0, self._desk.now_ns() - message["sent_ns"])
        body = {"site": self._moves.site, "job": message["job"], "wh": wh, "bytes": message["bytes"]}
        self._desk.send(message["from"], "done", 0, 0, took_ns=took_ns, **body)
