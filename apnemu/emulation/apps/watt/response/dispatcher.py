# SPDX-License-Identifier: BSD-3-Clause
"""[guest] The aggregator in a call: it shares the call out to the agents of the area, and gathers what they answer.

Each agent is asked for the same share of what it has said it can do without. Where work is to move, it goes to the
site outside the area that has said it has most room.
"""

from __future__ import annotations

from collections.abc import Mapping

from apnemu.emulation.apps.watt.desk import Desk
from apnemu.emulation.apps.watt.messages import Message


def shared(kw: int, can_kw: Mapping[str, int]) -> dict[str, int]:
    """Parts of a call, as each can bear, in whole kW that add up to the call, or to all that there is.

    >>> shared(10, {"a": 20, "b": 10}), shared(50, {"a": 20, "b": 10})
    ({'a': 7, 'b': 3}, {'a': 20, 'b': 10})
    """
    whole = sum(can_kw.values())
    wanted = min(kw, whole)
    parts = {name: wanted * can // whole if whole else 0 for name, can in can_kw.items()}
    for name, can in can_kw.items():
        if sum(parts.values()) < wanted and parts[name] < can:
            parts[name] += 1
    return parts


class Dispatcher:
    """The aggregator's program. `agents` has the site of each agent, `areas` the area of each site."""

    def __init__(self, desk: Desk, operator: str, agents: Mapping[str, str], areas: Mapping[str, str]) -> None:
        self._desk = desk
        self._operator = operator
        self._agents = agents
        self._areas = areas
        self._states: dict[str, Message] = {}
        self._asked: dict[str, int] = {}
        self._answers: dict[str, Message] = {}

    def begin(self) -> None:
        """Wait for states and calls."""

    def taken(self, message: Message) -> None:
        """Keep states, share out the operator's call, gather answers and hand their sum back."""
        kind, sender = message["kind"], message["from"]
        if kind == "state" and self._agents.get(sender) == message["site"]:
            self._states[sender] = message
        elif kind == "call" and sender == self._operator and not self._asked:
            self._share(message)
        elif kind == "answer" and sender in self._asked and sender not in self._answers:
            self._answers[sender] = message
            if len(self._answers) == len(self._asked):
                self._answer()

    def _share(self, call: Message) -> None:
        there = {
            name: state["kw_max"][0] - state["kw_min"][0]
            for name, state in self._states.items()
            if self._areas[state["site"]] == call["area"]
        }
        self._asked = {name: kw for name, kw in shared(call["kw"], there).items() if kw}
        body = {name: call[name] for name in ("area", "by_ns", "for_s")}
        if target := self._roomiest(call["area"]):
            body["target"] = target
        self._desk.note(called_kw=call["kw"], shared_kw=self._asked)
        for name, kw in self._asked.items():
            self._desk.send(name, "call", 0, 0, kw=kw, **body)
        if not self._asked:
            self._answer()

    def _roomiest(self, area: str) -> str:
        """The site outside an area with most room, of equal ones the first; empty where there is none."""
        room = {
            state["site"]: state["room_kw"][0]
            for state in self._states.values()
            if self._areas[state["site"]] != area and state["room_kw"][0]
        }
        order = list(self._areas)
        return min(room, key=lambda site: (-room[site], order.index(site)), default="")

    def _answer(self) -> None:
        """Tell the operator what all agents together deliver, and since when."""
        kw = sum(answer["kw"] for answer in self._answers.values())
        at_ns = max((answer["at_ns"] for answer in self._answers.values()), default=self._desk.now_ns())
        self._desk.send(self._operator, "answer", 0, 0, kw=kw, at_ns=at_ns)
