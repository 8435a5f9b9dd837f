# SPDX-License-Identifier: BSD-3-Clause
"""A look of the lab as the world that invariants ask: tables as Open vSwitch has them, frames as they came out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apnemu.blueprint.as_json import built_from
from apnemu.blueprint.document import Blueprint
from apnemu.controllers.apn import Apn
from apnemu.controllers.devices import key
from apnemu.controllers.lab import ANSWER_LATE_NS
from apnemu.controllers.orders import Order
from apnemu.controllers.rules import Action, Rule
from apnemu.errors import LabError
from apnemu.exploring.scenario import CONTROLLER, GROUND, Scenario
from apnemu.exploring.switches import Client, Ground, Way
from apnemu.exploring.world import Answer
from apnemu.model.plant import Plant

ACCEPTED, GONE = 201, 204
GOES_ROUND = 100
"""Copies of one frame from which on it is taken to go round."""
FIELDS = re.compile(r"(priority|in_port|dl_vlan)=(\d+)")
VLAN_PRESENT = 0x1000


class Seen(Ground):
    """Devices as a look found them, and what was dark then."""

    def __init__(self, blueprint: Blueprint, look: Mapping[str, Any]) -> None:
        super().__init__(blueprint)
        for switch in blueprint.switches:
            rules = [rule_of(line) for line in look["tables"][switch.name]]
            self.tables[switch.dpid] = {key(rule): rule for rule in rules}
        for plain in look["orders"]:
            order = built_from(Order, plain)
            self.orders[order.host, order.interface] = order
        self._came: dict[Client, list[Client]] = {
            (one["from"][0], one["from"][1]): [(host, name) for host, name, times in one["came"] for _ in range(times)]
            for one in look["frames"]
        }

    def happened(self, scenario: Scenario) -> None:
        """Be as dark as a scenario leaves the ground."""
        cut, lost = set[str](), set[str]()
        for step in scenario.steps:
            if step.do not in GROUND or step.what == CONTROLLER:
                continue
            if step.do == "repair":
                cut.discard(step.what)
                lost.discard(step.what)
                self.sagging.pop(step.what, None)
            elif step.do == "sag":
                self.sagging[step.what] = step.db
            else:
                (cut if step.do == "cut" else lost).add(step.what)
        self.cut, self.lost = frozenset(cut), frozenset(lost)

    def follow(self, client: Client) -> Way:
        """Find where a transceiver's frame came out; what its tables say of its way tells where it ended."""
        came = tuple(self._came.get(client, ()))
        return replace(super().follow(client), came=came, looped=len(came) >= GOES_ROUND)

    def receives(self, client: Client) -> bool:
        """Whether light that comes to a transceiver closes: frames have come out already where it does."""
        return True


@dataclass(slots=True)
class LabWorld:
    """World of a look: `apn` is what the controller's journal makes of itself, `answers` those to the scenario."""

    ground: Ground
    apn: Apn
    answers: list[Answer]
    journal: list[dict[str, Any]]

    @property
    def plant(self) -> Plant:
        """Plant of the network."""
        return self.ground.plant


def world_of(
    blueprint: Blueprint, look: Mapping[str, Any], journal: Mapping[str, Any], answers: Sequence[Answer]
) -> tuple[LabWorld, Seen]:
    """World of a look, and its devices."""
    ground = Seen(blueprint, look)
    apn = Apn(blueprint, lambda entry: None)
    apn.work.patience_ns = ANSWER_LATE_NS
    apn.replay(journal["lines"])
    apn.run(journal["at_ns"])
    for switch in blueprint.switches:  # receivers of 1+1 choose by themselves
        apn.adopt(switch.site, list(ground.tables[switch.dpid].values()))
    return LabWorld(ground, apn, list(answers), journal["lines"]), ground


def answers_of(scenario: Scenario, outcome: Mapping[str, Any]) -> list[Answer]:
    """Answers to a scenario's requests, in their order.

    A client whose controller was lost asks again: that its service is there already, or gone, says that it was heard
    the first time.
    """
    found = []
    for answer in outcome["answers"]:
        step, status, errors = scenario.steps[answer["step"]], answer["status"], answer["errors"]
        tags = [error.get("error-tag") for error in errors]
        if answer["again"] and step.do == "request" and status == 409 and tags == ["data-exists"]:
            status, errors = ACCEPTED, []
        elif answer["again"] and step.do == "release" and status == 404:
            status, errors = GONE, []
        found.append(Answer(step, status, errors or None, 0))
    return found


def rule_of(line: str) -> Rule:
    """Rule of a line of Open vSwitch's.

    >>> rule_of("priority=100,in_port=1,dl_vlan=7,actions=pop_vlan,output:2").actions
    (('pop',), ('output', 2))
    >>> rule_of("priority=100,in_port=2,actions=push_vlan:0x8100,set_field:4103->vlan_vid,output:1").actions
    (('push', 7), ('output', 1))
    """
    match, _, actions = line.partition("actions=")
    fields = {name: int(value) for name, value in FIELDS.findall(match)}
    steps: list[Action] = []
    for action in actions.split(","):
        name, _, value = action.partition(":")
        if name == "set_field" and value.endswith("->vlan_vid"):
            steps.append(("push", int(value.partition("-")[0]) & ~VLAN_PRESENT))
        elif name == "pop_vlan":
            steps.append(("pop",))
        elif name == "output":
            steps.append(("output", int(value)))
        elif name not in ("push_vlan", "drop"):
            raise LabError(f"a switch has an action that none of the controller's rules has: {line}")
    return Rule(
        priority=fields["priority"],
        port_in=fields.get("in_port"),
        tag=fields.get("dl_vlan"),
        actions=tuple(steps),
    )
